//! Frame layouts.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::checksum::Checksum;
use super::delimiter;
use super::length::{LengthField, LengthOptions};
use super::markers::Markers;
use super::options_error::FramingOptionsError;
use crate::limits::{DELIMITERS_LIMIT, MESSAGE_BYTES, MESSAGE_LIMIT_BYTES};

/// Message framing; must be the same on both sides of a connection.
///
/// ```
/// use std::sync::Arc;
/// use socket_engine::{Framing, Layout, LengthField, LengthOptions};
///
/// // Modbus/TCP: the length is after four bytes of the header; the listener gets the header, too.
/// let field = LengthField::Fixed { width_bytes: 2, little_endian: false };
/// let length = LengthOptions { offset: 4, strip_header: false, whole_frames: true, ..LengthOptions::new(field) };
/// let modbus = Framing::new(Layout::Length(length), None, Some(260))?;
///
/// // Lines.
/// let lines = Framing::new(Layout::Delimiter(Arc::new(["\r\n".into(), "\n".into()])), None, None)?;
/// # assert_ne!(modbus, lines);
/// # Ok::<(), socket_engine::FramingOptionsError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Framing {
    pub(super) layout: Layout,
    pub(super) checksum: Option<Checksum>,
    max_message_bytes: usize,
}

/// Frame layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Each message follows its length.
    Length(LengthOptions),
    /// Each message has this many bytes.
    Fixed(usize),
    /// Each message ends with one of these delimiters of 1 to 64 bytes.
    /// Sent messages end with the first one.
    Delimiter(Arc<[Bytes]>),
    /// Each message is between two markers.
    Markers(Markers),
    /// A message ends when no bytes have arrived for this time.
    IdleGap(Duration),
    /// The owner of the connection finds messages.
    /// It receives the bytes of each read, and sends complete frames.
    Custom,
}

impl Framing {
    /// Creates a framing of `layout`, with `checksum` after each message.
    ///
    /// `max_message_bytes` is 1 to the limit of the layout, at most [`MESSAGE_LIMIT_BYTES`]; the default is the limit of the layout,
    /// at most [`MESSAGE_BYTES`]. In a typed stream the length field also counts the type byte, so the longest message there is one
    /// byte shorter than the limit of the field.
    ///
    /// # Errors
    /// Returns the invalid option, or two options that exclude each other.
    pub fn new(
        layout: Layout,
        checksum: Option<Checksum>,
        max_message_bytes: Option<usize>,
    ) -> Result<Self, FramingOptionsError> {
        layout.check(checksum.is_some(), max_message_bytes.is_some())?;
        let mut framing = Self { layout, checksum, max_message_bytes: MESSAGE_LIMIT_BYTES };
        let limit_bytes = framing.layout_limit_bytes().min(MESSAGE_LIMIT_BYTES);
        let wanted_bytes = match framing.layout {
            Layout::Fixed(_) => limit_bytes,
            _ => max_message_bytes.unwrap_or(limit_bytes.min(MESSAGE_BYTES)),
        };
        if wanted_bytes == 0 || wanted_bytes > limit_bytes {
            return Err(FramingOptionsError::Range { option: "maxMessageBytes", least: 1, most: limit_bytes });
        }
        framing.max_message_bytes = wanted_bytes;
        Ok(framing)
    }

    /// Creates a framing with a length of `width_bytes`, which does not count itself.
    ///
    /// # Errors
    /// As [`Framing::new`].
    pub fn length(
        width_bytes: usize,
        little_endian: bool,
        max_message_bytes: usize,
    ) -> Result<Self, FramingOptionsError> {
        let options = LengthOptions::new(LengthField::Fixed { width_bytes, little_endian });
        Self::new(Layout::Length(options), None, Some(max_message_bytes))
    }

    /// Creates a framing with `delimiter` after each message.
    /// `max_message_bytes` does not count it.
    ///
    /// # Errors
    /// As [`Framing::new`].
    pub fn delimiter(delimiter: Bytes, max_message_bytes: usize) -> Result<Self, FramingOptionsError> {
        Self::new(Layout::Delimiter(Arc::new([delimiter])), None, Some(max_message_bytes))
    }

    /// Returns the length field of frames that consist of a length and a message only.
    ///
    /// # Errors
    /// The name of an option that adds something else.
    pub(crate) fn plain_length(&self) -> Result<LengthField, &'static str> {
        match &self.layout {
            Layout::Length(_) if self.checksum.is_some() => Err("checksum"),
            Layout::Length(options) => options.plain(),
            _ => Err("type"),
        }
    }

    /// Returns the limit of messages, if the owner of the connection finds them.
    pub fn custom_limit_bytes(&self) -> Option<usize> {
        (self.layout == Layout::Custom).then_some(self.max_message_bytes)
    }

    /// Returns the idle gap that ends a message, if the layout has one.
    pub(crate) fn idle_gap(&self) -> Option<Duration> {
        match self.layout {
            Layout::IdleGap(gap) => Some(gap),
            _ => None,
        }
    }

    /// Longest allowed message.
    pub(super) fn limit_bytes(&self, typed: bool) -> usize {
        self.max_message_bytes.min(self.layout_limit_bytes() - usize::from(typed))
    }

    /// Longest message that the layout can express.
    fn layout_limit_bytes(&self) -> usize {
        match &self.layout {
            Layout::Length(options) => options.limit_bytes(self.checksum_bytes()),
            Layout::Fixed(bytes) => *bytes,
            _ => usize::MAX,
        }
    }

    pub(super) fn checksum_bytes(&self) -> usize {
        self.checksum.map_or(0, Checksum::len)
    }
}

impl Layout {
    fn check(&self, has_checksum: bool, has_limit: bool) -> Result<(), FramingOptionsError> {
        match self {
            Self::Length(options) => options.check(),
            Self::Fixed(_) if has_limit => Err(FramingOptionsError::Conflict("maxMessageBytes", "messageBytes")),
            Self::Fixed(bytes) => FramingOptionsError::check("messageBytes", *bytes, 1..=MESSAGE_LIMIT_BYTES),
            // A checksum may contain the delimiter.
            Self::Delimiter(_) if has_checksum => Err(FramingOptionsError::Conflict("checksum", "delimiter")),
            Self::Delimiter(list) => {
                FramingOptionsError::check("delimiter", list.len(), 1..=DELIMITERS_LIMIT)?;
                delimiter::check(list)
            }
            Self::Markers(markers) => markers.check(has_checksum),
            Self::Custom if has_checksum => Err(FramingOptionsError::Conflict("checksum", "type 'custom'")),
            Self::IdleGap(_) | Self::Custom => Ok(()),
        }
    }
}
