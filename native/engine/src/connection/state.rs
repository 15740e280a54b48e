//! Everything of a connection that its handle and its task share under one lock.

use std::io::{self, IoSlice};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;

use bytes::Bytes;
use socket2::SockRef;
use tokio::time::Instant;

use super::frames::Frames;
use super::message::Message;
use super::phase::{LinkState, Phase};
use super::stream_link::StreamLink;
use super::write;
use crate::error::{Operation, SocketError, errno_of};
use crate::event::{LinkId, OperationId};
use crate::framing::{FrameParts, Framing};
use crate::limits::{DRAIN_TIMEOUT, EVENT_OVERHEAD_BYTES, SEND_QUEUE_LIMIT_BYTES, SEND_QUEUE_MOST_BYTES};
use crate::noise::Sealer;
use crate::options::SocketOptions;
use crate::progress::SentMarks;
use crate::protocol::{Protocol, Unsent};
use crate::send_queue::{QueuedFrame, SendProgress, SendQueue};
use crate::tcp_info::TcpInfo;
use crate::wire::Kind;

pub(super) struct State {
    pub(super) phase: Phase,
    /// Whether and how the owner reads the link itself.
    pub(super) reads: OwnerReads,
    pub(super) queue: SendQueue,
    pub(super) fin: Fin,
    pub(super) suspension: Suspension,
    /// Spawns the connection's task, where nothing has needed that yet.
    pub(super) spawn: Option<SpawnTask>,
    /// Errno that made sending impossible for good: waiting messages were dropped.
    pub(super) given_up: Option<i32>,
    /// Whether messages were dropped with it.
    pub(super) has_dropped: bool,
    /// Whether `Bye` was said on this link, or waits to be.
    bye: bool,
    /// The next ping, where the owner has made it.
    next_ping: Option<Bytes>,
    /// Whether a lost link is replaced.
    reconnects: bool,
    /// Addresses of the newest link.
    addresses: Option<Addresses>,
    /// Options of every link.
    options: SocketOptions,
    /// Whether the link's options may have changed since its task looked.
    pub(super) has_new_options: bool,
    /// Bytes taken when a message did not fit last, and when that was first seen.
    exceeded: Option<(u64, Instant)>,
    protocol: Arc<Protocol>,
}

/// The two ends of a link.
#[derive(Clone, Copy, Debug)]
pub(super) struct Addresses {
    pub(super) local: SocketAddr,
    pub(super) peer: SocketAddr,
}

/// Spawns a task that nothing needs yet.
///
/// The owner reads, the kernel takes what it sends, and no timer runs. It does not own what the task shares with the
/// handle.
pub(super) type SpawnTask = Box<dyn FnOnce() + Send>;

/// Whether and how the owner reads the link that is there.
pub(super) enum OwnerReads {
    /// It does not: the task may.
    Off,
    On(StreamLink),
    /// It has seen the end of the stream.
    Ended {
        /// Whether a frame was begun and not ended.
        within_frame: bool,
    },
    /// Reading or watching failed with this errno.
    Failed(i32),
    /// The peer sent what is no frame, as this errno says.
    Malformed(i32),
}

impl OwnerReads {
    /// Has the poller report nothing any more.
    pub(super) fn pause(&self) {
        if let Self::On(link) = self {
            link.pause();
        }
    }

    /// Returns the link with this id, if the owner reads it.
    pub(super) fn link(&self, id: LinkId) -> Option<&StreamLink> {
        match self {
            Self::On(link) if link.is(id) => Some(link),
            _ => None,
        }
    }

    /// Returns whether the owner has left bytes unread, so that it may not find an error behind them.
    pub(super) fn leave_unread(&self) -> bool {
        matches!(self, Self::On(link) if link.watches_end)
    }
}

/// Result of a flush of the queue.
#[derive(Default)]
pub(super) struct Flushed {
    /// Sends that are finished.
    pub(super) done: Vec<OperationId>,
    /// The `end` call, if it is finished.
    pub(super) ended: Option<OperationId>,
    /// Sends that have failed.
    pub(super) failed: Vec<OperationId>,
    /// Errno of the link loss, if the link broke.
    pub(super) errno: Option<i32>,
    /// Whether messages have waited, and none does any more.
    pub(super) is_drained: bool,
    /// Whether the kernel took bytes of messages.
    pub(super) is_progress: bool,
}

