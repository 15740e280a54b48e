//! `TCPSocket`: a client.

use std::cell::Cell;
use std::rc::{Rc, Weak};
use std::result;

use napi_derive_ohos::napi;
use napi_ohos::bindgen_prelude::{This, Unknown};
use napi_ohos::{Env, Result};
use socket_engine::{
    Client, CloseReason, Closing, Connection, ConnectionEvent, EventSink, Message, OperationId, Protocol, SocketError,
};

use crate::call::{CallState, CallValue, Method, call};
use crate::construct_options;
use crate::convert::{self, Argument};
use crate::cork::Cork;
use crate::delivery::Delivery;
use crate::delivery_handler::{DeliveryHandler, Sent};
use crate::emitter::{Emitter, EventName};
use crate::environment::{Arrived, Environment, EventTarget};
use crate::error::CodeBase;
use crate::event_queue::ObjectQueue;
use crate::node_api::{self, Returned};
use crate::request;
use crate::send::{self, Sender};
use crate::tagged::{Member, Tagged, TypeTag};
use crate::types;

const CLASS: &str = "TCPSocket\0";

const EVENTS: &[EventName] = &[
    EventName::Message,
    EventName::Connect,
    EventName::Close,
    EventName::Error,
    EventName::Drain,
    EventName::Reconnecting,
    EventName::End,
    EventName::Stalled,
    EventName::Recovered,
];

/// A client.
#[napi(js_name = "TCPSocket")]
#[allow(clippy::upper_case_acronyms, reason = "the name in the system socket API")]
#[repr(transparent)]
pub struct TCPSocket {
    tagged: Tagged<State>,
}

struct State {
    emitter: Emitter<ConnectionEvent>,
    delivery: Delivery,
    cork: Cork,
    client: Client,
    /// Whether `connect` was delivered, and `close` was not yet.
    announced: Cell<bool>,
}

impl State {
    /// Drops events of a closed connection, except its `close`, which follows `before` others.
    fn mute(&self, closing: &result::Result<Closing, SocketError>, before: u64) {
        match closing {
            Ok(Closing::Announced) => self.delivery.mute(&self.emitter, before + 1),
            Ok(Closing::Over) => self.delivery.mute(&self.emitter, self.undelivered_closes()),
            Err(_) => {}
        }
    }

    /// Returns the number of posted `close` events that are not delivered yet.
    fn undelivered_closes(&self) -> u64 {
        self.delivery.undelivered(self.emitter.queue().closes())
    }

    /// Delivers another `close`, after that of a connection which the peer has ended.
    /// The system socket API reports both ends.
    fn announce_close(&self) {
        if self.client.was_ended() && self.undelivered_closes() == 0 {
            self.emitter.queue().post(ConnectionEvent::Closed(CloseReason::Local));
        }
    }

    fn update_open(&self) {
        self.emitter.set_open(self.announced.get() || self.client.is_active());
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
        self.update_open();
        self.emitter.end_turn();
        delivered
    }

    fn end(&self) {
        self.emitter.end_turn();
        self.client.dispose();
    }
}

impl DeliveryHandler for State {
    fn emitter(&self) -> &Emitter<ConnectionEvent> {
        &self.emitter
    }

    fn protocol(&self) -> &Protocol {
        self.client.protocol()
    }

    fn with_connection(&self, use_connection: &mut dyn FnMut(&Connection)) {
        self.client.with_connection(use_connection);
    }

    /// The system socket API drops bytes without a listener.
    fn drops_unheard(&self) -> bool {
        self.client.protocol().framing.is_none()
    }

    /// A client has no place that it could lose.
    fn watches_end(&self) -> bool {
        false
    }

    fn send_alone(&self, data: &[u8], operation_id: OperationId) -> Sent {
        send::send_alone(self, data, operation_id)
    }

    fn finish(&self) {
        self.client.finish();
    }

    fn awaits_finish(&self) -> bool {
        self.client.awaits_finish()
    }

    fn link_changed(&self) {}

    fn connected(&self) {
        self.announced.set(true);
    }

    fn left(&self) {}

    fn closed(&self) {
        self.announced.set(false);
    }
}

impl Sender for State {
    const SEND: Method = Method::new("send", CodeBase::Socket);

