//! Waits for the peer of a session to reconnect.

use std::future::pending;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::place::Place;
use super::sessions::{ResumeRequest, SessionEntry};
use super::shared::Shared;
use crate::connection::{BoxFuture, LinkLost, LinkSource, NewLink};
use crate::error::{Operation, SocketError};
use crate::event::{CloseReason, ConnectionEvent, EventSink, Reconnecting, RejectReason};
use crate::handshake::{RefusalReason, Session};
use crate::sync::lock;
use crate::timeout::{TimeLimit, timeout};

/// Waits for the peer of one session.
struct SessionResumer {
    session_entry: SessionEntry,
    server: Arc<Shared>,
    /// Place for the connection; not taken while it waits.
    place: Arc<Place>,
    sink: Arc<dyn EventSink<ConnectionEvent>>,
    /// Time limit for the peer's return.
    limit: Duration,
    /// Time limit for sending `Welcome`.
    handshake_timeout: Duration,
    /// A peer that reconnected before the loss of its last link was noticed.
    early: Option<ResumeRequest>,
}

impl Shared {
    /// Waits until `limit` is over, and for peers that connected while this process was stopped.
    async fn wait_for_late_returns(&self, limit: &mut TimeLimit) {
        limit.wait(pending::<()>()).await;
        let is_on_its_way = lock(&self.epoch).handshakes.are_under_way();
        if is_on_its_way {
            timeout(self.protocol.handshake_timeout, pending::<()>()).await;
        }
    }

    /// Returns the source of new links of a session.
    pub(super) fn session_resumer(
        self: &Arc<Self>,
        session_entry: SessionEntry,
        place: &Arc<Place>,
        sink: &Arc<dyn EventSink<ConnectionEvent>>,
    ) -> Box<dyn LinkSource> {
        let handshake_timeout = self.protocol.handshake_timeout;
        let (sink, limit) = (Arc::clone(sink), self.return_timeout);
        let (server, place) = (Arc::clone(self), Arc::clone(place));
        Box::new(SessionResumer { session_entry, server, place, sink, limit, handshake_timeout, early: None })
    }
}

impl SessionResumer {
    fn error(&self, errno: i32) -> SocketError {
        SocketError::new(Operation::Receive, None, errno)
    }

    async fn bring(&mut self, lost: Option<SocketError>, received: u64) -> Result<NewLink, LinkLost> {
        let error = lost.unwrap_or_else(|| self.error(libc::ECONNRESET));
        let away = SocketError { errno: libc::ETIMEDOUT, ..error.clone() };
        self.sink.post(ConnectionEvent::Reconnecting(Box::new(Reconnecting { attempt: 0, delay: self.limit, error })));
        let mut limit = TimeLimit::new(self.limit);
        let session = Session { id: self.session_entry.id, received };
        let mut early = self.early.take();
        if early.is_none() {
            self.place.leave();
        }
        let sessions = Arc::clone(&self.session_entry.sessions);
        let mut wait = sessions.wait(session.id);
        loop {
            let request = match early.take() {
                Some(request) => Some(request),
                None => tokio::select! {
                    request = self.session_entry.links.recv() => request,
                    _ = &mut wait.is_over => None,
                    () = self.server.wait_for_late_returns(&mut limit) => None,
                },
            };
            let Some(request) = request else {
                return Err(LinkLost { error: away, reason: CloseReason::Timeout });
            };
            if !self.session_entry.is_newest(&request) {
                continue;
            }
            self.session_entry.newest = request.number;
            // A peer that is gone again, or found no place, may return once more.
            if let Some(new_link) = self.let_in(request, session).await {
                self.place.add_link();
                return Ok(new_link);
            }
            self.place.leave();
        }
    }

    async fn let_in(&self, request: ResumeRequest, session: Session) -> Option<NewLink> {
        let ResumeRequest { mut stream, peer, client_hello, .. } = request;
        if !self.place.enter() {
            let refusal = client_hello.refuse(&mut stream, RefusalReason::Limit);
            let _ = timeout(self.handshake_timeout, refusal).await;
            self.server.reject(peer, RejectReason::Limit);
            return None;
        }
        let peer_interval = client_hello.peer_heartbeat;
        let peer_received = client_hello.resumes.map(|session| session.received);
        let finish = client_hello.finish(&mut stream, session, true);
        match timeout(self.handshake_timeout, finish).await {
            Some(Ok(ciphers)) => Some(NewLink { stream, peer, peer_interval, peer_received, ciphers }),
            _ => None,
        }
    }
}

impl LinkSource for SessionResumer {
    fn poll_replaced(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while let Poll::Ready(Some(request)) = self.session_entry.links.poll_recv(context) {
            if self.session_entry.is_newest(&request) {
                self.early = Some(request);
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

    fn next_link(&mut self, lost: Option<SocketError>, received: u64) -> BoxFuture<'_, Result<NewLink, LinkLost>> {
        Box::pin(self.bring(lost, received))
    }
}
