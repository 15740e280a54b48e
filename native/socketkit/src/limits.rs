//! Every limit of the binding, with its unit and its reason.

use std::time::Duration;

/// Maximum number of events of one turn on the JavaScript thread.
/// Few enough that a flood of small messages does not block other work, many enough that the overhead of a turn is small.
pub const TURN_EVENTS: usize = 256;

/// Maximum number of bytes of one turn on the JavaScript thread, for the same reason.
pub const TURN_BYTES: usize = 1024 * 1024;

/// Minimum cost of a read in bytes, so that a turn has no more reads than events.
pub const EVENT_COST_BYTES: usize = TURN_BYTES / TURN_EVENTS;

/// Maximum number of consecutive bytes of one stream before other objects are served.
pub const TURN_STREAM_BYTES: usize = 256 * 1024;

/// Size of the read buffer when no more data is expected. One per thread.
pub const SCRATCH_BYTES: usize = 16 * 1024;

/// Bytes of one `message` without framing, if more data is pending.
///
/// The C library reuses blocks of this size; larger ones are mapped anew each time, page by page.
pub const MESSAGE_BYTES: usize = 64 * 1024;

/// First delay after a JavaScript value could not be created.
/// Memory is often available again after the next garbage collection.
pub const RETRY_MIN_DELAY: Duration = Duration::from_millis(10);

/// Maximum of that delay.
/// Short enough for a user, long enough that failing attempts cost nothing.
pub const RETRY_MAX_DELAY: Duration = Duration::from_secs(1);

/// Default timeout of a request.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
