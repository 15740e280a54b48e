//! Detects dead peers while data is in flight: `SO_KEEPALIVE` probes only idle connections.

use std::net::TcpStream;
use std::time::Duration;

use socket2::SockRef;
use tokio::time::Instant;

use crate::tcp_info::TcpInfo;

/// Watches for acknowledgements, with the keep-alive times of the socket.
/// Does no I/O and owns no timer.
#[derive(Debug)]
pub(crate) struct KeepAlive {
    idle: Duration,
    interval: Duration,
    count: u32,
    /// Number of consecutive missing answers.
    missing: u32,
    deadline: Instant,
}

impl KeepAlive {
    /// Creates a watch for `socket`, starting at `now`; `None` if keep-alive is off.
    pub(crate) fn of(socket: &TcpStream, now: Instant) -> Option<Self> {
        if !Self::is_on(socket) {
            return None;
        }
        let socket = SockRef::from(socket);
        let interval = socket.tcp_keepalive_interval().ok()?;
        Some(Self::new(socket.tcp_keepalive_time().ok()?, interval, socket.tcp_keepalive_retries().ok()?, now))
    }

    /// Returns whether keep-alive of `socket` is on; false if the kernel does not report it.
    pub(crate) fn is_on(socket: &TcpStream) -> bool {
        SockRef::from(socket).keepalive().unwrap_or(false)
    }

    fn new(idle: Duration, interval: Duration, count: u32, now: Instant) -> Self {
        Self { idle, interval, count, missing: 0, deadline: now + idle }
    }

    /// Time of the next call of [`KeepAlive::is_gone`].
    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Returns whether the peer is dead.
    ///
    /// Its kernel has then acknowledged nothing for the idle time and `count` intervals, although it was sent something. A peer with a
    /// zero window answers, so it is alive. `look` asks the kernel, when it is time to.
    pub(crate) fn is_gone(&mut self, now: Instant, look: impl FnOnce() -> Option<TcpInfo>) -> bool {
        if now < self.deadline {
            return false;
        }
        let silence = look().filter(TcpInfo::is_unanswered).map(|info| info.last_acknowledged());
        let is_missing = silence.is_some_and(|silence| silence >= self.interval);
        self.missing = if is_missing { self.missing + 1 } else { 0 };
        self.deadline = now + if silence.is_some() { self.interval } else { self.idle };
        self.missing >= self.count && silence >= Some(self.idle + self.interval * self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Returns at which check a peer is given up.
    /// `owed`: seconds overdue at each, 0 if no answer is due.
    fn given_up_at(owed: &[u64]) -> Option<usize> {
        let mut now = Instant::now();
        let mut watch = KeepAlive::new(SECOND * 5, SECOND, 3, now);
        owed.iter().position(|seconds| {
            now = watch.deadline();
            watch.is_gone(now, || (*seconds > 0).then(|| TcpInfo::unanswered_for(SECOND * *seconds as u32)))
        })
    }

    #[test]
    fn a_peer_that_owes_an_answer_for_too_long_is_gone() {
        for (expected, owed) in [
            (Some(3), &[5, 6, 7, 8, 9][..]),
            // Sent just before the first check.
            (Some(8), &[0, 1, 2, 3, 4, 5, 6, 7, 8]),
            // Single moments with data in flight.
            (None, &[60, 0, 60, 0, 60, 0, 60]),
            (None, &[0, 0, 0, 0, 0, 0]),
            // The idle time was over before anything was sent.
            (Some(2), &[60, 61, 62]),
        ] {
            assert_eq!(given_up_at(owed), expected, "{owed:?}");
        }
    }

    #[test]
    fn it_looks_rarely_while_nothing_is_owed_and_never_early() {
        let now = Instant::now();
        let mut watch = KeepAlive::new(SECOND * 5, SECOND, 3, now);
        assert!(!watch.is_gone(now + SECOND, || unreachable!("it is not time")));
        assert!(!watch.is_gone(now + SECOND * 5, || None));
        assert_eq!(watch.deadline(), now + SECOND * 10);
        assert!(!watch.is_gone(now + SECOND * 10, || Some(TcpInfo::unanswered_for(SECOND))));
        assert_eq!(watch.deadline(), now + SECOND * 11);
    }
}
