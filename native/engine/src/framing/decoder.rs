//! Decodes messages from a byte stream.

use bytes::{Buf, Bytes, BytesMut};

use super::cut::{Cut, Scan};
use super::error::FramingError;
use super::layout::{Framing, Layout};
use crate::wire::{CONTROL_MAX_BYTES, Kind};

/// Content of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// A message.
    Message(Bytes),
    /// Bytes with a wrong checksum, which is included, or with an invalid escape sequence.
    Corrupt(Bytes),
}

impl Decoded {
    /// Returns the bytes of the frame.
    pub fn bytes(&self) -> &Bytes {
        let (Self::Message(bytes) | Self::Corrupt(bytes)) = self;
        bytes
    }
}

/// Decodes the frames of one direction of one connection.
pub(crate) struct Decoder {
    framing: Framing,
    limit_bytes: usize,
    typed: bool,
    scan: Scan,
}

impl Decoder {
    /// Creates a decoder for `framing`; if `typed`, frames begin with a type byte.
    pub(crate) fn new(framing: &Framing, typed: bool) -> Self {
        Self { framing: framing.clone(), limit_bytes: framing.limit_bytes(typed), typed, scan: Scan::default() }
    }

    /// Removes the next message from the front of `buffer`, with its type byte in a typed stream.
    ///
    /// Returns `None` while the message is incomplete; `buffer` then keeps its first part, and is empty only between two frames.
    /// Call it until it returns `None` before reading more: the rest in `buffer` is then shorter than the longest frame. After an
    /// error the stream cannot be decoded any further.
    pub(crate) fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Decoded>, FramingError> {
        if buffer.is_empty() {
            return Ok(None);
        }
        if self.framing.layout == Layout::Custom {
            return Ok(Some(Decoded::Message(buffer.split().freeze())));
        }
        let limit_bytes = self.limit_bytes;
        let too_long = FramingError::TooLong { limit_bytes };
        // Control frames have a limit of their own.
        let body_bytes = if self.typed { CONTROL_MAX_BYTES.max(limit_bytes + 1) } else { limit_bytes };
        let most_bytes = body_bytes + self.framing.checksum_bytes();
        let cut = self.framing.cut(buffer, &mut self.scan, most_bytes).map_err(|error| match error {
            FramingError::TooLong { .. } => too_long,
            error => error,
        })?;
        let Some(cut) = cut else { return Ok(None) };
        let decoded = self.take(buffer, cut);
        if self.is_too_long(decoded.bytes()) { Err(too_long) } else { Ok(Some(decoded)) }
    }

    /// Returns the length of the frame that `start` begins if it has a length field, otherwise 0.
    pub(crate) fn frame_bytes(&self, start: &[u8]) -> usize {
        match &self.framing.layout {
            Layout::Length(options) => options.find(start).ok().flatten().map_or(0, |cut| cut.next),
            _ => 0,
        }
    }

    /// Removes all of `buffer` as the last message, if an idle gap ends messages.
    /// Otherwise, or if it is empty, returns `None`.
    pub(crate) fn finish(&mut self, buffer: &mut BytesMut) -> Option<Decoded> {
        let end = buffer.len();
        let ends = matches!(self.framing.layout, Layout::IdleGap(_)) && end > 0;
        ends.then(|| self.take(buffer, Cut { frame: 0, start: 0, end, next: end }))
    }

    /// Removes the frame at `cut` from `buffer`.
    fn take(&mut self, buffer: &mut BytesMut, cut: Cut) -> Decoded {
        let is_corrupt = std::mem::take(&mut self.scan.is_corrupt) || !self.is_intact(buffer, cut);
        let start = if is_corrupt { cut.frame } else { cut.start };
        buffer.advance(start);
        let mut taken = buffer.split_to(cut.end - start);
        buffer.advance(cut.next - cut.end);
        if is_corrupt {
            return Decoded::Corrupt(taken.freeze());
        }
        taken.truncate(taken.len() - self.framing.checksum_bytes());
        Decoded::Message(taken.freeze())
    }

    /// Returns whether the checksum of the frame at `cut` is correct.
    fn is_intact(&self, buffer: &[u8], cut: Cut) -> bool {
        let Some(checksum) = self.framing.checksum else { return true };
        let Some(sum_start) = cut.end.checked_sub(checksum.len()).filter(|start| *start >= cut.start) else {
            return false;
        };
        let covered = buffer.get(cut.frame..sum_start).unwrap_or_default();
        buffer.get(sum_start..cut.end) == Some(checksum.of(&[covered]).as_slice())
    }

    /// Returns whether a frame within the limit of control frames exceeds the limit of messages.
    fn is_too_long(&self, frame: &[u8]) -> bool {
        self.typed && frame.first() == Some(&Kind::Data.byte()) && frame.len() > self.limit_bytes + 1
    }
}
