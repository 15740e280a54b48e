//! Sessions of a server that its peers can resume.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};

use crate::handshake::{ClientHello, SessionId};
use crate::sync::lock;

/// Sessions that a peer can resume.
pub(super) struct Sessions {
    owners: Mutex<HashMap<SessionId, mpsc::Sender<ResumeRequest>>>,
    /// Waiting sessions, longest wait first. Sending to, or dropping, the sender ends the wait.
    waiting: Mutex<VecDeque<(SessionId, oneshot::Sender<()>)>>,
    /// Limit of waiting sessions.
    max_waiting: usize,
    /// Number of handshakes that have begun.
    handshakes: AtomicU64,
}

/// Number of a handshake of a server, in the order of first messages.
///
/// A peer that answers a challenge starts no other handshake meanwhile. So of two links of a session, the one with the higher number
/// is newer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HandshakeNumber(u64);

/// Wait of a session for its peer. Dropping it ends the wait.
pub(super) struct Wait<'a> {
    id: SessionId,
    sessions: &'a Sessions,
    /// Ready when too many sessions wait, and this one has waited longest.
    pub(super) is_over: oneshot::Receiver<()>,
}

/// A peer that has reconnected, and waits for `Welcome`.
pub(super) struct ResumeRequest {
    pub(super) number: HandshakeNumber,
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) client_hello: ClientHello,
}

/// Registration of a session that its peer can resume. Dropping it removes the session.
pub(super) struct SessionEntry {
    pub(super) id: SessionId,
    /// Handshake of the newest link. Links of earlier handshakes arrived late.
    pub(super) newest: HandshakeNumber,
    pub(super) links: mpsc::Receiver<ResumeRequest>,
    pub(super) sessions: Arc<Sessions>,
}

impl Sessions {
    /// Creates an empty list; `max_waiting` sessions may wait for their peers.
    pub(super) fn new(max_waiting: Option<usize>) -> Self {
        let max_waiting = max_waiting.unwrap_or(usize::MAX);
        Self { owners: Mutex::default(), waiting: Mutex::default(), max_waiting, handshakes: AtomicU64::default() }
    }

    /// Lets a session wait for its peer. If too many wait, the longest wait ends.
    pub(super) fn wait(&self, id: SessionId) -> Wait<'_> {
        let (end, is_over) = oneshot::channel();
        let mut waiting = lock(&self.waiting);
        waiting.push_back((id, end));
        if waiting.len() > self.max_waiting {
            waiting.pop_front();
        }
        Wait { id, sessions: self, is_over }
    }

    /// Numbers a handshake whose first message has arrived.
    pub(super) fn number_handshake(&self) -> HandshakeNumber {
        HandshakeNumber(self.handshakes.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Adds a session, whose first link is from the handshake `newest`.
    pub(super) fn add(self: &Arc<Self>, id: SessionId, newest: HandshakeNumber) -> SessionEntry {
        // One link can wait for the connection's task; a peer that makes another one meanwhile has to try again.
        let (sender, links) = mpsc::channel(1);
        lock(&self.owners).insert(id, sender);
        SessionEntry { id, newest, links, sessions: Arc::clone(self) }
    }

    /// Returns the channel to the owner of a session.
    pub(super) fn owner(&self, id: SessionId) -> Option<mpsc::Sender<ResumeRequest>> {
        lock(&self.owners).get(&id).cloned()
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        lock(&self.sessions.waiting).retain(|(id, _)| *id != self.id);
    }
}

impl SessionEntry {
    pub(super) fn is_newest(&self, request: &ResumeRequest) -> bool {
        request.number > self.newest
    }
}

impl Drop for SessionEntry {
    fn drop(&mut self) {
        lock(&self.sessions.owners).remove(&self.id);
    }
}
