//! What the runtime tells of a socket.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::runtime;

/// Registration of a socket with tokio's reactor. An unregistered socket causes no wake-ups.
pub(super) struct Registration {
    socket: AsyncFd<Arc<TcpStream>>,
    tells_reads: bool,
}

impl Registration {
    /// Has the runtime tell when `socket` can be written, and, with `tells_reads`, when it can be read. To be called where
    /// there is a runtime; the socket has one place at a time.
    ///
    /// # Errors
    /// What the kernel said: `ENOSPC`, …
    pub(super) fn new(socket: &Arc<TcpStream>, tells_reads: bool) -> io::Result<Self> {
        let interest = if tells_reads { Interest::READABLE | Interest::WRITABLE } else { Interest::WRITABLE };
        Ok(Self { socket: runtime::register(Arc::clone(socket), interest)?, tells_reads })
    }

    /// Whether it tells when the socket can be read.
    pub(super) fn tells_reads(&self) -> bool {
        self.tells_reads
    }

    /// Reads as `read` does, unless the runtime is still to tell that there is something: of a new place, and after
    /// `WouldBlock`.
    ///
    /// # Errors
    /// Those of `read`.
    pub(super) fn try_read(&self, read: impl FnOnce(&TcpStream) -> io::Result<usize>) -> io::Result<usize> {
        self.socket.try_io(Interest::READABLE, |socket| read(socket))
    }

    /// Writes as `write` does, unless the runtime is still to tell that something is taken: of a new place, and after
    /// `WouldBlock`.
    ///
    /// # Errors
    /// Those of `write`.
    pub(super) fn try_write(&self, write: impl FnOnce(&TcpStream) -> io::Result<usize>) -> io::Result<usize> {
        self.socket.try_io(Interest::WRITABLE, |socket| write(socket))
    }

    /// Waits anew for what the runtime tells when the socket can be written.
    pub(super) fn forget_writable(&self) {
        // What it returns is the error that is made here.
        let _ = self.try_write(|_| Err(io::ErrorKind::WouldBlock.into()));
    }

    /// Ready when the socket can be read or has an error.
    pub(super) fn poll_read_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        self.socket.poll_read_ready(context).map(drop)
    }

    /// Ready when the peer sends no more. Forgets that there is something to read, which only a new registration tells again.
    pub(super) fn poll_read_closed(&self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            match self.socket.poll_read_ready(context) {
                Poll::Ready(Ok(mut guard)) if !guard.ready().is_read_closed() => guard.clear_ready(),
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Returns when the socket has an error. Leaves alone what else the runtime tells.
    pub(super) async fn failed(&self) {
        // Its error would be that of the registration, which a read or write finds again.
        let _ = self.socket.ready(Interest::ERROR).await;
    }

    /// Ready when the socket can be written or has an error.
    pub(super) fn poll_write_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        self.socket.poll_write_ready(context).map(drop)
    }
}
