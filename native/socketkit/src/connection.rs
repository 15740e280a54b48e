//! `TCPSocketConnection`: one connection of a server.

use std::cell::{Cell, RefCell};
use std::ffi::CStr;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use napi_derive_ohos::napi;
use napi_ohos::bindgen_prelude::{Object, This, Unknown};
use napi_ohos::{Env, Result};
use socket_engine::{
    Connection, ConnectionEvent, ConnectionPlace, Message, OperationId, PendingConnection, Protocol, ServerEvent,
    SocketError,
};

use crate::call::{CallState, CallValue, Method, call};
use crate::convert::{self, Argument};
use crate::cork::Cork;
use crate::delivery::{Delivery, DeliveryKind};
use crate::delivery_handler::{DeliveryHandler, Sent};
use crate::emitter::{Emitter, EventName, MESSAGE_LENGTH, PING};
use crate::environment::{Arrived, Environment, EventTarget};
use crate::error::{CodeBase, internal};
use crate::event_queue::ObjectQueue;
use crate::node_api::{self, Reference, Returned};
use crate::request;
use crate::send::{self, Sender};
use crate::tagged::{Member, Tagged, TypeTag};
use crate::types;

const CLASS: &str = "TCPSocketConnection\0";

const EVENTS: &[EventName] = &[
    EventName::Message,
    EventName::Close,
    EventName::Error,
    EventName::Drain,
    EventName::Reconnecting,
    EventName::End,
    EventName::Stalled,
    EventName::Recovered,
    EventName::Connect,
];

/// `clientId` of the newest connection of any server.
static LAST_CLIENT_ID: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// Argument for the constructor when the module itself calls it.
    static STARTED: RefCell<Option<Started>> = const { RefCell::new(None) };
}

/// A connection without a JavaScript object.
struct Started {
    environment: Rc<Environment>,
    queue: Arc<ObjectQueue<ConnectionEvent>>,
    connection: Connection,
    place: ConnectionPlace,
    connections: Connections,
    kind: DeliveryKind,
    /// Functions of the app, with their names.
    functions: Vec<(&'static CStr, Reference)>,
}

/// The connections of one server, as weak references.
pub type Connections = Rc<RefCell<Vec<Weak<State>>>>;

/// Returns the open ones of `connections`.
pub fn open_ones(connections: &Connections) -> Vec<Rc<State>> {
    let mut connections = connections.borrow_mut();
    connections.retain(|connection| connection.upgrade().is_some_and(|state| state.connection.is_open()));
    // One whose peer has left is listed again when its peer comes back.
    connections.iter().filter_map(Weak::upgrade).filter(|state| state.is_listed()).collect()
}

/// A connection that a server accepted.
#[napi(js_name = "TCPSocketConnection")]
#[allow(clippy::upper_case_acronyms, reason = "the name in the system socket API")]
#[repr(transparent)]
pub struct TCPSocketConnection {
    tagged: Tagged<State>,
}

/// State of one connection.
pub struct State {
    emitter: Emitter<ConnectionEvent>,
    delivery: Delivery,
    cork: Cork,
    connection: Connection,
    place: ConnectionPlace,
    /// Number of the link that its peer has ended, leaving unread bytes behind that have no listener.
    left_link: Cell<Option<u64>>,
    client_id: u32,
}

/// Starts `pending`, creates its JavaScript object, and adds it to `connections`.
pub fn announce<'env>(
    server: &'env Emitter<ServerEvent>,
    connections: &Connections,
    kind: DeliveryKind,
    pending: PendingConnection,
) -> Result<Unknown<'env>> {
    let environment = server.environment();
    let mut functions = Vec::new();
    for name in [MESSAGE_LENGTH, PING] {
        if let Some(function) = server.function(name)? {
            functions.push((name, Reference::new(environment.env(), &function)?));
        }
    }
    let queue: Arc<ObjectQueue<ConnectionEvent>> = environment.new_queue();
    let place = pending.place();
    let target = environment.poll_target(queue.id);
    let connection = pending.start(queue.clone(), Some(target)).map_err(|error| internal(&error.to_string()))?;
    let connections = Rc::clone(connections);
    let started =
        Started { environment: Rc::clone(environment), queue, connection, place, connections, kind, functions };
    STARTED.set(Some(started));
    let instance = node_api::new_instance(environment.env(), CLASS, &[]);
    STARTED.take();
    instance
}

