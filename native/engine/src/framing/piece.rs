//! What goes before or behind a message.

use crate::limits::{DELIMITER_LIMIT_BYTES, HEADER_LIMIT_BYTES};

/// Longest length field.
pub(crate) const FIELD_MAX_BYTES: usize = 8;

/// A header with its field and the type byte.
/// A delimiter, a marker and a checksum are not longer.
const PIECE_MAX_BYTES: usize = HEADER_LIMIT_BYTES + FIELD_MAX_BYTES + 1;

const _: () = assert!(PIECE_MAX_BYTES >= DELIMITER_LIMIT_BYTES, "a marker is a piece");

/// Few bytes, which need no memory of their own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    bytes: [u8; PIECE_MAX_BYTES],
    count: usize,
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
