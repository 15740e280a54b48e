//! How a connection speaks with its peer; chosen before it begins, and the same on both sides.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::framing::Framing;
use crate::handshake::Terms;
use crate::key::Key;
use crate::limits;

/// Asking a silent peer whether it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// Silence after which the peer is asked.
    pub interval: Duration,
    /// Silence after which it counts as gone, or as stalled.
    pub timeout: Duration,
    /// How long a stalled peer, whose kernel answers, may stay silent after that; `None`: [`STALLED_TIMEOUT`](limits::STALLED_TIMEOUT)
    /// on loopback, no time elsewhere.
    pub stalled_timeout: Option<Duration>,
}

impl Heartbeat {
    /// How long a peer may stay stalled; `is_local`: it is on this machine.
    pub(crate) fn stalled_timeout(self, is_local: bool) -> Duration {
        let usual = if is_local { limits::STALLED_TIMEOUT } else { Duration::ZERO };
        self.stalled_timeout.unwrap_or(usual)
    }
}

/// What a peer without this protocol is asked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ping {
    /// The message that is sent.
    pub message: Bytes,
    /// Whether the owner makes another message for the next one. This one is the first then.
    pub is_made: bool,
    /// What messages of the peer, or reads without framing, answer it; they go no further. `None`: all go to the owner.
    pub pong: Option<Pong>,
}

/// What messages that answer a [`Ping`] are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pong {
    /// Those that begin with this.
    Prefix(Bytes),
    /// Those that are this.
    Whole(Bytes),
}

/// What happens to messages that the kernel does not have when the link is lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unsent {
    /// They wait for the next link.
    #[default]
    Keep,
    /// They are rejected, and so is what is sent while there is no link.
    Reject,
}

/// What is agreed on beside TCP. The default is a plain stream of bytes.
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
    /// Where messages begin and end; `None`: nowhere, they are bytes.
    pub framing: Option<Framing>,
    /// Heartbeats.
    pub heartbeat: Option<Heartbeat>,
    /// What heartbeats are in a protocol of the peer; `None`: those of typed frames.
    pub ping: Option<Ping>,
    /// Whether a send is finished only when the peer has the message, and survives a lost link until then.
    pub acknowledge: bool,
    /// What both sides must know.
    pub key: Option<Arc<Key>>,
    /// How long a server lets its peer take for the handshake; a client has the time of its attempt.
    pub handshake_timeout: Duration,
    /// Time without a message in either direction after which the connection is closed.
    pub idle_timeout: Option<Duration>,
    /// What may wait to be finished; a send beyond it is refused, unless nothing waits. `None`:
    /// [`SEND_QUEUE_LIMIT_BYTES`](limits::SEND_QUEUE_LIMIT_BYTES), and without framing up to
    /// [`SEND_QUEUE_MOST_BYTES`](limits::SEND_QUEUE_MOST_BYTES) while the peer takes something.
    pub send_queue_limit_bytes: Option<usize>,
    /// For connections that get a new link when they lose one.
    pub unsent: Unsent,
    /// Whether a connection that its peer has ended stays open until this side has ended it as well.
    pub allow_half_open: bool,
}

/// Why a protocol is impossible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolError {
    /// Heartbeat, acknowledgement and admission need frames that can carry anything.
    NeedsLengthFraming,
    /// They need frames that are nothing but a length and a message: an option of the framing excludes one of them.
    Excludes(&'static str, &'static str),
    /// They have heartbeats of their own.
    PingExcludes(&'static str),
    /// It is longer than messages are, contains what ends them, or is empty where nothing does.
    PingIsNoMessage,
    /// A peer would count as gone before it was asked.
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
    /// Whether it can be spoken.
    ///
    /// # Errors
    /// What is wrong with it.
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
            Some(framing) => framing.envelope(&ping.message, None).is_ok(),
            None => !ping.message.is_empty(),
        };
        if is_message { Ok(()) } else { Err(ProtocolError::PingIsNoMessage) }
    }

    /// Whether `read`, a message or, without framing, the bytes of one read, answers a ping. Where the owner of a connection finds
    /// messages, it asks [`Protocol::is_pong`] itself.
    pub(crate) fn drops(&self, read: &[u8]) -> bool {
        !self.owner_finds_messages() && self.is_pong(read)
    }

    /// Whether reads count as activity: those in which the owner finds messages may hold nothing but answers to pings.
    pub(crate) fn counts_reads(&self) -> bool {
        !(self.owner_finds_messages() && self.ping.as_ref().is_some_and(|ping| ping.pong.is_some()))
    }

    /// Whether the owner of a connection finds messages.
    fn owner_finds_messages(&self) -> bool {
        self.framing.as_ref().is_some_and(|framing| framing.custom_limit_bytes().is_some())
    }

    /// Whether `message` of the peer answers a ping, and says nothing else.
    pub(crate) fn is_pong(&self, message: &[u8]) -> bool {
        match self.ping.as_ref().and_then(|ping| ping.pong.as_ref()) {
            Some(Pong::Prefix(prefix)) => message.starts_with(prefix),
            Some(Pong::Whole(whole)) => message == whole,
            None => false,
        }
    }

    /// Whether frames may come between messages that their sender did not send.
    pub(crate) fn has_control_frames(&self) -> bool {
        self.is_typed() || self.ping.is_some()
    }

    /// Whether a connection has something to do at some time, whatever happens to it.
    pub(crate) fn has_timers(&self) -> bool {
        self.has_control_frames() || self.idle_timeout.is_some()
    }

    /// Whether frames begin with a type byte, and a handshake comes first.
    pub(crate) fn is_typed(&self) -> bool {
        self.typed_feature().is_some()
    }

    /// Whether an owner may read by itself: where it is busy, typed frames still have to be answered, and messages that nothing but
    /// time tells apart to be taken one by one.
    pub(crate) fn lets_owner_read(&self) -> bool {
        !self.has_control_frames() && self.framing.as_ref().and_then(Framing::idle_gap).is_none()
    }

    /// What needs typed frames, if something does.
    fn typed_feature(&self) -> Option<&'static str> {
        if self.heartbeat.is_some() && self.ping.is_none() {
            Some("heartbeat")
        } else if self.acknowledge {
            Some("acknowledge")
        } else {
            self.key.as_ref().map(|_| "admission")
        }
    }

    /// Whether connections are encrypted, which a key has them be.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.key.is_some()
    }

    /// What the handshake has to agree on, where there is one.
    pub(crate) fn terms(&self) -> Terms {
        Terms {
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
