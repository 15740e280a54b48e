//! Bulk data in numbered blocks, so that a receiver detects missing blocks at low cost.

/// Length of a block.
pub const BLOCK_BYTES: usize = 4096;

/// Length of a number, little-endian.
const NUMBER_BYTES: usize = 4;

/// Checks the numbers in a stream of blocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Blocks {
    taken: usize,
}

impl Blocks {
    /// Checks the next bytes.
    /// Returns false if a number is wrong; a number split between two calls is not checked.
    pub fn take(&mut self, bytes: &[u8]) -> bool {
        let first = (BLOCK_BYTES - self.taken % BLOCK_BYTES) % BLOCK_BYTES;
        let number = (self.taken + first) / BLOCK_BYTES;
        self.taken += bytes.len();
        let blocks = bytes.get(first..).unwrap_or_default().chunks(BLOCK_BYTES).zip(number..);
        blocks.into_iter().all(|(block, number)| match block.get(..NUMBER_BYTES) {
            Some(found) => found == number_of(number),
            None => true,
        })
    }

    /// Number of checked bytes.
    pub fn taken(&self) -> usize {
        self.taken
    }
}

/// Numbers the blocks of `bytes`, starting with `first`.
pub fn number(bytes: &mut [u8], first: usize) {
    for (block, number) in bytes.chunks_mut(BLOCK_BYTES).zip(first..) {
        if let Some(place) = block.get_mut(..NUMBER_BYTES) {
            place.copy_from_slice(&number_of(number));
        }
    }
}

fn number_of(number: usize) -> [u8; NUMBER_BYTES] {
    (number as u32).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_byte_is_seen_wherever_the_stream_is_cut() {
        let mut bytes = vec![0; 5 * BLOCK_BYTES];
        number(&mut bytes, 0);
        for cut in [1, 4095, 4096, 4098, 10_000] {
            let (head, tail) = bytes.split_at(cut);
            let mut blocks = Blocks::default();
            assert!(blocks.take(head) && blocks.take(tail));
            assert_eq!(blocks.taken(), bytes.len());
            let mut blocks = Blocks::default();
            assert!(!(blocks.take(head) && blocks.take(tail.get(1..).unwrap_or_default())));
        }
    }
}
