//! What the engine tells the owner of a server, connection or client.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

use crate::arrivals::Arrivals;
use crate::connection::Reader;
use crate::error::SocketError;
use crate::server::PendingConnection;

/// The owner's name for a call whose result comes later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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

/// Something that happened to one object.
///
/// A connection's events come in this order: any number of `Received`, `Readable` or `Message`, and of `Reconnecting` followed by
/// `Connected`; then `Ended` if the peer said that it sends no more, then `Failed` if it broke, then `Closed`, exactly
/// once and last. `Completed` comes for each ticket exactly once; for those of `send` in the order of the calls, but that a
/// message which is rejected because it was not sent does not wait for the acknowledgement of an earlier one.
#[derive(Debug)]
pub enum Event {
    /// A server listens on this address.
    Listening(SocketAddr),
    /// A server took a connection. Boxed, as what is rare and large: every event takes as much room as the largest.
    Accepted(Box<PendingConnection>),
    /// A server could not take a connection; it goes on listening.
    AcceptFailed(SocketError),
    /// A server turned a peer away. Holds a place among the few of these that may wait.
    Rejected(SocketAddr, RejectReason, OwnedSemaphorePermit),
    /// There is a link to this peer: the first one, or again.
    Connected(SocketAddr),
    /// There is no link, for this reason; another one is made or waited for.
    Reconnecting(Box<Reconnecting>),
    /// Bytes arrived. They count against the connection's credit until `Connection::consume` gives them back.
    Received(Bytes),
    /// There are bytes for an owner that reads them itself, with this. One that comes when the connection has let the link go
    /// finds nothing.
    Readable(Arc<Reader>),
    /// With framing: one whole message arrived. It counts as `Received` does.
    Message(Bytes),
    /// The peer sends no more. The connection still sends; its owner closes it.
    Ended,
    /// Everything that waited to be sent is finished.
    Drained,
    /// The connection broke.
    Failed(SocketError),
    /// The connection is no more; a server listens no more.
    Closed(CloseReason),
    /// The call with this ticket is finished.
    Completed(Ticket, Result<(), SocketError>),
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

/// Takes the events of one object.
pub trait EventSink: Send + Sync + 'static {
    /// Takes one event. Called on a worker thread, or on the thread of the call that caused it, such as
    /// [`Arrivals::post`]; must not block. It may call the engine for `Accepted`, `Received`, `Readable`, `Message` and `Ended` only: others are posted while the object is
    /// locked.
    fn post(&self, event: Event);

    /// Where the owner learns of what has come, if it reads streams without frames itself: it gets `Readable` from there, in
    /// place of `Received`.
    fn arrivals(&self) -> Option<&Arc<Arrivals>> {
        None
    }
}
