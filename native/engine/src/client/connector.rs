//! Opens a link of a client: waits for earlier connections, connects, and performs the handshake.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::watch;

use super::link_sink::LinkSink;
use super::local_endpoint::LocalEndpoint;
use super::route::Route;
use crate::connection::{NewLink, WeakConnection};
use crate::error::{Operation, SocketError};
use crate::event::CloseReason;
use crate::handshake::{self, Session, SessionId};
use crate::protocol::Protocol;
use crate::timeout::timeout;

/// Earlier attempts and connections of a client that have not posted their last event.
#[derive(Clone, Default)]
pub(super) struct DrainingConnections(Vec<Ending>);

/// A connection or an attempt that is ending.
#[derive(Clone)]
enum Ending {
    /// The sender is dropped at the end.
    ConnectAttempt(watch::Receiver<()>),
    Connection {
        connection: WeakConnection,
        /// `Some` if this side has closed the connection: the client need not wait for its peer.
        sink: Option<Arc<LinkSink>>,
    },
}

impl Ending {
    fn is_over(&self) -> bool {
        match self {
            Self::ConnectAttempt(running) => running.has_changed().is_err(),
            Self::Connection { connection, .. } => connection.has_ended(),
        }
    }

    async fn wait(self) {
        // It has posted its result.
        match self {
            Self::ConnectAttempt(mut running) => _ = running.changed().await,
            Self::Connection { connection, .. } => _ = connection.wait_until_ended().await,
        }
    }
}

impl DrainingConnections {
    /// Adds an attempt, which drops the sender of `running` when it has posted its last event.
    pub(super) fn push_attempt(&mut self, running: watch::Receiver<()>) {
        self.add(Ending::ConnectAttempt(running));
    }

    /// Adds a connection that will post its last event soon.
    pub(super) fn push(&mut self, connection: WeakConnection) {
        self.add(Ending::Connection { connection, sink: None });
    }

    /// Adds a connection that the client has closed; its peer may delay the end.
    pub(super) fn push_closed(&mut self, connection: WeakConnection, sink: Option<Arc<LinkSink>>) {
        self.add(Ending::Connection { connection, sink });
    }

    fn add(&mut self, ending: Ending) {
        self.0.retain(|ending| !ending.is_over());
        self.0.push(ending);
    }

    /// Drops later events of connections that the client has closed.
    pub(super) fn leave(&mut self) {
        self.0.retain(|ending| match ending {
            Ending::Connection { sink: Some(sink), .. } => {
                sink.leave(CloseReason::Local);
                false
            }
            Ending::Connection { sink: None, .. } | Ending::ConnectAttempt(_) => true,
        });
    }

    async fn wait(self) {
        for ending in self.0 {
            ending.wait().await;
        }
    }
}

/// Opens links of a client to one route.
#[derive(Clone)]
pub(super) struct Connector {
    /// Attempts and connections that must end first.
    pub(super) draining: DrainingConnections,
    pub(super) route: Route,
    /// Time limit of an attempt.
    pub(super) limit: Duration,
    pub(super) protocol: Arc<Protocol>,
}

impl Connector {
    /// Connects, and performs the handshake, which resumes `session` if there is one.
    /// Returns the link and its session.
    ///
    /// # Cancel safety
    /// A cancelled attempt closes its socket.
    pub(super) async fn open(
        &self,
        endpoint: LocalEndpoint,
        session: Option<SessionId>,
        received: u64,
    ) -> Result<(NewLink, Option<SessionId>), SocketError> {
        let attempt = async {
            self.draining.clone().wait().await;
            let (stream, peer) = self.route.follow(endpoint).await?;
            let session = session.map(|id| Session { id, received });
            self.handshake(stream, peer, session).await
        };
        let opened = timeout(self.limit, attempt).await.unwrap_or_else(|| Err(self.error(libc::ETIMEDOUT)));
        opened.map_err(|error| error.at(&self.route.target))
    }

    /// Returns the error of a connect without a result of the kernel.
    pub(super) fn error(&self, errno: i32) -> SocketError {
        SocketError::new(Operation::Connect, None, errno).at(&self.route.target)
    }

    async fn handshake(
        &self,
        mut stream: TcpStream,
        peer: SocketAddr,
        session: Option<Session>,
    ) -> Result<(NewLink, Option<SessionId>), SocketError> {
        let plain = |stream| NewLink { stream, peer, peer_interval: None, peer_received: None, ciphers: None };
        let framing = match &self.protocol.framing {
            Some(framing) if self.protocol.is_typed() => framing,
            _ => return Ok((plain(stream), None)),
        };
        let params = self.protocol.handshake_params();
        let negotiated = handshake::connect(&mut stream, framing, &params, session).await;
        let (negotiated, ciphers) = negotiated.map_err(|error| match error.peer_fault() {
            Ok(fault) => SocketError::of_peer(peer, fault),
            Err(errno) => SocketError::new(Operation::Connect, peer, errno),
        })?;
        let peer_received = negotiated.resumed.then_some(negotiated.session.received);
        let session = self.protocol.acknowledge.then_some(negotiated.session.id);
        Ok((NewLink { peer_interval: negotiated.peer_heartbeat, peer_received, ciphers, ..plain(stream) }, session))
    }
}
