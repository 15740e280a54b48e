//! Every limit of the engine, with its unit and its reason.

use std::time::Duration;

/// Names that the system is asked for at the same time, each on a thread that ends with its look-up; asking is the only
/// blocking call there is. Where name servers are silent the system takes tens of seconds to give up, and other names get
/// through meanwhile.
pub const LOOKUP_THREADS: usize = 4;

/// Connections that the kernel completes before they are accepted. The system's kit uses the same number; the kernel
/// lowers it to its own `somaxconn`.
pub const LISTEN_BACKLOG_CONNECTIONS: i32 = 511;

/// Connections of one server that were handed to its owner and not yet started. Each listening socket holds back one
/// more, the rest waits in the kernel's backlog.
pub const PENDING_CONNECTIONS: usize = 64;

/// First pause of a listener after the process ran out of descriptors or memory. Long enough not to spin.
pub const ACCEPT_PAUSE_MIN: Duration = Duration::from_millis(50);

/// Longest pause of such a listener: how late it may notice that there are descriptors again.
pub const ACCEPT_PAUSE_MAX: Duration = Duration::from_secs(1);

/// How often a listener whose socket the system took away tries to listen again, with pauses as above: about five seconds.
pub const LISTEN_AGAIN_TRIES: usize = 10;

/// Bytes received on one connection and not yet consumed, above which its reading stops. Large enough to cover one
/// turn of a busy consumer at loopback speed.
pub const RECEIVE_HIGH_BYTES: usize = 512 * 1024;

/// Bytes not yet consumed at which reading goes on. A quarter of the high mark, so that stop and go do not alternate
/// with each message.
pub const RECEIVE_LOW_BYTES: usize = 128 * 1024;

/// What a message costs beside its bytes, added for each one that was received or waits to be sent, so that many small
/// ones are bounded too.
pub const EVENT_OVERHEAD_BYTES: usize = 64;

/// Links of which one question to the kernel tells that something has come.
pub const POLLER_BATCH_LINKS: usize = 64;

/// Buffer of one read of a stream with frames by its owner. One for each thread that reads such, and reused: what comes is small
/// or is copied once more, which costs less than the kernel's own copy.
pub const READ_MESSAGES_BYTES: usize = 64 * 1024;

/// Bytes of an incomplete record that count as a sign of life. Who has no key can send less than a record, and so has few of them.
pub const SIGN_OF_LIFE_BYTES: usize = 1024;

/// Smallest buffer of one read of the worker. One per worker thread and reused, so an idle connection owns none.
pub const READ_MIN_BYTES: usize = 16 * 1024;

/// Largest buffer of one read: a bulk sender fills it, and one such buffer stays below the low mark.
pub const READ_MAX_BYTES: usize = 128 * 1024;

/// What may wait on one connection for the kernel to take it, unless its protocol says otherwise. A send that would exceed it
/// is refused, unless nothing is waiting: then its size is the caller's own choice.
pub const SEND_QUEUE_LIMIT_BYTES: usize = 16 * 1024 * 1024;

/// The same where the protocol is a plain stream without a limit of its own, and the peer takes something every
/// [`DRAIN_TIMEOUT`]: whoever sends a file without waiting for anything loses nothing of it.
pub const SEND_QUEUE_MOST_BYTES: usize = 256 * 1024 * 1024;

/// Messages that one write hands to the kernel where they are. More of them are copied into one piece first.
pub const WRITE_BATCH_MESSAGES: usize = 32;

/// What sends that leave together come to before they are written, also when their sender goes on. The kernel takes as much
/// at once, and a phone's memory does not notice it.
pub const GATHER_BYTES: usize = 64 * 1024;

/// Bytes written to one connection before the worker looks at the others, and before a caller that wants to send gets
/// the queue. A peer that takes as fast as we write would hold up both without end.
pub const WRITE_TURN_BYTES: usize = 256 * 1024;

