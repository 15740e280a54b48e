//! Messages between two markers.

use std::borrow::Cow;

use bytes::{Buf, Bytes, BytesMut};
use memchr::memchr2;

use super::cut::{Cut, Scan};
use super::error::FramingError;
use super::options_error::FramingOptionsError;
use crate::limits::DELIMITER_LIMIT_BYTES;

/// What begins and what ends a message. Where both are the same, or there is no start, one marker between two messages will do, and
/// empty messages are skipped. What comes before a start is too.
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
    /// Begins a message; may be empty.
    pub start: Bytes,
    /// Ends it.
    pub end: Bytes,
    /// How bytes that could be taken for a marker are sent; otherwise no message contains the end.
    pub escape: Option<Escape>,
}

/// What is sent in place of bytes that mean something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escape {
    /// Comes before what stands for such a byte.
    pub byte: u8,
    /// Such bytes, each followed by what stands for it: `c0 dc db dd` of SLIP. `None`: the byte with bit 5 turned over stands for
    /// it, as in HDLC; that of any other byte as well.
    pub pairs: Option<Bytes>,
}

/// Bit 5, which HDLC turns over.
const TURNED_OVER: u8 = 0x20;

/// What the bytes at some place of a stream are.
enum Symbol {
    /// A byte of the message.
    Byte {
        byte: u8,
        /// How many bytes it takes.
        count: usize,
        /// It is no escape that stands for nothing.
        is_intact: bool,
    },
    /// The end of the message.
    End,
    /// The beginning of one of those.
    Unfinished,
}

impl Markers {
    pub(super) fn check(&self, has_checksum: bool) -> Result<(), FramingOptionsError> {
        FramingOptionsError::check("start", self.start.len(), 0..=DELIMITER_LIMIT_BYTES)?;
        FramingOptionsError::check("end", self.end.len(), 1..=DELIMITER_LIMIT_BYTES)?;
        let Some(escape) = &self.escape else {
            // The bytes of a checksum may be those of the end.
            return if has_checksum { Err(FramingOptionsError::Needs("checksum", "escapeByte")) } else { Ok(()) };
        };
        let end = self.end_byte();
        let escapes = |byte| match &escape.pairs {
            Some(pairs) => pairs.chunks(2).any(|pair| pair.first() == Some(&byte)),
            None => escape.byte != end,
        };
        let is_paired = escape.pairs.as_ref().is_none_or(|pairs| pairs.len() % 2 == 0);
        // The end must not begin as what stands for a byte does.
        let hides_end = end == escape.byte && self.end.get(1).is_none_or(|code| escape.byte_of(*code, end).is_some());
        if !is_paired || hides_end || !escapes(end) || !escapes(escape.byte) {
            let option = if escape.pairs.is_some() { "escapePairs" } else { "escapeByte" };
            let must = "such that neither escapeByte nor the first byte of end is left as it is";
            return Err(FramingOptionsError::Invalid { option, must });
        }
        Ok(())
    }

    /// The first frame of `buffer`, which does not contain the start any more when that is not sent for each. What is done of a frame
    /// that is not whole is what it will be.
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
        let left = buffer.len() - read;
        buffer.copy_within(read.., written);
        buffer.truncate(written + left);
        scan.done = written;
        Ok(None)
    }

    /// Whether a marker that ends a message also begins the next one.
    fn shares_marker(&self) -> bool {
        self.start.is_empty() || self.start == self.end
    }

    /// Drops what is before the start. False when that was all.
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

    /// Moves bytes that mean nothing else from `read` to `written`.
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

    /// What is between the markers: the message, and `sum` behind it.
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

    /// Where the first byte is that is escaped. The escape byte and the first one of the end always are.
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

    /// What stands for `byte`, if it is escaped.
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

impl Escape {
    /// The byte that `code` stands for.
    fn byte_of(&self, code: u8, end: u8) -> Option<u8> {
        match &self.pairs {
            Some(pairs) => {
                pairs.chunks(2).find(|pair| pair.last() == Some(&code)).and_then(|pair| pair.first().copied())
            }
            None => (code != end).then_some(code ^ TURNED_OVER),
        }
    }
}
