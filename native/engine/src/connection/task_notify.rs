//! How a connection's task learns that it has to look at what it shares with others.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// One task waits, anybody notifies. A notification that comes while the task does not wait is not lost.
#[derive(Default)]
pub(super) struct TaskNotify {
    pending: AtomicBool,
    notify: Notify,
}

impl TaskNotify {
    /// Has the task look, after what it is to see was written.
    pub(super) fn notify(&self) {
        self.pending.store(true, Ordering::SeqCst);
        self.notify.notify_one();
    }

    /// Whether it was notified since this was asked last. Takes no lock, so that a task with much to read can ask often.
    pub(super) fn take_notified(&self) -> bool {
        self.pending.swap(false, Ordering::SeqCst)
    }

    /// Waits for a notification, or returns at once when there was one since this returned last.
    pub(super) async fn notified(&self) {
        self.notify.notified().await;
    }
}
