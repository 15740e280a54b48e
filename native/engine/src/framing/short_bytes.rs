//! Bytes before or after a message.

use crate::limits::{DELIMITER_LIMIT_BYTES, HEADER_LIMIT_BYTES};

/// Longest length field.
pub(crate) const FIELD_MAX_BYTES: usize = 8;

/// Maximum length: a header with its field and the type byte.
/// Delimiters, markers and checksums are not longer.
const SHORT_MAX_BYTES: usize = HEADER_LIMIT_BYTES + FIELD_MAX_BYTES + 1;

const _: () = assert!(SHORT_MAX_BYTES >= DELIMITER_LIMIT_BYTES, "a marker must fit");

/// A short byte string that needs no allocation.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShortBytes {
    bytes: [u8; SHORT_MAX_BYTES],
    count: usize,
}

impl Default for ShortBytes {
    fn default() -> Self {
        Self { bytes: [0; SHORT_MAX_BYTES], count: 0 }
    }
}

impl ShortBytes {
    /// Appends `bytes`, which must fit.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        let end = self.count + bytes.len();
        debug_assert!(end <= SHORT_MAX_BYTES, "{end} bytes");
        if let Some(place) = self.bytes.get_mut(self.count..end) {
            place.copy_from_slice(bytes);
            self.count = end;
        }
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.count).unwrap_or_default()
    }
}
