//! How the owner of a connection reads its bytes itself.

use std::fmt;
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard};

use rustix::io::{Errno, ioctl_fionread};

use super::shared::Shared;
use crate::arrivals::Arrivals;
use crate::error::errno_of;
use crate::event::{ConnectionEvent, LinkId};
use crate::sync::lock;

/// Reads one link of a connection without frames, on any thread.
pub(crate) struct Reader {
    shared: Arc<Shared>,
    arrivals: Arc<Arrivals>,
    /// Names it among the `arrivals`.
    link: LinkId,
    source: Mutex<Source>,
}

/// What one read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Bytes that were read; 0: there is nothing.
    pub bytes: usize,
    /// Whether `Readable` tells when there is something again, or other events why there never will be.
    pub is_last: bool,
}

/// What is read.
enum Source {
    Open(Arc<TcpStream>),
    /// The peer sends no more.
    Ended,
    /// Reading or watching failed with this errno.
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

impl Piece {
    /// Nothing, and nothing more.
    pub const NOTHING: Self = Self { bytes: 0, is_last: true };
}

impl Reader {
    /// Reads `stream` for the owner of the connection, which `arrivals` tells of what comes.
    pub(super) fn start(shared: &Arc<Shared>, arrivals: &Arc<Arrivals>, stream: &Arc<TcpStream>) -> Arc<Self> {
        let source = Mutex::new(Source::Open(Arc::clone(stream)));
        let (shared, arrivals) = (Arc::clone(shared), Arc::clone(arrivals));
        let new = Arc::new(Self { shared, link: arrivals.new_link(), arrivals, source });
        // Before the owner can be told.
        new.shared.set_reader(Arc::clone(&new));
        if let Err(error) = new.arrivals.add(&new, &**stream) {
            new.finish(new.lock(), Source::Failed(errno_of(&error)));
        }
        new
    }

    /// Reads into `buffer`, which is not empty, without blocking.
    pub(super) fn read(&self, buffer: &mut [u8]) -> Piece {
        loop {
            // Held while reading, so that nothing comes between that and a driver that takes the link back, or asks why it broke.
            let source = self.lock();
            let Source::Open(stream) = &*source else { return Piece::NOTHING };
            let watch = || self.arrivals.watch(self.link, &**stream);
            match rustix::io::read(stream, &mut *buffer) {
                Ok(0) => return self.finish(source, Source::Ended),
                Ok(bytes) => {
                    // Less than there was room for is all. Where it is not, behind urgent data, watching tells.
                    let is_last = bytes < buffer.len() && watch().is_ok();
                    drop(source);
                    self.shared.take_received(bytes);
                    return Piece { bytes, is_last };
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => match watch() {
                    Ok(()) => return Piece::NOTHING,
                    Err(error) => return self.finish(source, Source::Failed(errno_of(&error))),
                },
                Err(errno) => return self.finish(source, Source::Failed(errno.raw_os_error())),
            }
        }
    }

    /// Bytes that a read would get now; 0 when that is not known.
    pub(super) fn available_bytes(&self) -> usize {
        let available = match &*self.lock() {
            Source::Open(stream) => ioctl_fionread(&**stream).ok(),
            Source::Ended | Source::Failed(_) | Source::Detached => None,
        };
        available.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0)
    }

    pub(crate) fn link(&self) -> LinkId {
        self.link
    }

    /// Tells the owner that there is something.
    pub(crate) fn post(&self) {
        self.shared.sink.post(ConnectionEvent::Readable(self.link));
    }

    /// Lets the link go: nothing is read of it any more.
    pub(super) fn detach(&self) {
        if let Source::Open(stream) = std::mem::replace(&mut *self.lock(), Source::Detached) {
            self.arrivals.remove(self.link, &*stream);
        }
        self.shared.forget_reader(self.link);
    }

    /// How reading came to an end, once it has.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        match &*self.lock() {
            Source::Ended => Some(Outcome::Ended),
            Source::Failed(errno) => Some(Outcome::Failed(*errno)),
            Source::Open(_) | Source::Detached => None,
        }
    }

    /// Nothing is read any more.
    fn finish(&self, mut source: MutexGuard<'_, Source>, end: Source) -> Piece {
        let is_end = matches!(end, Source::Ended);
        self.arrivals.forget(self.link);
        *source = end;
        // Under the lock, so that the driver cannot conclude the connection in between.
        let is_told = is_end && self.shared.end_at_once();
        drop(source);
        // What else can come of it is the driver's to find out.
        if !is_told {
            self.shared.attention.call();
        }
        Piece::NOTHING
    }

    fn lock(&self) -> MutexGuard<'_, Source> {
        lock(&self.source)
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("connection", &self.shared).finish_non_exhaustive()
    }
}
