//! Protocol of a connection; chosen before it begins, and the same on both sides.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::framing::Framing;
use crate::handshake::HandshakeParams;
use crate::key::Key;
use crate::limits;

/// Pings to a silent peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// Silence before a ping.
    pub interval: Duration,
    /// Silence after which the peer counts as gone or stalled.
    pub timeout: Duration,
    /// How long a stalled peer, whose kernel answers, may then stay silent.
    /// `None`: [`STALLED_TIMEOUT`](limits::STALLED_TIMEOUT) on loopback, otherwise 0.
    pub stalled_timeout: Option<Duration>,
}

impl Heartbeat {
    /// Returns how long a peer may stay stalled; `is_local`: it is on this machine.
    pub(crate) fn stalled_timeout(self, is_local: bool) -> Duration {
        let usual = if is_local { limits::STALLED_TIMEOUT } else { Duration::ZERO };
        self.stalled_timeout.unwrap_or(usual)
    }

    /// Returns how long a peer has for its answer to a ping.
    pub(crate) fn answer_time(self) -> Duration {
        self.timeout.saturating_sub(self.interval)
    }
}

/// Pings for a peer without this protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ping {
    /// Message to send.
    pub message: Bytes,
    /// Whether the owner makes the next message; this one is then the first.
    pub is_made: bool,
    /// Which messages of the peer (without framing: reads) are answers; they are dropped.
    /// `None`: none.
    pub pong: Option<Pong>,
}

/// Answers to a [`Ping`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pong {
    /// Messages that begin with these bytes.
    Prefix(Bytes),
    /// Messages equal to these bytes.
    Whole(Bytes),
}

/// Treatment of messages that the kernel has not taken when the link is lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unsent {
    /// They wait for the next link.
    #[default]
    Keep,
    /// They are rejected, and so are messages sent while there is no link.
    Reject,
}

/// Protocol on top of TCP. The default is a plain byte stream.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use socket_engine::{Framing, Heartbeat, Key, Protocol, ProtocolError};
///
/// let (interval, timeout) = (Duration::from_secs(5), Duration::from_secs(15));
/// let mut protocol = Protocol {
///     framing: Some(Framing::length(4, false, 1024)?),
///     heartbeat: Some(Heartbeat { interval, timeout, stalled_timeout: None }),
///     acknowledge: true,
///     key: Some(Arc::new(Key::from_base32(&Key::generate()?)?)),
///     ..Protocol::default()
/// };
/// protocol.check()?;
/// protocol.framing = None;
/// assert_eq!(protocol.check(), Err(ProtocolError::NeedsLengthFraming));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Protocol {
    /// Message framing; `None`: a byte stream without messages.
    pub framing: Option<Framing>,
    /// Heartbeats.
    pub heartbeat: Option<Heartbeat>,
    /// Ping of the peer's own protocol; `None`: heartbeats are typed frames.
    pub ping: Option<Ping>,
    /// Whether a send is finished only when the peer has the message.
    /// Until then it survives a link loss.
    pub acknowledge: bool,
    /// Shared key.
    pub key: Option<Arc<Key>>,
    /// Time limit of a server for the handshake; a client has the time of its attempt.
    pub handshake_timeout: Duration,
    /// Time without messages in either direction after which the connection is closed.
    pub idle_timeout: Option<Duration>,
    /// Limit of unfinished bytes; a send beyond it is refused, unless the queue is empty.
    ///
    /// `None`: [`SEND_QUEUE_LIMIT_BYTES`](limits::SEND_QUEUE_LIMIT_BYTES), and without framing up to
    /// [`SEND_QUEUE_MOST_BYTES`](limits::SEND_QUEUE_MOST_BYTES) while the peer makes progress.
    pub send_queue_limit_bytes: Option<usize>,
    /// For connections that reconnect.
    pub unsent: Unsent,
    /// Whether a connection that its peer has ended stays open until this side has ended it, too.
    pub allow_half_open: bool,
}

/// Reason why a protocol is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolError {
    /// Heartbeat, acknowledgement and admission need frames that can carry any bytes.
    NeedsLengthFraming,
    /// They need frames of just a length and a message.
    /// The second name is the framing option that excludes the first.
    Excludes(&'static str, &'static str),
    /// The feature has heartbeats of its own.
    PingExcludes(&'static str),
    /// The ping is longer than messages may be, contains a delimiter, or is empty without one.
    PingIsNoMessage,
    /// A peer would count as gone before the first ping.
    HeartbeatTimeoutTooShort,
}

impl Default for Protocol {
    fn default() -> Self {
        Self {
            framing: None,
            heartbeat: None,
            ping: None,
            acknowledge: false,
            key: None,
            handshake_timeout: limits::HANDSHAKE_TIMEOUT,
            idle_timeout: None,
            send_queue_limit_bytes: None,
            unsent: Unsent::default(),
            allow_half_open: false,
        }
    }
}

