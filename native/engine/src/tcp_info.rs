//! Reads `TCP_INFO` of a connection with getsockopt, which apps may use.
//!
//! The only unsafe code of the engine: none of its crates has a safe call for this option.
#![allow(unsafe_code, reason = "one call of getsockopt, which checks the length that it is given")]

use std::io;
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::time::Duration;

/// Number of bytes that are read: up to `tcpi_notsent_bytes`.
/// Newer kernels return more, older ones fewer.
const INFO_BYTES: usize = 148;

/// TCP states, with the kernel's numbers.
const FIN_WAIT2: u8 = 5;
const TIME_WAIT: u8 = 6;
const CLOSE: u8 = 7;
#[cfg(test)]
const CLOSE_WAIT: u8 = 8;

/// Number of window probes that a peer may leave unanswered.
///
/// Linux answers two a second (`tcp_invalid_ratelimit`), and sends the first ones faster.
const UNANSWERED_PROBES: u8 = 1;

/// Kernel statistics of a connection. Fields that the kernel lacks are `None`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TcpInfo {
    state: u8,
    /// Unanswered window probes.
    probes: u8,
    /// Packets that the peer has not acknowledged.
    unacknowledged_packets: u32,
    last_sent: Duration,
    last_acknowledged: Duration,
    acknowledged_bytes: Option<u64>,
    received_bytes: Option<u64>,
    unsent_bytes: Option<u32>,
}

impl TcpInfo {
    /// Reads the statistics of `socket`.
    ///
    /// # Errors
    /// The kernel's error.
    pub(crate) fn of(socket: &TcpStream) -> io::Result<Self> {
        let mut info = [0_u8; INFO_BYTES];
        // A small constant fits.
        let mut length = INFO_BYTES as libc::socklen_t;
        let (level, name) = (libc::IPPROTO_TCP, libc::TCP_INFO);
        // SAFETY: `info` is valid for writes of `length` bytes, `length` for a write of its own type, and both outlive the call,
        // which keeps neither. Every value of these bytes is one of their types.
        let result = unsafe {
            libc::getsockopt(socket.as_raw_fd(), level, name, info.as_mut_ptr().cast(), std::ptr::from_mut(&mut length))
        };
        if result != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Self::parse(info.get(..length as usize).unwrap_or_default()))
    }

    /// Parses `struct tcp_info` as far as the kernel filled it: new versions only append fields.
    fn parse(info: &[u8]) -> Self {
        let byte = |place: usize| info.get(place).copied().unwrap_or_default();
        let word = |place: usize| bytes_at(info, place).map(u32::from_ne_bytes);
        let long = |place: usize| bytes_at(info, place).map(u64::from_ne_bytes);
        let age = |place: usize| Duration::from_millis(word(place).unwrap_or_default().into());
        Self {
            state: byte(0),
            probes: byte(3),
            unacknowledged_packets: word(24).unwrap_or_default(),
            last_sent: age(44),
            last_acknowledged: age(56),
            acknowledged_bytes: long(120),
            received_bytes: long(128),
            unsent_bytes: word(144),
        }
    }

    /// Bytes that the peer's kernel has acknowledged.
    pub(crate) fn acknowledged_bytes(&self) -> Option<u64> {
        self.acknowledged_bytes
    }

    /// Bytes that have arrived in order, read or not.
    pub(crate) fn received_bytes(&self) -> Option<u64> {
        self.received_bytes
    }

    /// Time since the peer's kernel last acknowledged data or answered a probe.
    pub(crate) fn last_acknowledged(&self) -> Duration {
        self.last_acknowledged
    }

    /// Returns whether the peer's kernel has acknowledged all sent bytes, and FIN if sent.
    pub(crate) fn is_delivered(&self) -> bool {
        let is_over = matches!(self.state, FIN_WAIT2 | TIME_WAIT | CLOSE);
        is_over || self.unacknowledged_packets == 0 && self.unsent_bytes.unwrap_or_default() == 0
    }

    /// Returns whether the connection no longer exists: both sides have closed it, or it broke.
    pub(crate) fn is_closed(&self) -> bool {
        self.state == CLOSE
    }

    /// Returns whether FIN of the peer has arrived, or the connection no longer exists.
    #[cfg(test)]
    pub(crate) fn is_read_closed(&self) -> bool {
        matches!(self.state, CLOSE_WAIT | CLOSE)
    }

    /// Returns whether the peer's kernel still has to answer the last packet.
    /// Data or a window probe.
    pub(crate) fn is_unanswered(&self) -> bool {
        if self.unacknowledged_packets > 0 {
            return self.last_sent < self.last_acknowledged;
        }
        self.unsent_bytes.unwrap_or_default() > 0 && self.probes > UNANSWERED_PROBES
    }
}

