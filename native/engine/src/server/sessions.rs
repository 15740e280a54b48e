//! The sessions of a server, and how the peer of one comes back to it.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, sleep_until};

use super::Shared;
use super::place::Place;
use crate::connection::{BoxFuture, Loss, Restore, Restored};
use crate::error::{Operation, SocketError};
use crate::event::{CloseReason, ConnectionEvent, EventSink, Reconnecting, RejectReason};
use crate::handshake::{Guest, RefusalReason, Session, SessionId};
use crate::sync::lock;
use crate::timeout::timeout;

/// The sessions that a peer can come back to.
pub(super) struct Sessions {
    owners: Mutex<HashMap<SessionId, mpsc::Sender<Returning>>>,
    /// Those that wait for their peer, the one that waits longest first. What is sent, or dropped, ends the wait.
    waiting: Mutex<VecDeque<(SessionId, oneshot::Sender<()>)>>,
    /// How many may wait.
    max_waiting: usize,
    /// How many handshakes have begun.
    handshakes: AtomicU64,
}

/// The place of a handshake among all of a server, in the order of their first messages. A peer that answers a challenge begins no other
/// handshake meanwhile, so that of two links of a session the one with the higher number is the newer one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HandshakeNumber(u64);

/// The wait of a session for its peer. Dropping it ends the wait.
struct Wait<'a> {
    id: SessionId,
    sessions: &'a Sessions,
    /// Ready when others have waited for less long, and there is no room.
    is_over: oneshot::Receiver<()>,
}

/// A peer that has come back, and waits for its welcome.
pub(super) struct Returning {
    pub(super) number: HandshakeNumber,
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) guest: Guest,
}

/// A session's place among those that a peer can come back to. Dropping it gives the place up.
pub(super) struct Membership {
    id: SessionId,
    /// The handshake of the newest link. What comes of an earlier one was held back on its way.
    newest: HandshakeNumber,
    links: mpsc::Receiver<Returning>,
    sessions: Arc<Sessions>,
}

/// Waits for the peer of one session.
pub(super) struct Returns {
    pub(super) membership: Membership,
    pub(super) server: Arc<Shared>,
    /// Its place among the connections; it has none while it waits.
    pub(super) place: Arc<Place>,
    pub(super) sink: Arc<dyn EventSink<ConnectionEvent>>,
    /// How long the peer may be away.
    pub(super) limit: Duration,
    /// How long a welcome may take.
    pub(super) handshake_timeout: Duration,
    /// A peer that came back before the loss of its last link was noticed.
    pub(super) early: Option<Returning>,
}

impl Sessions {
    /// No session yet; `max_waiting` may wait for their peers.
    pub(super) fn new(max_waiting: Option<usize>) -> Self {
        let max_waiting = max_waiting.unwrap_or(usize::MAX);
        Self { owners: Mutex::default(), waiting: Mutex::default(), max_waiting, handshakes: AtomicU64::default() }
    }

    /// Lets a session wait for its peer. Where too many do, the wait of the first one is over.
    fn wait(&self, id: SessionId) -> Wait<'_> {
        let (end, is_over) = oneshot::channel();
        let mut waiting = lock(&self.waiting);
        waiting.push_back((id, end));
        if waiting.len() > self.max_waiting {
            waiting.pop_front();
        }
        Wait { id, sessions: self, is_over }
    }

    /// Numbers a handshake whose first message has come.
    pub(super) fn number_handshake(&self) -> HandshakeNumber {
        HandshakeNumber(self.handshakes.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Adds a session, whose first link came of the handshake `newest`.
    pub(super) fn add(self: &Arc<Self>, id: SessionId, newest: HandshakeNumber) -> Membership {
        // One link waits for the connection's task; a peer that makes another one meanwhile has to try again.
        let (sender, links) = mpsc::channel(1);
        lock(&self.owners).insert(id, sender);
        Membership { id, newest, links, sessions: Arc::clone(self) }
    }

    /// The way to the owner of a session.
    pub(super) fn owner(&self, id: SessionId) -> Option<mpsc::Sender<Returning>> {
        lock(&self.owners).get(&id).cloned()
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        lock(&self.sessions.waiting).retain(|(id, _)| *id != self.id);
    }
}

impl Membership {
    fn is_newest(&self, returning: &Returning) -> bool {
        returning.number > self.newest
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        lock(&self.sessions.owners).remove(&self.id);
    }
}

impl Shared {
    /// Waits for `deadline`, and then for a peer that is on its way: after a stop of this process, it waits in the kernel.
    async fn wait_for_late_returns(&self, deadline: Instant) {
        sleep_until(deadline).await;
        // A task that yields goes on after the runtime has asked the kernel what has come.
        yield_now().await;
        let is_on_its_way = lock(&self.intake).handshakes.are_under_way();
        if is_on_its_way {
            sleep(self.protocol.handshake_timeout).await;
        }
    }
}

impl Returns {
    fn error(&self, errno: i32) -> SocketError {
        SocketError::new(Operation::Receive, None, errno)
    }

    async fn bring(&mut self, lost: Option<SocketError>, received: u64) -> Result<Restored, Loss> {
        let error = lost.unwrap_or_else(|| self.error(libc::ECONNRESET));
        let away = SocketError { errno: libc::ETIMEDOUT, ..error.clone() };
        self.sink.post(ConnectionEvent::Reconnecting(Box::new(Reconnecting { attempt: 0, delay: self.limit, error })));
        let deadline = Instant::now() + self.limit;
        let session = Session { id: self.membership.id, received };
        let mut early = self.early.take();
        if early.is_none() {
            self.place.leave();
        }
        let sessions = Arc::clone(&self.membership.sessions);
        let mut wait = sessions.wait(session.id);
        loop {
            let returning = match early.take() {
                Some(returning) => Some(returning),
                None => tokio::select! {
                    returning = self.membership.links.recv() => returning,
                    _ = &mut wait.is_over => None,
                    () = self.server.wait_for_late_returns(deadline) => None,
                },
            };
            let Some(returning) = returning else {
                return Err(Loss { error: away, reason: CloseReason::Timeout });
            };
            if !self.membership.is_newest(&returning) {
                continue;
            }
            self.membership.newest = returning.number;
            // A peer that is gone again, or found no place, may come once more.
            if let Some(restored) = self.let_in(returning, session).await {
                return Ok(restored);
            }
            self.place.leave();
        }
    }

    async fn let_in(&self, returning: Returning, session: Session) -> Option<Restored> {
        let Returning { mut stream, peer, guest, .. } = returning;
        if !self.place.enter() {
            let refusal = guest.refuse(&mut stream, RefusalReason::Limit);
            let _ = timeout(self.handshake_timeout, refusal).await;
            self.server.reject(peer, RejectReason::Limit);
            return None;
        }
        let peer_interval = guest.peer_heartbeat;
        let peer_received = guest.returning.map(|session| session.received);
        let welcome = guest.welcome(&mut stream, session, true);
        match timeout(self.handshake_timeout, welcome).await {
            Some(Ok(ciphers)) => Some(Restored { stream, peer, peer_interval, peer_received, ciphers }),
            _ => None,
        }
    }
}

impl Restore for Returns {
    fn poll_replaced(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while let Poll::Ready(Some(returning)) = self.membership.links.poll_recv(context) {
            if self.membership.is_newest(&returning) {
                self.early = Some(returning);
                return Poll::Ready(());
            }
        }
        Poll::Pending
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
