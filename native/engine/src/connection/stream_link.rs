//! The reading half of a link that the owner of the connection reads.

use std::cell::Cell;
use std::io;
use std::net::TcpStream;
use std::sync::Arc;

use rustix::io::{Errno, ioctl_fionread};

use super::frames::Frames;
use crate::counts::count_system_call;
use crate::error::errno_of;
use crate::event::LinkId;
use crate::poller::Poller;

/// A link in the poller of its owner. Dropping it does not remove it from there.
pub(super) struct StreamLink {
    id: LinkId,
    stream: Arc<TcpStream>,
    poller: Arc<Poller>,
    watch: Cell<Watch>,
    /// Cuts messages; `None` without framing.
    pub(super) frames: Option<Box<Frames>>,
    /// Whether bytes have waited that the credit did not allow to read.
    pub(super) watches_end: bool,
}

/// What the poller watches a link for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Watch {
    Data,
    /// EOF alone.
    End,
    Nothing,
}

/// What one read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadOutcome {
    /// Bytes that were read; 0: there is nothing.
    pub bytes: usize,
    /// Whether the poller tells when there is something again, or events why there never will be.
    pub is_last: bool,
}

impl ReadOutcome {
    /// Nothing, and nothing more.
    pub const NOTHING: Self = Self { bytes: 0, is_last: true };
}

/// Why nothing is read any more.
pub(super) enum ReadEnd {
    /// EOF.
    Eof,
    /// Reading or watching failed with this errno.
    Failed(i32),
}

impl StreamLink {
    /// A link that `poller` calls `id`.
    pub(super) fn new(id: LinkId, stream: Arc<TcpStream>, poller: Arc<Poller>, frames: Option<Box<Frames>>) -> Self {
        Self { id, stream, poller, watch: Cell::new(Watch::Nothing), frames, watches_end: false }
    }

    /// Adds it to the poller, which watches it for data.
    ///
    /// # Errors
    /// An errno: `EMFILE`, `ENOSPC`, …
    pub(super) fn add(&self) -> Result<(), i32> {
        self.watch.set(Watch::Data);
        self.poller.add(self.id, &*self.stream).map_err(|error| errno_of(&error))
    }

    /// Removes it from the poller. Returns what cuts messages, with what is half received.
    pub(super) fn remove(self) -> Option<Box<Frames>> {
        self.pause();
        self.poller.remove();
        self.frames
    }

    /// Returns whether its poller calls it `id`.
    pub(super) fn is(&self, id: LinkId) -> bool {
        self.id == id
    }

    /// Has the poller report nothing, until a read is the last.
    pub(super) fn pause(&self) {
        if self.watch.replace(Watch::Nothing) != Watch::Nothing {
            self.poller.unwatch(&*self.stream);
        }
    }

    /// Has the poller report no data, until a read is the last; EOF if it watches for that alone.
    pub(super) fn pause_data(&self) {
        if self.watch.get() == Watch::Data {
            self.pause();
        }
    }

    fn watch_data(&self) -> io::Result<()> {
        if self.watch.get() != Watch::Data {
            self.pause();
            self.poller.watch(self.id, &*self.stream)?;
            self.watch.set(Watch::Data);
        }
        Ok(())
    }

    /// Reads once into `buffer`. If that is the last read, has the poller tell when there is more.
    ///
    /// # Errors
    /// Why nothing follows.
    pub(super) fn read(&self, buffer: &mut [u8]) -> Result<ReadOutcome, ReadEnd> {
        loop {
            count_system_call();
            return match rustix::io::read(&*self.stream, &mut *buffer) {
                Ok(0) => Err(ReadEnd::Eof),
                // Less than there was room for is all. Where it is not, behind urgent data, watching tells.
                Ok(bytes) => Ok(ReadOutcome { bytes, is_last: bytes < buffer.len() && self.watch_data().is_ok() }),
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => match self.watch_data() {
                    Ok(()) => Ok(ReadOutcome::NOTHING),
                    Err(error) => Err(ReadEnd::Failed(errno_of(&error))),
                },
                Err(errno) => Err(ReadEnd::Failed(errno.raw_os_error())),
            };
        }
    }

    /// Watches for EOF alone.
    pub(super) fn watch_end(&mut self) {
        self.watches_end = true;
        self.pause();
        // Where it cannot be watched for, reading finds it.
        if self.poller.watch_end(self.id, &*self.stream).is_ok() {
            self.watch.set(Watch::End);
        }
    }

    /// Returns the number of bytes that a read would get now; 0 if unknown.
    pub(super) fn available_bytes(&self) -> usize {
        count_system_call();
        ioctl_fionread(&*self.stream).ok().and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0)
    }

    /// Returns whether a frame was begun and not ended.
    pub(super) fn is_within_frame(&self) -> bool {
        self.frames.as_ref().is_some_and(|frames| frames.is_within())
    }
}
