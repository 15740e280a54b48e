//! How large the next read should be.

use crate::limits::{READ_MAX_BYTES, READ_MIN_BYTES};

/// Grows when reads fill their buffer, shrinks when two in a row use less than a quarter of it.
#[derive(Debug)]
pub(crate) struct ReadStrategy {
    size_bytes: usize,
    shrink_next: bool,
}

impl ReadStrategy {
    pub(crate) const fn new() -> Self {
        Self { size_bytes: READ_MIN_BYTES, shrink_next: false }
    }

    /// Buffer size of the next read.
    pub(crate) const fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// Records that a read returned `bytes`.
    pub(crate) fn record(&mut self, bytes: usize) {
        if bytes >= self.size_bytes {
            self.size_bytes = (self.size_bytes * 2).min(READ_MAX_BYTES);
            self.shrink_next = false;
        } else if bytes >= self.size_bytes / 4 {
            self.shrink_next = false;
        } else if self.shrink_next {
            self.size_bytes = (self.size_bytes / 2).max(READ_MIN_BYTES);
            self.shrink_next = false;
        } else {
            self.shrink_next = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(reads: &[usize]) -> usize {
        let mut strategy = ReadStrategy::new();
        reads.iter().for_each(|bytes| strategy.record(*bytes));
        strategy.size_bytes()
    }

    #[test]
    fn full_reads_double_the_size_up_to_the_maximum() {
        assert_eq!(after(&[]), READ_MIN_BYTES);
        assert_eq!(after(&[READ_MIN_BYTES]), 2 * READ_MIN_BYTES);
        assert_eq!(after(&[READ_MAX_BYTES; 10]), READ_MAX_BYTES);
    }

    #[test]
    fn one_small_read_keeps_the_size_and_two_halve_it() {
        assert_eq!(after(&[READ_MIN_BYTES, 1]), 2 * READ_MIN_BYTES);
        assert_eq!(after(&[READ_MIN_BYTES, 1, 1]), READ_MIN_BYTES);
        assert_eq!(after(&[READ_MIN_BYTES, 1, READ_MIN_BYTES, 1]), 2 * READ_MIN_BYTES);
        assert_eq!(after(&[1; 10]), READ_MIN_BYTES);
    }
}
