//! The connection to the peer.

use socket_engine::{Client, Connection, OperationId, SendProgress, SocketError};

/// Id of the connect.
pub(crate) const CONNECT: OperationId = OperationId(0);

/// Id of each send.
pub(crate) const SEND: OperationId = OperationId(1);

/// Id of the half-close.
pub(crate) const END: OperationId = OperationId(2);

/// A connection of a client or of a server.
pub(crate) enum Peer {
    Client(Client),
    Connection(Connection),
}

impl Peer {
    pub(crate) fn send(&self, message: &[u8]) -> Result<SendProgress, SocketError> {
        match self {
            Self::Client(client) => client.send(message, SEND),
            Self::Connection(connection) => connection.send(message, SEND),
        }
    }

    pub(crate) fn end(&self) -> Result<(), SocketError> {
        match self {
            Self::Client(client) => client.end(END),
            Self::Connection(connection) => connection.end(END),
        }
    }

    /// Returns credit for received bytes.
    pub(crate) fn consume(&self, bytes: usize) {
        match self {
            Self::Client(client) => client.consume(bytes),
            Self::Connection(connection) => connection.consume(bytes),
        }
    }

    /// Closes after all sends.
    pub(crate) fn finish(&self) {
        match self {
            Self::Client(client) => client.finish(),
            Self::Connection(connection) => connection.finish(),
        }
    }
}
