//! How the owner of a connection reads its bytes itself.

use std::fmt;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};

use rustix::io::ioctl_fionread;
use tokio::net::TcpStream;

use super::shared::Shared;
use crate::error::errno_of;
use crate::event::Event;
use crate::sync::lock;

/// Reads one link of a connection without frames, on any thread. It comes with [`Event::Readable`], and is used until
/// [`Reader::read`] says that there is nothing; then the event comes again once there is.
pub struct Reader {
    shared: Arc<Shared>,
    source: Mutex<Source>,
}

/// What is read.
enum Source {
    Open(Arc<TcpStream>),
    /// The peer sends no more.
    Ended,
    /// Reading failed with this errno.
    Failed(i32),
    /// The connection has let the link go.
    Detached,
}

/// How reading came to an end.
pub(super) enum Outcome {
    /// The peer sends no more.
    Ended,
    /// The error is an errno.
    Failed(i32),
}

impl Reader {
    pub(super) fn new(shared: &Arc<Shared>, stream: &Arc<TcpStream>) -> Arc<Self> {
        let source = Mutex::new(Source::Open(Arc::clone(stream)));
        Arc::new(Self { shared: Arc::clone(shared), source })
    }

    /// Reads into `buffer`, which is not empty, without blocking. 0: there is nothing; `Readable` tells when there is again,
    /// other events why there never will be. What is read counts against the connection's credit until
    /// [`Connection::consume`](super::Connection::consume) gives it back; the owner keeps to it with [`Reader::has_room`]. Not to
    /// be called while an event is posted.
    pub fn read(self: &Arc<Self>, buffer: &mut [u8]) -> usize {
        loop {
            match self.try_read(buffer) {
                Ok(0) => return 0,
                Ok(count) => {
                    self.shared.take_received(count);
                    return count;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if !self.is_readable() {
                        return 0;
                    }
                }
                Err(error) => {
                    self.finish(Source::Failed(errno_of(&error)));
                    return 0;
                }
            }
        }
    }

    /// Bytes that a read would get now; 0 when that is not known.
    pub fn available_bytes(&self) -> usize {
        let available = match &*self.lock() {
            Source::Open(stream) => ioctl_fionread(&**stream).ok(),
            Source::Ended | Source::Failed(_) | Source::Detached => None,
        };
        available.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0)
    }

    /// Whether the credit allows to read more.
    pub fn has_room(&self) -> bool {
        self.shared.credit.has_room()
    }

    /// Whether there may be something to read; otherwise the owner will be told. Polls under the lock, so that a driver which
    /// takes the link back is not robbed of its own waker.
    pub(super) fn is_readable(self: &Arc<Self>) -> bool {
        let source = self.lock();
        let Source::Open(stream) = &*source else { return false };
        let waker = Waker::from(Arc::clone(self));
        matches!(stream.poll_read_ready(&mut Context::from_waker(&waker)), Poll::Ready(Ok(())))
    }

    /// Lets the link go: nothing is read of it any more.
    pub(super) fn detach(&self) {
        *self.lock() = Source::Detached;
    }

    /// How reading came to an end, once it has.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        match &*self.lock() {
            Source::Ended => Some(Outcome::Ended),
            Source::Failed(errno) => Some(Outcome::Failed(*errno)),
            Source::Open(_) | Source::Detached => None,
        }
    }

    /// Reads once; under the lock, so that nothing comes between it and a driver that takes the link back.
    fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let source = self.lock();
        let Source::Open(stream) = &*source else { return Ok(0) };
        let count = stream.try_read(buffer)?;
        drop(source);
        if count == 0 {
            self.finish(Source::Ended);
        }
        Ok(count)
    }

    fn finish(&self, end: Source) {
        let is_end = matches!(end, Source::Ended);
        let mut source = self.lock();
        *source = end;
        // Under the lock, so that the driver cannot conclude the connection in between.
        let is_told = is_end && self.shared.end_at_once();
        drop(source);
        // What else can come of it is the driver's to find out.
        if !is_told {
            self.shared.attention.call();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Source> {
        lock(&self.source)
    }
}

impl Wake for Reader {
    fn wake(self: Arc<Self>) {
        let sink = Arc::clone(&self.shared.sink);
        sink.post(Event::Readable(self));
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("connection", &self.shared).finish_non_exhaustive()
    }
}
