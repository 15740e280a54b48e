//! What the engine tells the owner of a server, connection or client.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

use crate::error::SocketError;

/// The owner's name for a call whose result comes later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// This side closed it.
    Local,
    /// The peer closed it and everything it sent was received.
    Remote,
    /// The link broke.
    Reset,
    /// The peer did not answer in time, or did not come back.
    Timeout,
    /// There was no message for the idle time-out.
    Idle,
    /// The peer sent what cannot be understood.
    Protocol,
    /// The peer does not want this side: wrong key, too many connections.
    Rejected,
}

/// Why a server did not take a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectReason {
    /// It could not prove that it knows the key.
    Key,
    /// There are as many connections, or handshakes under way, as there may be.
    Limit,
    /// The handshake took too long.
    Timeout,
    /// It did not speak the protocol.
    Protocol,
}

/// What happened to a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerEvent {
    /// It listens on this address.
    Listening(SocketAddr),
    /// It took a connection, which waits for [`Server::accept`](crate::Server::accept).
    Accepted,
    /// It could not take a connection; it goes on listening.
    AcceptFailed(SocketError),
    /// It turned this peer away. Only so many of these wait for their owner:
    /// [`Server::consume_rejection`](crate::Server::consume_rejection) makes room for another one.
    Rejected(SocketAddr, RejectReason),
    /// It listens no more.
    Closed,
}

/// What happened to a connection.
///
/// The events come in this order: any number of `Received`, `Message` or `Corrupt`, and of `Reconnecting` followed by
/// `Connected`; then `Ended` if the peer said that it sends no more, then `Failed` if it broke, then `Closed`, exactly
/// once and last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionEvent {
    /// There is a link to this peer: the first one, or again.
    Connected(SocketAddr),
    /// There is no link, for this reason; another one is made or waited for. Boxed to keep the enum small; it is rare.
    Reconnecting(Box<Reconnecting>),
    /// Bytes arrived. They count against the connection's credit until `Connection::consume` gives them back.
    Received(Bytes),
    /// With framing: one whole message arrived. It counts as `Received` does.
    Message(Bytes),
    /// With framing: bytes arrived in place of a message, whose checksum is wrong or in which something is escaped that never is.
    /// They count as `Received` does, and messages may follow.
    Corrupt(Bytes),
    /// The peer sends no more, and not everything is read: `Ended`, or how it broke, comes when it is. Among what was received this may
    /// come at any time.
    ReadClosed,
    /// The peer sends no more. The connection still sends; its owner closes it.
    Ended,
    /// Everything that waited to be sent is finished.
    Drained,
    /// The peer has been silent for the heartbeat's time-out, although its kernel answers: its process does nothing.
    Stalled,
    /// The peer is heard again after `Stalled`.
    Recovered,
    /// A ping was sent, and its owner makes the next one: `Connection::set_ping`.
    PingTaken,
    /// The connection broke.
    Failed(SocketError),
    /// The connection is no more.
    Closed(CloseReason),
}

/// Names a link among those that one thread reads, and the object that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkId(pub(crate) u64);

impl LinkId {
    /// Bits of the number; above them is the id of the object.
    const NUMBER_BITS: u32 = 24;

    pub(crate) fn new(target: u64, number: u64) -> Self {
        Self(target << Self::NUMBER_BITS | number & ((1 << Self::NUMBER_BITS) - 1))
    }

    pub(crate) fn target(self) -> u64 {
        self.0 >> Self::NUMBER_BITS
    }
}

/// How a lost link is being replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconnecting {
    /// Number of the attempt that comes next, from 1 on; 0 for a server, which makes none.
    pub attempt: u32,
    /// How long it is until that attempt; for a server, how long it waits for the peer to come back.
    pub delay: Duration,
    /// Why there is no link.
    pub error: SocketError,
}

/// Takes the events of one object, and the results of its calls, in one order.
///
/// Called on a worker thread, or on the thread of the call that caused it; must not block. It may call the engine for `Accepted`,
/// `Received`, `Message`, `Corrupt` and `Ended` only: the object is locked while the others are posted.
pub trait EventSink<E>: Send + Sync + 'static {
    /// Takes one event.
    fn post(&self, event: E);

    /// Takes the result of the call with `ticket`, exactly once for each. Those of `send` come in the order of the calls, but
    /// that a message which is rejected because it was not sent does not wait for the acknowledgement of an earlier one.
    fn complete(&self, ticket: Ticket, result: Result<(), SocketError>);
}