impl State {
    fn new(started: Started, this: &Object<'_>) -> Result<Rc<Self>> {
        let Started { environment, queue, connection, place, connections, kind, functions } = started;
        let emitter = Emitter::new(&environment, queue, this, EVENTS)?;
        let client_id = LAST_CLIENT_ID.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        node_api::define_constant(environment.env(), this, c"clientId", client_id)?;
        for (name, function) in functions {
            emitter.set_function(name, &function.get(environment.env())?)?;
        }
        let delivery = Delivery::with_peer(connection.peer()).with_kind(kind);
        let (cork, left_link) = (Cork::default(), Cell::new(None));
        let state = Rc::new(Self { emitter, delivery, cork, connection, place, left_link, client_id });
        let object: Weak<Self> = Rc::downgrade(&state);
        let _ = open_ones(&connections);
        connections.borrow_mut().push(Rc::downgrade(&state));
        state.emitter.register(object);
        state.emitter.set_open(true);
        // The server keeps it, for apps that only broadcast.
        state.emitter.set_kept(true);
        Ok(state)
    }
}

impl State {
    /// Returns whether it is one of the open connections of its server.
    fn is_listed(&self) -> bool {
        // A session that continues is open at once, also behind events that are not taken yet.
        self.connection.is_open() && self.left_link.get() != Some(self.emitter.queue().connects())
    }

    /// Returns the JavaScript object.
    pub fn object<'env>(&self, env: &'env Env) -> Result<Option<Unknown<'env>>> {
        self.emitter.object(env)
    }
}

impl Sender for State {
    const SEND: Method = Method::throwing_types("send", CodeBase::Server);

    const REQUEST: Method = Method::new("request", CodeBase::Server);

    fn delivery(&self) -> &Delivery {
        &self.delivery
    }

    fn cork(&self) -> &Cork {
        &self.cork
    }

    fn send_now(&self, message: &Message<'_>, operation_id: OperationId) -> Sent {
        self.connection.send_message(message, operation_id)
    }

    fn gather(&self, message: &Message<'_>, operation_id: OperationId) -> Sent {
        self.connection.gather(message, operation_id)
    }

    fn flush(&self) -> bool {
        self.connection.flush()
    }
}

impl EventTarget for State {
    type Event = ConnectionEvent;

    fn queue(&self) -> &ObjectQueue<ConnectionEvent> {
        self.emitter.queue()
    }

    fn take_request(&self, operation_id: OperationId, result: std::result::Result<(), SocketError>) {
        if let Some(requests) = self.delivery.requests() {
            requests.take_result(self.emitter.environment(), operation_id, result);
        }
    }

    fn deliver(&self, arrived: Arrived<'_, ConnectionEvent>) -> usize {
        let Some(delivered) = self.delivery.deliver(self, arrived) else { return 0 };
        self.emitter.end_turn();
        delivered
    }

    fn end(&self) {
        self.emitter.end_turn();
        // A closed connection stays closed.
        let _ = self.connection.close(None);
    }
}

impl DeliveryHandler for State {
    fn emitter(&self) -> &Emitter<ConnectionEvent> {
        &self.emitter
    }

    fn protocol(&self) -> &Protocol {
        self.connection.protocol()
    }

    fn with_connection(&self, use_connection: &mut dyn FnMut(&Connection)) {
        use_connection(&self.connection);
    }

    /// The system socket API also reads nothing without a listener.
    fn drops_unheard(&self) -> bool {
        false
    }

    /// A connection gives up its place then.
    fn watches_end(&self) -> bool {
        true
    }

    fn send_alone(&self, data: &[u8], operation_id: OperationId) -> Sent {
        send::send_alone(self, data, operation_id)
    }

    fn finish(&self) {
        self.connection.finish();
    }

    fn awaits_finish(&self) -> bool {
        false
    }

    fn link_changed(&self) {
        // The session continues; the engine frees its place while its peer is away.
        if self.left_link.take().is_some() {
            self.emitter.set_kept(true);
        }
    }

    fn connected(&self) {}

    fn left(&self) {
        // A peer that has ended its side alone may still receive.
        let receives = self.connection.allows_half_open() && self.connection.serves_peer();
        let link = self.delivery.links();
        if !receives && self.left_link.replace(Some(link)).is_none() {
            self.place.give_up(link);
            self.emitter.set_kept(false);
        }
    }

    fn closed(&self) {
        self.emitter.set_open(false);
    }
}

impl TCPSocketConnection {
    fn run<'a>(&'a self, env: &'a Env, member: Member<'a, State>) -> Returned {
        self.tagged.run(TypeTag::CONNECTION, env, member)
    }
}

#[napi(js_name = "TCPSocketConnection")]
impl TCPSocketConnection {
    /// Only servers create connections.
    #[napi(constructor, skip_typescript, catch_unwind)]
    pub fn new(this: This<'_>) -> Result<Self> {
        let started = STARTED.take().ok_or_else(|| internal("a TCPSocketConnection is made by its server only"))?;
        Ok(Self { tagged: Tagged::new(TypeTag::CONNECTION, State::new(started, &this)?) })
    }

