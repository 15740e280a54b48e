//! The frames of a typed stream: what each one says, and how.

use bytes::{Buf, Bytes};

/// Longest frame that carries no data, its type byte included.
pub(crate) const CONTROL_MAX_BYTES: usize = 1 + size_of::<u64>();

/// What a frame is for: its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// A message.
    Data = 0x00,
    /// Asks for a `Pong`.
    Ping = 0x01,
    /// Says that this side lives.
    Pong = 0x02,
    /// Says how many messages this side has received in the session so far.
    Acknowledge = 0x03,
    /// Says that the end of the stream, which follows, is meant.
    Bye = 0x04,
    /// Opens the handshake.
    Hello = 0x10,
    /// The server's answer to `Hello`.
    Challenge = 0x11,
    /// The client's proof, and the session that it comes back to.
    Proof = 0x12,
    /// The server's proof, and the session that is entered.
    Welcome = 0x13,
    /// The server does not want this client; why.
    Refused = 0x14,
}

impl Kind {
    /// The type byte.
    pub(crate) const fn byte(self) -> u8 {
        self as u8
    }

    fn from_byte(byte: u8) -> Option<Self> {
        [Self::Data, Self::Ping, Self::Pong, Self::Acknowledge, Self::Bye].into_iter().find(|kind| kind.byte() == byte)
    }
}

/// A frame that comes after the handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// A message.
    Data(Bytes),
    /// To be answered with `Pong` at once.
    Ping,
    /// The peer lives.
    Pong,
    /// So many messages has the peer received in the session so far.
    Acknowledge(u64),
    /// The end of the stream, which follows, is meant.
    Bye,
    /// Bytes with a wrong checksum, which no typed stream has.
    Corrupt(Bytes),
}

impl Frame {
    /// Reads what a typed [`Decoder`](crate::framing::Decoder) took out of a stream: the type byte and what follows. `None`
    /// for what is no frame of a known kind.
    pub(crate) fn parse(mut frame: Bytes) -> Option<Self> {
        let kind = frame.try_get_u8().ok().and_then(Kind::from_byte)?;
        let parsed = match kind {
            Kind::Data => return Some(Self::Data(frame)),
            Kind::Ping => Self::Ping,
            Kind::Pong => Self::Pong,
            Kind::Acknowledge => Self::Acknowledge(frame.try_get_u64().ok()?),
            Kind::Bye => Self::Bye,
            _ => return None,
        };
        frame.is_empty().then_some(parsed)
    }
}

#[cfg(test)]
pub(crate) mod tests;
