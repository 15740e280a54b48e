//! `TCPSocketServer`.

use std::rc::{Rc, Weak};

use napi_derive_ohos::napi;
use napi_ohos::bindgen_prelude::{This, Unknown};
use napi_ohos::{Env, Result};
use socket_engine::{Closing, Message, Server, ServerEvent};

use crate::broadcast::Broadcast;
use crate::call::{CallState, CallValue, Method, call};
use crate::connection::{self, Connections};
use crate::construct_options;
use crate::convert::{self, Argument};
use crate::delivery::DeliveryKind;
use crate::emitter::{Emitter, EventName};
use crate::environment::{Arrived, Environment, EventTarget};
use crate::error::{self, CodeBase};
use crate::event_queue::ObjectQueue;
use crate::node_api::{self, Returned};
use crate::send;
use crate::tagged::{Member, Tagged, TypeTag};
use crate::types::{self, NetAddress, SocketRejectInfo};

const CLASS: &str = "TCPSocketServer\0";

const EVENTS: &[EventName] =
    &[EventName::Connect, EventName::Error, EventName::Listening, EventName::Close, EventName::Reject];

/// A server.
#[napi(js_name = "TCPSocketServer")]
#[allow(clippy::upper_case_acronyms, reason = "the name in the system socket API")]
#[repr(transparent)]
pub struct TCPSocketServer {
    tagged: Tagged<State>,
}

struct State {
    emitter: Emitter<ServerEvent>,
    server: Server,
    connections: Connections,
    /// Kind of delivery for its connections.
    kind: DeliveryKind,
}

impl State {
    /// Handles an event.
    fn take(&self, event: ServerEvent) {
        match event {
            // It waits for a listener: `announce_waiting` asks the server.
            ServerEvent::Accepted => {}
            ServerEvent::AcceptFailed(error) => self.emitter.emit_error(&error),
            ServerEvent::Listening(address) => {
                self.emitter.emit_value(EventName::Listening, &NetAddress::from(address))
            }
            ServerEvent::Rejected(peer, reason) => {
                self.emitter.emit_value(EventName::Reject, &SocketRejectInfo::new(peer, reason));
                self.server.consume_rejection();
            }
            ServerEvent::Closed => {
                // A server that can no longer listen closes by itself.
                self.emitter.set_open(self.server.is_listening());
                self.emitter.emit(EventName::Close, []);
            }
        }
    }

    fn announce_waiting(&self) {
        while self.emitter.has(EventName::Connect) {
            let Some(pending) = self.server.accept() else { return };
            match connection::announce(&self.emitter, &self.connections, self.kind, pending) {
                Ok(connection) => self.emitter.emit(EventName::Connect, [connection]),
                Err(error) => error::report("a connection could not be announced", &error),
            }
        }
    }
}

impl EventTarget for State {
    type Event = ServerEvent;

    fn queue(&self) -> &ObjectQueue<ServerEvent> {
        self.emitter.queue()
    }

    fn deliver(&self, arrived: Arrived<'_, ServerEvent>) -> usize {
        let mut is_due = arrived.is_due;
        for event in arrived.events {
            is_due = true;
            self.take(event);
        }
        if is_due {
            self.announce_waiting();
            self.emitter.end_turn();
        }
        0
    }

    fn end(&self) {
        self.emitter.end_turn();
        self.server.dispose();
    }
}

/// Creates a server.
#[napi(
    js_name = "constructTCPSocketServerInstance",
    catch_unwind,
    ts_args_type = "options?: TCPSocketServerOptions",
    ts_return_type = "TCPSocketServer"
)]
pub fn construct_tcp_socket_server_instance<'env>(env: &'env Env, options: Argument<'_>) -> Result<Unknown<'env>> {
    node_api::new_instance(env, CLASS, options.as_slice())
}

impl TCPSocketServer {
    fn run<'a>(&'a self, env: &'a Env, member: Member<'a, State>) -> Returned {
        self.tagged.run(TypeTag::SERVER, env, member)
    }
}