    const REQUEST: Method = Method::new("request", CodeBase::Socket);

    fn delivery(&self) -> &Delivery {
        &self.delivery
    }

    fn cork(&self) -> &Cork {
        &self.cork
    }

    fn send_now(&self, message: &Message<'_>, operation_id: OperationId) -> Sent {
        self.client.send_message(message, operation_id)
    }

    fn gather(&self, message: &Message<'_>, operation_id: OperationId) -> Sent {
        self.client.gather(message, operation_id)
    }

    fn flush(&self) -> bool {
        self.client.flush()
    }
}

/// Creates a client.
#[napi(
    js_name = "constructTCPSocketInstance",
    catch_unwind,
    ts_args_type = "options?: TCPSocketOptions",
    ts_return_type = "TCPSocket"
)]
pub fn construct_tcp_socket_instance<'env>(env: &'env Env, options: Argument<'_>) -> Result<Unknown<'env>> {
    node_api::new_instance(env, CLASS, options.as_slice())
}

impl TCPSocket {
    fn run<'a>(&'a self, env: &'a Env, member: Member<'a, State>) -> Returned {
        self.tagged.run(TypeTag::CLIENT, env, member)
    }
}

#[napi(js_name = "TCPSocket")]
impl TCPSocket {
    /// The same as `constructTCPSocketInstance`.
    #[napi(constructor, skip_typescript, catch_unwind)]
    pub fn new(env: &Env, this: This<'_>, options: Argument<'_>) -> Result<Self> {
        let (options, (kind, functions)) = construct_options::client_options(&options)
            .map_err(|error| error.throw(env, "constructTCPSocketInstance"))?;
        let environment = Environment::of(env)?;
        let queue = environment.new_queue();
        let client = Client::new(queue.clone(), Some(environment.poll_target(queue.id)), options);
        let emitter = Emitter::new(&environment, queue, &this, EVENTS)?;
        functions.set(&emitter)?;
        let delivery = Delivery::default().with_kind(kind);
        let (cork, announced) = (Cork::default(), Cell::new(false));
        let state = Rc::new(State { emitter, delivery, cork, client, announced });
        let object: Weak<State> = Rc::downgrade(&state);
        state.emitter.register(object);
        Ok(Self { tagged: Tagged::new(TypeTag::CLIENT, state) })
    }

