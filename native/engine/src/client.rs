//! A client: bind, connect, send, close, and connect again.

mod attempt;
mod dial;
mod link_sink;
mod opening;
mod origin;
mod phase;
mod reconnector;
mod resolver;
mod route;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};

use crate::arrivals::Arrivals;
use crate::backoff::{Backoff, Reconnect};
use crate::connection::{Closing, Connection, Message, Piece, Plan, Restore};
use crate::error::{NEVER_OPENED, Operation, SocketError};
use crate::event::{CloseReason, ConnectionEvent, EventSink, LinkId, Ticket};
use crate::options::{self, SocketOptions};
use crate::port::PortClaim;
use crate::protocol::Protocol;
use crate::runtime;
use crate::send_queue::SendProgress;
use crate::socket_state::SocketState;
use crate::statistics::{Counters, Statistics};
use crate::sync::lock;
use attempt::Attempt;
use link_sink::LinkSink;
use opening::Opening;
use origin::Origin;
use phase::{Phase, State};
use reconnector::Reconnector;
pub use route::Route;

/// A TCP client. Dropping it gives up a connect that is under way and closes its connection.
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

struct Shared {
    sink: Arc<dyn EventSink<ConnectionEvent>>,
    arrivals: Option<Arc<Arrivals>>,
    protocol: Arc<Protocol>,
    reconnect: Option<Reconnect>,
    counters: Arc<Counters>,
    state: Mutex<State>,
    /// That of the newest connection.
    link_sink: Mutex<Option<Arc<LinkSink>>>,
}

impl Client {
    /// A client that has no socket yet. With `arrivals` its owner reads streams without frames itself, as that of a
    /// [`PendingConnection`](crate::PendingConnection) does.
    pub fn new(
        sink: Arc<dyn EventSink<ConnectionEvent>>,
        arrivals: Option<Arc<Arrivals>>,
        options: ClientOptions,
    ) -> Self {
        let ClientOptions { protocol, reconnect } = options;
        let (protocol, counters) = (Arc::new(protocol), Arc::default());
        Self {
            shared: Arc::new(Shared {
                sink,
                arrivals,
                protocol,
                reconnect,
                counters,
                state: Mutex::default(),
                link_sink: Mutex::default(),
            }),
        }
    }

    /// Gives the client a local address; port 0 lets the kernel choose.
    ///
    /// # Errors
    /// `EINVAL` when it is bound, connecting or connected; otherwise what the kernel said.
    pub fn bind(&self, local: SocketAddr) -> Result<(), SocketError> {
        let mut state = self.shared.state();
        let failed = |error: io::Error| SocketError::from_io(Operation::Bind, local, &error);
        if !state.phase.may_bind() {
            return Err(SocketError::new(Operation::Bind, local, libc::EINVAL));
        }
        let (socket, claim) = options::bound_socket(local, &lock(&state.options)).map_err(failed)?;
        state.leave_connection();
        state.local = socket.local_addr().map_err(failed)?.as_socket();
        state.has_chosen_port = local.port() != 0;
        state.claim = claim.map(Arc::new);
        state.phase = Phase::Ready(Some(socket));
        Ok(())
    }

    /// Connects; gives up after `limit`. `Completed` with `ticket` follows, and `Connected` before it on success. A
    /// failed attempt can be repeated, and a closed client can connect again. One that reconnects by itself goes on
    /// until it succeeds, is closed, or has made all its attempts, each within `limit`.
    ///
    /// # Errors
    /// `EALREADY` while connecting, `EISCONN` when connected; otherwise what the kernel said when it refused a socket.
    pub fn connect(&self, route: impl Into<Route>, limit: Duration, ticket: Ticket) -> Result<(), SocketError> {
        let route = route.into();
        let (peer, target) = (route.target.address(), route.target.clone());
        let mut state = self.shared.state();
        let socket = state.take_socket().map_err(|errno| SocketError::new(Operation::Connect, peer, errno))?;
        state.previous.leave();
        let runtime = runtime::handle().map_err(|error| SocketError::from_io(Operation::Connect, peer, &error))?;
        let claim = state.claim.clone();
        let origin = Origin {
            socket,
            local: state.local,
            has_chosen_port: state.has_chosen_port && state.local.is_some(),
            is_claimed: claim.is_some(),
            options: *lock(&state.options),
        };
        let (previous, protocol) = (state.previous.clone(), Arc::clone(&self.shared.protocol));
        let opening = Opening { previous, route, limit, protocol };
        state.phase = match self.shared.reconnect {
            None => self.attempt(Attempt { ticket, target }, opening, origin, runtime),
            Some(reconnect) => {
                let (sink, options) = (self.shared.new_link_sink(), Arc::clone(&state.options));
                let backoff = Backoff::new(reconnect);
                let reconnector = Reconnector {
                    sink: Arc::clone(&sink),
                    opening,
                    origin,
                    options,
                    backoff,
                    session: None,
                    up_since: None,
                };
                let plan = self.shared.plan(sink, Some(Box::new(reconnector)), claim);
                Phase::Connected(Connection::open(plan, ticket, runtime))
            }
        };
        Ok(())
    }

