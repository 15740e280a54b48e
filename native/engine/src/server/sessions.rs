//! The sessions of a server, to which their peers can come back.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};

use crate::handshake::{Guest, SessionId};
use crate::sync::lock;

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
pub(super) struct Wait<'a> {
    id: SessionId,
    sessions: &'a Sessions,
    /// Ready when others have waited for less long, and there is no room.
    pub(super) is_over: oneshot::Receiver<()>,
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
    pub(super) id: SessionId,
    /// The handshake of the newest link. What comes of an earlier one was held back on its way.
    pub(super) newest: HandshakeNumber,
    pub(super) links: mpsc::Receiver<Returning>,
    pub(super) sessions: Arc<Sessions>,
}

impl Sessions {
    /// No session yet; `max_waiting` may wait for their peers.
    pub(super) fn new(max_waiting: Option<usize>) -> Self {
        let max_waiting = max_waiting.unwrap_or(usize::MAX);
        Self { owners: Mutex::default(), waiting: Mutex::default(), max_waiting, handshakes: AtomicU64::default() }
    }

    /// Lets a session wait for its peer. Where too many do, the wait of the first one is over.
    pub(super) fn wait(&self, id: SessionId) -> Wait<'_> {
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
    pub(super) fn is_newest(&self, returning: &Returning) -> bool {
        returning.number > self.newest
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        lock(&self.sessions.owners).remove(&self.id);
    }
}
