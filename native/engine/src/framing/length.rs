//! Messages with their length before them.

use bytes::Bytes;

use super::cut::Cut;
use super::error::FramingError;
use super::options_error::FramingOptionsError;
use super::piece::{FIELD_MAX_BYTES, Piece};
use crate::limits::{HEADER_LIMIT_BYTES, MESSAGE_LIMIT_BYTES};

/// Longest varint that is read: [`MESSAGE_LIMIT_BYTES`] and all that may be added to it fit into 35 bits.
const VARINT_MAX_BYTES: usize = 5;

/// Lengths from this on are beyond every limit, whatever is added to them. Above it sums could overflow.
const VALUE_LIMIT: u64 = 1 << 40;

/// The number that says how long a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthField {
    /// An unsigned number of 1, 2, 3, 4 or 8 bytes.
    Fixed {
        /// How many.
        width_bytes: usize,
        /// The least significant one comes first.
        little_endian: bool,
    },
    /// An unsigned LEB128 number, as MQTT and protobuf have it.
    Varint,
}

/// A length field, and what it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LengthOptions {
    /// The field itself.
    pub field: LengthField,
    /// Bytes of the frame before the field.
    pub offset: usize,
    /// Added to the field's number; then it counts what follows the field.
    pub adjustment: isize,
    /// The number also counts the field and what is before it.
    pub includes_header: bool,
    /// Messages are received without the field and what is before it.
    pub strip_header: bool,
    /// What is sent before the field: as many bytes as `offset` says, unless frames are sent whole.
    pub header_prefix: Bytes,
    /// Messages are sent with the field and what is before it.
    pub whole_frames: bool,
}

impl LengthOptions {
    /// Nothing but `field`, which counts the message alone.
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

    /// The field, where there is nothing else; otherwise the name of an option that says so.
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

    /// Longest message with `checksum_bytes` behind it.
    pub(super) fn limit_bytes(&self, checksum_bytes: usize) -> usize {
        let header_bytes = self.offset + self.field.limit_width_bytes();
        let frame = self.frame_bytes(self.field.greatest(), header_bytes);
        let rest = checksum_bytes + if self.strip_header { header_bytes } else { 0 };
        usize::try_from(frame).unwrap_or(0).saturating_sub(rest)
    }

    /// Bytes of the frame whose field, which ends its first `header_bytes`, says `value`.
    fn frame_bytes(&self, value: u64, header_bytes: usize) -> i64 {
        let counted = if self.includes_header { 0 } else { header_bytes };
        value.min(VALUE_LIMIT) as i64 + self.adjustment as i64 + counted as i64
    }

    /// Where the first frame of `buffer` is, and where its message begins; `None` while its field is not whole. The frame itself may
    /// not be all there. Lengths beyond every limit are all the same.
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

    /// Writes what is before a message of `body_bytes`, all that follows the field counted.
    pub(super) fn put_header(&self, body_bytes: usize, head: &mut Piece) -> Result<(), FramingError> {
        let too_long = FramingError::TooLong { limit_bytes: self.limit_bytes(0) };
        let header_bytes = self.offset + self.field.limit_width_bytes();
        let counted = if self.includes_header { header_bytes } else { 0 };
        let value = (body_bytes + counted) as i64 - self.adjustment as i64;
        let value = u64::try_from(value).map_err(|_| FramingError::Ambiguous)?;
        if value > self.field.greatest() {
            return Err(too_long);
        }
        head.put(&self.header_prefix);
        self.field.put(value, head);
        Ok(())
    }

    /// Checks that the field of `frame`, with `checksum_bytes` to follow, says how long it is.
    pub(super) fn check_frame(&self, frame: &[u8], checksum_bytes: usize) -> Result<(), FramingError> {
        match self.find(frame) {
            Ok(Some(cut)) if cut.end == frame.len() + checksum_bytes => Ok(()),
            _ => Err(FramingError::Ambiguous),
        }
    }
}

impl LengthField {
    /// Bytes of the widest number; of a varint, of the widest that is counted on.
    pub(crate) fn limit_width_bytes(self) -> usize {
        match self {
            Self::Fixed { width_bytes, .. } => width_bytes,
            Self::Varint => 0,
        }
    }

    /// The greatest number.
    fn greatest(self) -> u64 {
        match self {
            Self::Fixed { width_bytes, .. } => u64::MAX >> (u64::BITS - 8 * width_bytes.clamp(1, 8) as u32),
            Self::Varint => VALUE_LIMIT,
        }
    }

    /// The number at the front of `bytes`, and how many bytes it has; `None` while some of them are missing.
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

    /// Writes `value`, which is not above the greatest number.
    fn put(self, value: u64, to: &mut Piece) {
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
