//! What the engine tells the owner of a server, connection or client.

use std::net::SocketAddr;

use bytes::Bytes;

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
    /// The connection broke: reset, unreachable, timed out.
    Broken,
}

/// Something that happened to one object.
///
/// A connection's events come in this order: any number of `Received`, then `Ended` if the peer said that it sends no
/// more, then `Failed` if it broke, then `Closed`, exactly once and last. `Completed` comes for each ticket exactly
/// once, in the order of the calls for those of `send`.
#[derive(Debug)]
pub enum Event {
    /// A server took a connection.
    Accepted(PendingConnection),
    /// A server could not take a connection; it goes on listening.
    AcceptFailed(SocketError),
    /// A client is connected to this peer.
    Connected(SocketAddr),
    /// Bytes arrived. They count against the connection's credit until `Connection::consume` gives them back.
    Received(Bytes),
    /// The peer sends no more. The connection still sends; its owner closes it.
    Ended,
    /// Everything that waited to be sent is with the kernel.
    Drained,
    /// The connection broke.
    Failed(SocketError),
    /// The connection is no more.
    Closed(CloseReason),
    /// The call with this ticket is finished.
    Completed(Ticket, Result<(), SocketError>),
}

/// Takes the events of one object.
pub trait EventSink: Send + Sync + 'static {
    /// Takes one event. Called on a worker thread or on the thread of the call that caused it; must neither block nor
    /// call back into the engine.
    fn post(&self, event: Event);
}