    /// Makes the one attempt of a client that does not reconnect.
    fn attempt(&self, attempt: Attempt, opening: Opening, origin: Origin, runtime: &Handle) -> Phase {
        let shared = Arc::clone(&self.shared);
        let (cancel, cancelled) = oneshot::channel();
        let (running, ended) = watch::channel(false);
        // The task needs the lock that is held here to finish, so it cannot do so before its phase is set.
        runtime.spawn(async move {
            let _running = running;
            let opening = opening.open(origin, None, 0);
            shared.attempt(attempt, opening, cancelled).await;
        });
        Phase::Connecting { cancel, ended }
    }

    /// Sets options of the socket that is there, and of every later one.
    ///
    /// # Errors
    /// `EDOM` for a negative time-out, otherwise what the kernel said.
    pub fn set_options(&self, options: SocketOptions) -> Result<(), SocketError> {
        let state = self.shared.state();
        let local = state.local;
        let failed = |error: io::Error| SocketError::from_io(Operation::SetOptions, local, &error);
        options.check().map_err(failed)?;
        let mut all = lock(&state.options);
        *all = all.merged(options);
        drop(all);
        let applicable = state.applicable(options);
        match &state.phase {
            Phase::Ready(Some(socket)) => applicable.apply_unconnected(socket).map_err(failed),
            Phase::Connected(connection) if connection.is_open() => connection.set_options(&applicable),
            _ => Ok(()),
        }
    }

    /// The descriptor of the socket that is bound or connected. It stays the client's.
    pub fn descriptor(&self) -> Option<RawFd> {
        match &self.shared.state().phase {
            Phase::Ready(socket) => socket.as_ref().map(AsRawFd::as_raw_fd),
            Phase::Connected(connection) => connection.descriptor(),
            Phase::Unopened | Phase::Connecting { .. } | Phase::Closed => None,
        }
    }

    /// Sends as [`Connection::send`] does.
    ///
    /// # Errors
    /// `EBADF` without a socket, `ENOTCONN` with one that is not connected; otherwise those of [`Connection::send`].
    pub fn send(&self, data: &[u8], ticket: Ticket) -> Result<SendProgress, SocketError> {
        self.send_message(&Message::new(data), ticket)
    }

    /// Sends as [`Connection::send_message`] does.
    ///
    /// # Errors
    /// Those of [`Client::send`].
    pub fn send_message(&self, message: &Message<'_>, ticket: Ticket) -> Result<SendProgress, SocketError> {
        self.shared.state().connection(Operation::Send)?.send_message(message, ticket)
    }

    /// Sends as [`Connection::gather`] does.
    ///
    /// # Errors
    /// Those of [`Client::send`].
    pub fn gather(&self, message: &Message<'_>, ticket: Ticket) -> Result<SendProgress, SocketError> {
        self.shared.state().connection(Operation::Send)?.gather(message, ticket)
    }

    /// Writes what was gathered, as [`Connection::flush`] does.
    pub fn flush(&self) -> bool {
        matches!(&self.shared.state().phase, Phase::Connected(connection) if connection.flush())
    }

    /// Ends this side's stream as [`Connection::end`] does.
    ///
    /// # Errors
    /// `EBADF` without a socket, `ENOTCONN` with one that is not connected; otherwise those of [`Connection::end`].
    pub fn end(&self, ticket: Ticket) -> Result<(), SocketError> {
        self.shared.state().connection(Operation::Send)?.end(ticket)
    }

