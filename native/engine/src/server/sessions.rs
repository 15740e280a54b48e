//! The sessions of a server, and how the peer of one comes back to it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use crate::connection::{BoxFuture, Loss, Restore, Restored};
use crate::error::{Operation, SocketError};
use crate::event::{CloseReason, Event, EventSink, Reconnecting};
use crate::handshake::{Guest, Session, SessionId};
use crate::sync::lock;

/// The sessions that a peer can come back to.
#[derive(Default)]
pub(super) struct Sessions {
    owners: Mutex<HashMap<SessionId, mpsc::Sender<Returning>>>,
}

/// A peer that has come back, and waits for its welcome.
pub(super) struct Returning {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) guest: Guest,
}

/// A session's place among those that a peer can come back to. Dropping it gives the place up.
pub(super) struct Membership {
    id: SessionId,
    links: mpsc::Receiver<Returning>,
    sessions: Arc<Sessions>,
}

/// Waits for the peer of one session.
pub(super) struct Returns {
    pub(super) membership: Membership,
    pub(super) sink: Arc<dyn EventSink>,
    /// How long the peer may be away.
    pub(super) limit: Duration,
    /// How long a welcome may take.
    pub(super) handshake_timeout: Duration,
    /// A peer that came back before the loss of its last link was noticed.
    pub(super) early: Option<Returning>,
}

impl Sessions {
    /// Adds a session.
    pub(super) fn add(self: &Arc<Self>, id: SessionId) -> Membership {
        // One link waits for the connection's task; a peer that makes another one meanwhile has to try again.
        let (sender, links) = mpsc::channel(1);
        lock(&self.owners).insert(id, sender);
        Membership { id, links, sessions: Arc::clone(self) }
    }

    /// The way to the owner of a session.
    pub(super) fn owner(&self, id: SessionId) -> Option<mpsc::Sender<Returning>> {
        lock(&self.owners).get(&id).cloned()
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        lock(&self.sessions.owners).remove(&self.id);
    }
}

impl Returns {
    fn error(&self, errno: i32) -> SocketError {
        SocketError::new(Operation::Receive, None, errno)
    }

    async fn bring(&mut self, lost: Option<SocketError>, received: u64) -> Result<Restored, Loss> {
        let error = lost.unwrap_or_else(|| self.error(libc::ECONNRESET));
        let away = SocketError { errno: libc::ETIMEDOUT, ..error.clone() };
        self.sink.post(Event::Reconnecting(Box::new(Reconnecting { attempt: 0, delay: self.limit, error })));
        let deadline = Instant::now() + self.limit;
        let session = Session { id: self.membership.id, received };
        loop {
            let returning = match self.early.take() {
                Some(returning) => Some(returning),
                None => timeout_at(deadline, self.membership.links.recv()).await.ok().flatten(),
            };
            let Some(Returning { mut stream, peer, guest }) = returning else {
                return Err(Loss { error: away, reason: CloseReason::Timeout });
            };
            let peer_interval = guest.peer_heartbeat;
            let peer_received = guest.returning.map(|session| session.received);
            let welcome = guest.welcome(&mut stream, session, true);
            // A peer that is gone again may come once more.
            if let Ok(Ok(())) = timeout(self.handshake_timeout, welcome).await {
                return Ok(Restored { stream, peer, peer_interval, peer_received });
            }
        }
    }
}

impl Restore for Returns {
    fn poll_replaced(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match self.membership.links.poll_recv(context) {
            Poll::Ready(Some(returning)) => {
                self.early = Some(returning);
                Poll::Ready(())
            }
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }

    fn outlives_peer(&self) -> bool {
        false
    }

    fn cancelled(&self) -> SocketError {
        self.error(libc::ECANCELED)
    }

    fn restore(&mut self, lost: Option<SocketError>, received: u64) -> BoxFuture<'_, Result<Restored, Loss>> {
        Box::pin(self.bring(lost, received))
    }
}
