//! Where a connection is in its life.

use std::net::TcpStream;
use std::sync::Arc;

use crate::event::{CloseReason, OperationId};

/// The one answer to whether a connection is over.
#[derive(Debug)]
pub(super) enum Phase {
    /// Neither side has closed it.
    Open(LinkState),
    /// The peer sends no more, and its owner is to close it.
    PeerEnded {
        link: LinkState,
        /// Whether to close it when the peer has everything: both sides have ended it.
        finishes: bool,
    },
    /// This side is closing.
    Closing(Close),
    /// It is over.
    Closed {
        /// Whether the peer had ended it before.
        peer_ended: bool,
        /// The errno that says why the peer has not got all that was sent before this side closed it.
        loss: Option<i32>,
        /// Whether the last event was posted.
        is_reported: bool,
    },
}

/// The way to the peer.
#[derive(Debug)]
pub(super) enum LinkState {
    /// There is none for now: the first or the next one is on its way, or is suspended.
    Connecting,
    /// Bytes can be sent.
    Up(Arc<TcpStream>),
    /// Sending failed with this errno; what the peer sent before is still being received.
    Broken(i32),
}

/// How a connection is being closed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Close {
    pub(super) reason: CloseReason,
    /// That of the `close` call, if there was one.
    pub(super) operation_id: Option<OperationId>,
    /// Whether it is reset, whatever waits.
    pub(super) aborts: bool,
    /// Whether the operation id is that of a call that promises that everything has arrived.
    pub(super) promises: bool,
}

impl Close {
    /// Creates a close for `reason`, with the `operation_id` of a call, if there is one.
    pub(super) fn new(reason: CloseReason, operation_id: Option<OperationId>, aborts: bool) -> Self {
        Self { reason, operation_id, aborts, promises: operation_id.is_some() && !aborts }
    }
}

impl Phase {
    /// Returns the link, unless this side has closed it.
    pub(super) fn link(&self) -> Option<&LinkState> {
        match self {
            Self::Open(link) | Self::PeerEnded { link, .. } => Some(link),
            Self::Closing(_) | Self::Closed { .. } => None,
        }
    }

    fn link_mut(&mut self) -> Option<&mut LinkState> {
        match self {
            Self::Open(link) | Self::PeerEnded { link, .. } => Some(link),
            Self::Closing(_) | Self::Closed { .. } => None,
        }
    }

    /// Returns whether this side has not closed it, and it is not over.
    pub(super) fn is_open(&self) -> bool {
        self.link().is_some()
    }

    /// Returns whether bytes can be sent.
    pub(super) fn is_up(&self) -> bool {
        matches!(self.link(), Some(LinkState::Up(_)))
    }

    /// Returns whether neither side has closed it and bytes can be sent.
    pub(super) fn is_connected(&self) -> bool {
        matches!(self, Self::Open(LinkState::Up(_)))
    }

    /// Returns whether the peer sends no more.
    pub(super) fn peer_ended(&self) -> bool {
        match self {
            Self::Open(_) => false,
            Self::PeerEnded { .. } => true,
            Self::Closing(close) => close.reason == CloseReason::Remote,
            Self::Closed { peer_ended, .. } => *peer_ended,
        }
    }

    /// Returns the errno of the loss, if the peer has not got all that was sent before this side closed it.
    pub(super) fn loss(&self) -> Option<i32> {
        match self {
            Self::Closed { loss, .. } => *loss,
            Self::Open(_) | Self::PeerEnded { .. } | Self::Closing(_) => None,
        }
    }

    /// Returns whether it is over and the last event was posted.
    pub(super) fn is_reported(&self) -> bool {
        matches!(self, Self::Closed { is_reported: true, .. })
    }

    /// Enters [`Phase::Closed`]. Returns how it was being closed.
    pub(super) fn close(&mut self) -> Option<Close> {
        let closed = Self::Closed { peer_ended: self.peer_ended(), loss: self.loss(), is_reported: self.is_reported() };
        match std::mem::replace(self, closed) {
            Self::Closing(close) => Some(close),
            Self::Open(_) | Self::PeerEnded { .. } | Self::Closed { .. } => None,
        }
    }

    /// Records that the last event was posted.
    pub(super) fn report(&mut self) {
        self.close();
        if let Self::Closed { is_reported, .. } = self {
            *is_reported = true;
        }
    }

    /// Records `errno` as the [loss](Phase::loss) of one that is closed.
    pub(super) fn lose(&mut self, errno: i32) {
        if let Self::Closed { loss, .. } = self {
            *loss = Some(errno);
        }
    }

    /// Returns the stream.
    ///
    /// # Errors
    /// The errno that a call gets instead.
    pub(super) fn stream(&self) -> Result<&TcpStream, i32> {
        match self.link() {
            Some(LinkState::Up(stream)) => Ok(stream),
            Some(LinkState::Broken(errno)) => Err(*errno),
            Some(LinkState::Connecting) => Err(libc::ENOTCONN),
            None => Err(libc::EBADF),
        }
    }

