//! What an inbox needs of its connection.

use bytes::Bytes;
use socket_engine::{ConnectionEvent, Decoded, LinkId, ReadOutcome, SendProgress, SocketError, Ticket};

use crate::emitter::Emitter;

/// The connection that an inbox belongs to.
pub trait Receiver {
    /// Its listeners.
    fn emitter(&self) -> &Emitter<ConnectionEvent>;
    /// Reads bytes of `link`.
    fn try_read(&self, link: LinkId, buffer: &mut [u8]) -> ReadOutcome;
    /// Reads bytes of `link` that are handed over at once: they take no credit.
    fn receive(&self, link: LinkId, buffer: &mut [u8]) -> ReadOutcome;
    /// Reads messages of `link`.
    fn read_messages(&self, link: LinkId, messages: &mut Vec<Decoded>) -> ReadOutcome;
    /// Whether it reads messages, and not bytes.
    fn has_frames(&self) -> bool;
    /// Bytes that a read would get now; 0 when that is not known.
    fn available_bytes(&self, link: LinkId) -> usize;
    /// Whether the credit allows to read more.
    fn has_room(&self) -> bool;
    /// Has the end of `link` told of while the credit does not allow to read it.
    fn watch_end(&self, link: LinkId);
    /// Whether reading continues without credit and without a listener; the oldest bytes are dropped.
    fn drops_unheard(&self) -> bool;
    /// Sets the next ping.
    fn set_ping(&self, ping: Bytes);
    /// Whether a message that was found in what was read answers a ping.
    fn is_pong(&self, message: &[u8]) -> bool;
    /// Takes the credit of a message of `bytes` that was found in what was read.
    fn hold(&self, bytes: usize);
    /// Gives back the credit of a receipt of `bytes`.
    fn consume(&self, bytes: usize);
    /// Sends at once, behind everything sent before.
    fn send_alone(&self, data: &[u8], ticket: Ticket) -> std::result::Result<SendProgress, SocketError>;
    /// Ends the link, for a reason that this errno says.
    fn fail(&self, errno: i32);
    /// The peer sends no more, and everything it sent was delivered; also called when `close` was, where it can still be used.
    fn finish(&self);
    /// Whether `close` is delivered while it can still be used, until `finish` is called again.
    fn awaits_finish(&self) -> bool;
    /// There is a link; called before the `connect` listener.
    fn connected(&self);
    /// The peer sends no more, and there is no listener for received bytes, some of which may be unread.
    fn left(&self);
    /// The connection is no more, though `close` may still wait for bytes to be delivered.
    fn over(&self);
    /// The connection is no more; called before the `close` listener.
    fn closed(&self);
}
