//! Messages that follow their length.

use bytes::Bytes;

use super::cut::Cut;
use super::error::FramingError;
use super::options_error::FramingOptionsError;
use super::short_bytes::{FIELD_MAX_BYTES, ShortBytes};
use crate::limits::{HEADER_LIMIT_BYTES, MESSAGE_LIMIT_BYTES};

/// Longest accepted varint: [`MESSAGE_LIMIT_BYTES`] plus all adjustments fit into 35 bits.
const VARINT_MAX_BYTES: usize = 5;

/// Lengths from here on exceed every limit, whatever is added to them.
/// Higher ones could overflow sums.
const VALUE_LIMIT: u64 = 1 << 40;

/// Encoding of a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthField {
    /// An unsigned number of 1, 2, 3, 4 or 8 bytes.
    Fixed {
        /// Number of bytes.
        width_bytes: usize,
        /// Whether the least significant byte comes first.
        little_endian: bool,
    },
    /// An unsigned LEB128 number, as in MQTT and protobuf.
    Varint,
}

/// A length field and what it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LengthOptions {
    /// Encoding of the field.
    pub field: LengthField,
    /// Bytes of the frame before the field.
    pub offset: usize,
    /// Added to the field's value; the sum is the number of bytes after the field.
    pub adjustment: isize,
    /// Whether the value also counts the field and the bytes before it.
    pub includes_header: bool,
    /// Whether received messages exclude the field and the bytes before it.
    pub strip_header: bool,
    /// Bytes to send before the field, exactly `offset` bytes; empty if whole frames are sent.
    pub header_prefix: Bytes,
    /// Whether sent messages include the field and the bytes before it.
    pub whole_frames: bool,
}

impl LengthOptions {
    /// Creates options with just `field`, which counts the message only.
    pub fn new(field: LengthField) -> Self {
        Self {
            field,
            offset: 0,
            adjustment: 0,
            includes_header: false,
            strip_header: true,
            header_prefix: Bytes::new(),
            whole_frames: false,
        }
    }

    pub(super) fn check(&self) -> Result<(), FramingOptionsError> {
        match self.field {
            LengthField::Fixed { width_bytes: 1..=4 | 8, .. } => {}
            LengthField::Fixed { .. } => {
                return Err(FramingOptionsError::Invalid { option: "lengthBytes", must: "1, 2, 3, 4 or 8" });
            }
            LengthField::Varint if self.includes_header => {
                return Err(FramingOptionsError::Conflict("includesHeader", "type 'varint'"));
            }
            LengthField::Varint => {}
        }
        FramingOptionsError::check("lengthOffset", self.offset, 0..=HEADER_LIMIT_BYTES)?;
        if self.adjustment.unsigned_abs() > MESSAGE_LIMIT_BYTES || self.limit_bytes(0) == 0 {
            return Err(FramingOptionsError::Invalid { option: "lengthAdjustment", must: "one that leaves a message" });
        }
        match (self.whole_frames, self.header_prefix.len()) {
            (true, 0) => Ok(()),
            (true, _) => Err(FramingOptionsError::Conflict("headerPrefix", "wholeFrames")),
            (false, bytes) if bytes == self.offset => Ok(()),
            (false, 0) => Err(FramingOptionsError::Needs("lengthOffset", "headerPrefix or wholeFrames")),
            (false, _) => {
                Err(FramingOptionsError::Invalid { option: "headerPrefix", must: "as long as lengthOffset says" })
            }
        }
    }

