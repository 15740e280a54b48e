//! The events of one connection on their way to its listeners.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::net::SocketAddr;

use bytes::Bytes;
use napi_ohos::Result;
use napi_ohos::bindgen_prelude::{Object, Unknown};
use napi_ohos::{Env, JsValue};
use socket_engine::{CloseReason, Event, Reconnecting, SocketError};

use crate::emitter::{Emitter, EventName};
use crate::error::{self, CodeBase, socket_error};
use crate::limits;
use crate::node_api;
use crate::types::{SocketCloseInfo, SocketRemoteInfo};

/// The connection that an inbox belongs to.
pub trait Receiver {
    /// Its listeners.
    fn emitter(&self) -> &Emitter;
    /// Gives back the credit of a receipt of `bytes`.
    fn consume(&self, bytes: usize);
    /// The peer sends no more, and everything it sent was delivered.
    fn finish(&self);
    /// There is a link; called before the `connect` listener.
    fn connected(&self);
    /// The connection is no more, though `close` may still wait for bytes to be delivered.
    fn over(&self);
    /// The connection is no more; called before the `close` listener.
    fn closed(&self);
}

/// Keeps what arrived while there is no `message` listener; the connection's credit bounds it.
#[derive(Default)]
pub struct Inbox {
    waiting: RefCell<VecDeque<Event>>,
    /// The peer of the connection whose events are being delivered.
    peer: Cell<Option<SocketAddr>>,
    /// How many `close` events are still to come before anything else is delivered again: this side has closed those
    /// connections, and wants to hear no more of them.
    muted: Cell<u64>,
    /// How many `Closed` events were delivered so far.
    closes: Cell<u64>,
    /// Messages are not delivered for now.
    paused: Cell<bool>,
}

/// What to do next.
enum Next {
    Message(Vec<Bytes>),
    Connected(SocketAddr),
    Reconnecting(Box<Reconnecting>),
    Ended,
    Failed(SocketError),
    Closed(CloseReason),
    Nothing,
}

impl Inbox {
    /// The inbox of a connection to `peer`.
    pub fn with_peer(peer: Option<SocketAddr>) -> Self {
        Self { peer: Cell::new(peer), ..Self::default() }
    }

    /// How many of the `closes` that were posted are not delivered yet.
    pub fn undelivered(&self, closes: u64) -> u64 {
        closes.saturating_sub(self.closes.get())
    }

    /// Delivers nothing but `close` events, until `closes` of them were delivered.
    pub fn mute(&self, closes: u64) {
        self.muted.set(self.muted.get().max(closes));
    }

    fn is_muted(&self) -> bool {
        self.muted.get() > 0
    }

    /// Stops delivering messages for a while, or goes on at the next turn.
    pub fn pause(&self, pause: bool) {
        self.paused.set(pause);
    }

    /// Takes an event, which waits until it is delivered.
    pub fn take(&self, receiver: &impl Receiver, event: Event) {
        match event {
            // It belongs to what is sent, and waits for nothing that was received.
            Event::Drained if self.is_muted() => {}
            Event::Drained => receiver.emitter().emit(EventName::Drain, &[]),
            event => self.waiting.borrow_mut().push_back(event),
        }
    }

    /// Delivers what can be delivered.
    pub fn deliver(&self, receiver: &impl Receiver) {
        loop {
            match self.next(receiver.emitter()) {
                Next::Message(parts) => deliver_message(receiver, self.peer.get(), &parts),
                Next::Connected(peer) => {
                    self.peer.set(Some(peer));
                    receiver.connected();
                    receiver.emitter().emit(EventName::Connect, &[]);
                }
                Next::Reconnecting(reconnecting) => emit_reconnecting(receiver.emitter(), &reconnecting),
                Next::Ended => receiver.finish(),
                Next::Failed(error) => receiver.emitter().emit_error(&error),
                Next::Closed(reason) => self.close(receiver, reason),
                Next::Nothing => break,
            }
        }
        if self.waiting.borrow().iter().any(|event| matches!(event, Event::Closed(_))) {
            receiver.over();
        }
    }

    fn close(&self, receiver: &impl Receiver, reason: CloseReason) {
        self.muted.set(self.muted.get().saturating_sub(1));
        self.closes.set(self.closes.get() + 1);
        self.paused.set(false);
        // A closed object may be collected, and its listener with it: not before that was called.
        let _owner = receiver.emitter().owner();
        receiver.closed();
        receiver.emitter().emit_value(EventName::Close, SocketCloseInfo::from(reason));
    }

