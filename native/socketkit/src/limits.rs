//! Every limit of the binding, with its unit and its reason.

/// Events that one turn on the JavaScript thread takes. Few enough that a flood of small messages leaves the thread's
/// other work its share, many enough that the turn itself costs little.
pub const TURN_EVENTS: usize = 256;

/// Bytes that one turn on the JavaScript thread takes, for the same reason.
pub const TURN_BYTES: usize = 1024 * 1024;

/// Bytes of one `message` without framing, where several arrived before JavaScript came to them. One that arrived
/// alone may be as large as one read.
pub const MESSAGE_BYTES: usize = 256 * 1024;
