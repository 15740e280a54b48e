//! Messages with a delimiter behind them.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem::{self, Finder};
use tokio_util::codec;

use super::FramingOptionsError;
use crate::limits::{DELIMITER_LIMIT_BYTES, MESSAGE_LIMIT_BYTES};

/// Each message has a delimiter behind it, and does not contain it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelimiterFraming {
    delimiter: Bytes,
    max_message_bytes: usize,
}

impl DelimiterFraming {
    pub(super) fn new(delimiter: Bytes, max_message_bytes: usize) -> Result<Self, FramingOptionsError> {
        if delimiter.is_empty() || delimiter.len() > DELIMITER_LIMIT_BYTES {
            return Err(FramingOptionsError::Delimiter);
        }
        let max_message_bytes = FramingOptionsError::check_max_message(max_message_bytes, MESSAGE_LIMIT_BYTES)?;
        Ok(Self { delimiter, max_message_bytes })
    }

    /// What stands behind each message.
    pub(super) fn delimiter(&self) -> &Bytes {
        &self.delimiter
    }

    /// Longest message.
    pub(super) fn max_message_bytes(&self) -> usize {
        self.max_message_bytes
    }

    /// Whether the first delimiter in `message` and the delimiter behind it begins within the message.
    pub(super) fn is_cut_in(&self, message: &[u8]) -> bool {
        memmem::find(message, &self.delimiter).is_some() || self.is_cut_at_end(message)
    }

    /// Whether the end of `message` and the beginning of the delimiter together are a delimiter.
    fn is_cut_at_end(&self, message: &[u8]) -> bool {
        (1..self.delimiter.len())
            .map(|bytes| self.delimiter.split_at(bytes))
            .any(|(start, end)| message.ends_with(start) && self.delimiter.starts_with(end))
    }

    pub(super) fn codec(&self) -> DelimiterCodec {
        DelimiterCodec {
            finder: Finder::new(&self.delimiter).into_owned(),
            max_message_bytes: self.max_message_bytes,
            searched_bytes: 0,
        }
    }
}

/// Takes delimited messages apart. Fails only on one that is too long.
pub(super) struct DelimiterCodec {
    finder: Finder<'static>,
    max_message_bytes: usize,
    /// Where no delimiter begins. A peer that sends byte by byte would have the whole message searched for each.
    searched_bytes: usize,
}

impl codec::Decoder for DelimiterCodec {
    type Item = BytesMut;
    type Error = io::Error;

    fn decode(&mut self, buffer: &mut BytesMut) -> io::Result<Option<BytesMut>> {
        let delimiter_bytes = self.finder.needle().len();
        let found = buffer.get(self.searched_bytes..).and_then(|rest| self.finder.find(rest));
        let message_bytes = match found {
            Some(position) => self.searched_bytes + position,
            // The last bytes may be the beginning of a delimiter.
            None => (buffer.len() + 1).saturating_sub(delimiter_bytes),
        };
        if message_bytes > self.max_message_bytes {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if found.is_none() {
            self.searched_bytes = message_bytes;
            return Ok(None);
        }
        self.searched_bytes = 0;
        let message = buffer.split_to(message_bytes);
        buffer.advance(delimiter_bytes);
        Ok(Some(message))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failure is the test's own")]

    use codec::Decoder;

    use super::*;

    #[test]
    fn a_peer_that_trickles_has_no_byte_searched_twice() {
        let mut codec = DelimiterFraming::new(Bytes::from_static(b"--"), 100).unwrap().codec();
        let mut buffer = BytesMut::new();
        for received in 1..=50 {
            buffer.extend_from_slice(b"x");
            assert_eq!(codec.decode(&mut buffer).unwrap(), None);
            assert_eq!(codec.searched_bytes, received - 1);
        }
        buffer.extend_from_slice(b"--y");
        assert_eq!(codec.decode(&mut buffer).unwrap().unwrap().len(), 50);
        assert_eq!((&buffer[..], codec.searched_bytes), (&b"y"[..], 0));
    }
}