    /// Returns the field if no other option is set.
    ///
    /// # Errors
    /// The name of another option that is set.
    pub(super) fn plain(&self) -> Result<LengthField, &'static str> {
        match self.field {
            LengthField::Varint => Err("type"),
            _ if self.offset > 0 => Err("lengthOffset"),
            _ if self.adjustment != 0 => Err("lengthAdjustment"),
            _ if self.includes_header => Err("includesHeader"),
            _ if !self.strip_header => Err("stripHeader"),
            _ if self.whole_frames => Err("wholeFrames"),
            field => Ok(field),
        }
    }

    /// Longest message if `checksum_bytes` follow it.
    pub(super) fn limit_bytes(&self, checksum_bytes: usize) -> usize {
        let header_bytes = self.offset + self.field.limit_width_bytes();
        let frame = self.frame_bytes(self.field.greatest(), header_bytes);
        let rest = checksum_bytes + if self.strip_header { header_bytes } else { 0 };
        usize::try_from(frame).unwrap_or(0).saturating_sub(rest)
    }

    /// Returns the length of a frame with `value` in its field and a header of `header_bytes`.
    fn frame_bytes(&self, value: u64, header_bytes: usize) -> i64 {
        let counted = if self.includes_header { 0 } else { header_bytes };
        value.min(VALUE_LIMIT) as i64 + self.adjustment as i64 + counted as i64
    }

    /// Finds the first frame of `buffer` and its message.
    /// Returns `None` while its field is incomplete.
    ///
    /// The frame itself may be incomplete. Lengths beyond every limit all count as the same length.
    pub(super) fn find(&self, buffer: &[u8]) -> Result<Option<Cut>, FramingError> {
        let field = buffer.get(self.offset..).unwrap_or_default();
        let Some((value, width_bytes)) = self.field.read(field) else { return Ok(None) };
        let header_bytes = self.offset + width_bytes;
        let end = usize::try_from(self.frame_bytes(value, header_bytes)).map_err(|_| FramingError::Malformed)?;
        if end < header_bytes {
            return Err(FramingError::Malformed);
        }
        let start = if self.strip_header { header_bytes } else { 0 };
        Ok(Some(Cut { frame: 0, start, end, next: end }))
    }

    /// Writes the header of a message; `body_bytes` counts everything after the field.
    pub(super) fn put_header(&self, body_bytes: usize, header: &mut ShortBytes) -> Result<(), FramingError> {
        let too_long = FramingError::TooLong { limit_bytes: self.limit_bytes(0) };
        let header_bytes = self.offset + self.field.limit_width_bytes();
        let counted = if self.includes_header { header_bytes } else { 0 };
        let value = (body_bytes + counted) as i64 - self.adjustment as i64;
        let value = u64::try_from(value).map_err(|_| FramingError::Ambiguous)?;
        if value > self.field.greatest() {
            return Err(too_long);
        }
        header.put(&self.header_prefix);
        self.field.put(value, header);
        Ok(())
    }

    /// Checks that the field of `frame` has the right value.
    /// `checksum_bytes` will follow the frame.
    pub(super) fn check_frame(&self, frame: &[u8], checksum_bytes: usize) -> Result<(), FramingError> {
        match self.find(frame) {
            Ok(Some(cut)) if cut.end == frame.len() + checksum_bytes => Ok(()),
            _ => Err(FramingError::Ambiguous),
        }
    }
}

impl LengthField {
    /// Returns the bytes of the widest field; for a varint, the widest one that limits assume.
    pub(crate) fn limit_width_bytes(self) -> usize {
        match self {
            Self::Fixed { width_bytes, .. } => width_bytes,
            Self::Varint => 0,
        }
    }

    /// Greatest value.
    fn greatest(self) -> u64 {
        match self {
            Self::Fixed { width_bytes, .. } => u64::MAX >> (u64::BITS - 8 * width_bytes.clamp(1, 8) as u32),
            Self::Varint => VALUE_LIMIT,
        }
    }

    /// Reads the value at the front of `bytes`, and returns it with its length.
    /// `None` while bytes are missing.
    pub(crate) fn read(self, bytes: &[u8]) -> Option<(u64, usize)> {
        let append = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        match self {
            Self::Fixed { width_bytes, little_endian } => {
                let bytes = bytes.get(..width_bytes)?.iter();
                let value = if little_endian { bytes.rev().fold(0, append) } else { bytes.fold(0, append) };
                Some((value, width_bytes))
            }
            Self::Varint => {
                let count = bytes.iter().take(VARINT_MAX_BYTES).position(|byte| byte & 0x80 == 0);
                match count {
                    Some(last) => {
                        let bytes = bytes.get(..=last)?.iter().rev();
                        Some((bytes.fold(0, |value, byte| value << 7 | u64::from(byte & 0x7f)), last + 1))
                    }
                    None if bytes.len() < VARINT_MAX_BYTES => None,
                    None => Some((VALUE_LIMIT, VARINT_MAX_BYTES)),
                }
            }
        }
    }

    /// Writes `value`, which must not exceed the greatest value.
    fn put(self, value: u64, to: &mut ShortBytes) {
        match self {
            Self::Fixed { width_bytes, little_endian: true } => {
                to.put(value.to_le_bytes().get(..width_bytes).unwrap_or_default());
            }
            Self::Fixed { width_bytes, .. } => {
                to.put(value.to_be_bytes().get(FIELD_MAX_BYTES - width_bytes..).unwrap_or_default());
            }
            Self::Varint => {
                let mut rest = value;
                while rest >= 0x80 {
                    to.put(&[rest as u8 | 0x80]);
                    rest >>= 7;
                }
                to.put(&[rest as u8]);
            }
        }
    }
}