    /// Puts `link` in the place of the one before; false when this side has closed it.
    pub(super) fn set_link(&mut self, link: LinkState) -> bool {
        self.link_mut().map(|place| *place = link).is_some()
    }

    /// Records that sending is not possible any more.
    pub(super) fn break_with(&mut self, errno: i32) {
        if self.is_up() {
            self.set_link(LinkState::Broken(errno));
        }
    }

    /// Records that the peer sends no more; returns true if that is news to an open connection.
    pub(super) fn end_by_peer(&mut self) -> bool {
        let Self::Open(link) = self else { return false };
        *self = Self::PeerEnded { link: std::mem::replace(link, LinkState::Connecting), finishes: false };
        true
    }

    /// Closes an open one that its peer has ended, once the peer has everything.
    pub(super) fn finish_later(&mut self) {
        if let Self::PeerEnded { finishes, .. } = self {
            *finishes = true;
        }
    }

    /// Returns whether the link is to be drained, as [`Phase::finish_later`] was called.
    pub(super) fn is_finishing(&self) -> bool {
        matches!(self, Self::PeerEnded { link: LinkState::Up(_), finishes: true })
    }

    /// Returns whether it is to be reset, whatever waits.
    pub(super) fn aborts(&self) -> bool {
        matches!(self, Self::Closing(Close { aborts: true, .. }))
    }

    /// Returns whether a call waits for its end that is to fail if something has not arrived.
    pub(super) fn promises(&self) -> bool {
        matches!(self, Self::Closing(Close { promises: true, .. }))
    }

    /// Closes as `close` says, unless its peer has ended it: then that is the reason.
    ///
    /// False when it was closing or closed: one that closes without an operation id takes the first that comes, and one that is
    /// to be reset is.
    pub(super) fn begin_close(&mut self, close: Close) -> bool {
        match self {
            Self::Open(_) => *self = Self::Closing(close),
            Self::PeerEnded { .. } => *self = Self::Closing(Close { reason: CloseReason::Remote, ..close }),
            Self::Closing(earlier) => {
                earlier.aborts |= close.aborts;
                if earlier.operation_id.is_some() || close.operation_id.is_none() {
                    return false;
                }
                (earlier.operation_id, earlier.promises) = (close.operation_id, close.promises);
            }
            Self::Closed { .. } => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOSE: Close = Close { reason: CloseReason::Local, operation_id: None, aborts: false, promises: false };

    #[test]
    fn peer_end_gives_the_close_reason() {
        let mut phase = Phase::Open(LinkState::Connecting);
        assert!(phase.end_by_peer());
        assert!(!phase.end_by_peer(), "it has ended already");
        assert!(phase.is_open() && phase.peer_ended());
        assert!(phase.begin_close(CLOSE));
        assert!(!phase.is_open() && phase.peer_ended());
        assert!(matches!(phase, Phase::Closing(Close { reason: CloseReason::Remote, .. })));
    }

    #[test]
    fn first_close_with_an_operation_id_is_answered() {
        let mut phase = Phase::Open(LinkState::Connecting);
        assert!(phase.begin_close(CLOSE));
        assert!(!phase.end_by_peer(), "this side has closed it");
        assert!(!phase.begin_close(CLOSE));
        assert!(phase.begin_close(Close { operation_id: Some(OperationId(1)), ..CLOSE }));
        assert!(!phase.begin_close(Close { operation_id: Some(OperationId(2)), aborts: true, ..CLOSE }));
        let Phase::Closing(close) = phase else { unreachable!("it is closing") };
        assert_eq!((close.reason, close.operation_id, close.aborts), (CloseReason::Local, Some(OperationId(1)), true));
    }

    #[test]
    fn broken_link_keeps_its_first_errno() {
        let mut phase = Phase::Open(LinkState::Connecting);
        phase.break_with(libc::EPIPE);
        assert_eq!(phase.stream().err(), Some(libc::ENOTCONN));
        assert!(phase.set_link(LinkState::Broken(libc::ECONNRESET)));
        phase.break_with(libc::EPIPE);
        assert_eq!(phase.stream().err(), Some(libc::ECONNRESET));
        phase.close();
        assert!(!phase.set_link(LinkState::Connecting));
        assert_eq!(phase.stream().err(), Some(libc::EBADF));
    }

    #[test]
    fn report_ends_any_phase() {
        let mut phase = Phase::PeerEnded { link: LinkState::Connecting, finishes: false };
        assert!(phase.close().is_none(), "this side was not closing it");
        assert!(!phase.is_reported(), "events may follow");
        phase.lose(libc::ETIMEDOUT);
        phase.report();
        assert!(phase.is_reported() && phase.peer_ended());
        assert_eq!(phase.loss(), Some(libc::ETIMEDOUT));
        phase = Phase::Open(LinkState::Connecting);
        phase.report();
        assert!(phase.is_reported() && !phase.is_open());
    }
}
