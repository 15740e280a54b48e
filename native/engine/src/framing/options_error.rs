//! What is wrong with the options of a framing.

use std::fmt;

use crate::limits::{DELIMITER_LIMIT_BYTES, MESSAGE_LIMIT_BYTES};

/// Why there can be no such framing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FramingOptionsError {
    /// The length has neither 1, 2 nor 4 bytes.
    Width,
    /// The delimiter is empty or longer than [`DELIMITER_LIMIT_BYTES`].
    Delimiter,
    /// The longest message has no byte, or more than this many.
    MaxMessage {
        /// The most that is possible with the other options.
        limit_bytes: usize,
    },
}

impl FramingOptionsError {
    /// `max_message_bytes`, unless it is nothing or more than `limit_bytes` or [`MESSAGE_LIMIT_BYTES`].
    pub(super) fn check_max_message(max_message_bytes: usize, limit_bytes: usize) -> Result<usize, Self> {
        let limit_bytes = limit_bytes.min(MESSAGE_LIMIT_BYTES);
        match max_message_bytes {
            0 => Err(Self::MaxMessage { limit_bytes }),
            bytes if bytes > limit_bytes => Err(Self::MaxMessage { limit_bytes }),
            bytes => Ok(bytes),
        }
    }
}

impl fmt::Display for FramingOptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Width => f.write_str("the length has 1, 2 or 4 bytes"),
            Self::Delimiter => write!(f, "the delimiter has 1 to {DELIMITER_LIMIT_BYTES} bytes"),
            Self::MaxMessage { limit_bytes } => write!(f, "the longest message has 1 to {limit_bytes} bytes"),
        }
    }
}

impl std::error::Error for FramingOptionsError {}
