//! Messages between two markers.

use std::borrow::Cow;
use std::ops::Range;

use bytes::{Buf, Bytes, BytesMut};
use memchr::memchr2;

use super::cut::{Cut, Scan};
use super::error::FramingError;
use super::options_error::FramingOptionsError;
use crate::limits::DELIMITER_LIMIT_BYTES;

/// Start and end markers of messages.
///
/// If both markers are equal, or the start is empty, one marker between two messages is enough, and empty messages are skipped.
/// Bytes before a start marker are skipped, too.
///
/// ```
/// use socket_engine::{Escape, Markers};
///
/// // SLIP (RFC 1055).
/// let escape = Escape { byte: 0xdb, pairs: Some([0xc0, 0xdc, 0xdb, 0xdd].as_slice().into()) };
/// let slip = Markers { start: [0xc0].as_slice().into(), end: [0xc0].as_slice().into(), escape: Some(escape) };
/// # drop(slip);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Markers {
    /// Start marker; may be empty.
    pub start: Bytes,
    /// End marker.
    pub end: Bytes,
    /// How bytes that look like a marker are escaped.
    /// Without it, messages must not contain the end marker.
    pub escape: Option<Escape>,
}

/// Escape sequences for bytes with a special meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escape {
    /// Starts an escape sequence.
    pub byte: u8,
    /// Escaped bytes, each followed by its code: `c0 dc db dd` for SLIP.
    ///
    /// `None`: the code is the byte with bit 5 inverted, as in HDLC; the peer may escape any byte like this.
    pub pairs: Option<Bytes>,
}

/// Bit 5, which HDLC inverts.
const TURNED_OVER: u8 = 0x20;

/// Meaning of the bytes at a position of a stream.
enum Symbol {
    /// A byte of the message.
    Byte {
        byte: u8,
        /// Number of bytes that it takes in the stream.
        count: usize,
        /// False for an invalid escape sequence.
        is_intact: bool,
    },
    /// The end marker.
    End,
    /// The first part of an escape sequence or a marker.
    Unfinished,
}

impl Markers {
    pub(super) fn check(&self, has_checksum: bool) -> Result<(), FramingOptionsError> {
        FramingOptionsError::check("start", self.start.len(), 0..=DELIMITER_LIMIT_BYTES)?;
        FramingOptionsError::check("end", self.end.len(), 1..=DELIMITER_LIMIT_BYTES)?;
        let Some(escape) = &self.escape else {
            // A checksum may contain the end marker.
            return if has_checksum { Err(FramingOptionsError::Needs("checksum", "escapeByte")) } else { Ok(()) };
        };
        let end = self.end_byte();
        let escapes = |byte| match &escape.pairs {
            Some(pairs) => pairs.chunks(2).any(|pair| pair.first() == Some(&byte)),
            None => escape.byte != end,
        };
        let is_paired = escape.pairs.as_ref().is_none_or(|pairs| pairs.len() % 2 == 0);
        // The end marker must not begin like an escape sequence.
        let hides_end = end == escape.byte && self.end.get(1).is_none_or(|code| escape.byte_of(*code, end).is_some());
        if !is_paired || hides_end || !escapes(end) || !escapes(escape.byte) {
            let option = if escape.pairs.is_some() { "escapePairs" } else { "escapeByte" };
            let must = "such that neither escapeByte nor the first byte of end is left as it is";
            return Err(FramingOptionsError::Invalid { option, must });
        }
        Ok(())
    }

    /// Finds the first frame of `buffer`, and removes a start marker that messages may share.
    ///
    /// In an incomplete frame, the searched part is already unescaped.
    pub(super) fn find(
        &self,
        buffer: &mut BytesMut,
        scan: &mut Scan,
        limit_bytes: usize,
    ) -> Result<Option<Cut>, FramingError> {
        let shares_marker = self.shares_marker();
        if scan.done == 0 && !scan.is_open && !self.begin(buffer, scan, shares_marker) {
            return Ok(None);
        }
        let start = if shares_marker { 0 } else { self.start.len() };
        let (mut read, mut written) = (scan.done, scan.done);
        loop {
            self.move_plain(buffer, &mut read, &mut written);
            if written - start > limit_bytes {
                return Err(FramingError::TooLong { limit_bytes });
            }
            match self.symbol(buffer.get(read..).unwrap_or_default()) {
                Symbol::Unfinished => break,
                Symbol::End if shares_marker && written == 0 => {
                    buffer.advance(read + self.end.len());
                    read = 0;
                }
                Symbol::End => {
                    scan.done = 0;
                    return Ok(Some(Cut { frame: start, start, end: written, next: read + self.end.len() }));
                }
                Symbol::Byte { byte, count, is_intact } => {
                    scan.is_corrupt |= !is_intact;
                    buffer.get_mut(written..=written).unwrap_or_default().fill(byte);
                    read += count;
                    written += 1;
                }
            }
        }
        remove_range(buffer, written..read);
        scan.done = written;
        Ok(None)
    }

    /// Returns whether one marker can end a message and start the next one.
    fn shares_marker(&self) -> bool {
        self.start.is_empty() || self.start == self.end
    }