/// Whether this side has said that it sends no more, while it still receives.
#[derive(Clone, Copy, Default)]
pub(super) enum Fin {
    #[default]
    NotWanted,
    /// To be sent after the queue, with the id of the `end` call, unless it was answered.
    Wanted(Option<OperationId>),
    Sent,
}

/// Whether the owner wants a link.
#[derive(Clone, Copy, Default)]
pub(super) enum Suspension {
    #[default]
    Active,
    /// It is to be let go; the operation id is that of the `suspend` call.
    Wanted {
        operation_id: OperationId,
        /// Whether a link is wanted again after that.
        resumed: bool,
    },
    Suspended,
}

impl State {
    pub(super) fn new(
        link: LinkState,
        addresses: Option<Addresses>,
        options: SocketOptions,
        reconnects: bool,
        protocol: &Arc<Protocol>,
    ) -> Self {
        Self {
            phase: Phase::Open(link),
            reads: OwnerReads::Off,
            queue: SendQueue::new(protocol.acknowledge),
            fin: Fin::default(),
            suspension: Suspension::default(),
            spawn: None,
            given_up: None,
            has_dropped: false,
            bye: false,
            next_ping: None,
            reconnects,
            addresses,
            options,
            has_new_options: true,
            exceeded: None,
            protocol: Arc::clone(protocol),
        }
    }

    /// Returns the addresses of the newest link; `None` if there never was one.
    pub(super) fn addresses(&self) -> Option<Addresses> {
        self.addresses
    }

    /// Creates an error of an operation on this connection.
    pub(super) fn error(&self, operation: Operation, errno: i32) -> SocketError {
        SocketError::new(operation, self.addresses.map(|addresses| addresses.peer), errno)
    }

    /// Sets options of the link that is there, and of those that follow it.
    pub(super) fn set_options(&mut self, options: &SocketOptions) -> Result<(), SocketError> {
        match self.phase.stream() {
            Ok(stream) => options.apply(&SockRef::from(stream)).map_err(|error| self.io_error(&error))?,
            Err(_) if self.awaits_link() => {}
            Err(errno) => return Err(self.error(Operation::SetOptions, errno)),
        }
        self.options = self.options.merged(*options);
        self.has_new_options = true;
        Ok(())
    }

    /// Creates the error of options that cannot be set.
    pub(super) fn io_error(&self, error: &io::Error) -> SocketError {
        SocketError::from_io(Operation::SetOptions, self.addresses.map(|addresses| addresses.peer), error)
    }

    /// Returns the errno of a `connect` that would replace this connection.
    ///
    /// `None` if the connection is over or broken: it can be replaced.
    pub(super) fn connect_conflict(&self) -> Option<i32> {
        match self.phase.link() {
            Some(LinkState::Up(_)) => Some(libc::EISCONN),
            _ if self.awaits_link() => Some(libc::EALREADY),
            _ => None,
        }
    }

    /// Sends a message as far as the kernel takes it now, and keeps the rest.
    ///
    /// The error is the errno that refuses the whole.
    pub(super) fn send(&mut self, message: &Message<'_>, operation_id: OperationId) -> Result<SendProgress, i32> {
        let data = message.data();
        self.may_send()?;
        let frame_parts = self.frame_parts(data)?;
        self.check_room(data.len())?;
        let parts = frame_parts.as_ref().map_or([&[], data, &[]], FrameParts::parts);
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let written = self.try_now(parts)?;
        let finished = written == length && !self.protocol.acknowledge;
        if finished && !self.queue.has_unsent() {
            return Ok(SendProgress::Sent);
        }
        let (frame, written) = self.kept(message, parts, written);
        self.queue.push(QueuedFrame { frame, written, operation_id });
        Ok(SendProgress::Queued)
    }

