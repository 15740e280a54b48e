//! Headers and trailers of messages on the wire.

use std::borrow::Cow;

use bytes::{Bytes, BytesMut};

use super::checksum::ChecksumBytes;
use super::delimiter;
use super::error::FramingError;
use super::layout::{Framing, Layout};
use super::short_bytes::ShortBytes;
use crate::wire::Kind;

/// A message with its header and trailer.
#[derive(Clone, Debug)]
pub(crate) struct FrameParts<'a> {
    header: ShortBytes,
    body: Cow<'a, [u8]>,
    trailer: ShortBytes,
}

impl Framing {
    /// Builds the header and trailer of `message`, with a `kind` in a typed stream.
    ///
    /// # Errors
    /// When the peer could not decode the same message.
    pub(crate) fn frame_parts<'a>(
        &self,
        message: &'a [u8],
        kind: Option<Kind>,
    ) -> Result<FrameParts<'a>, FramingError> {
        let limit_bytes = self.limit_bytes(kind.is_some());
        if message.len() > limit_bytes {
            return Err(FramingError::TooLong { limit_bytes });
        }
        FrameParts::new(self, message, kind)
    }

    /// Builds a frame of `kind` with `fields`.
    /// Each width of the length field can express its length.
    ///
    /// For control frames of typed streams; the limit of data frames is not checked.
    pub(crate) fn control_frame(&self, kind: Kind, fields: &[u8]) -> Bytes {
        let mut frame = BytesMut::new();
        if let Ok(frame_parts) = FrameParts::new(self, fields, Some(kind)) {
            frame_parts.parts().iter().for_each(|part| frame.extend_from_slice(part));
        }
        frame.freeze()
    }
}

impl<'a> FrameParts<'a> {
    /// Checks that the length can be expressed and the end found.
    /// Does not check the message limit.
    pub(super) fn new(framing: &Framing, message: &'a [u8], kind: Option<Kind>) -> Result<Self, FramingError> {
        let (mut header, mut body, mut trailer) =
            (ShortBytes::default(), Cow::Borrowed(message), ShortBytes::default());
        let checksum_bytes = framing.checksum_bytes();
        if let Layout::Length(options) = &framing.layout {
            if options.whole_frames {
                options.check_frame(message, checksum_bytes)?;
            } else {
                options.put_header(message.len() + usize::from(kind.is_some()) + checksum_bytes, &mut header)?;
            }
            kind.into_iter().for_each(|kind| header.put(&[kind.byte()]));
        }
        let sum = framing.checksum.map_or(ChecksumBytes::NONE, |checksum| checksum.of(&[header.as_slice(), message]));
        match &framing.layout {
            Layout::Fixed(bytes) if *bytes != message.len() => return Err(FramingError::Ambiguous),
            Layout::Delimiter(list) if delimiter::is_cut(list, message) => return Err(FramingError::Ambiguous),
            Layout::Delimiter(list) => list.first().into_iter().for_each(|delimiter| trailer.put(delimiter)),
            Layout::Markers(markers) => {
                body = markers.wrap(message, sum.as_slice())?;
                header.put(&markers.start);
                trailer.put(&markers.end);
            }
            Layout::Length(_) | Layout::Fixed(_) | Layout::IdleGap(_) | Layout::Custom => trailer.put(sum.as_slice()),
        }
        Ok(Self { header, body, trailer })
    }

    /// Returns header, message and trailer.
    pub(crate) fn parts(&self) -> [&[u8]; 3] {
        [self.header.as_slice(), &self.body, self.trailer.as_slice()]
    }
}
