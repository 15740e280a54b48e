//! Functions that a delivery needs from its object.

use socket_engine::{
    Connection, ConnectionEvent, LinkId, OperationId, Protocol, ReadOutcome, SendProgress, SocketError,
};

use crate::emitter::Emitter;

/// Result of sending.
pub type Sent = Result<SendProgress, SocketError>;

/// The connection or client of a delivery.
pub trait DeliveryHandler {
    /// Returns its listeners.
    fn emitter(&self) -> &Emitter<ConnectionEvent>;
    /// Returns its protocol.
    fn protocol(&self) -> &Protocol;
    /// Calls `use_connection` with its connection, if any; it must not call Node-API.
    fn with_connection(&self, use_connection: &mut dyn FnMut(&Connection));
    /// Returns whether reading continues without credit and without a listener.
    /// The oldest bytes are dropped.
    fn drops_unheard(&self) -> bool;
    /// Returns whether to watch for EOF while the credit does not allow to read.
    fn watches_end(&self) -> bool;
    /// Sends at once, after everything sent before.
    fn send_alone(&self, data: &[u8], operation_id: OperationId) -> Sent;
    /// Called after the peer closed its side and all its data was delivered.
    /// Again after `close`, if the connection is still usable.
    fn finish(&self);
    /// Returns whether `close` is delivered while the connection is usable.
    ///
    /// That lasts until the next `finish`.
    fn awaits_finish(&self) -> bool;
    /// Called when the link is lost, and when there is a new one; data of earlier links may still wait for delivery.
    fn link_changed(&self);
    /// Called before the `connect` listener.
    fn connected(&self);
    /// Called when the peer has closed its side, without a listener for bytes that may be unread.
    fn left(&self);
    /// Called when the connection has ended, before the `close` listener, and again while that waits for the delivery of bytes.
    fn closed(&self);
}

impl dyn DeliveryHandler + '_ {
    /// Returns the result of `use_connection`; `None` without a connection.
    pub fn connection<T>(&self, use_connection: impl FnOnce(&Connection) -> T) -> Option<T> {
        let (mut unused, mut returned) = (Some(use_connection), None);
        self.with_connection(&mut |connection| {
            returned = unused.take().map(|use_connection| use_connection(connection));
        });
        returned
    }

    /// Reads with `read`; without a connection there is nothing to read.
    pub fn read(&self, read: impl FnOnce(&Connection) -> ReadOutcome) -> ReadOutcome {
        self.connection(read).unwrap_or(ReadOutcome::NOTHING)
    }

    /// Returns the number of available bytes; 0 if unknown.
    pub fn available_bytes(&self, link: LinkId) -> usize {
        self.connection(|connection| connection.available_bytes(link)).unwrap_or(0)
    }

    /// Takes credit for a message of `bytes` found in read data.
    pub fn hold(&self, bytes: usize) {
        self.connection(|connection| connection.hold(bytes));
    }

    /// Returns credit of `bytes`.
    pub fn consume(&self, bytes: usize) {
        self.connection(|connection| connection.consume(bytes));
    }

    /// Ends the link with this errno.
    pub fn fail(&self, errno: i32) {
        self.connection(|connection| connection.fail(errno));
    }

    /// Returns whether it reads messages instead of bytes.
    pub fn has_framing(&self) -> bool {
        self.protocol().framing.is_some()
    }
}
