//! Limits the number of pending rejection events.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::limits;

/// Counts the pending rejection events.
#[derive(Default)]
pub(super) struct Rejections(AtomicUsize);

impl Rejections {
    /// Counts one more; returns false if the limit is reached.
    pub(super) fn add(&self) -> bool {
        let more = |waiting| (waiting < limits::PENDING_REJECTIONS).then_some(waiting + 1);
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).is_ok()
    }

    /// Counts one that the owner has consumed.
    pub(super) fn consume(&self) {
        // Consuming more than there are has no effect.
        let _ = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |waiting| waiting.checked_sub(1));
    }
}