/// How long the peer of a closing connection may take nothing of what is still queued before it is reset. The system's
/// kit gives a send as long.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(20);

/// How long a peer on this machine may be silent although its kernel answers, unless told otherwise: an app in the background is frozen,
/// and its kernel is not.
pub const STALLED_TIMEOUT: Duration = Duration::from_secs(600);

/// How long the peer of a closed connection, whose kernel has everything, may be silent before the socket goes. Bytes that come later
/// get a reset, which could destroy what it has not read.
pub const LINGER_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a closed connection discards what its peer sends: as long as Linux itself keeps a socket that its process has closed
/// (`tcp_fin_timeout`).
pub const LINGER_LIMIT: Duration = Duration::from_secs(60);

/// How much of that it discards: a peer that sends without end is cut off.
pub const LINGER_BYTES: usize = 64 * 1024 * 1024;

/// How long a client waits for an address of a name to answer before it tries the next one beside it: what RFC 8305, section 5,
/// recommends.
pub const NEXT_ADDRESS_DELAY: Duration = Duration::from_millis(250);

/// How often a client tries to bind its port again for a connection that follows another one.
pub const BIND_AGAIN_TRIES: usize = 10;

/// The pause between these tries: an acknowledgement on loopback takes less.
pub const BIND_AGAIN_PAUSE: Duration = Duration::from_millis(20);

/// How long `connect` tries unless told otherwise. The system kit's documented default.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest message of a framing. One is held as a whole, twice while it goes over to JavaScript, and no phone's process
/// has memory for more.
pub const MESSAGE_LIMIT_BYTES: usize = 1024 * 1024 * 1024;

/// Longest message of a framing unless told otherwise.
pub const MESSAGE_BYTES: usize = 1024 * 1024;

/// Most bytes of a frame before its length field. Headers in use have up to some twenty; what goes before a message must need no
/// memory of its own.
pub const HEADER_LIMIT_BYTES: usize = 64;

/// Most delimiters of a framing. Each byte is compared with the last one of all of them.
pub const DELIMITERS_LIMIT: usize = 8;

/// Longest delimiter or marker of a framing. Those in use have one or two bytes; boundaries of documents stay below this.
pub const DELIMITER_LIMIT_BYTES: usize = 64;

/// How long a kernel may delay an acknowledgement (RFC 1122, section 4.2.3.2).
pub const DELAYED_ACK_MAX: Duration = Duration::from_millis(500);

/// How late a timer has to be for this process to have been stopped meanwhile: longer than a busy machine keeps its worker waiting.
pub const STOPPED_TIME: Duration = Duration::from_millis(250);

/// Shortest key. A recorded handshake lets its reader try keys at their own pace, and this many bits are beyond that.
pub const KEY_MIN_BITS: usize = 80;

/// How long a peer may take for the handshake, unless told otherwise.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// Handshakes of one server that may be under way, and peers that have proved themselves and wait to be handed over. Others wait in
/// the kernel's backlog. So many peers that say nothing keep it busy for four seconds at most, which `connect` waits out.
pub const PENDING_HANDSHAKES: usize = 128;

/// How long a peer may take for each of its messages of a handshake while others wait for its place.
pub const HANDSHAKE_STEP_TIMEOUT: Duration = Duration::from_secs(1);

/// Peers turned away that their server's owner has not been told of. More are counted, and not told.
pub const PENDING_REJECTIONS: usize = 64;

/// How long an acknowledged connection of a server waits for its peer to come back, unless told otherwise.
pub const RETURN_TIMEOUT: Duration = Duration::from_secs(30);

/// Wait before the first attempt to connect again, unless told otherwise: a person hardly notices it.
pub const RECONNECT_MIN_DELAY: Duration = Duration::from_millis(200);

/// Longest wait between two attempts, unless told otherwise.
pub const RECONNECT_MAX_DELAY: Duration = Duration::from_secs(10);