    /// Takes the next event, or the next bytes if somebody listens for them. Nothing is borrowed when this returns,
    /// because a listener may call back.
    fn next(&self, emitter: &Emitter) -> Next {
        let listening = emitter.has(EventName::Message) && !self.paused.get();
        let mut waiting = self.waiting.borrow_mut();
        while self.is_muted() && waiting.front().is_some_and(|event| !matches!(event, Event::Closed(_))) {
            waiting.pop_front();
        }
        match waiting.front() {
            Some(Event::Received(_) | Event::Message(_)) if !listening => self.next_behind_bytes(emitter, &mut waiting),
            Some(Event::Received(_)) => Next::Message(take_bytes(&mut waiting)),
            _ => waiting.pop_front().map_or(Next::Nothing, Next::from),
        }
    }

    /// The next event that waits behind bytes which nobody listens for. Somebody who listens for other events alone would
    /// otherwise never hear of them; the bytes go on waiting for a listener.
    fn next_behind_bytes(&self, emitter: &Emitter, waiting: &mut VecDeque<Event>) -> Next {
        if emitter.has(EventName::Message) {
            return Next::Nothing;
        }
        let Some(behind) = waiting.iter().position(|event| !is_received(event)) else { return Next::Nothing };
        let wanted = match waiting.get(behind) {
            Some(Event::Reconnecting(_)) => emitter.has(EventName::Reconnecting),
            Some(Event::Connected(_)) => emitter.has(EventName::Connect),
            _ => emitter.has(EventName::Close),
        };
        let next = if wanted { waiting.remove(behind) } else { None };
        next.map_or(Next::Nothing, Next::from)
    }
}

impl From<Event> for Next {
    fn from(event: Event) -> Self {
        match event {
            Event::Connected(peer) => Self::Connected(peer),
            Event::Reconnecting(reconnecting) => Self::Reconnecting(reconnecting),
            Event::Message(message) => Self::Message(vec![message]),
            Event::Ended => Self::Ended,
            Event::Failed(error) => Self::Failed(error),
            Event::Closed(reason) => Self::Closed(reason),
            // Bytes are taken together, the others go elsewhere.
            Event::Received(_)
            | Event::Drained
            | Event::Listening(_)
            | Event::Accepted(_)
            | Event::AcceptFailed(_)
            | Event::Rejected(..)
            | Event::Completed(..) => Self::Nothing,
        }
    }
}

fn is_received(event: &Event) -> bool {
    matches!(event, Event::Received(_) | Event::Message(_))
}

/// Takes what arrived together, up to the size of one message.
fn take_bytes(waiting: &mut VecDeque<Event>) -> Vec<Bytes> {
    let mut parts: Vec<Bytes> = Vec::new();
    let mut total = 0;
    while let Some(Event::Received(bytes)) = waiting.front() {
        if !parts.is_empty() && total + bytes.len() > limits::MESSAGE_BYTES {
            break;
        }
        total += bytes.len();
        if let Some(Event::Received(bytes)) = waiting.pop_front() {
            parts.push(bytes);
        }
    }
    parts
}

fn deliver_message(receiver: &impl Receiver, peer: Option<SocketAddr>, parts: &[Bytes]) {
    let emitter = receiver.emitter();
    let delivered = node_api::with_handle_scope(emitter.env(), || match message(emitter.env(), peer, parts) {
        Ok(message) => emitter.emit(EventName::Message, &[message]),
        Err(error) => error::report("a message could not be made", &error),
    });
    if let Err(error) = delivered {
        error::report("a message could not be delivered", &error);
    }
    // Only now: bytes that JavaScript is still busy with count as waiting.
    parts.iter().for_each(|bytes| receiver.consume(bytes.len()));
}

/// A `SocketMessageInfo`.
fn message<'env>(env: &'env Env, peer: Option<SocketAddr>, parts: &[Bytes]) -> Result<Unknown<'env>> {
    let mut info = Object::new(env)?;
    info.set("message", node_api::array_buffer_from_parts(env, parts)?)?;
    let size = parts.iter().map(Bytes::len).sum();
    if let Some(peer) = peer {
        info.set("remoteInfo", SocketRemoteInfo::new(peer, size))?;
    }
    Ok(info.to_unknown())
}

fn emit_reconnecting(emitter: &Emitter, reconnecting: &Reconnecting) {
    match reconnect_info(emitter.env(), reconnecting) {
        Ok(info) => emitter.emit(EventName::Reconnecting, &[info]),
        Err(error) => error::report("a lost link could not be reported", &error),
    }
}

/// A `SocketReconnectInfo`.
fn reconnect_info<'env>(env: &'env Env, reconnecting: &Reconnecting) -> Result<Unknown<'env>> {
    let mut info = Object::new(env)?;
    info.set("attempt", reconnecting.attempt)?;
    info.set("delayMs", reconnecting.delay.as_secs_f64() * 1000.0)?;
    info.set("error", socket_error(env, CodeBase::Socket, &reconnecting.error)?)?;
    Ok(info.to_unknown())
}
