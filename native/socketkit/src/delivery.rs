//! Delivers the events of one connection to its listeners.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::rc::Rc;

use bytes::Bytes;
use napi_ohos::bindgen_prelude::Unknown;
use napi_ohos::{Env, Error, Result};
use socket_engine::{
    BAD_CHECKSUM, CloseReason, ConnectionEvent, LinkId, Operation, OperationId, ReadOutcome, Readiness, Reconnecting,
    SocketError,
};

use crate::cutter::Cutter;
use crate::delivery_handler::DeliveryHandler;
use crate::emitter::{Emitter, EventName};
use crate::environment::Arrived;
use crate::error::{self, CodeBase, socket_error};
use crate::limits;
use crate::node_api::{self, NewValue};
use crate::request_options::RequestOptions;
use crate::requests::Requests;
use crate::types::{MessageTemplate, Peer, SocketCloseInfo};

mod finding;
mod links;
mod request_ends;
mod storing;

thread_local! {
    /// Buffer for small reads, whose size is unknown before. Empty while in use.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Pending events of one connection.
/// Without a `message` listener, keeps received bytes up to the connection's credit.
#[derive(Default)]
pub struct Delivery {
    waiting: RefCell<VecDeque<Pending>>,
    /// Peer of the link whose events are being delivered.
    peer: RefCell<Option<Rc<Peer>>>,
    /// Number of `close` events of connections that this side has closed.
    /// Until then all other events are dropped.
    muted: Cell<u64>,
    /// Number of delivered `Closed` events.
    closes: Cell<u64>,
    /// Number of taken `Connected` events.
    links: Cell<u64>,
    /// Whether the peer has ended the connection whose events are being delivered.
    has_ended: Cell<bool>,
    /// Whether delivery of messages is paused.
    paused: Cell<bool>,
    /// Size of the last read.
    last_bytes: Cell<usize>,
    /// Turn of the last call of a listener that may send an answer.
    last_call: Cell<u64>,
    /// Link that is watched for EOF, because there is no credit to read its data.
    watched_link: Cell<Option<LinkId>>,
    /// Whether the peer has closed its side before everything was read.
    is_read_closed: Cell<bool>,
    /// Whether dropping bytes was logged.
    told_drop: Cell<bool>,
    /// Pending requests, if the connection supports them.
    requests: Option<Box<Requests>>,
    /// Splits read bytes with a function of the app, if set.
    cutter: Option<Box<Cutter>>,
    /// Whether it may have bytes to split.
    has_raw: Cell<bool>,
}

/// Kind of delivery of messages.
#[derive(Clone, Copy, Default)]
pub struct DeliveryKind {
    /// Limit of messages, if a function of the app determines their length.
    pub limit_bytes: Option<usize>,
    /// Options of requests, if enabled.
    pub requests: Option<RequestOptions>,
}

/// A pending item.
enum Pending {
    Received(Bytes),
    Readable(LinkId),
    /// A message that was read here.
    Read(Bytes),
    /// A message that the connection's task has read.
    Message(Bytes),
    /// The answer to the request with this operation id.
    Answer(OperationId, Bytes),
    /// Corrupt bytes instead of a message.
    Corrupt(Bytes),
    /// Input of the cutter.
    Raw(Raw),
    /// Data of the link to this peer follows. Stays between the data of two links when `Connected` was delivered before.
    NewLink(SocketAddr),
    Connected,
    Reconnecting(Box<Reconnecting>),
    Ended,
    /// The peer has ended the link within a message.
    EndedWithin,
    /// A client is finished once its `close` listener has used it.
    Finish,
    Failed(SocketError),
    Closed(CloseReason),
}

/// Input of the cutter, in the order of its links.
enum Raw {
    Bytes(Bytes),
    NewLink(SocketAddr),
    Ended,
}

/// Bytes that count for the object's share of one turn.
#[derive(Default)]
struct Turn {
    stored: usize,
    delivered: usize,
    streamed: usize,
    /// Whether the rest waits for the next turn, which was requested.
    awaits_next: bool,
}

impl Turn {
    fn stream(&mut self, bytes: usize) {
        self.streamed += bytes.max(limits::EVENT_COST_BYTES);
    }

    /// Returns whether `next` has to wait for the next turn.
    fn is_over_for(&self, next: &Pending) -> bool {
        let is_stream =
            matches!(next, Pending::Readable(_) | Pending::Read(_) | Pending::Answer(..) | Pending::Corrupt(_));
        is_stream && self.streamed >= limits::TURN_STREAM_BYTES
    }
}

/// Common state of the messages of one delivery, created for the first one.
struct Batch<'a> {
    handler: &'a dyn DeliveryHandler,
    /// The listener, with the number of changes of listeners when it was read.
    listener: Option<(u64, Option<Unknown<'a>>)>,
    /// For several messages: one is created faster without it.
    template: Option<MessageTemplate<'a>>,
}

/// Result of one read.
enum ReadResult<'env> {
    Nothing,
    Buffer(Unknown<'env>),
    /// No ArrayBuffer could be created, for this reason.
    Bytes(Bytes, Error),
}

impl Delivery {
    /// Creates the delivery of a connection to `peer`.
    pub fn with_peer(peer: Option<SocketAddr>) -> Self {
        Self { peer: RefCell::new(peer.map(|peer| Rc::new(peer.into()))), ..Self::default() }
    }

    /// Sets the kind of delivery.
    pub fn with_kind(self, kind: DeliveryKind) -> Self {
        Self {
            requests: kind.requests.map(|options| Box::new(Requests::new(options))),
            cutter: kind.limit_bytes.map(|limit_bytes| Box::new(Cutter::new(limit_bytes))),
            ..self
        }
    }

    /// Returns the pending requests, if supported.
    pub fn requests(&self) -> Option<&Requests> {
        self.requests.as_deref()
    }

    /// Returns how many of the posted `closes` are not delivered yet.
    pub fn undelivered(&self, closes: u64) -> u64 {
        closes.saturating_sub(self.closes.get())
    }

    /// Mutes the delivery after this side has closed the connection of `emitter`.
    /// Delivers only `close` events, until `closes` of them were delivered.
    pub fn mute(&self, emitter: &Emitter<ConnectionEvent>, closes: u64) {
        self.muted.set(self.muted.get().max(closes));
        if let Some(requests) = self.requests() {
            self.drop_waiting(requests);
            requests.give_up();
            emitter.await_turn();
        }
    }

    /// Returns whether the owner knows that the peer has ended the connection.
    pub fn has_ended(&self) -> bool {
        self.has_ended.get()
    }

    fn is_muted(&self) -> bool {
        self.muted.get() > 0
    }

    /// Pauses the delivery of messages, or resumes it in the next turn.
    pub fn pause(&self, pause: bool) {
        self.paused.set(pause);
    }

    /// Takes an event. Returns true if it has to be delivered.
    fn take(&self, handler: &dyn DeliveryHandler, event: ConnectionEvent) -> bool {
        let pending = match event {
            // They do not wait for received bytes.
            // A connection that has ended its side has now done everything for its peer.
            ConnectionEvent::Drained => return self.emit_at_once(handler, EventName::Drain) || self.knows_end(),
            ConnectionEvent::Stalled => return self.emit_at_once(handler, EventName::Stalled),
            ConnectionEvent::Recovered => return self.emit_at_once(handler, EventName::Recovered),
            ConnectionEvent::PingTaken => {
                self.make_ping(handler);
                return false;
            }
            ConnectionEvent::ReadClosed => {
                self.is_read_closed.set(true);
                return true;
            }
            ConnectionEvent::Received(bytes) => Pending::Received(bytes),
            ConnectionEvent::Message(_) if self.drops_new() => return false,
            ConnectionEvent::Message(message) => return self.take_message(handler, message),
            ConnectionEvent::Corrupt(bytes) => Pending::Corrupt(bytes),
            ConnectionEvent::Connected(peer) => self.begin_link(handler, peer),
            ConnectionEvent::Reconnecting(reconnecting) => self.end_link(handler, Pending::Reconnecting(reconnecting)),
            ConnectionEvent::Ended => self.uncut(Raw::Ended).unwrap_or(Pending::Ended),
            ConnectionEvent::Failed(error) => Pending::Failed(error),
            ConnectionEvent::Closed(reason) => Pending::Closed(reason),
        };
        self.take_pending(pending);
        true
    }

    /// Takes the readiness of a link, which has to be delivered.
    fn take_ready(&self, link: LinkId, readiness: Readiness) {
        match readiness {
            Readiness::ReadClosed => self.is_read_closed.set(true),
            Readiness::Readable => {
                // Otherwise it was reported before, and the rest waits for the next turn.
                if !self.has_unread(link) {
                    // Its data was read completely, and it is watched again.
                    self.watched_link.set(None);
                    self.waiting.borrow_mut().push_back(Pending::Readable(link));
                }
            }
        }
    }

    /// Emits an event that does not wait for others.
    /// Returns false, because nothing is left to deliver.
    fn emit_at_once(&self, handler: &dyn DeliveryHandler, event: EventName) -> bool {
        if !self.is_muted() {
            handler.emitter().emit(event, []);
        }
        false
    }

    /// Takes events and the readiness of a link, and delivers as far as possible.
    ///
    /// Returns the share of the turn that this takes, in bytes; `None` if nothing was due.
    pub fn deliver(&self, handler: &dyn DeliveryHandler, arrived: Arrived<'_, ConnectionEvent>) -> Option<usize> {
        let Arrived { events, ready, mut is_due } = arrived;
        for event in events {
            is_due |= self.take(handler, event);
        }
        if let Some((link, readiness)) = ready {
            self.take_ready(link, readiness);
            is_due = true;
        }
        is_due.then(|| self.deliver_waiting(handler, ready.map(|(link, _)| link)))
    }

    /// Returns whether a link was reported, and not read to its end.
    fn has_unread(&self, link: LinkId) -> bool {
        self.waiting.borrow().iter().any(|event| matches!(event, Pending::Readable(unread) if *unread == link))
    }

    /// Delivers as far as possible, limited to the object's share of a turn. Pauses `ready` if it is left unread.
    fn deliver_waiting(&self, handler: &dyn DeliveryHandler, ready: Option<LinkId>) -> usize {
        let emitter = handler.emitter();
        let mut batch = Batch { handler, listener: None, template: None };
        let mut turn = Turn::default();
        while let Some(next) = self.next_due(handler, &mut turn) {
            if let Err(error) = self.deliver_one(&mut batch, &mut turn, next) {
                put_off(emitter, &error);
                break;
            }
        }
        if self.waiting.borrow().iter().any(|event| matches!(event, Pending::Closed(_))) {
            handler.closed();
        } else if !emitter.has(EventName::Message) && self.knows_end() && self.knows_all_links(emitter) {
            handler.left();
        }
        if let Some(link) = ready.filter(|link| !turn.awaits_next && self.has_unread(*link)) {
            // Otherwise the poller would report it again at once, and this thread never sleep.
            handler.connection(|connection| connection.pause_reads(link));
        }
        turn.stored + turn.delivered + turn.streamed
    }

    /// Removes the next item to deliver; returns `None` if there is none, or none in this turn.
    fn next_due(&self, handler: &dyn DeliveryHandler, turn: &mut Turn) -> Option<Pending> {
        let emitter = handler.emitter();
        if !self.is_listened_to(emitter) && !self.is_muted() {
            self.store(handler, turn);
        }
        if let Err(error) = self.cut(handler) {
            put_off(emitter, &error);
            return None;
        }
        let next = self.next(emitter);
        let Some(next) = self.reject_requests(emitter, next) else {
            self.requests().into_iter().for_each(|requests| requests.mind_time(handler));
            return None;
        };
        if turn.is_over_for(&next) {
            self.waiting.borrow_mut().push_front(next);
            turn.awaits_next = true;
            emitter.await_turn();
            return None;
        }
        // An answer may follow: from a listener after an `await`, or from a callback.
        if matches!(next, Pending::Ended | Pending::EndedWithin | Pending::Finish) && self.is_in_use(emitter) {
            self.waiting.borrow_mut().push_front(next);
            emitter.environment().await_next_turn(emitter.queue().id);
            return None;
        }
        Some(next)
    }

    /// # Errors
    /// When no message could be created. It is then first in the queue.
    fn deliver_one(&self, batch: &mut Batch<'_>, turn: &mut Turn, next: Pending) -> Result<()> {
        let (handler, emitter) = (batch.handler, batch.handler.emitter());
        match next {
            Pending::Readable(link) if handler.has_framing() => {
                let (mut read, _) = self.read_messages(handler, link);
                let mut waiting = self.waiting.borrow_mut();
                read.append(&mut waiting);
                *waiting = read;
            }
            Pending::Readable(link) => turn.stream(self.read(batch, link)?),
            Pending::Read(message) => turn.stream(self.deliver_message(batch, message, Pending::Read)?),
            Pending::Corrupt(bytes) => turn.stream(self.deliver_corrupt(handler, bytes)?),
            Pending::Answer(operation_id, bytes) => turn.stream(self.deliver_answer(handler, operation_id, bytes)?),
            Pending::Received(bytes) => {
                turn.delivered += self.deliver_parts(batch, &self.with_next(bytes), Pending::Received)?;
            }
            Pending::Message(message) => {
                turn.delivered += self.deliver_message(batch, message, Pending::Message)?;
            }
            // The cutter splits all before an item is taken.
            Pending::Raw(_) => {}
            Pending::NewLink(peer) => {
                self.peer.replace(Some(Rc::new(peer.into())));
                batch.template = None;
            }
            Pending::Connected => {
                handler.connected();
                emitter.emit(EventName::Connect, []);
            }
            Pending::Reconnecting(reconnecting) => emit_reconnecting(emitter, &reconnecting),
            Pending::Ended => self.ended(handler),
            Pending::EndedWithin => self.fail_link(handler, libc::EPROTO),
            Pending::Finish => handler.finish(),
            Pending::Failed(error) => emitter.emit_error(&error),
            Pending::Closed(reason) => self.close(handler, reason),
        }
        Ok(())
    }

    /// Emits `end`.
    fn ended(&self, handler: &dyn DeliveryHandler) {
        let emitter = handler.emitter();
        self.fail_later_requests(emitter);
        self.has_ended.set(true);
        emitter.emit(EventName::End, []);
        handler.finish();
    }

    /// Returns whether a listener or callback that may use the connection is pending or just ran.
    fn is_in_use(&self, emitter: &Emitter<ConnectionEvent>) -> bool {
        emitter.due_callbacks().hold() || self.last_call.get() == emitter.environment().turn_number()
    }

    /// Returns whether the peer has closed its side, although not all of its data was delivered.
    fn knows_end(&self) -> bool {
        let is_end =
            |event: &Pending| matches!(event, Pending::Ended | Pending::EndedWithin | Pending::Raw(Raw::Ended));
        self.is_read_closed.get() || self.waiting.borrow().iter().any(is_end)
    }

    fn is_listened_to(&self, emitter: &Emitter<ConnectionEvent>) -> bool {
        emitter.has(EventName::Message) && !self.paused.get()
    }

    /// Reads once, and delivers the result. Returns the number of bytes.
    ///
    /// # Errors
    /// When no message could be created. The bytes are then first in the queue.
    fn read(&self, batch: &mut Batch<'_>, link: LinkId) -> Result<usize> {
        let (handler, emitter) = (batch.handler, batch.handler.emitter());
        // There may be more data, and the listener may remove itself. A failed read has to be repeated.
        self.waiting.borrow_mut().push_front(Pending::Readable(link));
        self.prepare(batch)?;
        let read = node_api::with_handle_scope(emitter.env(), || {
            let (result, piece) = self.read_once(handler, link)?;
            if piece.is_last {
                self.waiting.borrow_mut().pop_front();
            }
            let buffer = match result {
                ReadResult::Nothing => return Ok(0),
                ReadResult::Buffer(buffer) => buffer,
                ReadResult::Bytes(bytes, error) => {
                    handler.hold(bytes.len());
                    self.put_back(bytes, Pending::Received);
                    return Err(error);
                }
            };
            let message = self.message(batch, &buffer, piece.bytes);
            let message = message.inspect_err(|_| self.put_buffer_back(handler, &buffer))?;
            self.hand_over(batch, message);
            Ok(piece.bytes)
        });
        read.flatten()
    }

    /// Reads once: much data into its final buffer, little data through a scratch buffer.
    ///
    /// Finding out the size of the data costs a system call.
    fn read_once<'env>(
        &self,
        handler: &'env dyn DeliveryHandler,
        link: LinkId,
    ) -> Result<(ReadResult<'env>, ReadOutcome)> {
        let (env, is_bulk) = (handler.emitter().env(), self.last_bytes.get() >= limits::SCRATCH_BYTES);
        let available = if is_bulk { handler.available_bytes(link) } else { 0 };
        let (result, piece) = if available > limits::SCRATCH_BYTES {
            read_in_place(handler, link, available.min(limits::MESSAGE_BYTES))?
        } else {
            let read = |scratch: &mut [u8]| handler.read(|connection| connection.receive(link, scratch));
            let (result, piece) = with_scratch(read, |bytes| ReadResult::copy(env, bytes));
            (result.unwrap_or(ReadResult::Nothing), piece)
        };
        self.last_bytes.set(piece.bytes);
        Ok((result, piece))
    }

    /// Delivers one message. Keeps the caller small, which has two kinds of them.
    ///
    /// # Errors
    /// When it could not be created. It is then first in the queue.
    fn deliver_message(&self, batch: &mut Batch<'_>, message: Bytes, event: fn(Bytes) -> Pending) -> Result<usize> {
        self.deliver_parts(batch, &[message], event)
    }

    /// Delivers received bytes as one message. Returns their number.
    ///
    /// # Errors
    /// When no message could be created. The parts are then first in the queue, as separate events.
    fn deliver_parts(&self, batch: &mut Batch<'_>, parts: &[Bytes], event: fn(Bytes) -> Pending) -> Result<usize> {
        let env = batch.handler.emitter().env();
        let size = parts.iter().map(Bytes::len).sum();
        let delivered = self.prepare(batch).and_then(|()| {
            node_api::with_handle_scope(env, || {
                let buffer = node_api::array_buffer_from_parts(env, parts)?;
                let message = self.message(batch, &buffer, size)?;
                batch.handler.consume(size);
                self.hand_over(batch, message);
                Ok(size)
            })
            .flatten()
        });
        delivered.inspect_err(|_| parts.iter().rev().for_each(|part| self.put_back(part.clone(), event)))
    }

    /// Calls the `error` listener for corrupt bytes. Returns their number.
    ///
    /// # Errors
    /// When there is no memory for them. They are then first in the queue.
    fn deliver_corrupt(&self, handler: &dyn DeliveryHandler, bytes: Bytes) -> Result<usize> {
        let (emitter, size) = (handler.emitter(), bytes.len());
        let peer = self.peer().map(|peer| peer.socket_address());
        let fault = SocketError::new(Operation::Receive, peer, BAD_CHECKSUM);
        let delivered = node_api::with_handle_scope(emitter.env(), || {
            let error = error::corrupt_error(emitter.env(), &fault, &bytes)?;
            handler.consume(size);
            emitter.emit(EventName::Error, [error]);
            Ok(size)
        });
        delivered.flatten().inspect_err(|_| self.put_back(bytes, Pending::Corrupt))
    }

    /// Creates the missing parts of `batch`, in a scope that outlives its messages.
    fn prepare(&self, batch: &mut Batch<'_>) -> Result<()> {
        let emitter = batch.handler.emitter();
        if batch.listener.is_none_or(|(changes, _)| changes != emitter.changes()) {
            batch.listener = Some((emitter.changes(), emitter.listener(EventName::Message)?));
        }
        if batch.template.is_none()
            && let Some(size) = self.next_message_size()
            && let Some(peer) = self.peer()
        {
            batch.template = Some(MessageTemplate::new(emitter.environment(), &peer, size)?);
        }
        Ok(())
    }

    /// Creates a `SocketMessageInfo`.
    fn message<'env>(&self, batch: &mut Batch<'env>, bytes: &Unknown<'_>, size: usize) -> Result<Unknown<'env>> {
        let env = batch.handler.emitter().env();
        if let Some(template) = &mut batch.template {
            return template.message(env, bytes, size);
        }
        let info = node_api::object_with(env, &[(c"message", NewValue::Known(*bytes))])?;
        if let Some(peer) = self.peer() {
            node_api::set(env, &info, c"remoteInfo", NewValue::Known(peer.remote_info(env, size)?))?;
        }
        Ok(info)
    }

    /// Returns the size of the next message, if it was read.
    fn next_message_size(&self) -> Option<usize> {
        match self.waiting.borrow().front() {
            Some(Pending::Read(message) | Pending::Message(message)) => Some(message.len()),
            _ => None,
        }
    }

    /// Calls the `message` listener.
    ///
    /// The bytes count as delivered before the call: a continuation that the listener has queued runs before it returns.
    fn hand_over(&self, batch: &Batch<'_>, message: Unknown<'_>) {
        let emitter = batch.handler.emitter();
        self.last_call.set(emitter.environment().turn_number());
        let listener = batch.listener.as_ref().and_then(|(_, listener)| listener.as_ref());
        emitter.call(EventName::Message, listener, [message]);
    }

    fn put_back(&self, bytes: Bytes, event: fn(Bytes) -> Pending) {
        self.waiting.borrow_mut().push_front(event(bytes));
    }

    /// Keeps the bytes of an ArrayBuffer for which no message could be created.
    fn put_buffer_back(&self, handler: &dyn DeliveryHandler, buffer: &Unknown<'_>) {
        node_api::report_pending(handler.emitter().env());
        match node_api::with_bytes(buffer, Bytes::copy_from_slice) {
            Ok(Some(bytes)) => {
                handler.hold(bytes.len());
                self.put_back(bytes, Pending::Received);
            }
            Ok(None) => log::error!("received bytes are lost: their buffer was detached"),
            Err(error) => log::error!("received bytes are lost: {error}"),
        }
    }

    fn close(&self, handler: &dyn DeliveryHandler, reason: CloseReason) {
        self.muted.set(self.muted.get().saturating_sub(1));
        self.closes.set(self.closes.get() + 1);
        self.paused.set(false);
        self.has_ended.set(false);
        self.is_read_closed.set(false);
        self.told_drop.set(false);
        // Keeps a closed object, and its listener, from being collected before the call.
        let _owner = handler.emitter().owner();
        handler.closed();
        handler.emitter().emit_value(EventName::Close, &SocketCloseInfo::from(reason));
        // The listener may use it, also after an `await`.
        if handler.awaits_finish() {
            self.last_call.set(handler.emitter().environment().turn_number());
            self.waiting.borrow_mut().push_back(Pending::Finish);
        }
    }

    /// Removes the next event; bytes only if there is a listener for them.
    ///
    /// No borrow is held on return, because a listener may call back.
    fn next(&self, emitter: &Emitter<ConnectionEvent>) -> Option<Pending> {
        let listening = self.is_listened_to(emitter);
        let mut waiting = self.waiting.borrow_mut();
        while self.is_muted() && waiting.front().is_some_and(|event| !matches!(event, Pending::Closed(_))) {
            waiting.pop_front();
        }
        match waiting.front() {
            Some(Pending::NewLink(_)) => waiting.pop_front(),
            Some(event) if is_received(event) && !listening => self.next_behind_bytes(emitter, &mut waiting),
            _ => waiting.pop_front(),
        }
    }

    /// Removes the next event behind bytes without a listener, or else the next answer.
    ///
    /// Otherwise listeners for other events would never receive them; the bytes stay.
    fn next_behind_bytes(
        &self,
        emitter: &Emitter<ConnectionEvent>,
        waiting: &mut VecDeque<Pending>,
    ) -> Option<Pending> {
        let behind = waiting.iter().position(|event| !is_received(event))?;
        let wanted = match waiting.get(behind)? {
            _ if emitter.has(EventName::Message) => false,
            Pending::Reconnecting(_) => emitter.has(EventName::Reconnecting),
            Pending::Connected => emitter.has(EventName::Connect),
            Pending::Ended | Pending::EndedWithin => emitter.has(EventName::End) || emitter.has(EventName::Close),
            _ => emitter.has(EventName::Close),
        };
        let is_answer = |event: &Pending| matches!(event, Pending::Answer(..));
        waiting.remove(if wanted { behind } else { waiting.iter().position(is_answer)? })
    }

    /// Returns `first` and the bytes that arrived with it, up to the size of one message.
    fn with_next(&self, first: Bytes) -> Vec<Bytes> {
        let mut waiting = self.waiting.borrow_mut();
        let mut total = first.len();
        let mut parts = vec![first];
        while let Some(Pending::Received(bytes)) = waiting.front() {
            total += bytes.len();
            if total > limits::MESSAGE_BYTES {
                break;
            }
            if let Some(Pending::Received(bytes)) = waiting.pop_front() {
                parts.push(bytes);
            }
        }
        parts
    }
}