impl Protocol {
    /// Checks the protocol.
    ///
    /// # Errors
    /// The reason why it is invalid.
    pub fn check(&self) -> Result<(), ProtocolError> {
        if let Some(feature) = self.typed_feature() {
            let framing = self.framing.as_ref().ok_or(ProtocolError::NeedsLengthFraming)?;
            framing.plain_length().map_err(|option| match option {
                "type" => ProtocolError::NeedsLengthFraming,
                option => ProtocolError::Excludes(option, feature),
            })?;
        }
        if let Some(ping) = &self.ping {
            self.check_ping(ping)?;
        }
        match self.heartbeat {
            Some(heartbeat) if heartbeat.timeout <= heartbeat.interval => Err(ProtocolError::HeartbeatTimeoutTooShort),
            _ => Ok(()),
        }
    }

    fn check_ping(&self, ping: &Ping) -> Result<(), ProtocolError> {
        if let Some(feature) = self.typed_feature() {
            return Err(ProtocolError::PingExcludes(feature));
        }
        let is_message = match &self.framing {
            Some(framing) => framing.frame_parts(&ping.message, None).is_ok(),
            None => !ping.message.is_empty(),
        };
        if is_message { Ok(()) } else { Err(ProtocolError::PingIsNoMessage) }
    }

    /// Returns whether `read` answers a ping, and is dropped.
    /// A message or, without framing, the bytes of one read.
    ///
    /// An owner that finds messages itself calls [`Protocol::is_pong`].
    pub(crate) fn drops(&self, read: &[u8]) -> bool {
        !self.owner_finds_messages() && self.is_pong(read)
    }

    /// Returns whether reads count as activity.
    /// Reads in which the owner finds messages may hold only answers to pings.
    pub(crate) fn counts_reads(&self) -> bool {
        !(self.owner_finds_messages() && self.ping.as_ref().is_some_and(|ping| ping.pong.is_some()))
    }

    /// Returns whether the owner of a connection finds messages.
    fn owner_finds_messages(&self) -> bool {
        self.framing.as_ref().is_some_and(|framing| framing.custom_limit_bytes().is_some())
    }

    /// Returns whether `message` is just an answer to a ping.
    pub fn is_pong(&self, message: &[u8]) -> bool {
        match self.ping.as_ref().and_then(|ping| ping.pong.as_ref()) {
            Some(Pong::Prefix(prefix)) => message.starts_with(prefix),
            Some(Pong::Whole(whole)) => message == whole,
            None => false,
        }
    }

    /// Returns whether control frames may arrive between messages.
    pub(crate) fn has_control_frames(&self) -> bool {
        self.is_typed() || self.ping.is_some()
    }

    /// Returns whether a connection always needs timers.
    pub(crate) fn has_timers(&self) -> bool {
        self.has_control_frames() || self.idle_timeout.is_some()
    }

    /// Returns whether frames begin with a type byte, and a handshake comes first.
    pub(crate) fn is_typed(&self) -> bool {
        self.typed_feature().is_some()
    }

    /// Returns whether the owner may read sockets itself.
    ///
    /// While it is busy, typed frames still have to be answered, and messages that end with an idle gap read one by one.
    pub(crate) fn lets_owner_read(&self) -> bool {
        !self.has_control_frames() && self.framing.as_ref().and_then(Framing::idle_gap).is_none()
    }

    /// Returns a feature that needs typed frames, if one is enabled.
    fn typed_feature(&self) -> Option<&'static str> {
        if self.heartbeat.is_some() && self.ping.is_none() {
            Some("heartbeat")
        } else if self.acknowledge {
            Some("acknowledge")
        } else {
            self.key.as_ref().map(|_| "admission")
        }
    }

    /// Returns whether connections are encrypted: with a key they are.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.key.is_some()
    }

    /// Returns the parameters of the handshake.
    pub(crate) fn handshake_params(&self) -> HandshakeParams {
        HandshakeParams {
            heartbeat: self.heartbeat.map(|heartbeat| heartbeat.interval),
            acknowledge: self.acknowledge,
            key: self.key.clone(),
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeedsLengthFraming => {
                f.write_str("heartbeat, acknowledge and admission need framing of type 'length'")
            }
            Self::Excludes(option, feature) => write!(f, "framing.{option} and {feature} exclude each other"),
            Self::PingExcludes(feature) => write!(f, "heartbeat.ping and {feature} exclude each other"),
            Self::PingIsNoMessage => f.write_str("heartbeat.ping must be a message that framing allows"),
            Self::HeartbeatTimeoutTooShort => {
                f.write_str("heartbeat.timeoutMs must be greater than heartbeat.intervalMs")
            }
        }
    }
}

impl std::error::Error for ProtocolError {}
