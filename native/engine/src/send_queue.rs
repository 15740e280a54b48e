//! What was sent and is not finished: messages that the kernel did not take yet, control frames between them, and
//! messages that the peer has not acknowledged.

mod encryption;

use std::collections::VecDeque;
use std::io::{self, IoSlice};

use bytes::Bytes;

use self::encryption::Encryption;
use crate::error::is_transient;
use crate::event::Ticket;
use crate::limits::{EVENT_OVERHEAD_BYTES, GATHER_BYTES, WRITE_BATCH_MESSAGES, WRITE_TURN_BYTES};
use crate::noise::Sealer;
use crate::progress::SentMarks;
use crate::wire::Kind;

/// How far a send got at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendProgress {
    /// The kernel has every byte; no `Completed` event follows.
    Sent,
    /// It is not finished; a `Completed` event with the call's ticket follows.
    Queued,
    /// It waits for [`Connection::flush`](crate::Connection::flush), which says whether a `Completed` event follows.
    Gathered,
}

/// A message on its way, as a frame; where the link is encrypted, that is done when it is written.
#[derive(Debug)]
pub(crate) struct Outgoing {
    /// All of it, or what the kernel has not taken of a message that is never sent again.
    pub(crate) frame: Bytes,
    /// How much of `frame` the kernel has.
    pub(crate) written: usize,
    /// Names the call that sent it.
    pub(crate) ticket: Ticket,
}

struct Queued {
    frame: Bytes,
    written: usize,
    cargo: Cargo,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cargo {
    Message(Ticket),
    Control(Kind),
}

/// What became of a turn of writing.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// The sends that are finished.
    pub(crate) done: Vec<Ticket>,
    /// Messages of which the kernel took the last byte.
    pub(crate) messages: u64,
    /// What ended the turn; `WouldBlock` is one of them.
    pub(crate) error: Option<io::Error>,
}

/// The queue of one connection. Does no I/O of its own.
#[derive(Default)]
pub(crate) struct SendQueue {
    unsent: VecDeque<Queued>,
    /// With the kernel, and not acknowledged by the peer; empty where nobody acknowledges.
    unacknowledged: VecDeque<Queued>,
    acknowledges: bool,
    /// Messages of the session that the peer has acknowledged.
    acknowledged: u64,
    /// Bytes of the messages that are not finished.
    bytes: usize,
    gathered: Gathered,
    /// How far the link's bytes have come into the kernel.
    marks: SentMarks,
    /// What encrypts the link; `None`: nothing does.
    encryption: Option<Box<Encryption>>,
    /// Whether a link was encrypted: without a cipher nothing is written from then on.
    is_keyed: bool,
}

/// The messages at the end of the queue that no write was tried for: their sender lets them leave together.
#[derive(Clone, Copy, Default)]
struct Gathered {
    messages: usize,
    bytes: usize,
}

impl SendQueue {
    /// An empty queue. With `acknowledges`, a message stays until [`SendQueue::acknowledge`] covers it.
    pub(crate) fn new(acknowledges: bool) -> Self {
        Self { acknowledges, ..Self::default() }
    }

    /// Encrypts, with `sealer`, everything that is written of a link that begins.
    pub(crate) fn encrypt_with(&mut self, sealer: Option<Sealer>) {
        self.is_keyed |= sealer.is_some();
        self.encryption = sealer.map(|sealer| Box::new(Encryption::new(sealer)));
    }

