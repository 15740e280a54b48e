//! Whether a connection can carry bytes, and the ways of writing to its socket.

use std::io::{self, IoSlice};
use std::net::TcpStream;
use std::sync::Arc;

use socket2::SockRef;

use crate::event::Ticket;

/// A peer that is gone must give an error, never a SIGPIPE in somebody else's process.
const SEND_FLAGS: i32 = libc::MSG_NOSIGNAL;

/// The way to the peer.
#[derive(Debug, Default)]
pub(super) enum Link {
    /// Bytes can be sent.
    Open(Arc<TcpStream>),
    /// Sending failed with this errno; what the peer sent before is still being received.
    Broken(i32),
    /// There is none for now; another one is on its way, or was suspended.
    Waiting,
    /// This side is closing; the ticket is that of the `close` call, if there was one.
    Closing(Option<Ticket>),
    /// It is over.
    #[default]
    Closed,
}

impl Link {
    /// The stream, or the errno that a call gets instead.
    pub(super) fn stream(&self) -> Result<&TcpStream, i32> {
        match self {
            Self::Open(stream) => Ok(stream),
            Self::Broken(errno) => Err(*errno),
            Self::Waiting => Err(libc::ENOTCONN),
            Self::Closing(_) | Self::Closed => Err(libc::EBADF),
        }
    }

    /// Enters `Closing`; false when it was closing or closed. One that closes without a ticket takes the first that
    /// comes.
    pub(super) fn begin_close(&mut self, ticket: Option<Ticket>) -> bool {
        let may = self.is_open() || (matches!(self, Self::Closing(None)) && ticket.is_some());
        if may {
            *self = Self::Closing(ticket);
        }
        may
    }

    /// Records that sending is not possible any more.
    pub(super) fn break_with(&mut self, errno: i32) {
        if matches!(self, Self::Open(_)) {
            *self = Self::Broken(errno);
        }
    }

    /// Whether this side has not closed it, and it is not over.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Open(_) | Self::Broken(_) | Self::Waiting)
    }

    pub(super) fn is_usable(&self) -> bool {
        matches!(self, Self::Open(_))
    }
}

/// Sends as much of `parts`, in order, as the kernel takes now; nothing when it takes none.
pub(super) fn send(stream: &TcpStream, parts: [&[u8]; 3]) -> io::Result<usize> {
    let [head, data, tail] = parts;
    let slices = parts.map(IoSlice::new);
    let call = || match (head.is_empty(), tail.is_empty()) {
        (true, true) => SockRef::from(stream).send_with_flags(data, SEND_FLAGS).map_err(not_yet),
        _ => SockRef::from(stream).send_vectored_with_flags(&slices, SEND_FLAGS).map_err(not_yet),
    };
    if parts.iter().all(|part| part.is_empty()) {
        return Ok(0);
    }
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(0),
            sent => return sent,
        }
    }
}

/// Sends as much of `slices`, in order, as the kernel takes now.
pub(super) fn send_vectored(stream: &TcpStream, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    SockRef::from(stream).send_vectored_with_flags(slices, SEND_FLAGS).map_err(not_yet)
}

/// With TCP Fast Open the first send connects. When it cannot take bytes along after all, they go out once it has.
fn not_yet(error: io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(libc::EINPROGRESS) => io::ErrorKind::WouldBlock.into(),
        _ => error,
    }
}
