//! TCP clients: bind, connect, send, close, reconnect.

mod attempt;
mod bound;
mod connector;
mod dial;
mod link_sink;
mod local_endpoint;
mod phase;
mod reconnector;
mod resolver;
mod route;
mod shared;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::RawFd;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};

use crate::backoff::{Backoff, Reconnect};
use crate::connection::{Closing, Connection, Message};
use crate::error::{NOT_OPEN, Operation, SocketError};
use crate::event::{CloseReason, ConnectionEvent, EventSink, OperationId};
use crate::options::SocketOptions;
use crate::poller::PollTarget;
use crate::protocol::Protocol;
use crate::runtime;
use crate::send_queue::SendProgress;
use crate::socket_state::SocketState;
use crate::statistics::Statistics;
use crate::sync::lock;
use attempt::ConnectAttempt;
use bound::Bound;
use connector::Connector;
use local_endpoint::LocalEndpoint;
use phase::Phase;
use reconnector::Reconnector;
pub use route::Route;
use shared::Shared;

/// A TCP client. Dropping it cancels a pending connect and closes the connection.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::mpsc::{Sender, channel};
/// use std::time::Duration;
/// use socket_engine::{Client, ClientOptions, ConnectionEvent, EventSink, Host, OperationId, SocketError};
///
/// /// Passes on the results of calls.
/// struct Results(Sender<Result<(), SocketError>>);
///
/// impl EventSink<ConnectionEvent> for Results {
///     fn post(&self, _: ConnectionEvent) {}
///     fn complete(&self, _: OperationId, result: Result<(), SocketError>) {
///         drop(self.0.send(result));
///     }
/// }
///
/// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// # let address = listener.local_addr()?;
/// let (sender, results) = channel();
/// let client = Client::new(Arc::new(Results(sender)), None, ClientOptions::default());
/// client.connect(Host::Address(address), Duration::from_secs(5), OperationId(0))?;
/// results.recv()??;
/// client.send(b"123456", OperationId(1))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Client {
    shared: Arc<Shared>,
}

/// Options of a client: its protocol, and whether it reconnects.
#[derive(Clone, Debug, Default)]
pub struct ClientOptions {
    /// Protocol on the link; the server needs the same.
    pub protocol: Protocol,
    /// Delays of automatic reconnects; `None` for no reconnects.
    pub reconnect: Option<Reconnect>,
}

impl Client {
    /// Creates a client without a socket.
    ///
    /// With `poller` the owner reads links without typed frames itself, as with
    /// [`PendingConnection`](crate::PendingConnection).
    pub fn new(sink: Arc<dyn EventSink<ConnectionEvent>>, poller: Option<PollTarget>, options: ClientOptions) -> Self {
        let ClientOptions { protocol, reconnect } = options;
        let (protocol, counters) = (Arc::new(protocol), Arc::default());
        Self { shared: Arc::new(Shared { sink, poller, protocol, reconnect, counters, state: Mutex::default() }) }
    }

    /// Binds the client to a local address; for port 0 the kernel chooses the port.
    ///
    /// # Errors
    /// `EINVAL` if it is bound, connecting or connected; otherwise errors of the kernel.
    pub fn bind(&self, local: SocketAddr) -> Result<(), SocketError> {
        let mut state = lock(&self.shared.state);
        if !state.phase.may_bind() {
            return Err(SocketError::new(Operation::Bind, local, libc::EINVAL));
        }
        // An earlier connection from the same port may have ended.
        state.bound = None;
        let bound = Bound::new(local, &state.options);
        let bound = bound.map_err(|error| SocketError::from_io(Operation::Bind, local, &error))?;
        state.leave_connection();
        state.bound = Some(Arc::new(bound));
        state.phase = Phase::Bound;
        Ok(())
    }

