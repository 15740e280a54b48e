//! How the owner of a connection reads its bytes itself.

use std::net::TcpStream;
use std::sync::{Arc, MutexGuard};

use rustix::io::{Errno, ioctl_fionread};

use super::shared::Shared;
use super::state::{OwnerReads, State};
use crate::arrivals::Arrivals;
use crate::error::errno_of;
use crate::event::{ConnectionEvent, LinkId};
use crate::sync::lock;

/// What one read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Bytes that were read; 0: there is nothing.
    pub bytes: usize,
    /// Whether `Readable` tells when there is something again, or other events why there never will be.
    pub is_last: bool,
}

impl Piece {
    /// Nothing, and nothing more.
    pub const NOTHING: Self = Self { bytes: 0, is_last: true };
}

impl Shared {
    /// Lets the owner, which `arrivals` tells of what comes, read `stream`.
    pub(super) fn start_owner_reads(&self, arrivals: &Arc<Arrivals>, stream: &Arc<TcpStream>) {
        let mut state = lock(&self.state);
        let link = arrivals.new_link();
        state.reads = OwnerReads::On { link, stream: Arc::clone(stream), arrivals: Arc::clone(arrivals) };
        if let Err(error) = arrivals.add(link, &self.sink, &**stream) {
            self.finish_owner_reads(state, OwnerReads::Failed(errno_of(&error)));
        }
    }

    /// Lets the owner read no more: from now on the task may.
    pub(super) fn stop_owner_reads(&self) {
        lock(&self.state).stop_owner_reads();
    }

    /// Reads as [`Connection::try_read`](super::Connection::try_read) does.
    pub(super) fn try_read(&self, link: LinkId, buffer: &mut [u8]) -> Piece {
        loop {
            // Held while reading, so that nothing comes between that and a task that reclaims the link, or asks why it broke.
            let state = lock(&self.state);
            let Some((stream, arrivals)) = state.reads.source(link) else { return Piece::NOTHING };
            let watch = || arrivals.watch(link, &**stream);
            match rustix::io::read(stream, &mut *buffer) {
                Ok(0) => return self.finish_owner_reads(state, OwnerReads::Ended),
                Ok(bytes) => {
                    // Less than there was room for is all. Where it is not, behind urgent data, watching tells.
                    let is_last = bytes < buffer.len() && watch().is_ok();
                    // Under the lock, so that the task sees either the bytes or that they were read.
                    self.take_received(bytes);
                    return Piece { bytes, is_last };
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => match watch() {
                    Ok(()) => return Piece::NOTHING,
                    Err(error) => return self.finish_owner_reads(state, OwnerReads::Failed(errno_of(&error))),
                },
                Err(errno) => return self.finish_owner_reads(state, OwnerReads::Failed(errno.raw_os_error())),
            }
        }
    }

    /// Bytes that a read of `link` would get now; 0 when that is not known.
    pub(super) fn available_bytes(&self, link: LinkId) -> usize {
        lock(&self.state).reads.source(link).map_or(0, |(stream, _)| available_bytes(stream))
    }

    /// Whether the owner reads, and has not read all that has come.
    pub(super) fn has_unread(&self) -> bool {
        matches!(&lock(&self.state).reads, OwnerReads::On { stream, .. } if available_bytes(stream) > 0)
    }

    /// Nothing is read any more.
    fn finish_owner_reads(&self, mut state: MutexGuard<'_, State>, end: OwnerReads) -> Piece {
        let is_end = matches!(end, OwnerReads::Ended);
        if let OwnerReads::On { link, arrivals, .. } = std::mem::replace(&mut state.reads, end) {
            arrivals.forget(link);
        }
        let is_plain = is_end && state.ends_with_link();
        if is_plain && state.phase.end_by_peer() {
            // Posted under the lock, so that the task cannot conclude the connection in between.
            self.sink.post(ConnectionEvent::Ended);
        }
        drop(state);
        // What else can come of it is the task's to find out.
        if !is_plain {
            self.notify_task();
        }
        Piece::NOTHING
    }
}

fn available_bytes(stream: &TcpStream) -> usize {
    ioctl_fionread(stream).ok().and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0)
}