    /// Number of the connection; every later connection has a higher one.
    #[napi(getter, js_name = "clientId", ts_return_type = "number")]
    pub fn client_id(&self, env: Env) -> Returned {
        self.run(&env, &|state| node_api::to_js(&env, state.client_id))
    }

    /// Sends after everything sent before; never blocks. Finished when the kernel has the last byte; with `acknowledge`,
    /// when socketkit at the peer has the message. Fails without sending anything: with 2303109 when closed, 2303132 after
    /// `end` or when the peer is gone, and 2303205 when more than `sendQueueLimitBytes` would be queued; with framing, with
    /// 2303190 when the message is too long, and 2303122 when it contains the delimiter.
    #[napi(
        ts_type = "(options: TCPSendOptions): Promise<void>\nsend(options: TCPSendOptions, callback: (error: SocketError, data: void) => void): void"
    )]
    pub fn send(&self, env: Env, options: Argument<'_>, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| send::send(state, &options, callback))
    }

    /// Sends a message as `send` does, and resolves with its answer, as the option `requests` defines it. Fails with 2303210
    /// when that does not arrive in time, with the errors of `send`, with 2303203 when this side closes the connection before,
    /// and with 2303204 when it is lost.
    #[napi(
        ts_type = "(options: TCPRequestOptions): Promise<ArrayBuffer>\nrequest(options: TCPRequestOptions, callback: (error: SocketError, data: ArrayBuffer) => void): void"
    )]
    pub fn request(&self, env: Env, options: Argument<'_>, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            let callback = convert::last_callback(&options, callback)?;
            request::request(state, &options, callback)
        })
    }

    /// Closes: sends everything in the queue, then FIN. Receives nothing any more; `close` follows. A connection whose peer
    /// reads nothing for 20 seconds is reset, and this fails with 2301110; with 2301104 when the peer resets the connection
    /// before it has everything. Fails with 2301009 when it is already closed.
    #[napi(ts_type = "(): Promise<void>\nclose(callback: (error: SocketError, data: void) => void): void")]
    pub fn close(&self, env: Env, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            call(&state.emitter, Method::throwing_types("close", CodeBase::Socket), callback, &|operation_id| {
                let closing = state.connection.close(Some(operation_id));
                if closing.is_ok() {
                    state.delivery.mute(&state.emitter, 1);
                }
                Ok(closing.map(|()| CallState::Awaited))
            })
        })
    }

    /// The peer's address. Fails with 2301009 when it is closed.
    #[napi(
        ts_type = "(): Promise<NetAddress>\ngetRemoteAddress(callback: (error: SocketError, data: NetAddress) => void): void"
    )]
    pub fn get_remote_address(&self, env: Env, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            call(&state.emitter, Method::throwing_types("getRemoteAddress", CodeBase::Socket), callback, &|_| {
                Ok(state.connection.remote_address().map(|address| CallState::Done(CallValue::Address(address))))
            })
        })
    }

    /// The local address. Fails with 2301009 when it is closed.
    #[napi(ts_type = "(): Promise<NetAddress>")]
    pub fn get_local_address(&self, env: Env, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            call(&state.emitter, Method::throwing_types("getLocalAddress", CodeBase::Socket), callback, &|_| {
                Ok(state.connection.local_address().map(|address| CallState::Done(CallValue::Address(address))))
            })
        })
    }

    /// Sets options of the connection. Fails with 2301009 when it is closed, and with 2301033 for a negative time-out.
    #[napi(
        ts_type = "(options: TCPExtraOptions): Promise<void>\nsetExtraOptions(options: TCPExtraOptions, callback: (error: SocketError, data: void) => void): void"
    )]
    pub fn set_extra_options(&self, env: Env, options: Argument<'_>, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            call(&state.emitter, Method::new("setExtraOptions", CodeBase::Socket), callback, &|_| {
                let options = convert::extra_options(&options)?;
                Ok(state.connection.set_options(&options).map(|()| CallState::Done(CallValue::Nothing)))
            })
        })
    }

    /// The state of the connection.
    #[napi(
        ts_type = "(): Promise<SocketStateBase>\ngetState(callback: (error: SocketError, data: SocketStateBase) => void): void"
    )]
    pub fn get_state(&self, env: Env, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            call(&state.emitter, Method::new("getState", CodeBase::Socket), callback, &|_| {
                Ok(Ok(CallState::Done(CallValue::State(state.connection.state()))))
            })
        })
    }

    /// Descriptor of the socket; -1 when closed. The connection still owns it.
    #[napi(ts_type = "(): Promise<number>")]
    pub fn get_socket_fd(&self, env: Env) -> Returned {
        self.run(&env, &|state| {
            call(&state.emitter, Method::new("getSocketFd", CodeBase::Socket), None, &|_| {
                Ok(Ok(CallState::Done(CallValue::Number(state.connection.descriptor().unwrap_or(-1)))))
            })
        })
    }

    /// Statistics of the connection.
    #[napi(ts_return_type = "SocketStatistics")]
    pub fn get_statistics(&self, env: Env) -> Returned {
        self.run(&env, &|state| types::statistics(&env, &state.connection.statistics()))
    }

    /// Sent bytes that the kernel has not taken yet; with `acknowledge`, that the peer has not acknowledged. Event `drain`
    /// reports that there are none left.
    #[napi(getter, js_name = "bytesQueued", ts_return_type = "number")]
    pub fn bytes_queued(&self, env: Env) -> Returned {
        self.run(&env, &|state| node_api::to_js(&env, state.connection.queued_bytes() as f64))
    }

    /// Half-closes: sends FIN after everything sent before, and continues to receive. Later sends fail with 2303132. With
    /// `allowHalfOpen`, `close` follows when the client has ended its side.
    #[napi(ts_type = "(): Promise<void>\nend(callback: (error: SocketError, data: void) => void): void")]
    pub fn end(&self, env: Env, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            call(&state.emitter, Method::new("end", CodeBase::Server), callback, &|operation_id| {
                let ending = state.connection.end(operation_id);
                if state.delivery.has_ended() {
                    state.connection.finish();
                }
                // Its place is free if its peer has ended its side too, and its data has no listener.
                state.emitter.await_turn();
                Ok(ending.map(|()| CallState::Awaited))
            })
        })
    }

    /// Resets the connection: queued sends are dropped, and fail with 2303203. `close` follows.
    #[napi(ts_type = "(): Promise<void>\nabort(callback: (error: SocketError, data: void) => void): void")]
    pub fn abort(&self, env: Env, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            call(&state.emitter, Method::new("abort", CodeBase::Socket), callback, &|operation_id| {
                let aborting = state.connection.abort(operation_id);
                if aborting.is_ok() {
                    state.delivery.mute(&state.emitter, 1);
                }
                Ok(aborting.map(|()| CallState::Awaited))
            })
        })
    }

    /// Pauses the delivery of messages, and of `close` after them, until `resume`. At most 512 KiB are kept meanwhile, then
    /// backpressure applies.
    #[napi(ts_return_type = "void")]
    pub fn pause(&self, env: Env) -> Returned {
        self.run(&env, &|state| {
            state.delivery.pause(true);
            node_api::undefined(&env)
        })
    }

    /// Delivers messages again after `pause`.
    #[napi(ts_return_type = "void")]
    pub fn resume(&self, env: Env) -> Returned {
        self.run(&env, &|state| {
            state.delivery.pause(false);
            state.emitter.await_turn();
            node_api::undefined(&env)
        })
    }

    /// Sets the listener for an event, replacing the previous one. Any number of `message`, then `error` if the connection
    /// broke, then `close`, once and last. Without a `message` listener received data is kept. `drain`: the send queue is empty.
    /// With `acknowledge`: `reconnecting` when the client is gone and may reconnect, `connect` when it is back. With
    /// `heartbeat`: `stalled` when the peer is silent although its system answers, and `recovered` when it sends again. `end`:
    /// the peer has closed its side.
    #[napi(
        ts_type = "(type: 'message', callback: (value: SocketMessageInfo) => void): void\non(type: 'close', callback: (info: SocketCloseInfo) => void): void\non(type: 'connect' | 'close' | 'drain' | 'end' | 'stalled' | 'recovered', callback: (value: void) => void): void\non(type: 'reconnecting', callback: (info: SocketReconnectInfo) => void): void\non(type: 'error', callback: (error: SocketError) => void): void"
    )]
    pub fn on(&self, env: Env, r#type: Argument<'_>, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            state.emitter.on(&r#type, callback)?;
            node_api::undefined(&env)
        })
    }

    /// Removes the listener for an event; with a callback, only that one.
    #[napi(
        ts_type = "(type: 'message', callback?: (value: SocketMessageInfo) => void): void\noff(type: 'close', callback?: (info: SocketCloseInfo) => void): void\noff(type: 'connect' | 'close' | 'drain' | 'end' | 'stalled' | 'recovered', callback?: (value: void) => void): void\noff(type: 'reconnecting', callback?: (info: SocketReconnectInfo) => void): void\noff(type: 'error', callback?: (error: SocketError) => void): void"
    )]
    pub fn off(&self, env: Env, r#type: Argument<'_>, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            state.emitter.off(&r#type, callback)?;
            node_api::undefined(&env)
        })
    }
}
