//! Limits the received bytes that wait for their consumer.

use crate::sync::{AtomicBool, AtomicUsize, Ordering};

/// Counts bytes between one producer and one consumer.
///
/// The producer stops above the high mark and continues at the low mark. Pure bookkeeping; the caller wakes the producer.
///
/// ```
/// use socket_engine::Credit;
///
/// let credit = Credit::new(100, 20);
/// credit.take(100);
/// assert!(!credit.may_take());
/// assert!(!credit.give_back(50));
// The low mark is reached: wake the producer.
/// assert!(credit.give_back(30));
/// assert!(credit.may_take());
/// ```
#[derive(Debug)]
pub struct Credit {
    used_bytes: AtomicUsize,
    stopped: AtomicBool,
    high_bytes: usize,
    low_bytes: usize,
}

impl Credit {
    /// Creates a credit with nothing used. `low_bytes` must be below `high_bytes`.
    pub fn new(high_bytes: usize, low_bytes: usize) -> Self {
        Self { used_bytes: AtomicUsize::new(0), stopped: AtomicBool::new(false), high_bytes, low_bytes }
    }

    /// Counts `bytes` that the producer passes to the consumer.
    pub fn take(&self, bytes: usize) {
        self.used_bytes.fetch_add(bytes, Ordering::SeqCst);
    }

    /// Returns whether the producer may continue.
    /// After `false` it waits until `give_back` returns `true`.
    pub fn may_take(&self) -> bool {
        if !self.stopped.load(Ordering::SeqCst) {
            if self.has_room() {
                return true;
            }
            self.stopped.store(true, Ordering::SeqCst);
        }
        // The consumer may have passed the low mark before it could see that the producer stopped.
        self.used_bytes.load(Ordering::SeqCst) <= self.low_bytes && {
            self.stopped.store(false, Ordering::SeqCst);
            true
        }
    }

    /// Returns whether there is room, for a producer that checks before each step.
    pub fn has_room(&self) -> bool {
        self.used_bytes.load(Ordering::SeqCst) < self.high_bytes
    }

    /// Counts `bytes` that the consumer has processed.
    /// Returns true if a stopped producer must be woken.
    ///
    /// Giving back more than was taken gives back all: a client's consumer may still process an earlier connection.
    pub fn give_back(&self, bytes: usize) -> bool {
        let less = |used: usize| Some(used.saturating_sub(bytes));
        let before = self.used_bytes.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).unwrap_or_else(|used| used);
        before.saturating_sub(bytes) <= self.low_bytes && self.stopped.swap(false, Ordering::SeqCst)
    }

    /// Bytes passed to the consumer and not given back.
    pub fn used_bytes(&self) -> usize {
        self.used_bytes.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A producer that stops at `false` and continues at `true`, and a consumer.
        #[test]
        fn what_is_used_is_bounded_and_nobody_sleeps_while_there_is_room(
            steps in vec((any::<bool>(), 1..50_usize), 0..200),
        ) {
            let credit = Credit::new(100, 20);
            let (mut asleep, mut waiting) = (false, std::collections::VecDeque::new());
            for (produces, bytes) in steps {
                if !produces {
                    let given_back = waiting.pop_front().unwrap_or(0);
                    asleep &= !credit.give_back(given_back);
                } else if !asleep {
                    asleep = !credit.may_take();
                    if !asleep {
                        prop_assert!(credit.used_bytes() < 100);
                        credit.take(bytes);
                        waiting.push_back(bytes);
                    }
                }
                prop_assert_eq!(credit.used_bytes(), waiting.iter().sum::<usize>());
                prop_assert!(!asleep || credit.used_bytes() > 20);
            }
        }
    }

    #[test]
    fn stops_at_the_high_mark_and_goes_on_at_the_low_mark() {
        let credit = Credit::new(100, 20);
        credit.take(99);
        assert!(credit.may_take());
        credit.take(1);
        assert!(!credit.may_take());
        assert!(!credit.give_back(79), "21 bytes are still above the low mark");
        assert!(!credit.may_take());
        assert!(credit.give_back(1), "the stopped producer must be woken");
        assert!(credit.may_take());
        assert!(!credit.give_back(1), "nobody is stopped any more");
    }

    #[test]
    fn giving_back_more_than_was_taken_gives_back_all() {
        let credit = Credit::new(100, 20);
        credit.take(10);
        assert!(!credit.give_back(11));
        assert_eq!(credit.used_bytes(), 0);
        assert!(credit.may_take());
    }

    #[test]
    fn does_not_wake_a_producer_that_never_stopped() {
        let credit = Credit::new(100, 20);
        credit.take(50);
        assert!(!credit.give_back(50));
        assert_eq!(credit.used_bytes(), 0);
    }
}
