//! Unfinished sends of one connection.
//!
//! Messages that the kernel has not taken yet, control frames between them, and messages that the peer has not acknowledged.

mod encryption;

use std::collections::VecDeque;
use std::io::{self, IoSlice};

use bytes::Bytes;

use self::encryption::Encryption;
use crate::error::is_transient;
use crate::event::OperationId;
use crate::limits::{EVENT_OVERHEAD_BYTES, GATHER_BYTES, WRITE_BATCH_MESSAGES, WRITE_TURN_BYTES};
use crate::noise::Sealer;
use crate::progress::SentMarks;
use crate::wire::Kind;

/// Result of a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendProgress {
    /// The kernel has all bytes; [`EventSink::complete`](crate::EventSink::complete) gets no result.
    Sent,
    /// Queued; [`EventSink::complete`](crate::EventSink::complete) gets the result of the call's operation id.
    Queued,
    /// Gathered; [`Connection::flush`](crate::Connection::flush) returns false if
    /// [`EventSink::complete`](crate::EventSink::complete) gets the result.
    Gathered,
}

/// A message as a frame. On an encrypted link it is encrypted when it is written.
#[derive(Debug)]
pub(crate) struct QueuedFrame {
    /// The frame; without resending, only the part that the kernel has not taken.
    pub(crate) frame: Bytes,
    /// Number of bytes of `frame` that the kernel has taken.
    pub(crate) written: usize,
    /// Id of the `send` call.
    pub(crate) operation_id: OperationId,
}

struct QueueEntry {
    frame: Bytes,
    written: usize,
    kind: FrameKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FrameKind {
    Message(OperationId),
    Control(Kind),
}

/// Result of a turn of writing.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// Finished sends.
    pub(crate) done: Vec<OperationId>,
    /// Number of messages whose last byte the kernel took.
    pub(crate) messages: u64,
    /// Error that ended the turn, including `WouldBlock`.
    pub(crate) error: Option<io::Error>,
}

/// The send queue of one connection. Does no I/O of its own.
#[derive(Default)]
pub(crate) struct SendQueue {
    unsent: VecDeque<QueueEntry>,
    /// Taken by the kernel, not acknowledged by the peer; empty without acknowledgement.
    unacknowledged: VecDeque<QueueEntry>,
    acknowledges: bool,
    /// Number of messages of the session that the peer has acknowledged.
    acknowledged: u64,
    /// Bytes of unfinished messages.
    bytes: usize,
    gathered: Gathered,
    /// Positions in the byte stream of the link that the kernel has taken.
    marks: SentMarks,
    /// Encrypts the link; `None` without encryption.
    encryption: Option<Box<Encryption>>,
    /// Whether a link was encrypted: from then on nothing is written without a cipher.
    is_keyed: bool,
}

/// Messages at the end of the queue that no write was tried for: they are sent together.
#[derive(Clone, Copy, Default)]
struct Gathered {
    messages: usize,
    bytes: usize,
}

impl SendQueue {
    /// Creates an empty queue.
    /// With `acknowledges`, messages stay until [`SendQueue::acknowledge`] covers them.
    pub(crate) fn new(acknowledges: bool) -> Self {
        Self { acknowledges, ..Self::default() }
    }

    /// Encrypts a new link with `sealer`.
    pub(crate) fn encrypt_with(&mut self, sealer: Option<Sealer>) {
        self.is_keyed |= sealer.is_some();
        self.encryption = sealer.map(|sealer| Box::new(Encryption::new(sealer)));
    }

