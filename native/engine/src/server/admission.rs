//! Decides whether a connected peer becomes a connection of the server.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;

use super::admitted::Admitted;
use super::handshakes::Progress;
use super::place::Place;
use super::sessions::{HandshakeNumber, ResumeRequest};
use super::shared::{ListenEpoch, Shared};
use crate::event::RejectReason;
use crate::framing::Framing;
use crate::handshake::{self, ClientHello, HandshakeError, RefusalReason, Session, SessionId};
use crate::timeout::timeout;

impl Shared {
    /// Accepts a peer, or starts the handshake that decides on it.
    ///
    /// # Errors
    /// When the reactor cannot register the socket for the handshake.
    pub(super) async fn receive(
        self: &Arc<Self>,
        epoch: &Arc<ListenEpoch>,
        stream: std::net::TcpStream,
        peer: SocketAddr,
    ) -> io::Result<()> {
        match self.handshake_framing() {
            Some(framing) => {
                let stream = TcpStream::from_std(stream)?;
                self.begin_handshake(epoch, framing.clone(), stream, peer).await;
            }
            None => match self.count_in() {
                Some(place) => {
                    let admitted = Admitted { stream, peer, peer_interval: None, session_entry: None, ciphers: None };
                    // The semaphore is never closed, so this fails only when the task ends.
                    if let Ok(permit) = Arc::clone(&self.pending).acquire_owned().await {
                        self.accept(admitted, epoch, place, permit);
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

    /// Takes a place for a connection, unless the limit is reached.
    fn count_in(&self) -> Option<Place> {
        Place::take(&self.connections, self.max_connections)
    }

    /// Starts the handshake of a peer as soon as there is a place for it.
    /// Others wait in the kernel's backlog.
    async fn begin_handshake(
        self: &Arc<Self>,
        epoch: &Arc<ListenEpoch>,
        framing: Framing,
        stream: TcpStream,
        peer: SocketAddr,
    ) {
        let Some(turn) = epoch.handshakes.take_place().await else { return };
        let (server, own, progress) = (Arc::clone(self), Arc::clone(epoch), Arc::clone(&turn.progress));
        let handshake = tokio::spawn(async move {
            // Boxed: the memory of a task is aligned, and if a long-lived allocation follows it, the allocator cannot reuse it for
            // the task of the next handshake.
            let handshake = Box::pin(server.shake_hands(&own, &framing, stream, peer, &turn.progress));
            if let Err(rejected) = turn.hold(handshake).await.unwrap_or(Err(RejectReason::Limit)) {
                server.reject(peer, rejected);
            }
        });
        epoch.handshakes.add(handshake, progress);
    }

    /// Performs the handshake with a peer and accepts it.
    /// Time limits apply to the peer, not to waits of this server.
    async fn shake_hands(
        self: &Arc<Self>,
        epoch: &ListenEpoch,
        framing: &Framing,
        mut stream: TcpStream,
        peer: SocketAddr,
        progress: &Progress,
    ) -> Result<(), RejectReason> {
        let params = self.protocol.handshake_params();
        let mut number = HandshakeNumber::default();
        let on_hello = || {
            progress.advance();
            number = self.sessions.number_handshake();
        };
        let client_hello = self.in_time(handshake::accept(&mut stream, framing, &params, on_hello)).await?;
        progress.prove();
        if let Some(owner) = client_hello.resumes.and_then(|session| self.sessions.owner(session.id)) {
            // A task that takes no more, or has another link waiting, drops this one; the peer tries again.
            let _ = owner.try_send(ResumeRequest { number, stream, peer, client_hello });
            return Ok(());
        }
        let Some(place) = self.count_in() else {
            self.in_time(client_hello.refuse(&mut stream, RefusalReason::Limit)).await?;
            return Err(RejectReason::Limit);
        };
        // Before `Welcome`: a welcomed peer is not rejected any more.
        let Ok(permit) = Arc::clone(&self.pending).acquire_owned().await else { return Ok(()) };
        let admitted = self.in_time(self.finish_handshake(client_hello, stream, peer, number)).await?;
        self.accept(admitted, epoch, place, permit);
        Ok(())
    }

    async fn in_time<T>(&self, step: impl Future<Output = Result<T, HandshakeError>>) -> Result<T, RejectReason> {
        match timeout(self.protocol.handshake_timeout, step).await {
            Some(done) => done.map_err(reject_reason),
            None => Err(RejectReason::Timeout),
        }
    }

    async fn finish_handshake(
        &self,
        client_hello: ClientHello,
        mut stream: TcpStream,
        peer: SocketAddr,
        number: HandshakeNumber,
    ) -> Result<Admitted, HandshakeError> {
        let id = if self.protocol.acknowledge { SessionId::generate()? } else { SessionId::default() };
        let session_entry = self.protocol.acknowledge.then(|| self.sessions.add(id, number));
        let peer_interval = client_hello.peer_heartbeat;
        let ciphers = client_hello.finish(&mut stream, Session { id, received: 0 }, false).await?;
        Ok(Admitted { stream: stream.into_std()?, peer, peer_interval, session_entry, ciphers })
    }
}

fn reject_reason(error: HandshakeError) -> RejectReason {
    match error {
        HandshakeError::WrongKey | HandshakeError::Refused(RefusalReason::Key) => RejectReason::Key,
        HandshakeError::Refused(RefusalReason::Limit) => RejectReason::Limit,
        HandshakeError::Io(_)
        | HandshakeError::Malformed
        | HandshakeError::ParamsDiffer
        | HandshakeError::OldVersion
        | HandshakeError::Refused(RefusalReason::Params) => RejectReason::Protocol,
    }
}
