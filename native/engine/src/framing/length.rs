//! Messages with their length before them.

use bytes::{Buf, BufMut};
use tokio_util::codec::LengthDelimitedCodec;

use super::FramingOptionsError;

/// Longest length prefix.
pub(crate) const PREFIX_MAX_BYTES: usize = 4;

/// Each message has its length before it: an unsigned number of 1, 2 or 4 bytes that does not count itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LengthFraming {
    width_bytes: usize,
    little_endian: bool,
    max_message_bytes: usize,
}

impl LengthFraming {
    pub(super) fn new(
        width_bytes: usize,
        little_endian: bool,
        max_message_bytes: usize,
    ) -> Result<Self, FramingOptionsError> {
        if !matches!(width_bytes, 1 | 2 | 4) {
            return Err(FramingOptionsError::Width);
        }
        let max_message_bytes = FramingOptionsError::check_max_message(max_message_bytes, greatest(width_bytes))?;
        Ok(Self { width_bytes, little_endian, max_message_bytes })
    }

    /// Bytes of the length.
    pub(crate) fn width_bytes(&self) -> usize {
        self.width_bytes
    }

    /// Longest message; in a typed stream the type byte has its place in the length too.
    pub(super) fn limit_bytes(&self, typed: bool) -> usize {
        self.max_message_bytes.min(greatest(self.width_bytes) - usize::from(typed))
    }

    /// Writes the length `body_bytes`, which the width must be able to say.
    pub(super) fn put_length(&self, body_bytes: usize, to: &mut impl BufMut) {
        if self.little_endian {
            to.put_uint_le(body_bytes as u64, self.width_bytes);
        } else {
            to.put_uint(body_bytes as u64, self.width_bytes);
        }
    }

    /// Reads a length; `from` has at least its bytes.
    pub(crate) fn get_length(&self, from: &mut impl Buf) -> u64 {
        if self.little_endian { from.get_uint_le(self.width_bytes) } else { from.get_uint(self.width_bytes) }
    }

    /// Takes frames of at most `body_max_bytes` apart. Leaves the length before each of them, so that the buffer is
    /// empty between two frames and at no other time.
    pub(super) fn codec(&self, body_max_bytes: usize) -> LengthDelimitedCodec {
        let mut builder = LengthDelimitedCodec::builder();
        builder.length_field_length(self.width_bytes).max_frame_length(body_max_bytes);
        builder.length_adjustment(self.width_bytes as isize).num_skip(0);
        if self.little_endian {
            builder.little_endian();
        }
        builder.new_codec()
    }
}

/// The greatest number of `width_bytes` bytes.
fn greatest(width_bytes: usize) -> usize {
    usize::MAX >> (usize::BITS - 8 * width_bytes as u32)
}
