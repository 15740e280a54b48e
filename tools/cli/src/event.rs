//! Events for `main`.

use std::io;
use std::net::SocketAddr;

use socket_engine::{OperationId, RejectReason, SocketError};

/// An event of the connection, the server or standard input.
pub(crate) enum Event {
    /// A connection can be accepted.
    Accepted,
    /// The server rejected a peer.
    Rejected(SocketAddr, RejectReason),
    /// A line of standard input; `None` at its end.
    Line(io::Result<Option<String>>),
    /// There is a link to this peer.
    Connected(SocketAddr),
    /// The result of a call.
    Completed(OperationId, Result<(), SocketError>),
    /// A message could not be printed.
    Output(io::Error),
    /// The connection broke.
    Failed(SocketError),
    /// The connection is closed.
    Closed,
}