impl<'env> ReadResult<'env> {
    fn copy(env: &'env Env, bytes: &[u8]) -> Self {
        match node_api::array_buffer_from_parts(env, &[bytes]) {
            Ok(buffer) => Self::Buffer(buffer),
            Err(error) => Self::Bytes(Bytes::copy_from_slice(bytes), error),
        }
    }
}

/// Reads once, into an ArrayBuffer of at most `most` bytes.
fn read_in_place(handler: &dyn DeliveryHandler, link: LinkId, most: usize) -> Result<(ReadResult<'_>, ReadOutcome)> {
    let env = handler.emitter().env();
    node_api::array_buffer_filled(env, most, |buffer, bytes| {
        let piece = handler.read(|connection| connection.receive(link, bytes));
        let result = match bytes.get(..piece.bytes) {
            Some([]) => ReadResult::Nothing,
            Some(short) if short.len() < most => ReadResult::copy(env, short),
            _ => ReadResult::Buffer(buffer),
        };
        (result, piece)
    })
}

/// Reads once with `read`, and passes the bytes, if any, to `make`.
fn with_scratch<T>(
    read: impl FnOnce(&mut [u8]) -> ReadOutcome,
    make: impl FnOnce(&[u8]) -> T,
) -> (Option<T>, ReadOutcome) {
    let mut scratch = SCRATCH.take();
    scratch.resize(limits::SCRATCH_BYTES, 0);
    let piece = read(&mut scratch);
    let made = scratch.get(..piece.bytes).filter(|bytes| !bytes.is_empty()).map(make);
    SCRATCH.set(scratch);
    (made, piece)
}