    /// Drops bytes before the start marker. Returns false if no bytes remain.
    fn begin(&self, buffer: &mut BytesMut, scan: &mut Scan, shares_marker: bool) -> bool {
        let Some(first) = self.start.first() else {
            scan.is_open = true;
            return true;
        };
        loop {
            let noise = memchr2(*first, *first, buffer).unwrap_or(buffer.len());
            buffer.advance(noise);
            if buffer.starts_with(&self.start) {
                break;
            }
            if self.start.starts_with(buffer) {
                return false;
            }
            buffer.advance(1);
        }
        if shares_marker {
            buffer.advance(self.start.len());
            scan.is_open = true;
        } else {
            scan.done = self.start.len();
        }
        true
    }

    /// Moves ordinary bytes from `read` to `written`.
    fn move_plain(&self, buffer: &mut BytesMut, read: &mut usize, written: &mut usize) {
        let rest = buffer.get(*read..).unwrap_or_default();
        let end = self.end_byte();
        let escape = self.escape.as_ref().map_or(end, |escape| escape.byte);
        let count = memchr2(end, escape, rest).unwrap_or(rest.len());
        if read != written {
            buffer.copy_within(*read..*read + count, *written);
        }
        *read += count;
        *written += count;
    }

    fn symbol(&self, rest: &[u8]) -> Symbol {
        let Some((byte, behind)) = rest.split_first() else { return Symbol::Unfinished };
        let escape = self.escape.as_ref().filter(|escape| escape.byte == *byte);
        if let Some(escape) = escape {
            let Some(code) = behind.first() else { return Symbol::Unfinished };
            if let Some(byte) = escape.byte_of(*code, self.end_byte()) {
                return Symbol::Byte { byte, count: 2, is_intact: true };
            }
        }
        match escape {
            _ if rest.starts_with(&self.end) => Symbol::End,
            _ if self.end.starts_with(rest) => Symbol::Unfinished,
            escape => Symbol::Byte { byte: *byte, count: 1, is_intact: escape.is_none() },
        }
    }

    /// Returns the escaped bytes between the markers: the message followed by `sum`.
    pub(super) fn wrap<'a>(&self, message: &'a [u8], sum: &[u8]) -> Result<Cow<'a, [u8]>, FramingError> {
        let is_skipped = self.shares_marker() && message.is_empty() && sum.is_empty();
        let is_cut = || super::delimiter::is_cut(std::slice::from_ref(&self.end), message);
        if is_skipped || (self.escape.is_none() && is_cut()) {
            return Err(FramingError::Ambiguous);
        }
        let Some(escape) = &self.escape else { return Ok(Cow::Borrowed(message)) };
        if sum.is_empty() && self.find_special(escape, message).is_none() {
            return Ok(Cow::Borrowed(message));
        }
        let mut escaped = Vec::with_capacity(message.len() + message.len() / 8 + 2 * sum.len() + 2);
        [message, sum].into_iter().for_each(|bytes| self.push_escaped(escape, bytes, &mut escaped));
        Ok(Cow::Owned(escaped))
    }

    fn push_escaped(&self, escape: &Escape, mut rest: &[u8], to: &mut Vec<u8>) {
        while let Some((plain, behind)) = self.find_special(escape, rest).map(|place| rest.split_at(place)) {
            let Some((byte, behind)) = behind.split_first() else { break };
            to.extend_from_slice(plain);
            to.push(escape.byte);
            to.extend(self.code_of(escape, *byte));
            rest = behind;
        }
        to.extend_from_slice(rest);
    }

    /// Finds the first byte to escape.
    /// The escape byte and the first byte of the end marker are always escaped.
    fn find_special(&self, escape: &Escape, bytes: &[u8]) -> Option<usize> {
        let end = self.end_byte();
        let has_others = match &escape.pairs {
            Some(pairs) => pairs.len() > 4,
            None => self.start.first().is_some_and(|start| *start != end && *start != escape.byte),
        };
        if has_others {
            bytes.iter().position(|byte| self.code_of(escape, *byte).is_some())
        } else {
            memchr2(escape.byte, end, bytes)
        }
    }

    /// Returns the code of `byte` if it is escaped.
    fn code_of(&self, escape: &Escape, byte: u8) -> Option<u8> {
        match &escape.pairs {
            Some(pairs) => {
                pairs.chunks(2).find(|pair| pair.first() == Some(&byte)).and_then(|pair| pair.last().copied())
            }
            None => [Some(&escape.byte), self.start.first(), self.end.first()]
                .contains(&Some(&byte))
                .then_some(byte ^ TURNED_OVER),
        }
    }

    fn end_byte(&self) -> u8 {
        self.end.first().copied().unwrap_or_default()
    }
}

fn remove_range(buffer: &mut BytesMut, range: Range<usize>) {
    let length = buffer.len() - range.len();
    buffer.copy_within(range.end.., range.start);
    buffer.truncate(length);
}

impl Escape {
    /// Returns the byte whose code is `code`.
    fn byte_of(&self, code: u8, end: u8) -> Option<u8> {
        match &self.pairs {
            Some(pairs) => {
                pairs.chunks(2).find(|pair| pair.last() == Some(&code)).and_then(|pair| pair.first().copied())
            }
            None => (code != end).then_some(code ^ TURNED_OVER),
        }
    }
}
