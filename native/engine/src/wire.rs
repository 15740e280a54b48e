//! Frames of a typed stream, and their encoding.

use bytes::{Buf, Bytes};

/// Longest frame without data, including its type byte.
pub(crate) const CONTROL_MAX_BYTES: usize = 1 + size_of::<u64>();

/// Type of a frame: its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// A message.
    Data = 0x00,
    /// Asks for a `Pong`.
    Ping = 0x01,
    /// Answers a `Ping`.
    Pong = 0x02,
    /// Number of messages received in the session so far.
    Acknowledge = 0x03,
    /// Announces the end of the stream, which follows: it is intended.
    Bye = 0x04,
    /// Starts the handshake.
    Hello = 0x10,
    /// The server's reply to `Hello`.
    Challenge = 0x11,
    /// The client's proof, and the session to resume.
    Proof = 0x12,
    /// The server's proof, and the session.
    Welcome = 0x13,
    /// The server rejects the client, for this reason.
    Refused = 0x14,
}

impl Kind {
    /// Returns the type byte.
    pub(crate) const fn byte(self) -> u8 {
        self as u8
    }

    fn from_byte(byte: u8) -> Option<Self> {
        [Self::Data, Self::Ping, Self::Pong, Self::Acknowledge, Self::Bye].into_iter().find(|kind| kind.byte() == byte)
    }
}

/// A frame after the handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// A message.
    Data(Bytes),
    /// Must be answered with `Pong` at once.
    Ping,
    /// Answer to a ping.
    Pong,
    /// Number of messages that the peer has received in the session so far.
    Acknowledge(u64),
    /// The end of the stream, which follows, is intended.
    Bye,
    /// Bytes with a wrong checksum; typed streams have no checksums.
    Corrupt(Bytes),
}

impl Frame {
    /// Parses a frame from a typed [`Decoder`](crate::framing::Decoder).
    /// The type byte and the content.
    ///
    /// Returns `None` for an unknown type or invalid content.
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
