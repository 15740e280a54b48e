//! The sending half of a connection: what the handle and the driver share under one lock.

use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

use bytes::Bytes;
use socket2::SockRef;

use super::link::{self, Link};
use super::message::Message;
use crate::error::errno_of;
use crate::event::Ticket;
use crate::framing::{Envelope, Framing};
use crate::limits::EVENT_OVERHEAD_BYTES;
use crate::protocol::{Protocol, Unsent};
use crate::send_queue::{Outgoing, SendProgress, SendQueue};
use crate::wire::{self, Kind};

pub(super) struct Sending {
    pub(super) queue: SendQueue,
    pub(super) link: Link,
    pub(super) fin: Fin,
    pub(super) suspension: Suspension,
    /// Whether `Bye` was said on this link, or waits to be.
    bye: bool,
    /// Whether it is to be reset, whatever waits.
    pub(super) aborted: bool,
    /// Whether a lost link is replaced.
    resilient: bool,
    protocol: Arc<Protocol>,
}

/// Whether this side has said that it sends no more, while it still receives.
#[derive(Clone, Copy, Default)]
pub(super) enum Fin {
    #[default]
    NotWanted,
    /// To be said after the queue; the ticket is that of the `end` call, unless it was answered.
    Wanted(Option<Ticket>),
    Sent,
}

/// Whether the owner wants a link.
#[derive(Clone, Copy, Default)]
pub(super) enum Suspension {
    #[default]
    Active,
    /// It is to be let go; the ticket is that of the `suspend` call.
    Wanted {
        ticket: Ticket,
        /// Whether a link is wanted again after that.
        resumed: bool,
    },
    Suspended,
}

impl Sending {
    pub(super) fn new(link: Link, resilient: bool, protocol: &Arc<Protocol>) -> Self {
        let queue = SendQueue::new(protocol.acknowledge);
        let protocol = Arc::clone(protocol);
        let (fin, suspension) = (Fin::default(), Suspension::default());
        Self { queue, link, fin, suspension, bye: false, aborted: false, resilient, protocol }
    }

    /// Sends a message as far as the kernel takes it now, and keeps the rest. The error is the errno that refuses the whole.
    pub(super) fn send(&mut self, message: &Message<'_>, ticket: Ticket) -> Result<SendProgress, i32> {
        let data = message.data();
        self.may_send()?;
        let envelope = self.envelope(data)?;
        self.check_room(data.len())?;
        let (head, tail) = (envelope.as_ref().map_or(&[][..], Envelope::head), envelope.as_ref().map(Envelope::tail));
        let parts = [head, data, tail.as_deref().unwrap_or_default()];
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let written = self.try_now(parts)?;
        let finished = written == length && !self.protocol.acknowledge;
        if finished && !self.queue.has_unsent() {
            return Ok(SendProgress::Sent);
        }
        let (frame, written) = self.kept(message, parts, written);
        self.queue.push(Outgoing { frame, written, ticket });
        Ok(SendProgress::Queued)
    }

    /// Whether a call may send, or wants to say that it sends no more.
    pub(super) fn may_send(&self) -> Result<(), i32> {
        match (&self.link, self.fin) {
            (Link::Closing(_) | Link::Closed, _) => Err(libc::EBADF),
            (_, Fin::Wanted(_) | Fin::Sent) => Err(libc::EPIPE),
            (Link::Open(_), Fin::NotWanted) => Ok(()),
            (Link::Broken(errno), Fin::NotWanted) if !self.keeps_unsent() => Err(*errno),
            (Link::Waiting, Fin::NotWanted) if !self.keeps_unsent() => Err(libc::ENOTCONN),
            (Link::Broken(_) | Link::Waiting, Fin::NotWanted) => Ok(()),
        }
    }

    /// Whether there is no link, but another one follows.
    pub(super) fn awaits_link(&self) -> bool {
        self.resilient && matches!(self.link, Link::Broken(_) | Link::Waiting)
    }

    /// Whether there is a link, and none that could follow it.
    pub(super) fn ends_with_link(&self) -> bool {
        !self.resilient && self.link.is_usable()
    }

    /// Whether the driver has something to write.
    pub(super) fn wants_write(&self) -> bool {
        self.queue.has_unsent() || matches!(self.fin, Fin::Wanted(_))
    }

    /// Whether a closing connection still has something to see through.
    pub(super) fn has_work(&self) -> bool {
        !self.queue.is_empty() || matches!(self.fin, Fin::Wanted(_))
    }

    /// Whether this side sends no more, or is about to.
    pub(super) fn has_ended(&self) -> bool {
        !matches!(self.fin, Fin::NotWanted)
    }

    /// Whether this side has ended, and nothing of what it sent is unfinished.
    pub(super) fn has_said_all(&self) -> bool {
        matches!(self.fin, Fin::Sent) && !self.queue.has_messages()
    }