    /// Connects, within `limit`.
    ///
    /// [`EventSink::complete`] gets the result, after `Connected` on success. A client can connect again after a failed
    /// attempt and after a close. A client that reconnects repeats failed attempts until it is closed or has made all its
    /// attempts; `limit` applies to each.
    ///
    /// # Errors
    /// `EALREADY` while connecting, `EISCONN` if connected; otherwise the kernel's errors of creating a socket.
    pub fn connect(
        &self,
        route: impl Into<Route>,
        limit: Duration,
        operation_id: OperationId,
    ) -> Result<(), SocketError> {
        let route = route.into();
        let (peer, target) = (route.target.address(), route.target.clone());
        let mut state = lock(&self.shared.state);
        state.begin_connect().map_err(|errno| SocketError::new(Operation::Connect, peer, errno))?;
        state.draining.leave();
        let runtime = runtime::handle().map_err(|error| SocketError::from_io(Operation::Connect, peer, &error))?;
        let (bound, draining, protocol) =
            (state.bound.clone(), state.draining.clone(), Arc::clone(&self.shared.protocol));
        let connector = Connector { draining, route, limit, protocol };
        state.phase = match self.shared.reconnect {
            None => {
                let endpoint = LocalEndpoint { bound, options: state.options };
                self.attempt(ConnectAttempt { operation_id, target }, connector, endpoint, runtime)
            }
            Some(reconnect) => {
                let sink = self.shared.new_link_sink(&mut state, Some(operation_id), bound.clone());
                let reconnector = Reconnector {
                    sink: Arc::clone(&sink),
                    connector,
                    bound: bound.as_ref().map(Arc::downgrade),
                    options: self.shared.options(),
                    backoff: Backoff::new(reconnect),
                    session: None,
                    up_since: None,
                };
                let config = self.shared.connection_config(sink, Some(Box::new(reconnector)), bound);
                Phase::Active(Connection::open(config, operation_id, runtime))
            }
        };
        Ok(())
    }

    /// Starts the single attempt of a client that does not reconnect.
    fn attempt(
        &self,
        attempt: ConnectAttempt,
        connector: Connector,
        endpoint: LocalEndpoint,
        runtime: &Handle,
    ) -> Phase {
        let shared = Arc::clone(&self.shared);
        let (cancel, cancelled) = oneshot::channel();
        let (guard, running) = watch::channel(());
        // The task cannot finish before the phase is set: it needs the lock that is held here.
        runtime.spawn(async move {
            let _guard = guard;
            // Boxed for the same reason as a server's handshakes.
            let opening = Box::pin(connector.open(endpoint, None, 0));
            shared.attempt(attempt, opening, cancelled).await;
        });
        Phase::Connecting { cancel, running }
    }

    /// Sets options of the current socket, and of all later ones.
    ///
    /// # Errors
    /// `EDOM` for a negative timeout, otherwise errors of the kernel.
    pub fn set_options(&self, options: SocketOptions) -> Result<(), SocketError> {
        let mut state = lock(&self.shared.state);
        let local = state.bound.as_ref().map(|bound| bound.local);
        let failed = |error: io::Error| SocketError::from_io(Operation::SetOptions, local, &error);
        options.check().map_err(failed)?;
        state.options = state.options.merged(options);
        match (&state.phase, &state.bound) {
            (Phase::Bound, Some(bound)) => bound.set_options(options).map_err(failed),
            (Phase::Active(connection) | Phase::Ended(connection), _) if connection.is_open() => {
                connection.set_options(&state.applicable(options))
            }
            _ => Ok(()),
        }
    }

    /// Returns the descriptor of the bound or connected socket, which the client still owns.
    ///
    /// A bound socket keeps its descriptor while it connects.
    pub fn descriptor(&self) -> Option<RawFd> {
        let state = lock(&self.shared.state);
        match state.phase.connection() {
            Some(connection) if connection.peer().is_some() => connection.descriptor(),
            _ => state.bound.as_ref().and_then(|bound| bound.descriptor()),
        }
    }

    /// Sends as [`Connection::send`] does.
    ///
    /// # Errors
    /// `EBADF` without a socket, `ENOTCONN` before and after a connection; otherwise those of [`Connection::send`].
    pub fn send(&self, data: &[u8], operation_id: OperationId) -> Result<SendProgress, SocketError> {
        self.send_message(&Message::new(data), operation_id)
    }

    /// Sends as [`Connection::send_message`] does.
    ///
    /// # Errors
    /// Those of [`Client::send`].
    pub fn send_message(&self, message: &Message<'_>, operation_id: OperationId) -> Result<SendProgress, SocketError> {
        lock(&self.shared.state).connection(Operation::Send)?.send_message(message, operation_id).map_err(not_connected)
    }

    /// Sends as [`Connection::gather`] does.
    ///
    /// # Errors
    /// Those of [`Client::send`].
    pub fn gather(&self, message: &Message<'_>, operation_id: OperationId) -> Result<SendProgress, SocketError> {
        lock(&self.shared.state).connection(Operation::Send)?.gather(message, operation_id).map_err(not_connected)
    }

    /// Writes gathered messages as [`Connection::flush`] does.
    pub fn flush(&self) -> bool {
        lock(&self.shared.state).phase.connection().is_some_and(Connection::flush)
    }

