//! Opens a link of a client: waits for what was there before, binds, connects and enters.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::watch;

use super::link_sink::LinkSink;
use super::origin::Origin;
use super::route::Route;
use crate::connection::{NewLink, WeakConnection};
use crate::error::{Operation, SocketError};
use crate::event::CloseReason;
use crate::handshake::{self, Session, SessionId};
use crate::protocol::Protocol;
use crate::timeout::timeout;

/// Everything of a client that has not posted its last event.
#[derive(Clone, Default)]
pub(super) struct Previous(Vec<Ending>);

/// A connection, or an attempt, that is coming to its end.
#[derive(Clone)]
enum Ending {
    /// The sender is dropped at the end.
    Attempt(watch::Receiver<()>),
    Connection {
        connection: WeakConnection,
        /// `Some` if the client need not wait.
        ///
        /// This side has closed the connection, and only its peer is slow.
        sink: Option<Arc<LinkSink>>,
    },
}

impl Ending {
    fn is_over(&self) -> bool {
        match self {
            Self::Attempt(running) => running.has_changed().is_err(),
            Self::Connection { connection, .. } => connection.has_ended(),
        }
    }

    async fn wait(self) {
        // What became of it, it has told its owner.
        match self {
            Self::Attempt(mut running) => _ = running.changed().await,
            Self::Connection { connection, .. } => _ = connection.wait_until_ended().await,
        }
    }
}

impl Previous {
    /// Adds an attempt, which drops the sender of `running` when it has posted its last event.
    pub(super) fn push_attempt(&mut self, running: watch::Receiver<()>) {
        self.add(Ending::Attempt(running));
    }

    /// Adds a connection that posts its last event soon.
    pub(super) fn push(&mut self, connection: WeakConnection) {
        self.add(Ending::Connection { connection, sink: None });
    }

    /// Adds one that the client has closed, which may take as long as its peer likes.
    pub(super) fn push_closed(&mut self, connection: WeakConnection, sink: Option<Arc<LinkSink>>) {
        self.add(Ending::Connection { connection, sink });
    }

    fn add(&mut self, ending: Ending) {
        self.0.retain(|ending| !ending.is_over());
        self.0.push(ending);
    }

    /// Takes leave of what the client has closed, so that nothing of that comes any more.
    pub(super) fn leave(&mut self) {
        self.0.retain(|ending| match ending {
            Ending::Connection { sink: Some(sink), .. } => {
                sink.leave(CloseReason::Local);
                false
            }
            Ending::Connection { sink: None, .. } | Ending::Attempt(_) => true,
        });
    }

    async fn wait(self) {
        for ending in self.0 {
            ending.wait().await;
        }
    }
}

/// How a client comes to a link.
#[derive(Clone)]
pub(super) struct Opening {
    /// What has to end first.
    pub(super) previous: Previous,
    pub(super) route: Route,
    /// How long an attempt may take.
    pub(super) limit: Duration,
    pub(super) protocol: Arc<Protocol>,
}

impl Opening {
    /// Follows the route, and agrees with the server on the protocol, coming back to
    /// `session` where there is one. Returns the link, and the session that it belongs to.
    ///
    /// # Cancel safety
    /// A cancelled attempt leaves nothing behind.
    pub(super) async fn open(
        &self,
        origin: Origin,
        session: Option<SessionId>,
        received: u64,
    ) -> Result<(NewLink, Option<SessionId>), SocketError> {
        let attempt = async {
            self.previous.clone().wait().await;
            let (stream, peer) = self.route.follow(origin).await?;
            let session = session.map(|id| Session { id, received });
            self.enter(stream, peer, session).await
        };
        let opened = timeout(self.limit, attempt).await.unwrap_or_else(|| Err(self.error(libc::ETIMEDOUT)));
        opened.map_err(|error| error.at(&self.route.target))
    }

    /// A connect that ended without an answer.
    pub(super) fn error(&self, errno: i32) -> SocketError {
        SocketError::new(Operation::Connect, None, errno).at(&self.route.target)
    }

    async fn enter(
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
        let terms = self.protocol.terms();
        let entered = handshake::enter(&mut stream, framing, &terms, session).await;
        let (entered, ciphers) = entered.map_err(|error| match error.peer_fault() {
            Ok(fault) => SocketError::of_peer(peer, fault),
            Err(errno) => SocketError::new(Operation::Connect, peer, errno),
        })?;
        let peer_received = entered.resumed.then_some(entered.session.received);
        let session = self.protocol.acknowledge.then_some(entered.session.id);
        Ok((NewLink { peer_interval: entered.peer_heartbeat, peer_received, ciphers, ..plain(stream) }, session))
    }
}
