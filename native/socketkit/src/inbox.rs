//! The events of one connection on their way to its listeners.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::net::SocketAddr;

use bytes::Bytes;
use napi_ohos::Result;
use napi_ohos::bindgen_prelude::{Object, Unknown};
use napi_ohos::{Env, JsValue};
use socket_engine::{Event, SocketError};

use crate::emitter::{Emitter, EventName};
use crate::error;
use crate::limits;
use crate::node_api;
use crate::types::SocketRemoteInfo;

/// The connection that an inbox belongs to.
pub trait Receiver {
    /// Its listeners.
    fn emitter(&self) -> &Emitter;
    /// Its peer.
    fn peer(&self) -> Option<SocketAddr>;
    /// Gives back the credit of a receipt of `bytes`.
    fn consume(&self, bytes: usize);
    /// The peer sends no more, and everything it sent was delivered.
    fn finish(&self);
    /// The connection is there; called before the `connect` listener.
    fn connected(&self);
    /// The connection is no more; called before the `close` listener.
    fn closed(&self);
}

/// Keeps what arrived while there is no `message` listener; the connection's credit bounds it.
#[derive(Default)]
pub struct Inbox {
    waiting: RefCell<VecDeque<Event>>,
    /// This side has closed the connection: only `close` is still delivered.
    muted: Cell<bool>,
    /// Messages are not delivered for now.
    paused: Cell<bool>,
}

/// What to do next.
enum Next {
    Message(Vec<Bytes>),
    Connected,
    Ended,
    Failed(SocketError),
    Closed,
    Nothing,
}

impl Inbox {
    /// Stops delivering messages and drops those that wait.
    pub fn mute(&self) {
        self.muted.set(true);
    }

    /// Stops delivering messages for a while, or goes on at the next turn.
    pub fn pause(&self, pause: bool) {
        self.paused.set(pause);
    }

    /// Takes `events` and delivers what can be delivered.
    pub fn deliver(&self, receiver: &impl Receiver, events: Vec<Event>) {
        for event in events {
            match event {
                // It belongs to what is sent, and waits for nothing that was received.
                Event::Drained if self.muted.get() => {}
                Event::Drained => receiver.emitter().emit(EventName::Drain, &[]),
                event => self.waiting.borrow_mut().push_back(event),
            }
        }
        loop {
            match self.next(receiver.emitter()) {
                Next::Message(parts) => deliver_message(receiver, &parts),
                Next::Connected => {
                    receiver.connected();
                    receiver.emitter().emit(EventName::Connect, &[]);
                }
                Next::Ended => receiver.finish(),
                Next::Failed(error) => receiver.emitter().emit_error(&error),
                Next::Closed => {
                    self.muted.set(false);
                    self.paused.set(false);
                    receiver.closed();
                    receiver.emitter().emit(EventName::Close, &[]);
                }
                Next::Nothing => return,
            }
        }
    }

    /// Takes the next event, or the next bytes if somebody listens for them. Nothing is borrowed when this returns,
    /// because a listener may call back.
    fn next(&self, emitter: &Emitter) -> Next {
        let listening = emitter.has(EventName::Message) && !self.paused.get();
        let mut waiting = self.waiting.borrow_mut();
        loop {
            match waiting.front() {
                None => return Next::Nothing,
                Some(Event::Received(_) | Event::Ended | Event::Failed(_)) if self.muted.get() => {
                    waiting.pop_front();
                }
                Some(Event::Received(_)) if !listening => return Next::Nothing,
                Some(Event::Received(_)) => return Next::Message(take_bytes(&mut waiting)),
                Some(_) => break,
            }
        }
        match waiting.pop_front() {
            Some(Event::Connected) => Next::Connected,
            Some(Event::Ended) => Next::Ended,
            Some(Event::Failed(error)) => Next::Failed(error),
            Some(Event::Closed(_)) => Next::Closed,
            // A server's events and results of calls go elsewhere.
            Some(
                Event::Received(_)
                | Event::Drained
                | Event::Accepted(_)
                | Event::AcceptFailed(_)
                | Event::Completed(..),
            )
            | None => Next::Nothing,
        }
    }
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

fn deliver_message(receiver: &impl Receiver, parts: &[Bytes]) {
    let emitter = receiver.emitter();
    let delivered =
        node_api::with_handle_scope(emitter.env(), || match message(emitter.env(), receiver.peer(), parts) {
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