#[cfg(test)]
impl TcpInfo {
    /// Returns the statistics of a connection whose peer has not answered for `silence`.
    pub(crate) fn unanswered_for(silence: Duration) -> Self {
        Self { unacknowledged_packets: 1, last_acknowledged: silence, ..Self::default() }
    }
}

fn bytes_at<const N: usize>(info: &[u8], place: usize) -> Option<[u8; N]> {
    info.get(place..place + N)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (listener.accept().unwrap().0, peer)
    }

    #[test]
    fn bytes_count_in_both_directions() {
        let (mut stream, mut peer) = pair();
        let before = TcpInfo::of(&stream).unwrap();
        stream.write_all(&[7; 1_000]).unwrap();
        peer.read_exact(&mut [0; 1_000]).unwrap();
        peer.write_all(&[7; 500]).unwrap();
        stream.read_exact(&mut [0; 500]).unwrap();
        let after = TcpInfo::of(&stream).unwrap();
        assert_eq!(after.acknowledged_bytes().unwrap() - before.acknowledged_bytes().unwrap(), 1_000);
        assert_eq!(after.received_bytes().unwrap() - before.received_bytes().unwrap(), 500);
        assert!(after.is_delivered() && !after.is_unanswered(), "{after:?}");
    }

    #[test]
    fn what_a_full_peer_does_not_take_is_not_delivered() {
        let (mut stream, mut peer) = pair();
        stream.set_nonblocking(true).unwrap();
        let mut sent = 0;
        while let Ok(count) = stream.write(&[7; 1 << 16]) {
            sent += count;
        }
        assert!(!TcpInfo::of(&stream).unwrap().is_delivered());
        peer.read_exact(&mut vec![0; sent]).unwrap();
        peer.write_all(b"!").unwrap();
        stream.set_nonblocking(false).unwrap();
        stream.read_exact(&mut [0]).unwrap();
        assert!(TcpInfo::of(&stream).unwrap().is_delivered());
    }

    #[test]
    fn fin_is_delivered_when_the_peer_has_acknowledged_it() {
        let (stream, mut peer) = pair();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(peer.read(&mut [0]).unwrap(), 0);
        drop(peer);
        assert_eq!((&stream).read(&mut [0]).unwrap(), 0);
        assert!(TcpInfo::of(&stream).unwrap().is_delivered());
    }

    #[test]
    fn an_older_kernel_has_less() {
        let mut info = [0; INFO_BYTES];
        info[24] = 1;
        info[120] = 9;
        let (old, new) = (TcpInfo::parse(&info[..104]), TcpInfo::parse(&info));
        assert_eq!((old.acknowledged_bytes(), old.received_bytes()), (None, None));
        assert_eq!((new.acknowledged_bytes(), old.is_delivered()), (Some(9), false));
    }

    #[test]
    fn a_peer_owes_an_answer_to_bytes_and_to_questions() {
        let info = |packets, probes, unsent, sent, acknowledged| TcpInfo {
            probes,
            unacknowledged_packets: packets,
            last_sent: Duration::from_millis(sent),
            last_acknowledged: Duration::from_millis(acknowledged),
            unsent_bytes: Some(unsent),
            ..TcpInfo::default()
        };
        for (expected, info) in [
            (false, info(0, 0, 0, 10, 20)),
            (true, info(1, 0, 0, 10, 20)),
            // It reported a zero window for the retransmission.
            (false, info(1, 0, 0, 20, 10)),
            (false, info(0, 0, 9, 10, 20)),
            // Kernels do not answer each probe.
            (false, info(0, 1, 9, 20, 10)),
            (true, info(0, 2, 9, 20, 10)),
        ] {
            assert_eq!(info.is_unanswered(), expected, "{info:?}");
        }
    }
}
