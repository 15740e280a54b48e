//! How many reports of rejected peers wait.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::limits;

/// Counts the reports of rejected peers that wait for the server's owner.
#[derive(Default)]
pub(super) struct Rejections(AtomicUsize);

impl Rejections {
    /// Counts one more, unless as many wait as may.
    pub(super) fn add(&self) -> bool {
        let more = |waiting| (waiting < limits::PENDING_REJECTIONS).then_some(waiting + 1);
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).is_ok()
    }

    /// The owner has taken one.
    pub(super) fn consume(&self) {
        // An owner that takes more than there were changes nothing.
        let _ = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |waiting| waiting.checked_sub(1));
    }
}
