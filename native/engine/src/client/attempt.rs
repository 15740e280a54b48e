//! The single connect attempt of a client that does not reconnect.

use std::io;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::phase::{Phase, State};
use super::shared::Shared;
use crate::address::Host;
use crate::connection::{Connection, InitialLink, NewLink};
use crate::error::{Operation, SocketError};
use crate::event::{CloseReason, ConnectionEvent, OperationId};
use crate::handshake::SessionId;
use crate::sync::lock;

/// One call of `connect`.
pub(super) struct ConnectAttempt {
    pub(super) operation_id: OperationId,
    pub(super) target: Host,
}

impl Shared {
    /// Completes one connect attempt, or the `close` that cancelled it.
    pub(super) async fn attempt(
        self: &Arc<Self>,
        attempt: ConnectAttempt,
        opening: impl Future<Output = Result<(NewLink, Option<SessionId>), SocketError>>,
        mut cancelled: oneshot::Receiver<OperationId>,
    ) {
        let opened = tokio::select! {
            biased;
            close = &mut cancelled => return self.answer_cancelled(attempt, close.ok()),
            opened = opening => opened,
        };
        let mut state = lock(&self.state);
        match cancelled.try_recv() {
            Err(oneshot::error::TryRecvError::Empty) => {
                let phase = self.finish_connect(attempt.operation_id, opened, &mut state);
                state.phase = phase;
                state.apply_pending_options();
            }
            close => {
                drop(state);
                drop(opened);
                self.answer_cancelled(attempt, close.ok());
            }
        }
    }

    fn finish_connect(
        self: &Arc<Self>,
        operation_id: OperationId,
        opened: Result<(NewLink, Option<SessionId>), SocketError>,
        state: &mut State,
    ) -> Phase {
        match opened.and_then(|(link, _)| self.start(link, state)) {
            Ok(connection) => {
                self.sink.complete(operation_id, Ok(()));
                Phase::Active(connection)
            }
            Err(error) => {
                self.sink.complete(operation_id, Err(error));
                state.failed()
            }
        }
    }

    /// Posts `Connected`, and starts the connection, which posts all later events.
    fn start(self: &Arc<Self>, link: NewLink, state: &mut State) -> Result<Connection, SocketError> {
        let NewLink { stream, peer, peer_interval, ciphers, .. } = link;
        let failed = |error: io::Error| SocketError::from_io(Operation::Connect, peer, &error);
        stream.local_addr().map_err(failed)?;
        let stream = stream.into_std().map_err(failed)?;
        self.sink.post(ConnectionEvent::Connected(peer));
        let initial = InitialLink { stream, peer, peer_interval, ciphers, is_known: false };
        let bound = state.bound.clone();
        let sink = self.new_link_sink(state, None, bound.clone());
        Connection::start(self.connection_config(sink, None, bound), initial, &Handle::current()).map_err(failed)
    }

    /// Completes a cancelled attempt, and its `close`; `None` if the client was dropped.
    fn answer_cancelled(&self, attempt: ConnectAttempt, close: Option<OperationId>) {
        let error = SocketError::new(Operation::Connect, None, libc::ECANCELED).at(&attempt.target);
        self.sink.complete(attempt.operation_id, Err(error));
        let Some(close) = close else { return };
        self.sink.post(ConnectionEvent::Closed(CloseReason::Local));
        self.sink.complete(close, Ok(()));
    }
}
