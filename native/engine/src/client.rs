//! A client: bind, connect, send, close, and connect again.

mod attempt;
mod bound;
mod dial;
mod link_sink;
mod opening;
mod origin;
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
use crate::error::{NEVER_OPENED, Operation, SocketError};
use crate::event::{CloseReason, ConnectionEvent, EventSink, OperationId};
use crate::options::SocketOptions;
use crate::poller::PollTarget;
use crate::protocol::Protocol;
use crate::runtime;
use crate::send_queue::SendProgress;
use crate::socket_state::SocketState;
use crate::statistics::Statistics;
use crate::sync::lock;
use attempt::Attempt;
use bound::Bound;
use opening::Opening;
use origin::Origin;
use phase::Phase;
use reconnector::Reconnector;
pub use route::Route;
use shared::Shared;

/// A TCP client. Dropping it gives up a connect that is under way and closes its connection.
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

/// How a client speaks, and whether it connects again by itself.
#[derive(Clone, Debug, Default)]
pub struct ClientOptions {
    /// How it speaks with the server.
    pub protocol: Protocol,
    /// When it connects again; `None`: when it is told to.
    pub reconnect: Option<Reconnect>,
}

impl Client {
    /// A client that has no socket yet.
    ///
    /// With `poller` its owner reads links without typed frames itself, as that of a
    /// [`PendingConnection`](crate::PendingConnection) does.
    pub fn new(sink: Arc<dyn EventSink<ConnectionEvent>>, poller: Option<PollTarget>, options: ClientOptions) -> Self {
        let ClientOptions { protocol, reconnect } = options;
        let (protocol, counters) = (Arc::new(protocol), Arc::default());
        Self { shared: Arc::new(Shared { sink, poller, protocol, reconnect, counters, state: Mutex::default() }) }
    }

    /// Gives the client a local address; port 0 lets the kernel choose.
    ///
    /// # Errors
    /// `EINVAL` when it is bound, connecting or connected; otherwise what the kernel said.
    pub fn bind(&self, local: SocketAddr) -> Result<(), SocketError> {
        let mut state = lock(&self.shared.state);
        if !state.phase.may_bind() {
            return Err(SocketError::new(Operation::Bind, local, libc::EINVAL));
        }
        // An earlier connection may have ended at the same port.
        state.bound = None;
        let bound = Bound::new(local, &state.options);
        let bound = bound.map_err(|error| SocketError::from_io(Operation::Bind, local, &error))?;
        state.leave_connection();
        state.bound = Some(Arc::new(bound));
        state.phase = Phase::Bound;
        Ok(())
    }

