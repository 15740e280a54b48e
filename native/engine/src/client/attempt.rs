//! The one attempt to connect of a client that does not reconnect.

use std::io;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::Shared;
use super::phase::Phase;
use crate::address::Host;
use crate::connection::{Connection, FirstLink, Restored};
use crate::error::{Operation, SocketError};
use crate::event::{CloseReason, ConnectionEvent, Ticket};
use crate::handshake::SessionId;
use crate::port::PortClaim;
use crate::sync::lock;

/// One call of `connect`.
pub(super) struct Attempt {
    pub(super) ticket: Ticket,
    pub(super) target: Host,
}

impl Shared {
    /// Sees one attempt to connect through, or answers the `close` that cancelled it.
    pub(super) async fn attempt(
        &self,
        attempt: Attempt,
        opening: impl Future<Output = Result<(Restored, Option<SessionId>), SocketError>>,
        mut cancelled: oneshot::Receiver<Ticket>,
    ) {
        let opened = tokio::select! {
            biased;
            close = &mut cancelled => return self.answer_cancelled(attempt, close.ok()),
            opened = opening => opened,
        };
        let mut state = lock(&self.state);
        match cancelled.try_recv() {
            Err(oneshot::error::TryRecvError::Empty) => {
                state.phase = self.settle(attempt.ticket, opened, state.claim.clone());
                state.catch_up();
            }
            close => {
                drop(state);
                drop(opened);
                self.answer_cancelled(attempt, close.ok());
            }
        }
    }

    fn settle(
        &self,
        ticket: Ticket,
        opened: Result<(Restored, Option<SessionId>), SocketError>,
        claim: Option<Arc<PortClaim>>,
    ) -> Phase {
        match opened.and_then(|(link, _)| self.start(link, claim)) {
            Ok(connection) => {
                self.sink.complete(ticket, Ok(()));
                Phase::Connected(connection)
            }
            Err(error) => {
                self.sink.complete(ticket, Err(error));
                Phase::Ready(None)
            }
        }
    }

    /// `Connected` goes out before the connection can post an event of its own.
    fn start(&self, link: Restored, claim: Option<Arc<PortClaim>>) -> Result<Connection, SocketError> {
        let Restored { stream, peer, peer_interval, .. } = link;
        let failed = |error: io::Error| SocketError::from_io(Operation::Connect, peer, &error);
        stream.local_addr().map_err(failed)?;
        let stream = stream.into_std().map_err(failed)?;
        self.sink.post(ConnectionEvent::Connected(peer));
        let first = FirstLink { stream, peer, peer_interval, is_known: false };
        Connection::start(self.plan(self.new_link_sink(), None, claim), first, &Handle::current()).map_err(failed)
    }

    /// There is no `close` to answer when the client was dropped.
    fn answer_cancelled(&self, attempt: Attempt, close: Option<Ticket>) {
        let error = SocketError::new(Operation::Connect, None, libc::ECANCELED).at(&attempt.target);
        self.sink.complete(attempt.ticket, Err(error));
        let Some(close) = close else { return };
        self.sink.post(ConnectionEvent::Closed(CloseReason::Local));
        self.sink.complete(close, Ok(()));
    }
}