    /// Returns whether all messages are finished and no control frame waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.unsent.is_empty() && self.unacknowledged.is_empty()
    }

    /// Returns whether a message is unfinished.
    pub(crate) fn has_messages(&self) -> bool {
        !self.unacknowledged.is_empty() || self.unsent.iter().any(|queued| !queued.is_control())
    }

    /// Returns whether bytes wait for the kernel.
    pub(crate) fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// Bytes of unfinished messages.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Memory of the queue with its messages: many small messages take more than their bytes.
    pub(crate) fn cost_bytes(&self) -> usize {
        self.bytes + (self.unsent.len() + self.unacknowledged.len()) * EVENT_OVERHEAD_BYTES
    }

    /// Returns the positions up to which the kernel has taken the bytes of this link.
    pub(crate) fn marks(&self) -> SentMarks {
        self.marks
    }

    /// Counts bytes of a message that the kernel took at once, without the queue.
    pub(crate) fn count_written(&mut self, bytes: usize) {
        if bytes > 0 {
            self.marks.written += bytes as u64;
            self.marks.message_end = self.marks.written;
        }
    }

    /// Adds a message; with acknowledgement, also one that the kernel has taken completely.
    pub(crate) fn push(&mut self, message: QueuedFrame) {
        let QueuedFrame { frame, written, operation_id } = message;
        let is_sent = self.acknowledges && written == frame.len();
        let queued = QueueEntry { frame, written, kind: FrameKind::Message(operation_id) };
        self.bytes += self.weight(&queued);
        let queue = if is_sent { &mut self.unacknowledged } else { &mut self.unsent };
        queue.push_back(queued);
    }

    /// Adds a message that will be sent together with others. No other bytes wait for the kernel.
    pub(crate) fn gather(&mut self, message: QueuedFrame) {
        self.gathered.messages += 1;
        self.gathered.bytes += message.frame.len();
        self.push(message);
    }

    /// Returns the number of messages gathered since the last write.
    pub(crate) fn gathered(&self) -> usize {
        self.gathered.messages
    }

    /// Returns whether enough was gathered for a write.
    pub(crate) fn has_gathered_enough(&self) -> bool {
        self.gathered.bytes >= GATHER_BYTES
    }

    /// Inserts a control frame before all messages that the kernel has no byte of.
    /// It replaces an earlier one of the same kind. Drops it if the link has lost its cipher.
    pub(crate) fn push_control(&mut self, kind: Kind, frame: Bytes) {
        if self.has_lost_cipher() {
            return;
        }
        if kind == Kind::Ping {
            self.marks.ping_end = None;
        }
        let control = QueueEntry { frame, written: 0, kind: FrameKind::Control(kind) };
        let begun = self.begun();
        let controls = self.unsent.iter().skip(begun).take_while(|queued| queued.is_control()).count();
        let place = self.unsent.iter().skip(begun).take(controls).position(|queued| queued.kind == control.kind);
        match place.and_then(|place| self.unsent.get_mut(begun + place)) {
            Some(earlier) => *earlier = control,
            None => self.unsent.insert(begun + controls, control),
        }
    }

    /// Counts the first frames that are partly written, or in a record in progress.
    fn begun(&self) -> usize {
        let mut covered = self.encryption.as_ref().map_or(0, |encryption| encryption.covers());
        let is_begun = |queued: &&QueueEntry| {
            let is_covered = covered > 0;
            covered = covered.saturating_sub(queued.rest().len());
            queued.written > 0 || is_covered
        };
        self.unsent.iter().take_while(is_begun).count()
    }

    /// Encrypts and writes a message when the queue is empty; returns the number of bytes taken.
    ///
    /// This may be nothing. Returns `None` without encryption. Push the rest as the next message of the link.
    pub(crate) fn send_encrypted(
        &mut self,
        parts: [&[u8]; 3],
        mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> Option<io::Result<usize>> {
        if self.has_lost_cipher() {
            return Some(Err(io::ErrorKind::NotConnected.into()));
        }
        let encryption = self.encryption.as_mut()?;
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let mut sent = 0;
        while sent < length.min(WRITE_TURN_BYTES) {
            match encryption.write(behind(parts, sent), &mut write, &mut self.marks.written) {
                Ok(taken) => sent += taken,
                Err(error) if is_transient(&error) => break,
                Err(error) => return Some(Err(error)),
            }
            self.marks.message_end = self.marks.written;
        }
        Some(Ok(sent))
    }

    /// Adds a control frame at the end of the queue; drops it if the link has lost its cipher.
    pub(crate) fn push_last(&mut self, kind: Kind, frame: Bytes) {
        if self.has_lost_cipher() {
            return;
        }
        self.unsent.push_back(QueueEntry { frame, written: 0, kind: FrameKind::Control(kind) });
    }

    /// Writes `frame` as the last one of the link, before everything in the queue.
    ///
    /// Writes nothing if the kernel has taken part of another frame, because the peer would take `frame` for the rest of it.
    pub(crate) fn end_link(&mut self, frame: &[u8], mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>) {
        let covered = self.encryption.as_ref().map_or(0, |encryption| encryption.covers());
        let is_begun = covered > 0 || self.unsent.front().is_some_and(|front| front.written > 0);
        if is_begun || self.has_lost_cipher() {
            return;
        }
        let SentMarks { written, .. } = &mut self.marks;
        // If the kernel does not take it, the peer sees a link loss.
        let _ = match &mut self.encryption {
            Some(encryption) => encryption.write([frame], write, written).map(drop),
            None => write(&[IoSlice::new(frame)]).map(|bytes| *written += bytes as u64),
        };
    }

    /// Passes the front of the queue to `write`, until the queue is empty or `write` fails.
    /// Stops when `write` has taken [`WRITE_TURN_BYTES`].
    pub(crate) fn write_with(&mut self, mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>) -> Written {
        let mut result = Written::default();
        let mut left = WRITE_TURN_BYTES;
        self.gathered = Gathered::default();
        while self.has_unsent() && left > 0 {
            match self.write_front(&mut write) {
                Ok(written) => {
                    left = left.saturating_sub(written);
                    self.advance(written, &mut result);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    result.error = Some(error);
                    break;
                }
            }
        }
        result
    }

    /// Performs one write, and returns how many bytes of the queue the kernel has with it.
    ///
    /// Writes a record on an encrypted link; otherwise a few messages in place, or many small ones, up to [`GATHER_BYTES`], as a copy.
    fn write_front(&mut self, write: &mut impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>) -> io::Result<usize> {
        if let Some(encryption) = &mut self.encryption {
            return encryption.write(self.unsent.iter().map(QueueEntry::rest), write, &mut self.marks.written);
        }
        if self.has_lost_cipher() {
            return Err(io::ErrorKind::NotConnected.into());
        }
        let written = self.write_plainly(write)?;
        self.marks.written += written as u64;
        Ok(written)
    }

    /// Returns whether the cipher of an encrypted link is gone.
    /// Later messages must not be sent in plain text.
    fn has_lost_cipher(&self) -> bool {
        self.is_keyed && self.encryption.is_none()
    }

    fn write_plainly(&self, write: &mut impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>) -> io::Result<usize> {
        let mut bytes = 0;
        let small = self.unsent.iter().take_while(|queued| {
            bytes += queued.rest().len();
            bytes <= GATHER_BYTES
        });
        let count = small.count();
        let rests = self.unsent.iter().map(QueueEntry::rest);
        if count > WRITE_BATCH_MESSAGES {
            return write(&[IoSlice::new(&rests.take(count).collect::<Vec<_>>().concat())]);
        }
        write(&rests.take(WRITE_BATCH_MESSAGES).map(IoSlice::new).collect::<Vec<_>>())
    }

    /// Handles the acknowledgement of the first `count` messages of the session.
    /// Returns the sends that this finishes.
    ///
    /// Returns `None` if the peer cannot have them, because they were not sent.
    pub(crate) fn acknowledge(&mut self, count: u64) -> Option<Vec<OperationId>> {
        let newly = usize::try_from(count.checked_sub(self.acknowledged)?).ok()?;
        if newly > self.unacknowledged.len() {
            return None;
        }
        self.acknowledged = count;
        let finished: Vec<QueueEntry> = self.unacknowledged.drain(..newly).collect();
        self.bytes -= finished.iter().map(|queued| queued.frame.len()).sum::<usize>();
        Some(finished.iter().filter_map(QueueEntry::operation_id).collect())
    }

    /// Handles the loss of the link: drops control frames.
    /// All messages start again at their first byte.
    pub(crate) fn rewind(&mut self) {
        let acknowledges = self.acknowledges;
        self.gathered = Gathered::default();
        self.marks = SentMarks::default();
        self.encryption = None;
        self.unsent.retain(|queued| !queued.is_control());
        for queued in &mut self.unsent {
            if !acknowledges {
                self.bytes += queued.written;
            }
            queued.written = 0;
        }
    }

    /// Queues the messages that the peer has not acknowledged again, before all others.
    pub(crate) fn send_again(&mut self) {
        while let Some(mut queued) = self.unacknowledged.pop_back() {
            queued.written = 0;
            self.unsent.push_front(queued);
        }
    }

    /// Starts a new session, in which nothing is acknowledged.
    /// Returns the operation ids of dropped messages.
    ///
    /// Drops the messages that the kernel took and the peer did not acknowledge.
    pub(crate) fn forget_session(&mut self) -> Vec<OperationId> {
        self.acknowledged = 0;
        self.bytes -= self.unacknowledged.iter().map(|queued| queued.frame.len()).sum::<usize>();
        self.unacknowledged.drain(..).filter_map(|queued| queued.operation_id()).collect()
    }

    /// Drops what the kernel has not taken, and returns the operation ids.
    pub(crate) fn drop_unsent(&mut self) -> Vec<OperationId> {
        self.gathered = Gathered::default();
        let weight: usize = self.unsent.iter().map(|queued| self.weight(queued)).sum();
        self.bytes -= weight;
        self.unsent.drain(..).filter_map(|queued| queued.operation_id()).collect()
    }

    /// Drops everything, including the key of the link; returns the operation ids of unfinished sends.
    pub(crate) fn clear(&mut self) -> Vec<OperationId> {
        self.encryption = None;
        self.drop_all()
    }

    /// Drops everything; returns the operation ids of unfinished sends.
    ///
    /// No frame may be partly written, unless nothing more is written to the link.
    pub(crate) fn drop_all(&mut self) -> Vec<OperationId> {
        let mut operation_ids = self.forget_session();
        operation_ids.extend(self.drop_unsent());
        operation_ids
    }

    fn advance(&mut self, mut written: usize, result: &mut Written) {
        while let Some(front) = self.unsent.front_mut() {
            let taken = written.min(front.rest().len());
            front.written += taken;
            written -= taken;
            // The kernel takes records as a whole.
            let end = self.marks.written - if self.encryption.is_some() { 0 } else { written as u64 };
            match front.kind {
                FrameKind::Message(_) if taken > 0 => self.marks.message_end = end,
                FrameKind::Control(Kind::Ping) if front.rest().is_empty() => self.marks.ping_end = Some(end),
                FrameKind::Message(_) | FrameKind::Control(_) => {}
            }
            if !self.acknowledges && !front.is_control() {
                self.bytes -= taken;
            }
            if !front.rest().is_empty() {
                return;
            }
            self.finish_front(result);
        }
    }

    fn finish_front(&mut self, result: &mut Written) {
        let Some(front) = self.unsent.pop_front() else { return };
        let Some(operation_id) = front.operation_id() else { return };
        result.messages += 1;
        if self.acknowledges {
            self.unacknowledged.push_back(front);
        } else {
            result.done.push(operation_id);
        }
    }

    /// Returns what a queued frame adds to `bytes`.
    fn weight(&self, queued: &QueueEntry) -> usize {
        match queued.kind {
            FrameKind::Control(_) => 0,
            FrameKind::Message(_) if self.acknowledges => queued.frame.len(),
            FrameKind::Message(_) => queued.rest().len(),
        }
    }
}

/// Returns `parts` without the first `skip` bytes.
fn behind(parts: [&[u8]; 3], mut skip: usize) -> impl Iterator<Item = &[u8]> {
    parts.into_iter().map(move |part| {
        let rest = part.get(skip..).unwrap_or_default();
        skip = skip.saturating_sub(part.len());
        rest
    })
}

impl QueueEntry {
    fn rest(&self) -> &[u8] {
        self.frame.get(self.written..).unwrap_or_default()
    }

    fn is_control(&self) -> bool {
        matches!(self.kind, FrameKind::Control(_))
    }

    fn operation_id(&self) -> Option<OperationId> {
        match self.kind {
            FrameKind::Message(operation_id) => Some(operation_id),
            FrameKind::Control(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