    /// Connects; gives up after `limit`.
    ///
    /// `Completed` with `operation_id` follows, and `Connected` before it on success. A failed attempt can be repeated, and a
    /// closed client can connect again. One that reconnects by itself goes on until it succeeds, is closed, or has made all its
    /// attempts, each within `limit`.
    ///
    /// # Errors
    /// `EALREADY` while connecting, `EISCONN` when connected; otherwise what the kernel said when it refused a socket.
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
        state.previous.leave();
        let runtime = runtime::handle().map_err(|error| SocketError::from_io(Operation::Connect, peer, &error))?;
        let (bound, previous, protocol) =
            (state.bound.clone(), state.previous.clone(), Arc::clone(&self.shared.protocol));
        let opening = Opening { previous, route, limit, protocol };
        state.phase = match self.shared.reconnect {
            None => {
                let origin = Origin { bound, options: state.options };
                self.attempt(Attempt { operation_id, target }, opening, origin, runtime)
            }
            Some(reconnect) => {
                let sink = self.shared.new_link_sink(&mut state, Some(operation_id), bound.clone());
                let reconnector = Reconnector {
                    sink: Arc::clone(&sink),
                    opening,
                    bound: bound.as_ref().map(Arc::downgrade),
                    options: self.shared.options(),
                    backoff: Backoff::new(reconnect),
                    session: None,
                    up_since: None,
                };
                let plan = self.shared.plan(sink, Some(Box::new(reconnector)), bound);
                Phase::Active(Connection::open(plan, operation_id, runtime))
            }
        };
        Ok(())
    }

    /// Makes the one attempt of a client that does not reconnect.
    fn attempt(&self, attempt: Attempt, opening: Opening, origin: Origin, runtime: &Handle) -> Phase {
        let shared = Arc::clone(&self.shared);
        let (cancel, cancelled) = oneshot::channel();
        let (guard, running) = watch::channel(());
        // The task needs the lock that is held here to finish, so it cannot do so before its phase is set.
        runtime.spawn(async move {
            let _guard = guard;
            // Boxed for the same reason as a server's handshakes.
            let opening = Box::pin(opening.open(origin, None, 0));
            shared.attempt(attempt, opening, cancelled).await;
        });
        Phase::Connecting { cancel, running }
    }

    /// Sets options of the socket that is there, and of every later one.
    ///
    /// # Errors
    /// `EDOM` for a negative time-out, otherwise what the kernel said.
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

    /// Returns the descriptor of the bound or connected socket.
    ///
    /// A bound one keeps it while it connects. It stays the client's.
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
    /// `EBADF` without a socket, `ENOTCONN` with one that is not connected, or not any more; otherwise those of
    /// [`Connection::send`].
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

    /// Writes what was gathered, as [`Connection::flush`] does.
    pub fn flush(&self) -> bool {
        lock(&self.shared.state).phase.connection().is_some_and(Connection::flush)
    }

    /// Ends this side's stream as [`Connection::end`] does.
    ///
    /// # Errors
    /// `EBADF` without a socket, `ENOTCONN` with one that is not connected, or not any more; otherwise those of
    /// [`Connection::end`].
    pub fn end(&self, operation_id: OperationId) -> Result<(), SocketError> {
        lock(&self.shared.state).connection(Operation::Send)?.end(operation_id).map_err(not_connected)
    }

    /// Resets the connection as [`Connection::abort`] does.
    ///
    /// # Errors
    /// `EBADF` without a socket, `ENOTCONN` with one that is not connected, or not any more.
    pub fn abort(&self, operation_id: OperationId) -> Result<Closing, SocketError> {
        let mut state = lock(&self.shared.state);
        let connection = state.connection(Operation::Close)?;
        connection.abort(operation_id).map_err(not_connected)?;
        let ending = connection.downgrade();
        let sink = state.link_sink.take();
        state.previous.push_closed(ending, sink);
        state.unbind();
        let phase = std::mem::replace(&mut state.phase, Phase::Closed);
        Ok(if matches!(phase, Phase::Ended(_)) { Closing::Over } else { Closing::Announced })
    }

    /// Lets the link go, and keeps what is not sent, until [`Client::restore`].
    ///
    /// `Completed` with `operation_id` follows. Only for a client that reconnects by itself.
    ///
    /// # Errors
    /// `EBADF` without a socket, `ENOTCONN` with one that is not connected, `EOPNOTSUPP` when it does not reconnect, `EALREADY` while
    /// another call is under way.
    pub fn suspend(&self, operation_id: OperationId) -> Result<(), SocketError> {
        let state = lock(&self.shared.state);
        let connection = state.connection(Operation::Suspend)?;
        match self.shared.reconnect {
            Some(_) => connection.suspend(operation_id),
            None => Err(SocketError::new(Operation::Suspend, connection.peer(), libc::EOPNOTSUPP)),
        }
    }

    /// Undoes [`Client::suspend`].
    pub fn restore(&self) {
        if let Some(connection) = lock(&self.shared.state).phase.connection() {
            connection.resume();
        }
    }

    /// What went through all its connections.
    pub fn statistics(&self) -> Statistics {
        let is_encrypted = self.shared.protocol.is_encrypted();
        let all = Statistics { is_encrypted, ..self.shared.counters.statistics() };
        match lock(&self.shared.state).phase.connection() {
            Some(connection) => all.with_queues_of(connection.statistics()),
            None => all,
        }
    }

    /// Returns the bytes of unfinished sends.
    ///
    /// The kernel has not taken them, or the peer has not acknowledged them.
    pub fn queued_bytes(&self) -> usize {
        let state = lock(&self.shared.state);
        state.phase.connection().map_or(0, |connection| connection.queued_bytes())
    }

    /// Closes whatever is open.
    ///
    /// A connect under way completes with `ECANCELED`. `Closed` and `Completed` with `operation_id` follow; `Completed` alone
    /// where the connection has ended before.
    ///
    /// # Errors
    /// [`NEVER_OPENED`] before `bind` and `connect`, and when it is closed already.
    pub fn close(&self, operation_id: OperationId) -> Result<Closing, SocketError> {
        let mut state = lock(&self.shared.state);
        state.unbind();
        match std::mem::replace(&mut state.phase, Phase::Closed) {
            phase @ (Phase::Idle | Phase::Closed) => {
                state.phase = phase;
                return Err(SocketError::new(Operation::Close, None, NEVER_OPENED));
            }
            Phase::Bound | Phase::Failed => self.shared.sink.post(ConnectionEvent::Closed(CloseReason::Local)),
            // The attempt answers both calls when its socket is closed.
            Phase::Connecting { cancel, running } => {
                state.previous.push_attempt(running);
                if cancel.send(operation_id).is_ok() {
                    return Ok(Closing::Announced);
                }
            }
            // The connection posts both events itself, unless it has ended before.
            Phase::Active(connection) => {
                let sink = state.link_sink.take();
                state.previous.push_closed(connection.downgrade(), sink);
                if connection.close(Some(operation_id)).is_ok() {
                    return Ok(Closing::Announced);
                }
                self.shared.sink.complete(operation_id, Ok(()));
                return Ok(Closing::Over);
            }
            Phase::Ended(connection) => {
                state.previous.push(connection.downgrade());
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
    /// Everything queued is sent, and `Closed` follows. Where nothing is queued, that comes first, and the connection ends when
    /// this is called again: its owner can still use it when it hears of the end. Does nothing to a connection that
    /// [`Connection::finish`] leaves alone.
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

    /// Whether the peer has ended the connection in order, and `Closed` was posted.
    ///
    /// Not of a client that reconnects by itself.
    pub fn was_ended(&self) -> bool {
        let state = lock(&self.shared.state);
        let has_peer = state.phase.connection().is_some_and(Connection::has_peer);
        has_peer && self.shared.reconnect.is_none() && state.link_sink.as_ref().is_some_and(|sink| sink.has_closed())
    }

    /// Returns whether the owner knows of EOF and has to call [`Client::finish`] again.
    pub fn awaits_finish(&self) -> bool {
        matches!(&lock(&self.shared.state).phase, Phase::Ended(connection) if connection.is_open())
    }

    /// Gives up a connect under way and closes the connection, without waiting for anything.
    pub fn dispose(&self) {
        let mut state = lock(&self.shared.state);
        state.unbind();
        state.phase = Phase::Closed;
    }

    /// Gives back credit as [`Connection::consume`] does.
    pub fn consume(&self, bytes: usize) {
        self.with_connection(|connection| connection.consume(bytes));
    }

    /// Calls `use_connection` with the connection, if there is one; it may have ended.
    ///
    /// It must not call the client, which is locked.
    pub fn with_connection<T>(&self, use_connection: impl FnOnce(&Connection) -> T) -> Option<T> {
        lock(&self.shared.state).phase.connection().map(use_connection)
    }

    /// How it speaks with its peer.
    pub fn protocol(&self) -> &Protocol {
        &self.shared.protocol
    }

    /// The peer's address, also after it has ended the connection.
    ///
    /// # Errors
    /// `EBADF` without a socket, `ENOTCONN` with one that is not connected, or that the peer has reset.
    pub fn remote_address(&self) -> Result<SocketAddr, SocketError> {
        let state = lock(&self.shared.state);
        let connection = state.connection(Operation::GetRemoteAddress)?;
        match connection.peer().filter(|_| self.shared.reconnect.is_none() && connection.has_peer()) {
            Some(peer) => Ok(peer),
            None => connection.remote_address().map_err(not_connected),
        }
    }

    /// The address on this side, also of a connection that has ended by itself.
    ///
    /// # Errors
    /// `EBADF` when it has none.
    pub fn local_address(&self) -> Result<SocketAddr, SocketError> {
        let state = lock(&self.shared.state);
        let bound = state.bound.as_ref().map(|bound| bound.local).filter(|_| state.is_bound());
        let ended = || state.phase.connection().and_then(Connection::local);
        bound.or_else(ended).ok_or_else(|| SocketError::new(Operation::GetLocalAddress, None, libc::EBADF))
    }

    /// Whether it is connecting, or connected and not closed.
    pub fn is_active(&self) -> bool {
        match &lock(&self.shared.state).phase {
            Phase::Connecting { .. } => true,
            Phase::Active(connection) | Phase::Ended(connection) => connection.is_open(),
            Phase::Idle | Phase::Bound | Phase::Failed | Phase::Closed => false,
        }
    }

    /// Its state.
    ///
    /// A connection that ended by itself leaves the client bound, and connected if the peer ended it in order, until `close`:
    /// who closes it can be told from that. Not so of a client that reconnects by itself, which has done what it could.
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

/// What a connection that has ended by itself, and is closed, is to the client that has it.
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