    /// Whether every message is finished and no control frame waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.unsent.is_empty() && self.unacknowledged.is_empty()
    }

    /// Whether some message is not finished.
    pub(crate) fn has_messages(&self) -> bool {
        !self.unacknowledged.is_empty() || self.unsent.iter().any(|queued| !queued.is_control())
    }

    /// Whether something waits for the kernel.
    pub(crate) fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// Bytes of messages that are not finished.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// What the queue costs, its messages included: many small ones take more than their bytes.
    pub(crate) fn cost_bytes(&self) -> usize {
        self.bytes + (self.unsent.len() + self.unacknowledged.len()) * EVENT_OVERHEAD_BYTES
    }

    /// Up to where the kernel has taken what was sent on this link.
    pub(crate) fn marks(&self) -> SentMarks {
        self.marks
    }

    /// Counts bytes of a message that the kernel took at once, past the queue.
    pub(crate) fn count_written(&mut self, bytes: usize) {
        if bytes > 0 {
            self.marks.written += bytes as u64;
            self.marks.message_end = self.marks.written;
        }
    }

    /// Adds a message. One that the kernel has already is expected only where the peer acknowledges.
    pub(crate) fn push(&mut self, message: Outgoing) {
        let Outgoing { frame, written, ticket } = message;
        let is_sent = self.acknowledges && written == frame.len();
        let queued = Queued { frame, written, cargo: Cargo::Message(ticket) };
        self.bytes += self.weight(&queued);
        let queue = if is_sent { &mut self.unacknowledged } else { &mut self.unsent };
        queue.push_back(queued);
    }

    /// Adds a message that is to leave together with others. Nothing else waits for the kernel.
    pub(crate) fn gather(&mut self, message: Outgoing) {
        self.gathered.messages += 1;
        self.gathered.bytes += message.frame.len();
        self.push(message);
    }

    /// How many messages were gathered since the last write.
    pub(crate) fn gathered(&self) -> usize {
        self.gathered.messages
    }

    /// Whether so much was gathered that it is to be written.
    pub(crate) fn has_gathered_enough(&self) -> bool {
        self.gathered.bytes >= GATHER_BYTES
    }

    /// Puts a control frame before every message that the kernel has nothing of, in place of an earlier one of its kind.
    pub(crate) fn push_control(&mut self, kind: Kind, frame: Bytes) {
        if kind == Kind::Ping {
            self.marks.ping_end = None;
        }
        let control = Queued { frame, written: 0, cargo: Cargo::Control(kind) };
        let begun = self.begun();
        let controls = self.unsent.iter().skip(begun).take_while(|queued| queued.is_control()).count();
        let place = self.unsent.iter().skip(begun).take(controls).position(|queued| queued.cargo == control.cargo);
        match place.and_then(|place| self.unsent.get_mut(begun + place)) {
            Some(earlier) => *earlier = control,
            None => self.unsent.insert(begun + controls, control),
        }
    }

    /// How many frames at the front the kernel has some of, or are in a record that was begun.
    fn begun(&self) -> usize {
        let mut covered = self.encryption.as_ref().map_or(0, |encryption| encryption.covers());
        let is_begun = |queued: &&Queued| {
            let is_covered = covered > 0;
            covered = covered.saturating_sub(queued.rest().len());
            queued.written > 0 || is_covered
        };
        self.unsent.iter().take_while(is_begun).count()
    }

    /// Encrypts a message that nothing waits before, and returns how much of it the kernel has taken, which may be nothing. `None`
    /// where the link is not encrypted. What is left of it has to be pushed, as what the link sends next.
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

    /// Puts a control frame behind everything that waits.
    pub(crate) fn push_last(&mut self, kind: Kind, frame: Bytes) {
        self.unsent.push_back(Queued { frame, written: 0, cargo: Cargo::Control(kind) });
    }

    /// Writes `frame` as the last one of the link, before everything that waits. Writes nothing where the kernel has a part of another
    /// frame, because `frame` would be taken for the rest of that.
    pub(crate) fn end_link(&mut self, frame: &[u8], mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>) {
        let covered = self.encryption.as_ref().map_or(0, |encryption| encryption.covers());
        let is_begun = covered > 0 || self.unsent.front().is_some_and(|front| front.written > 0);
        if is_begun || self.has_lost_cipher() {
            return;
        }
        let SentMarks { written, .. } = &mut self.marks;
        // Where the kernel does not take it, the peer sees a cut.
        let _ = match &mut self.encryption {
            Some(encryption) => encryption.write([frame], write, written).map(drop),
            None => write(&[IoSlice::new(frame)]).map(|bytes| *written += bytes as u64),
        };
    }

    /// Hands the front of the queue to `write`, until nothing waits, `write` fails, or it has taken
    /// [`WRITE_TURN_BYTES`].
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

    /// One write: of a record; else of a few messages where they are, or of the many small ones that come to [`GATHER_BYTES`], as one
    /// piece. Returns how much of the queue the kernel has with it.
    fn write_front(&mut self, write: &mut impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>) -> io::Result<usize> {
        if let Some(encryption) = &mut self.encryption {
            return encryption.write(self.unsent.iter().map(Queued::rest), write, &mut self.marks.written);
        }
        if self.has_lost_cipher() {
            return Err(io::ErrorKind::NotConnected.into());
        }
        let written = self.write_plainly(write)?;
        self.marks.written += written as u64;
        Ok(written)
    }

    /// Whether what encrypted the link is gone: what is queued after that must not leave in the clear.
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
        let rests = self.unsent.iter().map(Queued::rest);
        if count > WRITE_BATCH_MESSAGES {
            return write(&[IoSlice::new(&rests.take(count).collect::<Vec<_>>().concat())]);
        }
        write(&rests.take(WRITE_BATCH_MESSAGES).map(IoSlice::new).collect::<Vec<_>>())
    }

    /// The peer has the first `count` messages of the session. Returns the sends that this finishes, or `None` when it
    /// cannot have them: they were not sent.
    pub(crate) fn acknowledge(&mut self, count: u64) -> Option<Vec<Ticket>> {
        let newly = usize::try_from(count.checked_sub(self.acknowledged)?).ok()?;
        if newly > self.unacknowledged.len() {
            return None;
        }
        self.acknowledged = count;
        let finished: Vec<Queued> = self.unacknowledged.drain(..newly).collect();
        self.bytes -= finished.iter().map(|queued| queued.frame.len()).sum::<usize>();
        Some(finished.iter().filter_map(Queued::ticket).collect())
    }

    /// The link is gone: control frames are void, and every message is to be sent from its first byte.
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

    /// Sends again what the peer has not acknowledged, before everything else.
    pub(crate) fn send_again(&mut self) {
        while let Some(mut queued) = self.unacknowledged.pop_back() {
            queued.written = 0;
            self.unsent.push_front(queued);
        }
    }

    /// Drops the messages that the kernel took and the peer did not acknowledge, and begins a session in which nothing
    /// is acknowledged. Returns whose they were.
    pub(crate) fn forget_session(&mut self) -> Vec<Ticket> {
        self.acknowledged = 0;
        self.bytes -= self.unacknowledged.iter().map(|queued| queued.frame.len()).sum::<usize>();
        self.unacknowledged.drain(..).filter_map(|queued| queued.ticket()).collect()
    }

    /// Drops what the kernel has not taken, and returns whose it was.
    pub(crate) fn drop_unsent(&mut self) -> Vec<Ticket> {
        self.gathered = Gathered::default();
        let weight: usize = self.unsent.iter().map(|queued| self.weight(queued)).sum();
        self.bytes -= weight;
        self.unsent.drain(..).filter_map(|queued| queued.ticket()).collect()
    }

    /// Drops everything, the key of the link as well, and returns the tickets that will never be finished.
    pub(crate) fn clear(&mut self) -> Vec<Ticket> {
        self.encryption = None;
        let mut tickets = self.forget_session();
        tickets.extend(self.drop_unsent());
        tickets
    }

    fn advance(&mut self, mut written: usize, result: &mut Written) {
        while let Some(front) = self.unsent.front_mut() {
            let taken = written.min(front.rest().len());
            front.written += taken;
            written -= taken;
            // A record is with the kernel as a whole.
            let end = self.marks.written - if self.encryption.is_some() { 0 } else { written as u64 };
            match front.cargo {
                Cargo::Message(_) if taken > 0 => self.marks.message_end = end,
                Cargo::Control(Kind::Ping) if front.rest().is_empty() => self.marks.ping_end = Some(end),
                Cargo::Message(_) | Cargo::Control(_) => {}
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
        let Some(ticket) = front.ticket() else { return };
        result.messages += 1;
        if self.acknowledges {
            self.unacknowledged.push_back(front);
        } else {
            result.done.push(ticket);
        }
    }

    /// What a queued frame adds to `bytes`.
    fn weight(&self, queued: &Queued) -> usize {
        match queued.cargo {
            Cargo::Control(_) => 0,
            Cargo::Message(_) if self.acknowledges => queued.frame.len(),
            Cargo::Message(_) => queued.rest().len(),
        }
    }
}

/// What is left of `parts` behind the first `skip` bytes.
fn behind(parts: [&[u8]; 3], mut skip: usize) -> impl Iterator<Item = &[u8]> {
    parts.into_iter().map(move |part| {
        let rest = part.get(skip..).unwrap_or_default();
        skip = skip.saturating_sub(part.len());
        rest
    })
}

impl Queued {
    fn rest(&self) -> &[u8] {
        self.frame.get(self.written..).unwrap_or_default()
    }

    fn is_control(&self) -> bool {
        matches!(self.cargo, Cargo::Control(_))
    }

    fn ticket(&self) -> Option<Ticket> {
        match self.cargo {
            Cargo::Message(ticket) => Some(ticket),
            Cargo::Control(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
