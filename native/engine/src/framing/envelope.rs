//! What a message gets around it on the wire.

use std::borrow::Cow;

use super::checksum::ChecksumBytes;
use super::length::FIELD_MAX_BYTES;
use super::{Framing, FramingError, Layout, delimiter};
use crate::limits::{DELIMITER_LIMIT_BYTES, HEADER_LIMIT_BYTES};
use crate::wire::Kind;

/// A header with its field and the type byte, two delimiters, or a checksum with all its bytes escaped and a marker.
const PIECE_MAX_BYTES: usize = const {
    let header = HEADER_LIMIT_BYTES + FIELD_MAX_BYTES + 1;
    let delimiters = 2 * DELIMITER_LIMIT_BYTES;
    if header > delimiters { header } else { delimiters }
};

/// Few bytes, which need no memory of their own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    bytes: [u8; PIECE_MAX_BYTES],
    count: usize,
}

/// A message with what goes before and behind it.
#[derive(Clone, Debug)]
pub(crate) struct Envelope<'a> {
    head: Piece,
    body: Cow<'a, [u8]>,
    tail: Piece,
}

impl Default for Piece {
    fn default() -> Self {
        Self { bytes: [0; PIECE_MAX_BYTES], count: 0 }
    }
}

impl Piece {
    /// Adds `bytes`, for which there is room.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        let end = self.count + bytes.len();
        debug_assert!(end <= PIECE_MAX_BYTES, "{end} bytes");
        if let Some(place) = self.bytes.get_mut(self.count..end) {
            place.copy_from_slice(bytes);
            self.count = end;
        }
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.count).unwrap_or_default()
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
                body = markers.wrap(message, sum.as_slice(), &mut head, &mut tail)?;
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