    /// Half-closes the connection as [`Connection::end`] does.
    ///
    /// # Errors
    /// `EBADF` without a socket, `ENOTCONN` before and after a connection; otherwise those of [`Connection::end`].
    pub fn end(&self, operation_id: OperationId) -> Result<(), SocketError> {
        lock(&self.shared.state).connection(Operation::Send)?.end(operation_id).map_err(not_connected)
    }

    /// Resets the connection as [`Connection::abort`] does.
    ///
    /// # Errors
    /// `EBADF` without a socket, `ENOTCONN` before and after a connection.
    pub fn abort(&self, operation_id: OperationId) -> Result<Closing, SocketError> {
        let mut state = lock(&self.shared.state);
        let connection = state.connection(Operation::Close)?;
        connection.abort(operation_id).map_err(not_connected)?;
        let ending = connection.downgrade();
        let sink = state.link_sink.take();
        state.draining.push_closed(ending, sink);
        state.unbind();
        let phase = std::mem::replace(&mut state.phase, Phase::Closed);
        Ok(if matches!(phase, Phase::Ended(_)) { Closing::Over } else { Closing::Announced })
    }

    /// Closes the link, and keeps unsent messages, until [`Client::restore`].
    ///
    /// [`EventSink::complete`] gets the result. Only for a client that reconnects.
    ///
    /// # Errors
    /// `EBADF` without a socket, `ENOTCONN` with an unconnected one, `EOPNOTSUPP` if the client does not reconnect, `EALREADY` while
    /// another call is pending.
    pub fn suspend(&self, operation_id: OperationId) -> Result<(), SocketError> {
        let state = lock(&self.shared.state);
        let connection = state.connection(Operation::Suspend)?;
        match self.shared.reconnect {
            Some(_) => connection.suspend(operation_id),
            None => Err(SocketError::new(Operation::Suspend, connection.peer(), libc::EOPNOTSUPP)),
        }
    }

    /// Reverts [`Client::suspend`].
    pub fn restore(&self) {
        if let Some(connection) = lock(&self.shared.state).phase.connection() {
            connection.resume();
        }
    }

    /// Returns statistics over all connections of the client.
    pub fn statistics(&self) -> Statistics {
        let is_encrypted = self.shared.protocol.is_encrypted();
        let all = Statistics { is_encrypted, ..self.shared.counters.statistics() };
        match lock(&self.shared.state).phase.connection() {
            Some(connection) => all.with_queues_of(connection.statistics()),
            None => all,
        }
    }

    /// Returns the number of bytes of pending sends.
    ///
    /// The kernel has not taken them, or the peer has not acknowledged them.
    pub fn queued_bytes(&self) -> usize {
        let state = lock(&self.shared.state);
        state.phase.connection().map_or(0, |connection| connection.queued_bytes())
    }

    /// Closes the socket, bound, connecting or connected.
    ///
    /// A pending connect completes with `ECANCELED`. `Closed` follows, unless the connection has ended before; then
    /// [`EventSink::complete`] gets the result.
    ///
    /// # Errors
    /// [`NOT_OPEN`] before `bind` and `connect`, and after a close.
    pub fn close(&self, operation_id: OperationId) -> Result<Closing, SocketError> {
        let mut state = lock(&self.shared.state);
        state.unbind();
        match std::mem::replace(&mut state.phase, Phase::Closed) {
            phase @ (Phase::Idle | Phase::Closed) => {
                state.phase = phase;
                return Err(SocketError::new(Operation::Close, None, NOT_OPEN));
            }
            Phase::Bound | Phase::Failed => self.shared.sink.post(ConnectionEvent::Closed(CloseReason::Local)),
            // The attempt completes both calls when its socket is closed.
            Phase::Connecting { cancel, running } => {
                state.draining.push_attempt(running);
                if cancel.send(operation_id).is_ok() {
                    return Ok(Closing::Announced);
                }
            }
            // The connection posts both events itself, unless it has ended before.
            Phase::Active(connection) => {
                let sink = state.link_sink.take();
                state.draining.push_closed(connection.downgrade(), sink);
                if connection.close(Some(operation_id)).is_ok() {
                    return Ok(Closing::Announced);
                }
                self.shared.sink.complete(operation_id, Ok(()));
                return Ok(Closing::Over);
            }
            Phase::Ended(connection) => {
                state.draining.push(connection.downgrade());
                if connection.close(Some(operation_id)).is_err() {
                    self.shared.sink.complete(operation_id, Ok(()));
                }
                return Ok(Closing::Over);
            }
        }
        self.shared.sink.complete(operation_id, Ok(()));
        Ok(Closing::Announced)
    }