    /// Keeps a message for the next [`State::flush`]; sends it if no send would write at once.
    pub(super) fn gather(&mut self, message: &Message<'_>, operation_id: OperationId) -> Result<SendProgress, i32> {
        let is_first = !self.queue.has_unsent();
        if !self.phase.is_up() || !(is_first || self.queue.gathered() > 0) {
            return self.send(message, operation_id);
        }
        let data = message.data();
        self.may_send()?;
        let frame_parts = self.frame_parts(data)?;
        self.check_room(data.len())?;
        let parts = frame_parts.as_ref().map_or([&[], data, &[]], FrameParts::parts);
        let frame = message.kept(parts, 0);
        self.queue.gather(QueuedFrame { frame, written: 0, operation_id });
        Ok(SendProgress::Gathered)
    }

    /// Returns whether a message of `data_bytes` fits only after a flush of gathered ones.
    pub(super) fn needs_flush(&self, data_bytes: usize) -> bool {
        self.queue.gathered() > 0 && !self.fits(data_bytes)
    }

    /// Writes what the kernel takes, on the thread of the caller.
    pub(super) fn flush_at_once(&mut self) -> Flushed {
        let Some(LinkState::Up(stream)) = self.phase.link() else { return Flushed::default() };
        let stream = Arc::clone(stream);
        self.flush(&stream, |slices| write::send_vectored(&stream, slices))
    }