    /// Sets the local address; not needed, as the system chooses one. Fails with 2301098 when the port is in use, with
    /// 2301099 when the address is not one of this machine, and with 2301022 when the socket is already bound.
    #[napi(
        ts_type = "(address: NetAddress): Promise<void>\nbind(address: NetAddress, callback: (error: SocketError, data: void) => void): void"
    )]
    pub fn bind(&self, env: Env, address: Argument<'_>, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            let callback = convert::last_callback(&address, callback)?;
            call(&state.emitter, Method::new("bind", CodeBase::Socket), callback, &|_| {
                let address = convert::net_address(&address)?.to_socket_address()?;
                Ok(state.client.bind(address).map(|()| CallState::Done(CallValue::Nothing)))
            })
        })
    }

    /// Connects to a server. A failed attempt can be repeated, a closed socket connected again. With `reconnect` it
    /// continues until it succeeds, is closed, or has made all its attempts. Event `connect` is delivered before it is finished.
    /// Fails with 2301111 when it is refused, 2301110 when there is no answer, 2301101 or 2301113 when there is no route,
    /// 2301099 when the name is unknown, 2301125 when it is closed meanwhile, 2301106 and 2301114 when it is already connected
    /// or connecting; in a handshake with 2301013 when the key is wrong, 2301087 when there are too many connections, and
    /// 2301071 when the other side uses another protocol or has other options; through a proxy with 2301206 to 2301213.
    #[napi(
        ts_type = "(options: TCPConnectOptions): Promise<void>\nconnect(options: TCPConnectOptions, callback: (error: SocketError, data: void) => void): void"
    )]
    pub fn connect(&self, env: Env, options: Argument<'_>, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            let callback = convert::last_callback(&options, callback)?;
            call(&state.emitter, Method::new("connect", CodeBase::Socket), callback, &|operation_id| {
                let (host, timeout) = convert::connect_options(&options)?;
                let connecting = state.client.connect(host, timeout, operation_id);
                state.update_open();
                Ok(connecting.map(|()| CallState::Awaited))
            })
        })
    }

    /// Sends after everything sent before; never blocks. Finished when the kernel has the last byte; with `acknowledge`,
    /// when socketkit at the peer has the message. Fails without sending anything: with 2301009 when there is no socket,
    /// 2301107 before it is connected, 2301032 after `end` or when the peer is gone, and 2301105 when more than
    /// `sendQueueLimitBytes` would be queued; with framing, with 2301090 when the message is too long, and 2301022 when it
    /// contains the delimiter.
    #[napi(
        ts_type = "(options: TCPSendOptions): Promise<void>\nsend(options: TCPSendOptions, callback: (error: SocketError, data: void) => void): void"
    )]
    pub fn send(&self, env: Env, options: Argument<'_>, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            let callback = convert::last_callback(&options, callback)?;
            send::send(state, &options, callback)
        })
    }

    /// Sends a message as `send` does, and resolves with its answer, as the option `requests` defines it. Fails with 2301110
    /// when that does not arrive in time, with the errors of `send`, with 2301103 when this side closes the connection before,
    /// and with 2301104 when it is lost.
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
    /// before it has everything. If the peer has ended the connection before, another `close` follows. The socket can connect
    /// again afterwards. Fails with 2300999 when it is not open.
    #[napi(ts_type = "(): Promise<void>\nclose(callback: (error: SocketError, data: void) => void): void")]
    pub fn close(&self, env: Env, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            call(&state.emitter, Method::new("close", CodeBase::Socket), callback, &|operation_id| {
                state.announce_close();
                let before = state.undelivered_closes();
                let closing = state.client.close(operation_id);
                state.mute(&closing, before);
                Ok(closing.map(|_| CallState::Awaited))
            })
        })
    }

    /// The peer's address. Fails with 2301009 when there is no socket, and with 2301107 when it is not connected.
    #[napi(
        ts_type = "(): Promise<NetAddress>\ngetRemoteAddress(callback: (error: SocketError, data: NetAddress) => void): void"
    )]
    pub fn get_remote_address(&self, env: Env, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            call(&state.emitter, Method::new("getRemoteAddress", CodeBase::Socket), callback, &|_| {
                Ok(state.client.remote_address().map(|address| CallState::Done(CallValue::Address(address))))
            })
        })
    }

    /// The local address. Fails with 2301009 when it has none.
    #[napi(ts_type = "(): Promise<NetAddress>")]
    pub fn get_local_address(&self, env: Env, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            let method = Method::new("getLocalAddress", CodeBase::Socket).without_permission();
            call(&state.emitter, method, callback, &|_| {
                Ok(state.client.local_address().map(|address| CallState::Done(CallValue::Address(address))))
            })
        })
    }

    /// The state of the socket. It counts as connected until it is closed by this side, or reset by the peer.
    #[napi(
        ts_type = "(): Promise<SocketStateBase>\ngetState(callback: (error: SocketError, data: SocketStateBase) => void): void"
    )]
    pub fn get_state(&self, env: Env, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            call(&state.emitter, Method::new("getState", CodeBase::Socket), callback, &|_| {
                Ok(Ok(CallState::Done(CallValue::State(state.client.state()))))
            })
        })
    }

    /// Sets options of the socket, and of every socket that it connects later. May be called before `connect`. Fails
    /// with 2301033 for a negative time-out.
    #[napi(
        ts_type = "(options: TCPExtraOptions): Promise<void>\nsetExtraOptions(options: TCPExtraOptions, callback: (error: SocketError, data: void) => void): void"
    )]
    pub fn set_extra_options(&self, env: Env, options: Argument<'_>, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            let callback = convert::last_callback(&options, callback)?;
            call(&state.emitter, Method::new("setExtraOptions", CodeBase::Socket), callback, &|_| {
                let options = convert::extra_options(&options)?;
                Ok(state.client.set_options(options).map(|()| CallState::Done(CallValue::Nothing)))
            })
        })
    }

    /// Descriptor of the socket; `undefined` when there is none. The socket still owns it.
    #[napi(ts_type = "(): Promise<number>\ngetSocketFd(callback: (error: SocketError, data: number) => void): void")]
    pub fn get_socket_fd(&self, env: Env, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            let method = Method::new("getSocketFd", CodeBase::Socket).without_permission();
            call(&state.emitter, method, callback, &|_| {
                let descriptor = state.client.descriptor();
                Ok(Ok(CallState::Done(descriptor.map_or(CallValue::Nothing, CallValue::Number))))
            })
        })
    }

    /// The descriptor for `NetHandle.bindSocket` of `@kit.NetworkKit`; `undefined` when there is none.
    #[napi(getter, js_name = "socketFd", ts_return_type = "number")]
    pub fn socket_fd(&self, env: Env) -> Returned {
        self.run(&env, &|state| node_api::to_js_or_undefined(&env, state.client.descriptor()))
    }

    /// Statistics of all its connections.
    #[napi(ts_return_type = "SocketStatistics")]
    pub fn get_statistics(&self, env: Env) -> Returned {
        self.run(&env, &|state| types::statistics(&env, &state.client.statistics()))
    }

    /// Sent bytes that the kernel has not taken yet; with `acknowledge`, that the peer has not acknowledged. Event `drain`
    /// reports that there are none left.
    #[napi(getter, js_name = "bytesQueued", ts_return_type = "number")]
    pub fn bytes_queued(&self, env: Env) -> Returned {
        self.run(&env, &|state| node_api::to_js(&env, state.client.queued_bytes() as f64))
    }

    /// Half-closes: sends FIN after everything sent before, and continues to receive. Later sends fail with 2301032. With
    /// `allowHalfOpen`, `close` follows when the server has ended its side.
    #[napi(ts_type = "(): Promise<void>\nend(callback: (error: SocketError, data: void) => void): void")]
    pub fn end(&self, env: Env, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            call(&state.emitter, Method::new("end", CodeBase::Socket), callback, &|operation_id| {
                let ending = state.client.end(operation_id);
                if state.delivery.has_ended() {
                    state.client.finish();
                }
                Ok(ending.map(|()| CallState::Awaited))
            })
        })
    }

    /// Resets the connection: queued sends are dropped, and fail with 2301103. `close` follows.
    #[napi(ts_type = "(): Promise<void>\nabort(callback: (error: SocketError, data: void) => void): void")]
    pub fn abort(&self, env: Env, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            call(&state.emitter, Method::new("abort", CodeBase::Socket), callback, &|operation_id| {
                let before = state.undelivered_closes();
                let aborting = state.client.abort(operation_id);
                state.mute(&aborting, before);
                Ok(aborting.map(|_| CallState::Awaited))
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

    /// Disconnects, and keeps unsent messages until `restore`: for an app that goes to the background. No `close` follows.
    /// Everything sent before is sent first: fails with 2301110 when the peer reads nothing for 20 seconds, and with 2301104
    /// when it resets the connection. Only for a client with `reconnect`; otherwise it fails with 2301095.
    #[napi(ts_type = "(): Promise<void>\nsuspend(callback: (error: SocketError, data: void) => void): void")]
    pub fn suspend(&self, env: Env, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            call(&state.emitter, Method::new("suspend", CodeBase::Socket), callback, &|operation_id| {
                Ok(state.client.suspend(operation_id).map(|()| CallState::Awaited))
            })
        })
    }

    /// Reconnects after `suspend`. Messages held back by `pause` wait for `resume`.
    #[napi(ts_return_type = "void")]
    pub fn restore(&self, env: Env) -> Returned {
        self.run(&env, &|state| {
            state.client.restore();
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

    /// Sets the listener for an event, replacing the previous one. `connect`, any number of `message`, then `error` if the
    /// connection broke, then `close`, once and last. Without a `message` listener received data is kept: without framing
    /// the last 512 KiB of it. `drain`: the send queue is empty. With `reconnect`: `reconnecting` before each attempt after a
    /// lost link or a failed attempt, and `connect` when there is a new link; no `close` meanwhile. With `heartbeat`: `stalled`
    /// when the peer is silent although its system answers, and `recovered` when it sends again. `end`: the peer has closed its side.
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
