//! The socket of a link, which never blocks.

use std::io;
use std::net::TcpStream;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::task::{Context, Poll};

use bytes::Bytes;
use rustix::buffer::spare_capacity;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A socket that the runtime tells about: when it can be written, and, unless its owner reads it, when it can be read. What
/// comes for an owner that reads wakes nobody here.
#[derive(Debug)]
pub(super) struct Stream {
    socket: AsyncFd<TcpStream>,
    tells_reads: bool,
}

impl Stream {
    /// Takes `stream` over. To be called where there is a runtime.
    ///
    /// # Errors
    /// What the kernel said.
    pub(super) fn new(stream: tokio::net::TcpStream, tells_reads: bool) -> io::Result<Self> {
        Self::register(stream.into_std()?, tells_reads)
    }

    /// The same socket, with a descriptor of its own: one of which the runtime tells when it can be read.
    ///
    /// # Errors
    /// What the kernel said.
    pub(super) fn telling_reads(&self) -> io::Result<Self> {
        Self::register(self.socket.get_ref().try_clone()?, true)
    }

    fn register(socket: TcpStream, tells_reads: bool) -> io::Result<Self> {
        let reads = if tells_reads { Interest::READABLE | Interest::WRITABLE } else { Interest::WRITABLE };
        // What replaces it is unsafe, for descriptors that are closed meanwhile; that of a `TcpStream` is not.
        #[expect(deprecated, reason = "tokio has no safe way that is not")]
        let socket = AsyncFd::with_interest(socket, reads)?;
        Ok(Self { socket, tells_reads })
    }

    /// Whether the runtime tells when it can be read.
    pub(super) fn tells_reads(&self) -> bool {
        self.tells_reads
    }

    /// Reads once. 0: the peer sends no more.
    ///
    /// # Errors
    /// `WouldBlock` when there is nothing; otherwise what broke the link.
    pub(super) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.try_read(|socket| Ok(rustix::io::read(socket, buffer)?))
    }

    /// Reads once, at most so much. Nothing is the end of the peer's stream.
    ///
    /// # Errors
    /// As [`Stream::read`].
    pub(super) fn read_bytes(&self, most: usize) -> io::Result<Bytes> {
        let mut buffer = Vec::with_capacity(most);
        let count = self.try_read(|socket| Ok(rustix::io::read(socket, spare_capacity(&mut buffer))?))?;
        if count < most / 2 { Ok(Bytes::copy_from_slice(&buffer)) } else { Ok(Bytes::from(buffer)) }
    }

    fn try_read(&self, read: impl FnOnce(&TcpStream) -> io::Result<usize>) -> io::Result<usize> {
        match self.tells_reads {
            true => self.socket.try_io(Interest::READABLE, read),
            false => read(self.socket.get_ref()),
        }
    }

    /// Writes as `write` does, unless the runtime is still to tell that it can.
    ///
    /// # Errors
    /// `WouldBlock` when the kernel takes nothing: the runtime tells when it does. Otherwise what broke the link.
    pub(super) fn try_write(&self, write: impl FnOnce(&TcpStream) -> io::Result<usize>) -> io::Result<usize> {
        self.socket.try_io(Interest::WRITABLE, write)
    }

    /// Ready when it can be read, or has an error; never where its owner reads.
    pub(super) fn poll_read_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        if self.tells_reads { self.socket.poll_read_ready(context).map(drop) } else { Poll::Pending }
    }

    /// Ready when it can be written, or has an error.
    pub(super) fn poll_write_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        self.socket.poll_write_ready(context).map(drop)
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.get_ref().as_fd()
    }
}

impl AsRawFd for Stream {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.get_ref().as_raw_fd()
    }
}
