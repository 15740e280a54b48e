//! How the owner of a connection reads its bytes itself.

use std::cell::RefCell;
use std::net::TcpStream;
use std::sync::{Arc, MutexGuard};

use super::frames::Frames;
use super::shared::Shared;
use super::state::{OwnerReads, State};
use super::stream_link::{ReadEnd, ReadOutcome, StreamLink};
use crate::event::{ConnectionEvent, LinkId};
use crate::framing::Decoded;
use crate::limits::READ_MESSAGES_BYTES;
use crate::poller::PollTarget;
use crate::sync::lock;

thread_local! {
    /// Where bytes of streams with frames land. One for each thread that reads such, and reused.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Shared {
    /// Starts reads of the owner, which is `target` in its poller.
    ///
    /// With framing, `frames` cuts `stream`.
    pub(super) fn start_owner_reads(&self, target: &PollTarget, stream: &Arc<TcpStream>, frames: Option<Box<Frames>>) {
        let mut state = lock(&self.state);
        let link = StreamLink::new(target.new_link(), Arc::clone(stream), Arc::clone(target.poller()), frames);
        let added = link.add();
        state.reads = OwnerReads::On(link);
        if let Err(errno) = added {
            self.finish_owner_reads(state, OwnerReads::Failed(errno));
        }
    }

    /// Reads once, and counts the bytes with `count`.
    pub(super) fn read(&self, link: LinkId, buffer: &mut [u8], count: fn(&Self, usize)) -> ReadOutcome {
        // Held while reading, so that nothing comes between that and a task that reclaims the link, or asks why it broke.
        let state = lock(&self.state);
        match read(&state.reads, link, buffer) {
            Ok(outcome) => {
                // Under the lock, so that the task sees either the bytes or that they were read.
                if outcome.bytes > 0 {
                    count(self, outcome.bytes);
                }
                outcome
            }
            Err(end) => self.finish_owner_reads(state, end),
        }
    }

    /// Reads as [`Connection::read_messages`](super::Connection::read_messages) does.
    pub(super) fn read_messages(&self, link: LinkId, messages: &mut Vec<Decoded>) -> ReadOutcome {
        let mut state = lock(&self.state);
        let read = SCRATCH.with_borrow_mut(|scratch| {
            scratch.resize(READ_MESSAGES_BYTES, 0);
            let outcome = read(&state.reads, link, scratch)?;
            let frames = frames_of(&mut state.reads);
            frames.into_iter().for_each(|frames| frames.add_slice(scratch.get(..outcome.bytes).unwrap_or_default()));
            Ok(outcome)
        });
        let outcome = match read {
            Ok(outcome) => outcome,
            Err(end) => return self.finish_owner_reads(state, end),
        };
        let Some(frames) = frames_of(&mut state.reads) else { return outcome };
        let fault = loop {
            match frames.next_decoded() {
                Ok(Some(message)) => {
                    self.take_received(message.bytes().len());
                    messages.push(message);
                }
                Ok(None) if frames.is_within() => {
                    // A part of a message is no idleness either.
                    self.touch();
                    return outcome;
                }
                Ok(None) => return outcome,
                Err(fault) => break fault,
            }
        };
        self.finish_owner_reads(state, OwnerReads::Malformed(fault.errno()))
    }

    /// Watches for the end as [`Connection::watch_end`](super::Connection::watch_end) does.
    pub(super) fn watch_end(&self, link: LinkId) {
        let mut state = lock(&self.state);
        let OwnerReads::On(known) = &mut state.reads else { return };
        if !known.is(link) {
            return;
        }
        known.watch_end();
        // The poller tells once, and the peer may reset the link after that.
        if self.protocol.allow_half_open {
            self.notify_task_of(state);
        }
    }

    /// Pauses as [`Connection::pause_reads`](super::Connection::pause_reads) does.
    pub(super) fn pause_reads(&self, link: LinkId) {
        if let Some(link) = lock(&self.state).reads.link(link) {
            link.pause_data();
        }
    }

    /// Bytes that a read of `link` would get now; 0 when that is not known.
    pub(super) fn available_bytes(&self, link: LinkId) -> usize {
        lock(&self.state).reads.link(link).map_or(0, StreamLink::available_bytes)
    }

    /// Whether the owner reads, and has not read all that has come.
    pub(super) fn has_unread(&self) -> bool {
        matches!(&lock(&self.state).reads, OwnerReads::On(link) if link.available_bytes() > 0)
    }

    /// Ends the link as [`Connection::fail`](super::Connection::fail) does.
    pub(super) fn fail_link(&self, errno: i32) {
        let mut state = lock(&self.state);
        if !state.phase.is_up() {
            return;
        }
        // What the owner has of frames is void.
        drop(state.stop_owner_reads());
        state.reads = match errno {
            libc::ETIMEDOUT => OwnerReads::Failed(errno),
            _ => OwnerReads::Malformed(errno),
        };
        self.notify_task_of(state);
    }

    /// Nothing is read any more.
    fn finish_owner_reads(&self, mut state: MutexGuard<'_, State>, end: OwnerReads) -> ReadOutcome {
        let is_end = matches!(end, OwnerReads::Ended { within_frame: false });
        if let OwnerReads::On(link) = std::mem::replace(&mut state.reads, end) {
            // It may be watched already, for the end that was just read.
            drop(link.remove());
        }
        let is_plain = is_end && state.ends_with_link();
        if is_plain && state.phase.end_by_peer() {
            // Posted under the lock, so that the task cannot conclude the connection in between.
            self.sink.post(ConnectionEvent::Ended);
        }
        // What else can come of it is the task's to find out: a reset, where this side stays open.
        if !is_plain || self.protocol.allow_half_open {
            self.notify_task_of(state);
        }
        ReadOutcome::NOTHING
    }
}

/// Returns what cuts messages, if the owner reads such.
fn frames_of(reads: &mut OwnerReads) -> Option<&mut Frames> {
    match reads {
        OwnerReads::On(link) => link.frames.as_deref_mut(),
        _ => None,
    }
}

/// Reads once into `buffer`. The error is what the owner's reading ends with.
fn read(reads: &OwnerReads, link: LinkId, buffer: &mut [u8]) -> Result<ReadOutcome, OwnerReads> {
    let Some(link) = reads.link(link) else { return Ok(ReadOutcome::NOTHING) };
    link.read(buffer).map_err(|end| match end {
        ReadEnd::Eof => OwnerReads::Ended { within_frame: link.is_within_frame() },
        ReadEnd::Failed(errno) => OwnerReads::Failed(errno),
    })
}