    /// Resets the connection as [`Connection::abort`] does.
    ///
    /// # Errors
    /// `EBADF` without a socket, `ENOTCONN` with one that is not connected.
    pub fn abort(&self, ticket: Ticket) -> Result<(), SocketError> {
        let mut state = self.shared.state();
        let connection = state.connection(Operation::Close)?;
        connection.abort(ticket)?;
        let ended = connection.ended();
        state.previous.push_closed(ended, lock(&self.shared.link_sink).take());
        state.unbind();
        state.phase = Phase::Closed;
        Ok(())
    }

    /// Lets the link go, and keeps what is not sent, until [`Client::restore`]. `Completed` with `ticket` follows. Only
    /// for a client that reconnects by itself.
    ///
    /// # Errors
    /// `EBADF` without a socket, `ENOTCONN` with one that is not connected, `EOPNOTSUPP` when it does not reconnect, `EALREADY` while
    /// another call is under way.
    pub fn suspend(&self, ticket: Ticket) -> Result<(), SocketError> {
        let state = self.shared.state();
        let connection = state.connection(Operation::Suspend)?;
        match self.shared.reconnect {
            Some(_) => connection.suspend(ticket),
            None => Err(SocketError::new(Operation::Suspend, connection.peer(), libc::EOPNOTSUPP)),
        }
    }

    /// Undoes [`Client::suspend`].
    pub fn restore(&self) {
        if let Phase::Connected(connection) = &self.shared.state().phase {
            connection.resume();
        }
    }

    /// What went through all its connections.
    pub fn statistics(&self) -> Statistics {
        let all = self.shared.counters.statistics();
        match &self.shared.state().phase {
            Phase::Connected(connection) => all.with_queues_of(connection.statistics()),
            Phase::Unopened | Phase::Ready(_) | Phase::Connecting { .. } | Phase::Closed => all,
        }
    }

    /// Bytes sent that are not finished: that the kernel has not taken, or the peer has not acknowledged.
    pub fn queued_bytes(&self) -> usize {
        match &self.shared.state().phase {
            Phase::Connected(connection) => connection.queued_bytes(),
            Phase::Unopened | Phase::Ready(_) | Phase::Connecting { .. } | Phase::Closed => 0,
        }
    }

    /// Closes whatever is open. A connect under way completes with `ECANCELED`. `Closed` and `Completed` with `ticket`
    /// follow; `Completed` alone where the connection has ended before.
    ///
    /// # Errors
    /// [`NEVER_OPENED`] before `bind` and `connect`, and when it is closed already.
    pub fn close(&self, ticket: Ticket) -> Result<Closing, SocketError> {
        let mut state = self.shared.state();
        let refused = |errno| Err(SocketError::new(Operation::Close, None, errno));
        state.unbind();
        match std::mem::replace(&mut state.phase, Phase::Closed) {
            Phase::Unopened => {
                state.phase = Phase::Unopened;
                return refused(NEVER_OPENED);
            }
            Phase::Closed => return refused(NEVER_OPENED),
            Phase::Ready(_) => self.shared.sink.post(ConnectionEvent::Closed(CloseReason::Local)),
            // The attempt answers both calls when its socket is closed.
            Phase::Connecting { cancel, ended, .. } => {
                state.previous.push(ended);
                if cancel.send(ticket).is_ok() {
                    return Ok(Closing::Announced);
                }
            }
            // The connection posts both events itself, unless it has ended before.
            Phase::Connected(connection) => {
                state.previous.push_closed(connection.ended(), lock(&self.shared.link_sink).take());
                if connection.close(Some(ticket)).is_ok() {
                    return Ok(Closing::Announced);
                }
                self.shared.sink.complete(ticket, Ok(()));
                return Ok(Closing::Over);
            }
        }
        self.shared.sink.complete(ticket, Ok(()));
        Ok(Closing::Announced)
    }

    /// Ends the connection after the peer has ended it, as [`Connection::finish`] does: everything queued is sent, then `Closed`
    /// follows.
    pub fn finish(&self) {
        if let Phase::Connected(connection) = &self.shared.state().phase {
            connection.finish();
        }
    }