    /// Closes the connection after EOF of the peer.
    ///
    /// Queued messages are sent, and `Closed` follows. With an empty queue `Closed` is posted at once, and the connection ends at
    /// the next call, so that the owner can use the connection while it handles the event. Does nothing where
    /// [`Connection::finish`] does nothing.
    pub fn finish(&self) {
        let mut state = lock(&self.shared.state);
        let is_last = self.shared.reconnect.is_none();
        match std::mem::replace(&mut state.phase, Phase::Closed) {
            Phase::Active(connection) if is_last && connection.is_finished() && state.announce_end() => {
                state.phase = Phase::Ended(connection);
            }
            phase => {
                if let Some(connection) = phase.connection() {
                    connection.finish();
                }
                state.phase = phase;
            }
        }
    }

    /// Returns whether EOF of the peer has ended the connection, and `Closed` was posted.
    ///
    /// Always false for a client that reconnects.
    pub fn was_ended(&self) -> bool {
        let state = lock(&self.shared.state);
        let has_peer = state.phase.connection().is_some_and(Connection::has_peer);
        has_peer && self.shared.reconnect.is_none() && state.link_sink.as_ref().is_some_and(|sink| sink.has_closed())
    }

    /// Returns whether the owner knows of EOF and has to call [`Client::finish`] again.
    pub fn awaits_finish(&self) -> bool {
        matches!(&lock(&self.shared.state).phase, Phase::Ended(connection) if connection.is_open())
    }

    /// Cancels a pending connect, and closes the connection without waiting.
    pub fn dispose(&self) {
        let mut state = lock(&self.shared.state);
        state.unbind();
        state.phase = Phase::Closed;
    }

    /// Gives back credit as [`Connection::consume`] does.
    pub fn consume(&self, bytes: usize) {
        self.with_connection(|connection| connection.consume(bytes));
    }

    /// Calls `use_connection` with the connection, which may have ended; returns `None` without one.
    ///
    /// The closure must not call the client, which is locked.
    pub fn with_connection<T>(&self, use_connection: impl FnOnce(&Connection) -> T) -> Option<T> {
        lock(&self.shared.state).phase.connection().map(use_connection)
    }

    /// Returns the protocol on its links.
    pub fn protocol(&self) -> &Protocol {
        &self.shared.protocol
    }

    /// Returns the peer's address, also after EOF of the peer.
    ///
    /// # Errors
    /// `EBADF` without a socket, `ENOTCONN` with an unconnected one and after a reset by the peer.
    pub fn remote_address(&self) -> Result<SocketAddr, SocketError> {
        let state = lock(&self.shared.state);
        let connection = state.connection(Operation::GetRemoteAddress)?;
        match connection.peer().filter(|_| self.shared.reconnect.is_none() && connection.has_peer()) {
            Some(peer) => Ok(peer),
            None => connection.remote_address().map_err(not_connected),
        }
    }

    /// Returns the local address, also after the peer has ended the connection.
    ///
    /// # Errors
    /// `EBADF` without a local address.
    pub fn local_address(&self) -> Result<SocketAddr, SocketError> {
        let state = lock(&self.shared.state);
        let bound = state.bound.as_ref().map(|bound| bound.local).filter(|_| state.is_bound());
        let ended = || state.phase.connection().and_then(Connection::local);
        bound.or_else(ended).ok_or_else(|| SocketError::new(Operation::GetLocalAddress, None, libc::EBADF))
    }

    /// Returns whether it is connecting or connected.
    pub fn is_active(&self) -> bool {
        match &lock(&self.shared.state).phase {
            Phase::Connecting { .. } => true,
            Phase::Active(connection) | Phase::Ended(connection) => connection.is_open(),
            Phase::Idle | Phase::Bound | Phase::Failed | Phase::Closed => false,
        }
    }

    /// Returns the state of the socket.
    ///
    /// Without reconnects, a client stays bound after a connection that the peer has ended, until `close`; after EOF it also stays
    /// connected. This shows which side has closed the connection.
    pub fn state(&self) -> SocketState {
        let state = lock(&self.shared.state);
        match state.phase.connection() {
            Some(connection) if self.shared.reconnect.is_none() => {
                SocketState { is_bound: true, is_close: false, is_connected: connection.has_peer() }
            }
            connection => {
                let is_connected = connection.is_some_and(Connection::is_connected);
                SocketState { is_bound: state.is_bound(), is_close: state.phase.is_closed(), is_connected }
            }
        }
    }
}

/// Converts `EBADF` of an ended connection: the client still has a socket, but is not connected.
fn not_connected(error: SocketError) -> SocketError {
    if error.errno == libc::EBADF { SocketError { errno: libc::ENOTCONN, ..error } } else { error }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.dispose();
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("state", &self.state()).finish_non_exhaustive()
    }
}
