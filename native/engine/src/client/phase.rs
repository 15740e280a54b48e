//! Where a client is in its life.

use std::sync::Arc;

use tokio::sync::{oneshot, watch};

use super::bound::Bound;
use super::link_sink::LinkSink;
use super::opening::Previous;
use crate::connection::Connection;
use crate::error::{Operation, SocketError};
use crate::event::{CloseReason, OperationId};
use crate::options::SocketOptions;

#[derive(Default)]
pub(super) struct State {
    pub(super) phase: Phase,
    /// What `bind` gave it; every later attempt to connect starts there.
    pub(super) bound: Option<Arc<Bound>>,
    /// Of every socket from now on.
    pub(super) options: SocketOptions,
    /// That of the newest connection.
    pub(super) link_sink: Option<Arc<LinkSink>>,
    /// What came before and may still post events.
    pub(super) previous: Previous,
}

#[derive(Default)]
pub(super) enum Phase {
    /// Nothing was done yet.
    #[default]
    Idle,
    /// It has a local address, and is not connected: `connect` was not called, or failed.
    Bound,
    /// `connect` failed, and it has no local address.
    Failed,
    Connecting {
        /// Takes the operation id of a `close`; dropping it gives the attempt up without a word.
        cancel: oneshot::Sender<OperationId>,
        /// Its sender is dropped when the attempt has ended.
        running: watch::Receiver<()>,
    },
    /// It has a connection, which may have ended.
    ///
    /// One that reconnects may still wait for its first link.
    Active(Connection),
    /// The peer has ended the connection, and `Closed` was posted.
    ///
    /// It is open until its owner has heard of that.
    Ended(Connection),
    Closed,
}

impl State {
    /// Returns the connection, or an error of `operation`.
    ///
    /// It is `EBADF` without a socket, `ENOTCONN` with one that is not connected.
    pub(super) fn connection(&self, operation: Operation) -> Result<&Connection, SocketError> {
        self.phase.connection().ok_or_else(|| match self.phase {
            Phase::Idle | Phase::Closed => SocketError::new(operation, None, libc::EBADF),
            _ => SocketError::new(operation, None, libc::ENOTCONN),
        })
    }

    /// Returns whether it has a local address.
    ///
    /// `bind` has set it, also if a connect failed since, or the kernel has.
    pub(super) fn is_bound(&self) -> bool {
        match &self.phase {
            Phase::Bound | Phase::Connecting { .. } => true,
            Phase::Active(connection) | Phase::Ended(connection) => connection.is_open(),
            Phase::Idle | Phase::Failed | Phase::Closed => false,
        }
    }

    /// The phase after a connect that failed.
    pub(super) fn failed(&self) -> Phase {
        match &self.bound {
            Some(bound) => {
                bound.end_attempt();
                Phase::Bound
            }
            None => Phase::Failed,
        }
    }

    /// Forgets the address of `bind`.
    ///
    /// The port is free when nothing is connected from it.
    pub(super) fn unbind(&mut self) {
        let is_connected = self.phase.connection().is_some();
        if let Some(bound) = self.bound.take().filter(|_| !is_connected) {
            bound.release();
        }
    }

    /// The options that a socket of this client may get while it lives.
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
            self.previous.push(connection.downgrade());
            self.phase = Phase::Closed;
        }
    }

    /// Sets the options that came while the socket was connecting.
    pub(super) fn catch_up(&self) {
        if let Some(connection) = self.phase.connection() {
            // They were accepted when they came; what the kernel does not take now is only lost.
            let _ = connection.set_options(&self.applicable(self.options));
        }
    }

    /// Makes room for another connect, or says with an errno why there can be none.
    pub(super) fn begin_connect(&mut self) -> Result<(), i32> {
        match &self.phase {
            Phase::Idle | Phase::Bound | Phase::Failed | Phase::Closed | Phase::Ended(_) => {}
            Phase::Connecting { .. } => return Err(libc::EALREADY),
            Phase::Active(connection) => connection.occupies().map_or(Ok(()), Err)?,
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