    /// Gives up a connect under way and closes the connection, without waiting for anything.
    pub fn dispose(&self) {
        self.shared.state().phase = Phase::Closed;
    }

    /// Gives back credit as [`Connection::consume`] does.
    pub fn consume(&self, bytes: usize) {
        if let Phase::Connected(connection) = &self.shared.state().phase {
            connection.consume(bytes);
        }
    }

    /// Reads as [`Connection::try_read`] does.
    pub fn try_read(&self, link: LinkId, buffer: &mut [u8]) -> Piece {
        match &self.shared.state().phase {
            Phase::Connected(connection) => connection.try_read(link, buffer),
            Phase::Unopened | Phase::Ready(_) | Phase::Connecting { .. } | Phase::Closed => Piece::NOTHING,
        }
    }

    /// Bytes that [`Client::try_read`] would get now; 0 when that is not known.
    pub fn available_bytes(&self, link: LinkId) -> usize {
        match &self.shared.state().phase {
            Phase::Connected(connection) => connection.available_bytes(link),
            Phase::Unopened | Phase::Ready(_) | Phase::Connecting { .. } | Phase::Closed => 0,
        }
    }

    /// Whether the credit allows to read more.
    pub fn has_room(&self) -> bool {
        match &self.shared.state().phase {
            Phase::Connected(connection) => connection.has_room(),
            Phase::Unopened | Phase::Ready(_) | Phase::Connecting { .. } | Phase::Closed => true,
        }
    }

    /// The peer's address.
    ///
    /// # Errors
    /// `EBADF` without a socket, `ENOTCONN` with one that is not connected.
    pub fn remote_address(&self) -> Result<SocketAddr, SocketError> {
        self.shared.state().connection(Operation::GetRemoteAddress)?.remote_address()
    }

    /// The address on this side.
    ///
    /// # Errors
    /// `EBADF` when it has none.
    pub fn local_address(&self) -> Result<SocketAddr, SocketError> {
        let state = self.shared.state();
        match (state.local, &state.phase) {
            (Some(local), _) if state.is_bound() => Ok(local),
            (_, Phase::Connected(connection)) => connection.local_address(),
            _ => Err(SocketError::new(Operation::GetLocalAddress, None, libc::EBADF)),
        }
    }

    /// Whether it is connecting, or connected and not closed.
    pub fn is_active(&self) -> bool {
        match &self.shared.state().phase {
            Phase::Connecting { .. } => true,
            Phase::Connected(connection) => connection.is_open(),
            Phase::Unopened | Phase::Ready(_) | Phase::Closed => false,
        }
    }

    /// Its state. A connection that ended by itself leaves the client bound, and connected if the peer ended it in order, until
    /// `close`: who closes it can be told from that. Not so of a client that reconnects by itself, which has done what it could.
    pub fn state(&self) -> SocketState {
        let state = self.shared.state();
        let keeps_ended = self.shared.reconnect.is_none();
        match &state.phase {
            Phase::Connected(connection) if keeps_ended => {
                SocketState { is_bound: true, is_close: false, is_connected: connection.has_peer() }
            }
            phase => {
                let is_connected = matches!(phase, Phase::Connected(connection) if connection.is_connected());
                SocketState { is_bound: state.is_bound(), is_close: phase.is_closed(), is_connected }
            }
        }
    }
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

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = lock(&self.state);
        state.leave_what_never_opened();
        state
    }

    /// A sink for the next connection.
    fn new_link_sink(&self) -> Arc<dyn EventSink<ConnectionEvent>> {
        let sink = LinkSink::new(&self.sink);
        *lock(&self.link_sink) = Some(Arc::clone(&sink));
        sink
    }

    fn plan(
        &self,
        sink: Arc<dyn EventSink<ConnectionEvent>>,
        restorer: Option<Box<dyn Restore>>,
        claim: Option<Arc<PortClaim>>,
    ) -> Plan {
        let (protocol, arrivals) = (Arc::clone(&self.protocol), self.arrivals.clone());
        let (counters, options) = (Counters::of(&self.counters), SocketOptions::default());
        let guard = claim.map(|claim| Box::new(claim) as Box<dyn Send + Sync>);
        Plan { sink, arrivals, protocol, counters, options, guard, restorer }
    }
}
