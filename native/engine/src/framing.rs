//! Where a message begins and ends in a stream of bytes.

mod decoder;
mod delimiter;
mod envelope;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod length;
mod options_error;

use bytes::{Bytes, BytesMut};

pub(crate) use decoder::Decoder;
pub use delimiter::DelimiterFraming;
pub(crate) use envelope::Envelope;
pub use length::LengthFraming;
pub(crate) use length::PREFIX_MAX_BYTES;
pub use options_error::FramingOptionsError;

use crate::wire::Kind;

/// How messages are told apart. Both sides of a connection have the same one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Each message has its length before it.
    Length(LengthFraming),
    /// Each message has a delimiter behind it.
    Delimiter(DelimiterFraming),
}

impl Framing {
    /// Messages with a length of `width_bytes` (1, 2 or 4) before them.
    ///
    /// `max_message_bytes` goes from 1 to what the width can say, and not beyond [`MESSAGE_LIMIT_BYTES`]. In a typed
    /// stream the length counts the type byte as well, so that the longest message there has one byte less than the
    /// width can say.
    ///
    /// [`MESSAGE_LIMIT_BYTES`]: crate::limits::MESSAGE_LIMIT_BYTES
    pub fn length(
        width_bytes: usize,
        little_endian: bool,
        max_message_bytes: usize,
    ) -> Result<Self, FramingOptionsError> {
        LengthFraming::new(width_bytes, little_endian, max_message_bytes).map(Self::Length)
    }

    /// Messages with `delimiter` (1 to 64 bytes) behind them. `max_message_bytes` does not count it, and goes from 1 to
    /// [`MESSAGE_LIMIT_BYTES`].
    ///
    /// [`MESSAGE_LIMIT_BYTES`]: crate::limits::MESSAGE_LIMIT_BYTES
    pub fn delimiter(delimiter: Bytes, max_message_bytes: usize) -> Result<Self, FramingOptionsError> {
        DelimiterFraming::new(delimiter, max_message_bytes).map(Self::Delimiter)
    }

    /// What goes before and behind `message`; with a `kind` in a typed stream. Fails on a message that the peer could
    /// not read back as it is.
    pub(crate) fn envelope(&self, message: &[u8], kind: Option<Kind>) -> Result<Envelope, FramingError> {
        let limit_bytes = self.limit_bytes(kind.is_some());
        if message.len() > limit_bytes {
            return Err(FramingError::TooLong { limit_bytes });
        }
        match self {
            Self::Delimiter(framing) if framing.is_cut_in(message) => Err(FramingError::ContainsDelimiter),
            _ => Ok(Envelope::new(self, message.len(), kind)),
        }
    }

    /// A whole frame of `kind` with `fields`, which every width of a length can say. For all but data, whose limit this
    /// does not check.
    pub(crate) fn control_frame(&self, kind: Kind, fields: &[u8]) -> Bytes {
        let envelope = Envelope::new(self, fields.len(), Some(kind));
        let mut frame = BytesMut::from(envelope.head());
        frame.extend_from_slice(fields);
        frame.extend_from_slice(&envelope.tail());
        frame.freeze()
    }

    /// Longest message.
    fn limit_bytes(&self, typed: bool) -> usize {
        match self {
            Self::Length(framing) => framing.limit_bytes(typed),
            Self::Delimiter(framing) => framing.max_message_bytes(),
        }
    }
}

/// Why bytes are no frame, or a message cannot become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FramingError {
    /// The message is longer than the framing allows.
    TooLong {
        /// Longest message.
        limit_bytes: usize,
    },
    /// The peer would find the delimiter before the message's end.
    ContainsDelimiter,
    /// The frame is of an unknown kind, or its content is not what its kind says.
    Malformed,
}

impl FramingError {
    /// The error number that says it.
    pub(crate) fn errno(self) -> i32 {
        match self {
            Self::TooLong { .. } => libc::EMSGSIZE,
            Self::ContainsDelimiter => libc::EINVAL,
            Self::Malformed => libc::EPROTO,
        }
    }
}

#[cfg(test)]
mod tests;
