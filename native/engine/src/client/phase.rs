//! Where a client is in its life.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use socket2::Socket;
use tokio::sync::{oneshot, watch};

use super::opening::Previous;
use crate::connection::Connection;
use crate::error::{Operation, SocketError};
use crate::event::Ticket;
use crate::options::SocketOptions;
use crate::port::PortClaim;
use crate::sync::lock;

#[derive(Default)]
pub(super) struct State {
    pub(super) phase: Phase,
    /// Where `bind` put it; every later attempt to connect starts there too.
    pub(super) local: Option<SocketAddr>,
    /// Whether `bind` was told the port, and did not let the kernel choose.
    pub(super) has_chosen_port: bool,
    /// On the port of `local`.
    pub(super) claim: Option<Arc<PortClaim>>,
    /// Of every socket from now on.
    pub(super) options: Arc<Mutex<SocketOptions>>,
    /// What came before and may still post events.
    pub(super) previous: Previous,
}

#[derive(Default)]
pub(super) enum Phase {
    /// Nothing was done yet, or not since the last close.
    #[default]
    Unopened,
    /// Bound, or left over after a failed connect: ready to connect.
    Ready(Option<Socket>),
    Connecting {
        /// Takes the ticket of a `close`; dropping it gives the attempt up without a word.
        cancel: oneshot::Sender<Ticket>,
        ended: watch::Receiver<bool>,
    },
    Connected(Connection),
    Closed,
}

impl State {
    /// The connection, or an error of `operation` that says why there is none: `EBADF` without a socket, `ENOTCONN` with
    /// one that is not connected.
    pub(super) fn connection(&self, operation: Operation) -> Result<&Connection, SocketError> {
        match &self.phase {
            Phase::Connected(connection) => Ok(connection),
            Phase::Unopened | Phase::Closed => Err(SocketError::new(operation, None, libc::EBADF)),
            Phase::Ready(_) | Phase::Connecting { .. } => Err(SocketError::new(operation, None, libc::ENOTCONN)),
        }
    }

    /// Whether it has a local address: the one that `bind` gave it, also after a failed connect, or one of the kernel's.
    pub(super) fn is_bound(&self) -> bool {
        match &self.phase {
            Phase::Ready(socket) => socket.is_some() || self.local.is_some(),
            Phase::Connecting { .. } => true,
            Phase::Connected(connection) => connection.is_open(),
            Phase::Unopened | Phase::Closed => false,
        }
    }

    /// Forgets the address that `bind` gave it.
    pub(super) fn unbind(&mut self) {
        self.local = None;
        self.claim = None;
    }

    /// The options that a socket of this client may get while it lives.
    pub(super) fn applicable(&self, options: SocketOptions) -> SocketOptions {
        if self.local.is_some() && self.claim.is_none() { options.without_reuse_address() } else { options }
    }

    /// A connection that was never up is a failed connect, which can be repeated.
    pub(super) fn leave_what_never_opened(&mut self) {
        if matches!(&self.phase, Phase::Connected(connection) if connection.never_opened()) {
            self.leave_connection();
            self.phase = Phase::Ready(None);
        }
    }

    /// Lets go of a connection that is of no use any more; what it still posts comes before all that follows.
    pub(super) fn leave_connection(&mut self) {
        if let Phase::Connected(connection) = &self.phase {
            self.previous.push(connection.ended());
            self.phase = Phase::Closed;
        }
    }

    /// Sets the options that came while the socket was connecting.
    pub(super) fn catch_up(&self) {
        if let Phase::Connected(connection) = &self.phase {
            // They were accepted when they came; what the kernel does not take now is only lost.
            let _ = connection.set_options(&self.applicable(*lock(&self.options)));
        }
    }

    /// Leaves the phase that can connect, with the bound socket if there is one.
    pub(super) fn take_socket(&mut self) -> Result<Option<Socket>, i32> {
        match &mut self.phase {
            Phase::Ready(socket) => Ok(socket.take()),
            Phase::Unopened | Phase::Closed => Ok(None),
            Phase::Connected(connection) => match connection.occupies() {
                Some(errno) => Err(errno),
                None => {
                    self.leave_connection();
                    Ok(None)
                }
            },
            Phase::Connecting { .. } => Err(libc::EALREADY),
        }
    }
}

impl Phase {
    pub(super) fn may_bind(&self) -> bool {
        match self {
            Self::Unopened | Self::Ready(None) | Self::Closed => true,
            Self::Connected(connection) => !connection.is_open(),
            Self::Ready(Some(_)) | Self::Connecting { .. } => false,
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        match self {
            Self::Closed => true,
            Self::Connected(connection) => !connection.is_open(),
            Self::Unopened | Self::Ready(_) | Self::Connecting { .. } => false,
        }
    }
}
