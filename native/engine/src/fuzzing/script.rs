//! A scripted peer, which sends everything at once and records what it receives.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream whose peer sends `says`, in pieces, and then closes its side.
pub(crate) struct Script<'a> {
    says: &'a [u8],
    /// Number of bytes that were read.
    pub(crate) read_bytes: usize,
    /// Bytes that were written.
    pub(crate) heard: Vec<u8>,
    piece_bytes: usize,
}

impl<'a> Script<'a> {
    /// Creates a stream whose reads return at most `piece_bytes`, and at least one byte.
    pub(crate) fn new(says: &'a [u8], piece_bytes: usize) -> Self {
        Self { says, read_bytes: 0, heard: Vec::new(), piece_bytes: piece_bytes.max(1) }
    }

    /// Returns the bytes that were read.
    pub(crate) fn read(&self) -> &'a [u8] {
        self.says.get(..self.read_bytes).unwrap_or_default()
    }
}

impl AsyncRead for Script<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let rest = self.says.get(self.read_bytes..).unwrap_or_default();
        let piece_bytes = self.piece_bytes.min(buffer.remaining()).min(rest.len());
        buffer.put_slice(rest.get(..piece_bytes).unwrap_or_default());
        self.read_bytes += piece_bytes;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Script<'_> {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.heard.extend_from_slice(data);
        Poll::Ready(Ok(data.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Runs `future`, which never has to wait, and returns its result; `None` if it waits.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}
