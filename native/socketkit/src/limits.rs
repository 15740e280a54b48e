//! Every limit of the binding, with its unit and its reason.

use std::time::Duration;

/// Events that one turn on the JavaScript thread takes. Few enough that a flood of small messages leaves the thread's
/// other work its share, many enough that the turn itself costs little.
pub const TURN_EVENTS: usize = 256;

/// Bytes that one turn on the JavaScript thread takes, for the same reason.
pub const TURN_BYTES: usize = 1024 * 1024;

/// What a read of a stream counts at least, so that a turn has no more of these than of events.
pub const EVENT_COST_BYTES: usize = TURN_BYTES / TURN_EVENTS;

/// Bytes of one stream in a row, before the other objects have a turn.
pub const TURN_STREAM_BYTES: usize = 256 * 1024;

/// What a read takes where no more is expected. One for each thread.
pub const SCRATCH_BYTES: usize = 16 * 1024;

/// Bytes of one `message` without framing, where more has come before JavaScript came to it. The C library keeps memory of this
/// size; what is larger it takes from the kernel each time, page by page.
pub const MESSAGE_BYTES: usize = 64 * 1024;

/// How long what no JavaScript value could be made of waits at first: memory is often there again after the next collection.
pub const RETRY_MIN_DELAY: Duration = Duration::from_millis(10);

/// The longest such wait. Short enough for a user, long enough that attempts which fail cost nothing.
pub const RETRY_MAX_DELAY: Duration = Duration::from_secs(1);

/// How long the answer to a request may take unless told otherwise.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
