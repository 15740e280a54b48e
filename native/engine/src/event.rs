//! Events of the engine for the owner of a server, connection or client.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

use crate::error::SocketError;

/// Identifies a call whose result comes later; chosen by the owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperationId(pub u64);

/// Reason why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// This side closed it.
    Local,
    /// The peer closed it and everything it sent was received.
    Remote,
    /// The connection broke.
    Reset,
    /// The peer did not answer in time, or did not reconnect.
    Timeout,
    /// No message was sent or received for the idle time-out.
    Idle,
    /// The peer sent invalid data.
    Protocol,
    /// The peer rejects this side: wrong key, too many connections.
    Rejected,
}

/// Reason why a server rejected a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectReason {
    /// The peer does not have the key.
    Key,
    /// The limit of connections or of pending handshakes is reached.
    Limit,
    /// The handshake took too long.
    Timeout,
    /// The peer sent an invalid handshake.
    Protocol,
}

/// Event of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerEvent {
    /// The server listens on this address.
    Listening(SocketAddr),
    /// The server accepted a connection: call [`Server::accept`](crate::Server::accept).
    Accepted,
    /// The server could not accept a connection; it continues to listen.
    AcceptFailed(SocketError),
    /// The server rejected this peer. The number of pending events of this kind is limited:
    /// [`Server::consume_rejection`](crate::Server::consume_rejection) makes room for another one.
    Rejected(SocketAddr, RejectReason),
    /// The server no longer listens.
    Closed,
}

/// Event of a connection.
///
/// Order: any number of `Received`, `Message` or `Corrupt`, and of `Reconnecting` followed by `Connected`; then `Ended` if the
/// peer closed its side, then `Failed` if the connection broke, then `Closed`, exactly once and last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionEvent {
    /// There is a link to this peer: the first one, or a new one.
    Connected(SocketAddr),
    /// The link is lost, for this reason; a new one is made or awaited.
    /// Boxed to keep the enum small; it is rare.
    Reconnecting(Box<Reconnecting>),
    /// Bytes arrived. They use the connection's credit until `Connection::consume` returns it.
    Received(Bytes),
    /// With framing: one complete message arrived. It uses credit as `Received` does.
    Message(Bytes),
    /// With framing: bytes with a wrong checksum or an invalid escape sequence arrived.
    /// They replace a message and use credit as `Received` does; messages may follow.
    Corrupt(Bytes),
    /// The peer closed its side, and not everything is read.
    /// `Ended` or `Failed` follows when it is. May arrive at any time between received bytes.
    ReadClosed,
    /// The peer closed its side. The connection can still send; its owner closes it.
    Ended,
    /// All queued sends are finished.
    Drained,
    /// The peer has been silent for the heartbeat's time-out, although its kernel answers.
    /// Its process hangs.
    Stalled,
    /// The peer has sent something after `Stalled`.
    Recovered,
    /// A ping was sent; the owner sets the next one with `Connection::set_ping`.
    PingTaken,
    /// The connection broke.
    Failed(SocketError),
    /// The connection is closed.
    Closed(CloseReason),
}

/// Identifies a link among those that one thread reads, and the object that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkId(pub(crate) u64);

impl LinkId {
    /// Bits of the link number; the id of the object is above them.
    const NUMBER_BITS: u32 = 24;

    pub(crate) fn new(target: u64, number: u64) -> Self {
        Self(target << Self::NUMBER_BITS | number & ((1 << Self::NUMBER_BITS) - 1))
    }

    pub(crate) fn target(self) -> u64 {
        self.0 >> Self::NUMBER_BITS
    }
}

/// Replacement of a lost link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconnecting {
    /// Number of the next attempt, from 1; 0 for a server, which makes none.
    pub attempt: u32,
    /// Time until that attempt; for a server, how long it waits for the peer to return.
    pub delay: Duration,
    /// Reason for the link loss.
    pub error: SocketError,
}

/// Receives the events of one object, and the results of its calls, in one order.
///
/// Called on a worker thread, or on the thread of the call that caused it; must not block.
///
/// It may call the engine for `Accepted`, and, where the engine reads the connection, for `Received`, `Message`, `Corrupt` and `Ended`.
/// The connection is locked while other events and results are delivered, and during each event if its owner reads it with a
/// [`PollTarget`](crate::PollTarget): such a sink queues what it gets, and calls the engine later.
pub trait EventSink<E>: Send + Sync + 'static {
    /// Receives one event.
    fn post(&self, event: E);

    /// Receives the result of the call with `operation_id`, exactly once for each.
    ///
    /// Results of `send` come in the order of the calls, with one exception: the rejection of a message that was not sent does not wait for
    /// the acknowledgement of an earlier one.
    fn complete(&self, operation_id: OperationId, result: Result<(), SocketError>);
}
