//! Messages out of a stream of bytes.

use bytes::{Buf, Bytes, BytesMut};

use super::cut::{Cut, Scan};
use super::error::FramingError;
use super::layout::{Framing, Layout};
use crate::wire::{CONTROL_MAX_BYTES, Kind};

/// What a frame brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// A message.
    Message(Bytes),
    /// What the checksum covers, and the checksum, which is wrong; or what is escaped as nothing is.
    Corrupt(Bytes),
}

impl Decoded {
    /// Its bytes.
    pub fn bytes(&self) -> &Bytes {
        let (Self::Message(bytes) | Self::Corrupt(bytes)) = self;
        bytes
    }
}

/// Takes the frames of one direction of one connection apart.
pub(crate) struct Decoder {
    framing: Framing,
    limit_bytes: usize,
    typed: bool,
    scan: Scan,
}

impl Decoder {
    /// For a stream of `framing`, whose frames begin with a type byte if it is `typed`.
    pub(crate) fn new(framing: &Framing, typed: bool) -> Self {
        Self { framing: framing.clone(), limit_bytes: framing.limit_bytes(typed), typed, scan: Scan::default() }
    }

    /// Takes the next message, with its type byte in a typed stream, out of the front of `buffer`. `None` when it is
    /// not all there: then `buffer` keeps what there is of it, and is empty only between two frames. Call it until
    /// then before reading more: what waits in `buffer` then is less than the longest frame. After an error the stream
    /// cannot be taken apart any more.
    pub(crate) fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Decoded>, FramingError> {
        if buffer.is_empty() {
            return Ok(None);
        }
        if self.framing.layout == Layout::Custom {
            return Ok(Some(Decoded::Message(buffer.split().freeze())));
        }
        let limit_bytes = self.limit_bytes;
        let too_long = FramingError::TooLong { limit_bytes };
        // Control frames have their own.
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

    /// Bytes of the frame that `start` begins, where a length at its front says so; 0 elsewhere.
    pub(crate) fn frame_bytes(&self, start: &[u8]) -> usize {
        match &self.framing.layout {
            Layout::Length(options) => options.find(start).ok().flatten().map_or(0, |cut| cut.next),
            _ => 0,
        }
    }

    /// Takes all of `buffer` as the last message, where time ends messages; `None` elsewhere, or where there is nothing.
    pub(crate) fn finish(&mut self, buffer: &mut BytesMut) -> Option<Decoded> {
        let end = buffer.len();
        let ends = matches!(self.framing.layout, Layout::IdleGap(_)) && end > 0;
        ends.then(|| self.take(buffer, Cut { frame: 0, start: 0, end, next: end }))
    }

    /// Takes the frame at `cut` out of `buffer`.
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

    /// Whether the checksum of the frame at `cut` is right.
    fn is_intact(&self, buffer: &[u8], cut: Cut) -> bool {
        let Some(checksum) = self.framing.checksum else { return true };
        let Some(sum_start) = cut.end.checked_sub(checksum.len()).filter(|start| *start >= cut.start) else {
            return false;
        };
        let covered = buffer.get(cut.frame..sum_start).unwrap_or_default();
        buffer.get(sum_start..cut.end) == Some(checksum.of(&[covered]).as_slice())
    }

    /// Whether a frame that is no longer than a control frame may be is too long for the data that it carries.
    fn is_too_long(&self, frame: &[u8]) -> bool {
        self.typed && frame.first() == Some(&Kind::Data.byte()) && frame.len() > self.limit_bytes + 1
    }
}
