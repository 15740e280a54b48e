//! What a message gets around it on the wire.

use std::borrow::Cow;

use bytes::{Bytes, BytesMut};

use super::checksum::ChecksumBytes;
use super::delimiter;
use super::error::FramingError;
use super::layout::{Framing, Layout};
use super::piece::Piece;
use crate::wire::Kind;

/// A message with what goes before and behind it.
#[derive(Clone, Debug)]
pub(crate) struct Envelope<'a> {
    head: Piece,
    body: Cow<'a, [u8]>,
    tail: Piece,
}

impl Framing {
    /// What goes before and behind `message`; with a `kind` in a typed stream. Fails on a message that the peer could
    /// not read back as it is.
    pub(crate) fn envelope<'a>(&self, message: &'a [u8], kind: Option<Kind>) -> Result<Envelope<'a>, FramingError> {
        let limit_bytes = self.limit_bytes(kind.is_some());
        if message.len() > limit_bytes {
            return Err(FramingError::TooLong { limit_bytes });
        }
        Envelope::new(self, message, kind)
    }

    /// A whole frame of `kind` with `fields`, which every width of a length can say. For typed streams, and for all but data,
    /// whose limit this does not check.
    pub(crate) fn control_frame(&self, kind: Kind, fields: &[u8]) -> Bytes {
        let mut frame = BytesMut::new();
        if let Ok(envelope) = Envelope::new(self, fields, Some(kind)) {
            envelope.parts().iter().for_each(|part| frame.extend_from_slice(part));
        }
        frame.freeze()
    }
}

impl<'a> Envelope<'a> {
    /// Does not check that the message is short enough, but that its length can be said and that its end will be found.
    pub(super) fn new(framing: &Framing, message: &'a [u8], kind: Option<Kind>) -> Result<Self, FramingError> {
        let (mut head, mut body, mut tail) = (Piece::default(), Cow::Borrowed(message), Piece::default());
        let checksum_bytes = framing.checksum_bytes();
        if let Layout::Length(options) = &framing.layout {
            if options.whole_frames {
                options.check_frame(message, checksum_bytes)?;
            } else {
                options.put_header(message.len() + usize::from(kind.is_some()) + checksum_bytes, &mut head)?;
            }
            kind.into_iter().for_each(|kind| head.put(&[kind.byte()]));
        }
        let sum = framing.checksum.map_or(ChecksumBytes::NONE, |checksum| checksum.of(&[head.as_slice(), message]));
        match &framing.layout {
            Layout::Fixed(bytes) if *bytes != message.len() => return Err(FramingError::Ambiguous),
            Layout::Delimiter(list) if delimiter::is_cut(list, message) => return Err(FramingError::Ambiguous),
            Layout::Delimiter(list) => list.first().into_iter().for_each(|delimiter| tail.put(delimiter)),
            Layout::Markers(markers) => {
                body = markers.wrap(message, sum.as_slice())?;
                head.put(&markers.start);
                tail.put(&markers.end);
            }
            Layout::Length(_) | Layout::Fixed(_) | Layout::IdleGap(_) | Layout::Custom => tail.put(sum.as_slice()),
        }
        Ok(Self { head, body, tail })
    }

    /// What goes before the message, the message itself, and what goes behind it.
    pub(crate) fn parts(&self) -> [&[u8]; 3] {
        [self.head.as_slice(), &self.body, self.tail.as_slice()]
    }
}
