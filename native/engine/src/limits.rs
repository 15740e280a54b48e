//! Every limit of the engine, with its unit and its reason.

use std::time::Duration;

/// Maximum number of concurrent DNS lookups, each on a blocking thread that ends with its lookup. If name servers do not answer,
/// a lookup takes tens of seconds; other lookups use the remaining threads.
pub const LOOKUP_THREADS: usize = 4;

/// Kernel backlog of a listening socket, in connections. The system socket API uses the same value; the kernel lowers it to its
/// `somaxconn`.
pub const LISTEN_BACKLOG_CONNECTIONS: i32 = 511;

/// Connections of one server that were passed to its owner and not started yet. Each listening socket holds one more; the rest
/// waits in the kernel's backlog.
pub const PENDING_CONNECTIONS: usize = 64;

/// First delay of a listener after the process ran out of descriptors or memory. Long enough not to spin.
pub const ACCEPT_PAUSE_MIN: Duration = Duration::from_millis(50);

/// Longest delay of such a listener, and so the longest time until it notices free descriptors.
pub const ACCEPT_PAUSE_MAX: Duration = Duration::from_secs(1);

/// Number of attempts to listen again after the system has closed a listening socket, with delays as above: about five seconds.
pub const LISTEN_AGAIN_TRIES: usize = 10;

/// Received and unconsumed bytes of one connection at which reading stops. Large enough for one turn of a busy consumer at
/// loopback speed.
pub const RECEIVE_HIGH_BYTES: usize = 512 * 1024;

/// Unconsumed bytes from which a link that its peer has ended is not read to its end, though another one would follow. A connection
/// whose links end again and again keeps this much and what the system buffers of one link.
pub const READ_TO_END_BYTES: usize = 8 * 1024 * 1024;

/// Unconsumed bytes at which reading resumes. A quarter of the high mark, so that reading does not stop and resume with each
/// message.
pub const RECEIVE_LOW_BYTES: usize = 128 * 1024;

/// Bytes that each received or queued message counts in addition to its length, so that many small messages are limited too.
pub const EVENT_OVERHEAD_BYTES: usize = 64;

/// Maximum number of readable links that one `epoll_wait` returns.
pub const POLLER_BATCH_LINKS: usize = 64;

/// Size of the buffer for reads of framed streams by the owner. One per reading thread, reused. Data is small or copied once more,
/// which costs less than the kernel's own copy.
pub const READ_MESSAGES_BYTES: usize = 64 * 1024;

/// Bytes of an incomplete record that count as a sign of life. A peer without the key can send at most the rest of one record, so it can cause few signs.
pub const SIGN_OF_LIFE_BYTES: usize = 1024;

/// Minimum size of the worker's read buffer. One per worker thread, reused, so an idle connection has none.
pub const READ_MIN_BYTES: usize = 16 * 1024;

/// Maximum size of a read buffer: a bulk sender fills it, and it is smaller than the low mark.
pub const READ_MAX_BYTES: usize = 128 * 1024;

/// Default limit of the send queue of one connection. A send that exceeds it is rejected, unless the queue is empty: then its size
/// is the caller's choice.
pub const SEND_QUEUE_LIMIT_BYTES: usize = 16 * 1024 * 1024;

/// The limit for plain streams without a set limit, while the peer accepts data at least every [`DRAIN_TIMEOUT`]: an app that sends
/// a file without awaiting loses no data.
pub const SEND_QUEUE_MOST_BYTES: usize = 256 * 1024 * 1024;

/// Maximum number of messages in one vectored write. More messages are copied into one buffer first.
pub const WRITE_BATCH_MESSAGES: usize = 32;

/// Bytes of gathered sends at which they are written, even if the sender continues. The kernel takes as much at once, and the
/// amount is small for a phone's memory.
pub const GATHER_BYTES: usize = 64 * 1024;

/// Bytes written to one connection before the worker serves the others and before a sender gets the queue's lock. A peer that
/// reads as fast as this side writes would block both without end.
pub const WRITE_TURN_BYTES: usize = 256 * 1024;

/// Time without progress after which the peer of a closing connection with queued data is reset. The system socket API gives a
/// send the same time.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(20);

