//! Whether a peer that has connected becomes a connection of the server.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::sessions::{Membership, Returning};
use super::{ConnectionCount, Intake, Shared};
use crate::event::{Event, RejectReason};
use crate::framing::Framing;
use crate::handshake::{Guest, HandshakeError, RefusalReason, Session, SessionId, greet, refuse};
use crate::limits;
use crate::sync::lock;

/// The handshakes of a server that are under way, oldest first.
#[derive(Default)]
pub(super) struct Handshakes {
    running: Mutex<VecDeque<(JoinHandle<()>, SocketAddr)>>,
}

/// What a peer was let in with.
pub(super) struct Admitted {
    pub(super) stream: std::net::TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) peer_interval: Option<std::time::Duration>,
    pub(super) membership: Option<Membership>,
}

impl Handshakes {
    /// Adds one; returns the oldest and its peer when that has to make room.
    fn add(&self, handshake: JoinHandle<()>, peer: SocketAddr) -> Option<(JoinHandle<()>, SocketAddr)> {
        let mut running = lock(&self.running);
        running.retain(|(handshake, _)| !handshake.is_finished());
        running.push_back((handshake, peer));
        if running.len() > limits::PENDING_HANDSHAKES { running.pop_front() } else { None }
    }

    /// Gives all of them up.
    pub(super) fn abort(&self) {
        for (handshake, _) in lock(&self.running).drain(..) {
            handshake.abort();
        }
    }
}

/// Reports of turned away peers, of which only so many may wait.
pub(super) struct Rejections(Arc<Semaphore>);

impl Default for Rejections {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(limits::PENDING_REJECTIONS)))
    }
}

impl Rejections {
    fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_owned().ok()
    }
}

impl Shared {
    /// Lets a peer in, or begins the handshake that decides on it.
    ///
    /// # Errors
    /// When there is no place in the runtime for the handshake.
    pub(super) async fn receive(
        self: &Arc<Self>,
        intake: &Arc<Intake>,
        stream: std::net::TcpStream,
        peer: SocketAddr,
    ) -> io::Result<()> {
        match self.handshake_framing() {
            Some(framing) => {
                let stream = TcpStream::from_std(stream)?;
                self.begin_handshake(intake, framing.clone(), stream, peer).await;
            }
            None => match self.count_in() {
                Some(count) => {
                    let admitted = Admitted { stream, peer, peer_interval: None, membership: None };
                    // The semaphore is never closed, so this fails only with the task.
                    if let Ok(permit) = Arc::clone(&self.pending).acquire_owned().await {
                        self.accept(admitted, intake.number, count, permit);
                    }
                }
                None => self.reject(peer, RejectReason::Limit),
            },
        }
        Ok(())
    }

    fn handshake_framing(&self) -> Option<&Framing> {
        self.protocol.framing.as_ref().filter(|_| self.protocol.is_typed())
    }

    /// A place among the connections, unless there are as many as there may be.
    fn count_in(&self) -> Option<ConnectionCount> {
        let count = ConnectionCount::new(&self.connections);
        self.max_connections.is_none_or(|most| count.number() <= most).then_some(count)
    }

    async fn begin_handshake(
        self: &Arc<Self>,
        intake: &Arc<Intake>,
        framing: Framing,
        stream: TcpStream,
        peer: SocketAddr,
    ) {
        let (server, number) = (Arc::clone(self), intake.number);
        let handshake = tokio::spawn(async move {
            let limit = server.protocol.handshake_timeout;
            let rejected = match timeout(limit, server.shake_hands(number, &framing, stream, peer)).await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => reject_reason(error),
                Err(_) => RejectReason::Timeout,
            };
            server.reject(peer, rejected);
        });
        let Some((oldest, peer)) = intake.handshakes.add(handshake, peer) else { return };
        oldest.abort();
        // Its descriptor is free before the next peer takes one: a crowd comes faster than tasks end.
        if oldest.await.is_err_and(|error| error.is_cancelled()) {
            self.reject(peer, RejectReason::Limit);
        }
    }

    async fn shake_hands(
        self: &Arc<Self>,
        intake: u64,
        framing: &Framing,
        mut stream: TcpStream,
        peer: SocketAddr,
    ) -> Result<(), HandshakeError> {
        let guest = greet(&mut stream, framing, &self.protocol.terms()).await?;
        if let Some(owner) = guest.returning.and_then(|session| self.sessions.owner(session.id)) {
            // A task that takes no more, or has another link waiting, lets this one go; the peer tries again.
            let _ = owner.try_send(Returning { stream, peer, guest });
            return Ok(());
        }
        let Some(count) = self.count_in() else {
            refuse(&mut stream, framing, RefusalReason::Limit).await?;
            return Err(HandshakeError::Refused(RefusalReason::Limit));
        };
        // Before the welcome: a peer that was let in is not turned away again.
        let Ok(permit) = Arc::clone(&self.pending).acquire_owned().await else { return Ok(()) };
        let admitted = self.welcome(guest, stream, peer).await?;
        self.accept(admitted, intake, count, permit);
        Ok(())
    }

    async fn welcome(&self, guest: Guest, mut stream: TcpStream, peer: SocketAddr) -> Result<Admitted, HandshakeError> {
        let id = if self.protocol.acknowledge { SessionId::generate()? } else { SessionId::default() };
        let membership = self.protocol.acknowledge.then(|| self.sessions.add(id));
        let peer_interval = guest.peer_heartbeat;
        guest.welcome(&mut stream, Session { id, received: 0 }, false).await?;
        Ok(Admitted { stream: stream.into_std()?, peer, peer_interval, membership })
    }

    fn reject(&self, peer: SocketAddr, reason: RejectReason) {
        if let Some(place) = self.rejections.place() {
            self.sink.post(Event::Rejected(peer, reason, place));
        }
    }
}

fn reject_reason(error: HandshakeError) -> RejectReason {
    match error {
        HandshakeError::WrongKey | HandshakeError::Refused(RefusalReason::Key) => RejectReason::Key,
        HandshakeError::Refused(RefusalReason::Limit) => RejectReason::Limit,
        HandshakeError::Io(_)
        | HandshakeError::Malformed
        | HandshakeError::TermsDiffer
        | HandshakeError::Refused(RefusalReason::Terms) => RejectReason::Protocol,
    }
}
