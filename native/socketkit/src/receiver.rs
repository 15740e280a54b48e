//! Functions that an inbox needs from its connection.

use bytes::Bytes;
use socket_engine::{ConnectionEvent, Decoded, LinkId, ReadOutcome, SendProgress, SocketError, Ticket};

use crate::emitter::Emitter;

/// The connection of an inbox.
pub trait Receiver {
    /// Returns its listeners.
    fn emitter(&self) -> &Emitter<ConnectionEvent>;
    /// Reads bytes of `link`.
    fn try_read(&self, link: LinkId, buffer: &mut [u8]) -> ReadOutcome;
    /// Reads bytes of `link` that are delivered at once: they use no credit.
    fn receive(&self, link: LinkId, buffer: &mut [u8]) -> ReadOutcome;
    /// Reads messages of `link`.
    fn read_messages(&self, link: LinkId, messages: &mut Vec<Decoded>) -> ReadOutcome;
    /// Returns whether it reads messages instead of bytes.
    fn has_frames(&self) -> bool;
    /// Returns the number of available bytes; 0 if unknown.
    fn available_bytes(&self, link: LinkId) -> usize;
    /// Returns whether the credit allows to read more.
    fn has_room(&self) -> bool;
    /// Watches for EOF of `link` while the credit does not allow to read it.
    fn watch_end(&self, link: LinkId);
    /// Returns whether reading continues without credit and without a listener.
    /// The oldest bytes are dropped.
    fn drops_unheard(&self) -> bool;
    /// Sets the next ping.
    fn set_ping(&self, ping: Bytes);
    /// Returns whether a message found in read data answers a ping.
    fn is_pong(&self, message: &[u8]) -> bool;
    /// Takes credit for a message of `bytes` found in read data.
    fn hold(&self, bytes: usize);
    /// Returns credit of `bytes`.
    fn consume(&self, bytes: usize);
    /// Sends at once, after everything sent before.
    fn send_alone(&self, data: &[u8], ticket: Ticket) -> std::result::Result<SendProgress, SocketError>;
    /// Ends the link with this errno.
    fn fail(&self, errno: i32);
    /// Called after the peer closed its side and all its data was delivered.
    /// Again after `close`, if the connection is still usable.
    fn finish(&self);
    /// Returns whether `close` is delivered while the connection is usable, until the next `finish`.
    fn awaits_finish(&self) -> bool;
    /// Called when there is a link, before the `connect` listener.
    fn connected(&self);
    /// Called when the peer has closed its side, without a listener for bytes that may be unread.
    fn left(&self);
    /// Called when the connection has ended; `close` may still wait for the delivery of bytes.
    fn over(&self);
    /// Called when the connection has ended, before the `close` listener.
    fn closed(&self);
}