#[napi(js_name = "TCPSocketServer")]
impl TCPSocketServer {
    /// The same as `constructTCPSocketServerInstance`.
    #[napi(constructor, skip_typescript, catch_unwind)]
    pub fn new(env: &Env, this: This<'_>, options: Argument<'_>) -> Result<Self> {
        let (options, (kind, functions)) = construct_options::server_options(&options)
            .map_err(|error| error.throw(env, "constructTCPSocketServerInstance"))?;
        let environment = Environment::of(env)?;
        let queue = environment.new_queue();
        let server = Server::new(queue.clone(), options);
        let emitter = Emitter::new(&environment, queue, &this, EVENTS)?;
        functions.set(&emitter)?;
        let state = Rc::new(State { emitter, server, connections: Connections::default(), kind });
        let object: Weak<State> = Rc::downgrade(&state);
        state.emitter.register(object);
        Ok(Self { tagged: Tagged::new(TypeTag::SERVER, state) })
    }

    /// Binds the address, listens and accepts. May be called several times, for several ports; port 0 selects a free port,
    /// which `listening` reports. Fails with 2303198 when the port is in use, and with 2303199 when the address is not one of
    /// this machine.
    #[napi(
        ts_type = "(address: NetAddress): Promise<void>\nlisten(address: NetAddress, callback: (error: SocketError, data: void) => void): void"
    )]
    pub fn listen(&self, env: Env, address: Argument<'_>, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            call(&state.emitter, Method::throwing_types("listen", CodeBase::Server), callback, &|_| {
                let address = convert::net_address(&address)?.to_socket_address()?;
                let listening = state.server.listen(address);
                state.emitter.set_open(state.server.is_listening());
                Ok(listening.map(|_| CallState::Done(CallValue::Nothing)))
            })
        })
    }

    /// Stops listening. When it is finished the ports are free, and the connections are treated as `options` says; by default
    /// they stay open. `close` is delivered before. Fails with 2301110 or 2301104 when data of a drained connection was lost.
    /// Has no effect when it does not listen.
    #[napi(ts_type = "(options?: TCPServerCloseOptions): Promise<void>")]
    pub fn close(&self, env: Env, options: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            call(&state.emitter, Method::new("close", CodeBase::Socket), None, &|operation_id| {
                let connections = construct_options::close_options(&options)?;
                let closing = state.server.close(connections, operation_id);
                state.emitter.set_open(false);
                Ok(closing.map(|closing| match closing {
                    Closing::Announced => CallState::Awaited,
                    Closing::Over => CallState::Done(CallValue::Nothing),
                }))
            })
        })
    }

    /// The open connections that `connect` has announced, in order.
    #[napi(ts_return_type = "Array<TCPSocketConnection>")]
    pub fn get_connections(&self, env: Env) -> Returned {
        self.run(&env, &|state| {
            let mut objects = Vec::new();
            for connection in connection::open_ones(&state.connections) {
                objects.extend(connection.object(&env)?);
            }
            node_api::to_js(&env, objects)
        })
    }

    /// Sends to every open connection. Finished when each send is; resolves with the number of successful ones.
    #[napi(ts_type = "(options: TCPSendOptions): Promise<number>")]
    pub fn broadcast(&self, env: Env, options: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            let environment = state.emitter.environment();
            let promise = call(&state.emitter, Method::new("broadcast", CodeBase::Server), None, &|operation_id| {
                convert::with_send_options(&options, |data| {
                    let mut broadcast = Broadcast::new(operation_id);
                    let message = Message::to_several(data);
                    for connection in connection::open_ones(&state.connections) {
                        let part = environment.new_operation_id();
                        let sent = send::send_part(&connection, &message, part);
                        broadcast.add(part, connection, sent);
                    }
                    let reached = environment.await_parts(broadcast);
                    Ok(reached.map_or(CallState::Awaited, |reached| CallState::Done(CallValue::Number(reached))))
                })
            });
            environment.await_flush();
            promise
        })
    }

    /// Descriptor of the listening socket; `undefined` when there is none.
    #[napi(getter, js_name = "socketFd", ts_return_type = "number")]
    pub fn socket_fd(&self, env: Env) -> Returned {
        self.run(&env, &|state| node_api::to_js_or_undefined(&env, state.server.descriptor()))
    }

    /// Statistics of all its connections, including closed ones.
    #[napi(ts_return_type = "SocketStatistics")]
    pub fn get_statistics(&self, env: Env) -> Returned {
        self.run(&env, &|state| types::statistics(&env, &state.server.statistics()))
    }

    /// The state of the server. Before it listens, all three flags are false.
    #[napi(
        ts_type = "(): Promise<SocketStateBase>\ngetState(callback: (error: SocketError, data: SocketStateBase) => void): void"
    )]
    pub fn get_state(&self, env: Env, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            call(&state.emitter, Method::throwing_types("getState", CodeBase::Socket), callback, &|_| {
                Ok(Ok(CallState::Done(CallValue::State(state.server.state()))))
            })
        })
    }

    /// The last address that it listened on. Fails with 2301009 when it does not listen.
    #[napi(ts_type = "(): Promise<NetAddress>")]
    pub fn get_local_address(&self, env: Env, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            let method = Method::throwing_types("getLocalAddress", CodeBase::Socket).without_permission();
            call(&state.emitter, method, callback, &|_| {
                Ok(state.server.local_address().map(|address| CallState::Done(CallValue::Address(address))))
            })
        })
    }

    /// Sets options of all connections, open and later ones. Values outside of the system's range are clamped. Fails with
    /// 2303109 when it does not listen.
    #[napi(
        ts_type = "(options: TCPExtraOptions): Promise<void>\nsetExtraOptions(options: TCPExtraOptions, callback: (error: SocketError, data: void) => void): void"
    )]
    pub fn set_extra_options(&self, env: Env, options: Argument<'_>, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            call(&state.emitter, Method::throwing_types("setExtraOptions", CodeBase::Server), callback, &|_| {
                let options = convert::extra_options(&options)?;
                Ok(state.server.set_options(options).map(|()| CallState::Done(CallValue::Nothing)))
            })
        })
    }

    /// Descriptor of the listening socket; -1 when there is none. The server still owns it.
    #[napi(ts_type = "(): Promise<number>")]
    pub fn get_socket_fd(&self, env: Env) -> Returned {
        self.run(&env, &|state| {
            call(&state.emitter, Method::new("getSocketFd", CodeBase::Socket), None, &|_| {
                Ok(Ok(CallState::Done(CallValue::Number(state.server.descriptor().unwrap_or(-1)))))
            })
        })
    }

    /// Sets the listener for an event, replacing the previous one. `connect`: a peer was accepted; without a listener, peers
    /// wait. `listening`: after each successful `listen`, and when it listens again. `reject`: a peer was rejected. `error`: a
    /// connection could not be accepted, usually because there are no descriptors left, or the system has closed the listening
    /// socket; the server continues automatically. `close`: it no longer listens, because it was closed, or could not listen
    /// again.
    #[napi(
        ts_type = "(type: 'connect', callback: (value: TCPSocketConnection) => void): void\non(type: 'listening', callback: (address: NetAddress) => void): void\non(type: 'close', callback: (value: void) => void): void\non(type: 'reject', callback: (info: SocketRejectInfo) => void): void\non(type: 'error', callback: (error: SocketError) => void): void"
    )]
    pub fn on(&self, env: Env, r#type: Argument<'_>, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            state.emitter.on(&r#type, callback)?;
            node_api::undefined(&env)
        })
    }

    /// Removes the listener for an event; with a callback, only that one.
    #[napi(
        ts_type = "(type: 'connect', callback?: (value: TCPSocketConnection) => void): void\noff(type: 'listening', callback?: (address: NetAddress) => void): void\noff(type: 'close', callback?: (value: void) => void): void\noff(type: 'reject', callback?: (info: SocketRejectInfo) => void): void\noff(type: 'error', callback?: (error: SocketError) => void): void"
    )]
    pub fn off(&self, env: Env, r#type: Argument<'_>, callback: Argument<'_>) -> Returned {
        self.run(&env, &|state| {
            state.emitter.off(&r#type, callback)?;
            node_api::undefined(&env)
        })
    }
}
