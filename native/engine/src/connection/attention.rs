//! How a driver learns that it has to look at what it shares with others.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// One driver waits, anybody calls. What was called for while the driver did not wait is not lost.
#[derive(Default)]
pub(super) struct Attention {
    wanted: AtomicBool,
    notify: Notify,
}

impl Attention {
    /// Wants the driver to look, after what it is to see was written.
    pub(super) fn call(&self) {
        self.wanted.store(true, Ordering::SeqCst);
        self.notify.notify_one();
    }

    /// Whether it was called since this was asked last. Takes no lock, so that a driver with much to read can ask often.
    pub(super) fn take(&self) -> bool {
        self.wanted.swap(false, Ordering::SeqCst)
    }

    /// Waits until it is called, or returns at once when it was since this returned last.
    pub(super) async fn called(&self) {
        self.notify.notified().await;
    }
}
