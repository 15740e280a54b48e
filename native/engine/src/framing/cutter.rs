//! Where the first frame of a buffer is.

use bytes::BytesMut;

use super::{Framing, FramingError, Layout, delimiter};

/// Where a frame is, and the message in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// Where what its checksum covers begins.
    pub(super) frame: usize,
    /// Where the message begins.
    pub(super) start: usize,
    /// Where message and checksum end.
    pub(super) end: usize,
    /// Where the next frame may begin.
    pub(super) next: usize,
}

/// What is known of the bytes of a buffer whose first frame is not whole.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scan {
    /// Bytes at the front that are not looked at again.
    pub(super) done: usize,
    /// Whether the end of the frame before is the start of this one.
    pub(super) is_open: bool,
    /// Whether something is escaped in it that never is.
    pub(super) is_corrupt: bool,
}

impl Framing {
    /// The first frame of `buffer`, whose message and checksum are not above `limit_bytes`; `None` while it is not whole.
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
            // Time tells, or the owner.
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
