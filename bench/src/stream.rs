//! Test data for echo servers, and checks of the echo.

use anyhow::{Result, bail};

use crate::layout::Layout;

/// Length of the pattern without frames.
/// A prime, so that it never aligns with buffers or messages.
const PERIOD_BYTES: usize = 1_048_573;

/// Longest piece of one call.
const PIECE_MAX_BYTES: usize = 512 * 1024;

/// Bytes of the length before a message.
pub const PREFIX_BYTES: usize = 4;

/// An endless, pseudo-random stream of bytes, the same in each run.
pub struct Pattern {
    bytes: Vec<u8>,
    period_bytes: usize,
    message_bytes: usize,
}

/// Position in one direction of one connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Position {
    at: usize,
}

impl Pattern {
    /// Creates a pattern of bytes.
    pub fn plain() -> Self {
        Self::repeating(random().take(PERIOD_BYTES).collect(), 1)
    }

    /// Creates a pattern of messages of `message_bytes`, each after its length.
    /// Four bytes, big-endian.
    pub fn framed(message_bytes: usize) -> Self {
        let mut random = random();
        let mut bytes = Vec::new();
        while bytes.len() < PERIOD_BYTES {
            bytes.extend((message_bytes as u32).to_be_bytes());
            bytes.extend(random.by_ref().take(message_bytes));
        }
        Self::repeating(bytes, PREFIX_BYTES + message_bytes)
    }

    /// Creates a pattern of messages of `layout`.
    pub fn of(layout: Layout) -> Self {
        let (mut random, mut bytes) = (random(), Vec::new());
        while bytes.len() < PERIOD_BYTES {
            bytes.extend(layout.frame(&mut random));
        }
        let frame_bytes = layout.frame(&mut random).len();
        Self::repeating(bytes, frame_bytes)
    }

    fn repeating(mut bytes: Vec<u8>, message_bytes: usize) -> Self {
        let period_bytes = bytes.len();
        // Repeats the first bytes, so that each piece is contiguous.
        bytes.extend_from_within(..PIECE_MAX_BYTES);
        Self { bytes, period_bytes, message_bytes }
    }

    /// Bytes of a message with its frame.
    pub fn message_bytes(&self) -> usize {
        self.message_bytes
    }

    /// Returns the missing bytes of a partial message at `position`.
    pub fn rest_bytes(&self, position: Position) -> usize {
        (self.message_bytes - position.at % self.message_bytes) % self.message_bytes
    }

    /// Returns the next bytes at `position`: `length` bytes, at most [`PIECE_MAX_BYTES`].
    pub fn piece(&self, position: Position, length: usize) -> &[u8] {
        self.bytes.get(position.at..position.at + length.min(PIECE_MAX_BYTES)).unwrap_or_default()
    }

    /// Advances by `length` bytes.
    pub fn advance(&self, position: &mut Position, length: usize) {
        position.at = (position.at + length) % self.period_bytes;
    }

    /// Compares `bytes` with the next bytes, and advances.
    ///
    /// # Errors
    /// When they differ.
    pub fn check(&self, position: &mut Position, bytes: &[u8]) -> Result<()> {
        if self.piece(*position, bytes.len()) != bytes {
            bail!("what came back is not what was sent");
        }
        self.advance(position, bytes.len());
        Ok(())
    }
}

/// Xorshift: fast, and repeats too late to matter.
fn random() -> impl Iterator<Item = u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_that_follow_pass_and_others_do_not() {
        for pattern in [Pattern::plain(), Pattern::framed(64)] {
            let (mut sent, mut received) = (Position::default(), Position::default());
            for _ in 0..5 {
                let piece = pattern.piece(sent, 300_000);
                assert!(pattern.check(&mut received, piece).is_ok());
                pattern.advance(&mut sent, piece.len());
            }
            let piece = pattern.piece(sent, 100);
            assert!(pattern.check(&mut received, piece.get(1..).unwrap_or_default()).is_err());
        }
    }
}
