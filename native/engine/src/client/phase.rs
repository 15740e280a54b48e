//! Life-cycle phase of a client.

use std::sync::Arc;

use tokio::sync::{oneshot, watch};

use super::bound::Bound;
use super::connector::DrainingConnections;
use super::link_sink::LinkSink;
use crate::connection::Connection;
use crate::error::{Operation, SocketError};
use crate::event::{CloseReason, OperationId};
use crate::options::SocketOptions;

#[derive(Default)]
pub(super) struct State {
    pub(super) phase: Phase,
    /// The bound socket, used by later connect attempts.
    pub(super) bound: Option<Arc<Bound>>,
    /// Options of each later socket.
    pub(super) options: SocketOptions,
    /// Sink of the newest connection.
    pub(super) link_sink: Option<Arc<LinkSink>>,
    /// Earlier attempts and connections that may still post events.
    pub(super) draining: DrainingConnections,
}

#[derive(Default)]
pub(super) enum Phase {
    /// Before `bind` and `connect`.
    #[default]
    Idle,
    /// Bound and not connected: `connect` was not called, or failed.
    Bound,
    /// `connect` failed without a bound address.
    Failed,
    Connecting {
        /// Cancels the attempt with the operation id of a `close`; dropping it cancels without an event.
        cancel: oneshot::Sender<OperationId>,
        /// The sender is dropped when the attempt has ended.
        running: watch::Receiver<()>,
    },
    /// Has a connection, which may have ended.
    ///
    /// A client that reconnects may be waiting for its first link.
    Active(Connection),
    /// The peer has ended the connection, and `Closed` was posted.
    ///
    /// Open until the event is delivered to the owner.
    Ended(Connection),
    Closed,
}

impl State {
    /// Returns the connection.
    ///
    /// # Errors
    /// `EBADF` without a socket, `ENOTCONN` with an unconnected one, as errors of `operation`.
    pub(super) fn connection(&self, operation: Operation) -> Result<&Connection, SocketError> {
        self.phase.connection().ok_or_else(|| match self.phase {
            Phase::Idle | Phase::Closed => SocketError::new(operation, None, libc::EBADF),
            _ => SocketError::new(operation, None, libc::ENOTCONN),
        })
    }

    /// Returns whether there is a local address: from `bind`, also after a failed connect, or from the kernel.
    pub(super) fn is_bound(&self) -> bool {
        match &self.phase {
            Phase::Bound | Phase::Connecting { .. } => true,
            Phase::Active(connection) | Phase::Ended(connection) => connection.is_open(),
            Phase::Idle | Phase::Failed | Phase::Closed => false,
        }
    }

    /// Returns the phase after a failed connect.
    pub(super) fn failed(&self) -> Phase {
        match &self.bound {
            Some(bound) => {
                bound.end_attempt();
                Phase::Bound
            }
            None => Phase::Failed,
        }
    }

    /// Removes the bound socket, and releases its port unless there is a connection.
    pub(super) fn unbind(&mut self) {
        let is_connected = self.phase.connection().is_some();
        if let Some(bound) = self.bound.take().filter(|_| !is_connected) {
            bound.release();
        }
    }

    /// Returns the options that may be set on a socket of this client.
    pub(super) fn applicable(&self, options: SocketOptions) -> SocketOptions {
        self.bound.as_ref().map_or(options, |bound| bound.applicable(options))
    }

    /// Posts `Closed` after EOF of the peer, and no later event.
    ///
    /// Returns false if `Closed` was posted already.
    pub(super) fn announce_end(&self) -> bool {
        self.link_sink.as_ref().is_some_and(|sink| sink.leave(CloseReason::Remote))
    }

    /// Drops a connection that is no longer used.
    ///
    /// Its last events precede those of the next one.
    pub(super) fn leave_connection(&mut self) {
        if let Some(connection) = self.phase.connection() {
            self.draining.push(connection.downgrade());
            self.phase = Phase::Closed;
        }
    }

    /// Sets the options that were requested while the socket was connecting.
    pub(super) fn apply_pending_options(&self) {
        if let Some(connection) = self.phase.connection() {
            // The calls have returned already: errors of the kernel are ignored.
            let _ = connection.set_options(&self.applicable(self.options));
        }
    }

    /// Prepares another connect; returns an errno if none is possible.
    pub(super) fn begin_connect(&mut self) -> Result<(), i32> {
        match &self.phase {
            Phase::Idle | Phase::Bound | Phase::Failed | Phase::Closed | Phase::Ended(_) => {}
            Phase::Connecting { .. } => return Err(libc::EALREADY),
            Phase::Active(connection) => connection.connect_conflict().map_or(Ok(()), Err)?,
        }
        self.leave_connection();
        Ok(())
    }
}

impl Phase {
    pub(super) fn connection(&self) -> Option<&Connection> {
        match self {
            Self::Active(connection) | Self::Ended(connection) => Some(connection),
            Self::Idle | Self::Bound | Self::Failed | Self::Connecting { .. } | Self::Closed => None,
        }
    }

    pub(super) fn may_bind(&self) -> bool {
        match self {
            Self::Idle | Self::Failed | Self::Ended(_) | Self::Closed => true,
            Self::Active(connection) => !connection.is_open(),
            Self::Bound | Self::Connecting { .. } => false,
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        match self {
            Self::Closed => true,
            Self::Active(connection) | Self::Ended(connection) => !connection.is_open(),
            Self::Idle | Self::Bound | Self::Failed | Self::Connecting { .. } => false,
        }
    }
}