    /// Writes the queue with `write`, as far as the kernel takes it, then a FIN that is due.
    ///
    /// `write` writes to `stream`. An error ends everything that is queued, unless another link follows.
    pub(super) fn flush(
        &mut self,
        stream: &TcpStream,
        write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> Flushed {
        let waited = self.queue.has_messages() && self.queue.gathered() == 0;
        let message_end = self.queue.marks().message_end;
        let written = self.queue.write_with(write);
        let errno = match written.error.map(|error| (error.kind(), errno_of(&error))) {
            None | Some((io::ErrorKind::WouldBlock, _)) => None,
            Some((_, errno)) => Some(self.cause(errno)),
        };
        let failed = errno.map_or_else(Vec::new, |errno| self.break_link(errno));
        let ended = if errno.is_none() { self.say_fin(stream) } else { None };
        let is_drained = waited && !self.queue.has_messages() && self.phase.is_up();
        let is_progress = self.queue.marks().message_end > message_end;
        Flushed { done: written.done, ended, failed, errno, is_drained, is_progress }
    }

    /// Records that sending is not possible any more.
    ///
    /// Returns the calls that this fails: all that are unfinished, unless another link follows.
    pub(super) fn break_link(&mut self, errno: i32) -> Vec<OperationId> {
        self.phase.break_with(errno);
        if self.reconnects && self.phase.is_open() {
            return Vec::new();
        }
        self.give_up_with(errno)
    }

    /// Returns whether a call may send, or wants to say that it sends no more.
    pub(super) fn may_send(&self) -> Result<(), i32> {
        match self.phase.stream() {
            Err(errno) if !self.phase.is_open() => Err(errno),
            _ if self.has_ended() => Err(libc::EPIPE),
            Err(errno) if !self.keeps_unsent() => Err(errno),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Returns whether another link follows a lost one.
    ///
    /// A peer that has ended its side returns for what this side still sends, where messages are acknowledged; without
    /// `allow_half_open` this side sends no more.
    pub(super) fn needs_link(&self) -> bool {
        let may_send = self.protocol.acknowledge && self.protocol.allow_half_open && !self.has_said_all();
        self.reconnects && (!self.phase.peer_ended() || may_send)
    }

    /// Returns whether what is unread of a lost link comes again with the next one.
    pub(super) fn needs_nothing_unread(&self) -> bool {
        self.reconnects && self.protocol.acknowledge && !self.phase.peer_ended()
    }

    /// Returns whether the peer has ended its side, but returns for messages that it has not acknowledged.
    pub(super) fn owes_messages(&self) -> bool {
        self.phase.peer_ended() && self.needs_link() && self.queue.has_messages()
    }

    /// Returns whether the end of both sides has to wait for what the peer has not acknowledged, on this link or the next one.
    pub(super) fn finishes_later(&self) -> bool {
        self.phase.is_open() && self.owes_messages()
    }

    /// Fails the messages of a peer that has ended its side, and so cannot acknowledge them, once the kernel has taken them.
    ///
    /// Returns their sends. A peer that returns for them acknowledges them with the next link.
    pub(super) fn fail_unacknowledged(&mut self) -> Vec<OperationId> {
        let waits = self.protocol.acknowledge && self.queue.has_messages() && !self.queue.has_unsent();
        if !waits || !self.phase.peer_ended() || self.needs_link() {
            return Vec::new();
        }
        self.set_given_up(libc::ECONNRESET);
        // The link can still send, and needs its cipher for that.
        self.queue.drop_all()
    }

    /// Returns whether there is no link, but another one follows.
    pub(super) fn awaits_link(&self) -> bool {
        self.reconnects && matches!(self.phase.link(), Some(LinkState::Broken(_) | LinkState::Connecting))
    }

    /// Returns whether this side has or may have something to send to its peer, on this link or the next one.
    pub(super) fn serves_peer(&self) -> bool {
        let may_send = !self.has_ended() || self.queue.has_messages();
        self.awaits_link() || self.phase.is_up() && may_send
    }

    /// Returns whether there is a link, and none that could follow it.
    pub(super) fn ends_with_link(&self) -> bool {
        !self.reconnects && self.phase.is_up()
    }

    /// Returns whether the driver has something to write: what is gathered its owner writes.
    pub(super) fn wants_write(&self) -> bool {
        let is_waiting = self.queue.has_unsent() && self.queue.gathered() == 0;
        is_waiting || matches!(self.fin, Fin::Wanted(_))
    }

    /// Returns whether a closing connection still has something to see through.
    pub(super) fn has_work(&self) -> bool {
        !self.queue.is_empty() || matches!(self.fin, Fin::Wanted(_))
    }

    /// Returns whether this side sends no more, or is about to.
    pub(super) fn has_ended(&self) -> bool {
        !matches!(self.fin, Fin::NotWanted)
    }

    /// Returns whether this side has ended, and nothing of what it sent is unfinished.
    pub(super) fn has_said_all(&self) -> bool {
        matches!(self.fin, Fin::Sent) && !self.queue.has_messages()
    }

    /// Puts a control frame before what waits; drops it behind FIN.
    pub(super) fn push_control(&mut self, kind: Kind, fields: &[u8]) {
        if matches!(self.fin, Fin::Sent) && !self.protocol.acknowledge {
            return;
        }
        if let Some(framing) = self.typed_framing() {
            let frame = framing.control_frame(kind, fields);
            self.queue.push_control(kind, frame);
        }
    }

    /// Takes the next ping, if it is a message.
    pub(super) fn set_ping(&mut self, ping: Bytes) {
        if !ping.is_empty() && self.frame_parts(&ping).is_ok() {
            self.next_ping = Some(ping);
        }
    }

    /// Asks the peer whether it is there, with the ping of its protocol where that is known.
    pub(super) fn push_ping(&mut self) {
        // The peer refuses one behind `Bye`.
        if self.bye {
            return;
        }
        let made = self.next_ping.clone();
        let Some(ping) = made.or_else(|| self.protocol.ping.as_ref().map(|ping| ping.message.clone())) else {
            return self.push_control(Kind::Ping, &[]);
        };
        if matches!(self.fin, Fin::Sent) {
            return;
        }
        // It was found to be a message when the protocol was made.
        let frame = match self.frame_parts(&ping) {
            Ok(Some(frame_parts)) => frame_parts.parts().concat().into(),
            Ok(None) | Err(_) => ping,
        };
        self.queue.push_control(Kind::Ping, frame);
    }

    /// Puts `Bye` behind everything that waits, where the protocol has it and it was not said.
    pub(super) fn push_bye(&mut self) {
        if let Some(framing) = self.typed_framing().filter(|_| !self.bye) {
            let frame = framing.control_frame(Kind::Bye, &[]);
            self.queue.push_last(Kind::Bye, frame);
            self.bye = true;
        }
    }

    /// Says `Bye` on a link that is let go, where its end is final.
    ///
    /// Returns how far the link's bytes have come into the kernel.
    pub(super) fn say_bye(&mut self, stream: &TcpStream) -> SentMarks {
        let is_final = !self.bye && !self.protocol.acknowledge;
        let bye = self.typed_framing().filter(|_| is_final).map(|framing| framing.control_frame(Kind::Bye, &[]));
        if let Some(bye) = bye {
            self.queue.end_link(&bye, |slices| write::send_vectored(stream, slices));
        }
        self.queue.marks()
    }

    /// Sends a FIN that is due, if the queue is empty.
    ///
    /// Returns the id of the `end` call. While the peer still has to be told what of its messages has arrived, `Bye` is all
    /// that is said.
    pub(super) fn say_fin(&mut self, stream: &TcpStream) -> Option<OperationId> {
        let Fin::Wanted(operation_id) = self.fin else { return None };
        if self.queue.has_unsent() {
            return None;
        }
        self.fin = Fin::Sent;
        if !self.protocol.acknowledge {
            // An error means that the connection is gone, which reading reports.
            let _ = SockRef::from(stream).shutdown(Shutdown::Write);
        }
        operation_id
    }

    /// The link is lost: everything begins anew with the next one.
    ///
    /// Returns the sends that do not wait for it.
    pub(super) fn interrupt(&mut self) -> Vec<OperationId> {
        self.phase.set_link(LinkState::Connecting);
        self.queue.rewind();
        self.bye = false;
        if matches!(self.fin, Fin::Sent) {
            self.fin = Fin::Wanted(None);
        }
        if self.keeps_unsent() { Vec::new() } else { self.queue.drop_unsent() }
    }

    /// The peer comes back, and has received `count` messages: sends the others again.
    ///
    /// Returns the sends that this finishes, or `None` when it cannot have so many.
    pub(super) fn continue_session(&mut self, count: u64) -> Option<Vec<OperationId>> {
        let done = self.queue.acknowledge(count)?;
        self.queue.send_again();
        Some(done)
    }

    /// There is a link again: it gets the options of the ones before.
    pub(super) fn open(&mut self, stream: Arc<TcpStream>, addresses: Addresses, sealer: Option<Sealer>) {
        // They were accepted when they came; what the kernel does not take now is only lost.
        let _ = self.options.apply(&SockRef::from(&*stream));
        self.addresses = Some(addresses);
        self.has_new_options = true;
        // What ended the link before says nothing of this one.
        self.reads = OwnerReads::Off;
        self.queue.encrypt_with(sealer);
        self.phase.set_link(LinkState::Up(stream));
        if self.has_ended() {
            self.push_bye();
        }
    }

    /// Lets the owner read no more. Returns what it has of frames.
    pub(super) fn stop_owner_reads(&mut self) -> Option<Box<Frames>> {
        match std::mem::replace(&mut self.reads, OwnerReads::Off) {
            OwnerReads::On(link) => link.remove(),
            _ => None,
        }
    }

    /// Returns why sending failed.
    ///
    /// The kernel reports an error once, and a read of the owner may have got it.
    pub(super) fn cause(&self, errno: i32) -> i32 {
        match self.reads {
            OwnerReads::Failed(cause) if errno == libc::EPIPE => cause,
            _ => errno,
        }
    }

    /// Drops the queue and returns the operation ids of its unfinished calls.
    pub(super) fn give_up(&mut self) -> Vec<OperationId> {
        let mut operation_ids = self.queue.clear();
        if let Fin::Wanted(operation_id) = self.fin {
            self.fin = Fin::Sent;
            operation_ids.extend(operation_id);
        }
        operation_ids
    }

    /// Gives up because sending is impossible for good, as `errno` says.
    fn give_up_with(&mut self, errno: i32) -> Vec<OperationId> {
        self.set_given_up(errno);
        self.give_up()
    }

    /// Records why the queue is given up. Later errors follow from the first.
    fn set_given_up(&mut self, errno: i32) {
        self.given_up.get_or_insert(errno);
        self.has_dropped |= self.queue.has_messages();
    }

    fn keeps_unsent(&self) -> bool {
        self.reconnects && self.protocol.unsent == Unsent::Keep
    }

    fn typed_framing(&self) -> Option<&Framing> {
        self.protocol.framing.as_ref().filter(|_| self.protocol.is_typed())
    }

    fn frame_parts<'a>(&self, data: &'a [u8]) -> Result<Option<FrameParts<'a>>, i32> {
        let kind = self.protocol.is_typed().then_some(Kind::Data);
        let frame_parts = self.protocol.framing.as_ref().map(|framing| framing.frame_parts(data, kind));
        frame_parts.transpose().map_err(|error| error.errno())
    }

    fn check_room(&mut self, data_bytes: usize) -> Result<(), i32> {
        if self.fits(data_bytes) || self.may_exceed(data_bytes) { Ok(()) } else { Err(libc::ENOBUFS) }
    }

    fn cost_with(&self, data_bytes: usize) -> usize {
        self.queue.cost_bytes().saturating_add(data_bytes + EVENT_OVERHEAD_BYTES)
    }

    fn fits(&self, data_bytes: usize) -> bool {
        let limit = self.protocol.send_queue_limit_bytes.unwrap_or(SEND_QUEUE_LIMIT_BYTES);
        !self.queue.has_messages() || self.cost_with(data_bytes) <= limit
    }

    /// Returns whether to queue a message beyond the limit.
    ///
    /// Only of a plain stream whose peer takes something.
    fn may_exceed(&mut self, data_bytes: usize) -> bool {
        let is_plain = self.protocol.send_queue_limit_bytes.is_none() && self.protocol.framing.is_none();
        if !is_plain || !self.phase.is_up() || self.cost_with(data_bytes) > SEND_QUEUE_MOST_BYTES {
            return false;
        }
        let (taken, now) = (self.taken_bytes(), Instant::now());
        match self.exceeded {
            Some((at, since)) if at == taken => now.duration_since(since) < DRAIN_TIMEOUT,
            _ => {
                self.exceeded = Some((taken, now));
                true
            }
        }
    }

    /// Returns the bytes that the peer's kernel has acknowledged.
    ///
    /// Where this one does not know, those that it has taken. With a slow peer this one takes nothing for long: it waits until
    /// a good part of its buffer is free.
    fn taken_bytes(&self) -> u64 {
        let info = match self.phase.link() {
            Some(LinkState::Up(stream)) => TcpInfo::of(stream).ok(),
            _ => None,
        };
        info.and_then(|info| info.acknowledged_bytes()).unwrap_or(self.queue.marks().written)
    }

    /// Sends what the kernel takes of `parts` at once, if nothing waits before them; returns the number of bytes.
    fn try_now(&mut self, parts: [&[u8]; 3]) -> Result<usize, i32> {
        let Some(LinkState::Up(stream)) = self.phase.link() else { return Ok(0) };
        if self.queue.has_unsent() {
            return Ok(0);
        }
        let sent = match self.queue.send_encrypted(parts, |slices| write::send_vectored(stream, slices)) {
            Some(sent) => sent,
            None => write::send(stream, parts).inspect(|written| self.queue.count_written(*written)),
        };
        match sent {
            Ok(written) => Ok(written),
            Err(error) => {
                let errno = errno_of(&error);
                self.phase.break_with(errno);
                if self.keeps_unsent() { Ok(0) } else { Err(errno) }
            }
        }
    }

    /// Returns what to queue of a message, and how much of that is written.
    ///
    /// It is all of it where it may be sent again, or where a control frame must not take its rest for a message that is not
    /// begun.
    fn kept(&self, message: &Message<'_>, parts: [&[u8]; 3], written: usize) -> (Bytes, usize) {
        let whole = self.reconnects || self.protocol.has_control_frames();
        let skip = if whole { 0 } else { written };
        (message.kept(parts, skip), written - skip)
    }
}
