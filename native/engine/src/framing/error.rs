//! Errors of encoding and decoding frames.

use crate::noise::RecordError;

/// Reason why bytes are not a frame, or a message cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FramingError {
    /// The message is longer than the framing allows.
    TooLong {
        /// Longest allowed message.
        limit_bytes: usize,
    },
    /// The peer would decode another message.
    /// This one has a wrong length, or contains the delimiter.
    Ambiguous,
    /// The frame has an unknown type, or its content does not fit its type or length.
    Malformed,
    /// A record is not authentic at this position of the stream: it was changed in transit.
    Forged,
}

impl FramingError {
    /// Returns the errno that represents this error.
    pub(crate) fn errno(self) -> i32 {
        match self {
            Self::TooLong { .. } => libc::EMSGSIZE,
            Self::Ambiguous => libc::EINVAL,
            Self::Malformed => libc::EPROTO,
            Self::Forged => libc::EBADMSG,
        }
    }
}

impl From<RecordError> for FramingError {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Length | RecordError::Forged => Self::Forged,
        }
    }
}
