//! Why a framing refuses bytes.

use crate::noise::RecordError;

/// Why bytes are no frame, or a message cannot become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FramingError {
    /// The message is longer than the framing allows.
    TooLong {
        /// Longest message.
        limit_bytes: usize,
    },
    /// The peer would take another message for it: it contains the delimiter or has a wrong length, for one.
    Ambiguous,
    /// The frame is of an unknown kind, or its content is not what its kind or its length says.
    Malformed,
    /// A record was not encrypted by the peer in this place: somebody has changed what it sent.
    Forged,
}

impl FramingError {
    /// The error number that says it.
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
