//! Finds the first frame of a buffer.

use bytes::BytesMut;

use super::cut::{Cut, Scan};
use super::delimiter;
use super::error::FramingError;
use super::layout::{Framing, Layout};

impl Framing {
    /// Returns the first frame of `buffer`, or `None` while it is incomplete.
    /// Message and checksum together are limited to `limit_bytes`.
    pub(super) fn cut(
        &self,
        buffer: &mut BytesMut,
        scan: &mut Scan,
        limit_bytes: usize,
    ) -> Result<Option<Cut>, FramingError> {
        let too_long = FramingError::TooLong { limit_bytes };
        let cut = match &self.layout {
            Layout::Length(options) => options.find(buffer)?,
            Layout::Fixed(bytes) => {
                let end = bytes + self.checksum_bytes();
                Some(Cut { frame: 0, start: 0, end, next: end })
            }
            Layout::Delimiter(list) => delimiter::find(list, buffer, scan),
            Layout::Markers(markers) => markers.find(buffer, scan, limit_bytes)?,
            // A timer or the owner finds the end.
            Layout::IdleGap(_) | Layout::Custom => None,
        };
        match cut {
            Some(cut) if cut.end.saturating_sub(cut.start) > limit_bytes => Err(too_long),
            Some(cut) => Ok((cut.next <= buffer.len()).then_some(cut)),
            None => {
                let is_too_long = match &self.layout {
                    Layout::Delimiter(_) => scan.done > limit_bytes,
                    Layout::IdleGap(_) => buffer.len() > limit_bytes,
                    _ => false,
                };
                if is_too_long { Err(too_long) } else { Ok(None) }
            }
        }
    }
}