/// Schedules a retry of the failed delivery.
fn put_off(emitter: &Emitter<ConnectionEvent>, error: &Error) {
    node_api::report_pending(emitter.env());
    if emitter.await_retry() {
        error::report("a message could not be delivered yet", error);
    }
}

fn is_received(event: &Pending) -> bool {
    use Pending::{Corrupt, Message, NewLink, Raw, Read, Readable, Received};
    matches!(event, Received(_) | Message(_) | Read(_) | Corrupt(_) | Raw(_) | Readable(_) | NewLink(_))
}

fn emit_reconnecting(emitter: &Emitter<ConnectionEvent>, reconnecting: &Reconnecting) {
    match reconnect_info(emitter.env(), reconnecting) {
        Ok(info) => emitter.emit(EventName::Reconnecting, [info]),
        Err(error) => error::report("a lost link could not be reported", &error),
    }
}

/// Creates a `SocketReconnectInfo`.
fn reconnect_info<'env>(env: &'env Env, reconnecting: &Reconnecting) -> Result<Unknown<'env>> {
    let error = socket_error(env, CodeBase::Socket, &reconnecting.error)?;
    node_api::object_with(
        env,
        &[
            (c"attempt", NewValue::Number(reconnecting.attempt.into())),
            (c"delayMs", NewValue::Number(reconnecting.delay.as_secs_f64() * 1000.0)),
            (c"error", NewValue::Known(error)),
        ],
    )
}