/// Default time that a peer on this machine can be silent while its kernel answers: an app in the background is frozen, its kernel
/// is not.
pub const STALLED_TIMEOUT: Duration = Duration::from_secs(600);

/// Time of silence after which the socket of a closed connection is released once the peer's kernel has everything. Later data
/// causes a reset, which could destroy data that the peer has not read.
pub const LINGER_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest time for which a closed connection discards received data: as long as Linux keeps a socket that its process has closed
/// (`tcp_fin_timeout`).
pub const LINGER_LIMIT: Duration = Duration::from_secs(60);

/// Most bytes that a closed connection discards: a peer that sends without end is reset.
pub const LINGER_BYTES: usize = 64 * 1024 * 1024;

/// Delay before a client tries the next address of a name in parallel, as RFC 8305, section 5, recommends.
pub const NEXT_ADDRESS_DELAY: Duration = Duration::from_millis(250);

/// Number of attempts of a client to bind its port again for the next connection.
pub const BIND_AGAIN_TRIES: usize = 10;

/// Delay between these attempts: an acknowledgement on loopback takes less.
pub const BIND_AGAIN_PAUSE: Duration = Duration::from_millis(20);

/// Default timeout of `connect`, as documented for the system socket API.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Largest maximum of a message. A message is kept in memory as a whole, twice while it is passed to JavaScript, and no phone's
/// process has memory for more.
pub const MESSAGE_LIMIT_BYTES: usize = 1024 * 1024 * 1024;

/// Default maximum of a framed message.
pub const MESSAGE_BYTES: usize = 1024 * 1024;

/// Maximum number of bytes before the length field of a frame. Headers in use have up to some twenty bytes; the bytes before a
/// message must not need memory of their own.
pub const HEADER_LIMIT_BYTES: usize = 64;

/// Maximum number of delimiters of a framing. Each byte is compared with the last one of all of them.
pub const DELIMITERS_LIMIT: usize = 8;

/// Maximum length of a delimiter or marker. Those in use have one or two bytes; MIME boundaries are shorter than this.
pub const DELIMITER_LIMIT_BYTES: usize = 64;

/// How long a kernel may delay an acknowledgement (RFC 1122, section 4.2.3.2).
pub const DELAYED_ACK_MAX: Duration = Duration::from_millis(500);

/// Delay of a timer that indicates that this process was suspended: longer than a busy machine delays its worker.
pub const STOPPED_TIME: Duration = Duration::from_millis(250);

/// Number of slices of a wait that could end something that lives. After each the clock is checked: a stop of this process sends no
/// signal. More slices notice shorter stops, and cause more wake-ups.
pub const WAIT_SLICES: u32 = 8;

/// Minimum length of a slice: it adds little to [`STOPPED_TIME`], and short waits cause few wake-ups.
pub const WAIT_SLICE_MIN: Duration = Duration::from_millis(100);

/// Number of stops in a row that a wait does not count as time. A peer that lives makes progress between them; where the system stops
/// this process again and again, a peer that is dead would never be given up.
pub const STOP_EXCUSES: u32 = 8;

/// Minimum length of a key. A recorded handshake allows testing keys offline, which this length makes infeasible.
pub const KEY_MIN_BITS: usize = 80;

/// Default timeout of the handshake.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// Maximum number of pending handshakes and of authenticated peers that wait for the owner, per server. Others wait in the kernel's
/// backlog. As many silent peers block it for at most four seconds, which is less than the default timeout of `connect`.
pub const PENDING_HANDSHAKES: usize = 128;

/// Timeout for each handshake message of a peer while other peers wait for its place.
pub const HANDSHAKE_STEP_TIMEOUT: Duration = Duration::from_secs(1);

/// Maximum number of queued rejections of one server. Further ones are counted and not reported.
pub const PENDING_REJECTIONS: usize = 64;

/// Default time that an acknowledged connection of a server waits for its client to reconnect.
pub const RETURN_TIMEOUT: Duration = Duration::from_secs(30);

/// Default delay before the first reconnect attempt: hardly noticeable for a person.
pub const RECONNECT_MIN_DELAY: Duration = Duration::from_millis(200);

/// Default maximum delay between two reconnect attempts.
pub const RECONNECT_MAX_DELAY: Duration = Duration::from_secs(10);