    /// Puts a control frame before what waits; drops it behind FIN.
    pub(super) fn push_control(&mut self, kind: Kind, fields: &[u8]) {
        if matches!(self.fin, Fin::Sent) && !self.protocol.acknowledge {
            return;
        }
        if let Some(framing) = self.typed_framing() {
            let frame = wire::control_frame(framing, kind, fields);
            self.queue.push_control(kind, frame);
        }
    }

    /// Puts `Bye` behind everything that waits, where the protocol has it and it was not said.
    pub(super) fn push_bye(&mut self) {
        if let Some(framing) = self.typed_framing().filter(|_| !self.bye) {
            let frame = wire::control_frame(framing, Kind::Bye, &[]);
            self.queue.push_last(Kind::Bye, frame);
            self.bye = true;
        }
    }

    /// Says that nothing follows, if that is wanted and nothing waits before it; returns the ticket of who wanted it.
    /// While the peer still has to be told what of its messages has arrived, `Bye` is all that is said.
    pub(super) fn say_fin(&mut self, stream: &TcpStream) -> Option<Ticket> {
        let Fin::Wanted(ticket) = self.fin else { return None };
        if self.queue.has_unsent() {
            return None;
        }
        self.fin = Fin::Sent;
        if !self.protocol.acknowledge {
            // A connection that is gone says so itself.
            let _ = SockRef::from(stream).shutdown(Shutdown::Write);
        }
        ticket
    }

    /// The link is lost: everything begins anew with the next one. Returns the sends that do not wait for it.
    pub(super) fn interrupt(&mut self) -> Vec<Ticket> {
        if self.link.is_open() {
            self.link = Link::Waiting;
        }
        self.queue.rewind();
        self.bye = false;
        if matches!(self.fin, Fin::Sent) {
            self.fin = Fin::Wanted(None);
        }
        if self.keeps_unsent() { Vec::new() } else { self.queue.drop_unsent() }
    }

    /// The peer comes back, and has received `count` messages: sends the others again. Returns the sends that this
    /// finishes, or `None` when it cannot have so many.
    pub(super) fn continue_session(&mut self, count: u64) -> Option<Vec<Ticket>> {
        let done = self.queue.acknowledge(count)?;
        self.queue.send_again();
        Some(done)
    }

    /// There is a link again.
    pub(super) fn open(&mut self, link: Link) {
        self.link = link;
        if self.has_ended() {
            self.push_bye();
        }
    }

    /// Drops what waits and returns the tickets of those who will not get it.
    pub(super) fn give_up(&mut self) -> Vec<Ticket> {
        let mut tickets = self.queue.clear();
        if let Fin::Wanted(ticket) = self.fin {
            self.fin = Fin::Sent;
            tickets.extend(ticket);
        }
        tickets
    }

    fn keeps_unsent(&self) -> bool {
        self.resilient && self.protocol.unsent == Unsent::Keep
    }

    fn typed_framing(&self) -> Option<&Framing> {
        self.protocol.framing.as_ref().filter(|_| self.protocol.is_typed())
    }

    fn envelope(&self, data: &[u8]) -> Result<Option<Envelope>, i32> {
        let kind = self.protocol.is_typed().then_some(Kind::Data);
        let envelope = self.protocol.framing.as_ref().map(|framing| framing.envelope(data, kind));
        envelope.transpose().map_err(|error| error.errno())
    }

    fn check_room(&self, data_bytes: usize) -> Result<(), i32> {
        let cost = self.queue.cost_bytes().saturating_add(data_bytes + EVENT_OVERHEAD_BYTES);
        let fits = !self.queue.has_messages() || cost <= self.protocol.send_queue_limit_bytes;
        if fits { Ok(()) } else { Err(libc::ENOBUFS) }
    }

    /// How much of `parts` the kernel takes at once, with nothing waiting before them.
    fn try_now(&mut self, parts: [&[u8]; 3]) -> Result<usize, i32> {
        let Link::Open(stream) = &self.link else { return Ok(0) };
        if self.queue.has_unsent() {
            return Ok(0);
        }
        match link::send(stream, parts) {
            Ok(written) => Ok(written),
            Err(error) => {
                let errno = errno_of(&error);
                self.link.break_with(errno);
                if self.keeps_unsent() { Ok(0) } else { Err(errno) }
            }
        }
    }

    /// What has to be kept of a message, and how much of it is written: all of it where it may be sent again, or where a
    /// control frame must not take its rest for a message that is not begun.
    fn kept(&self, message: &Message<'_>, parts: [&[u8]; 3], written: usize) -> (Bytes, usize) {
        let whole = self.resilient || self.protocol.is_typed();
        let skip = if whole { 0 } else { written };
        (message.kept(parts, skip), written - skip)
    }
}
