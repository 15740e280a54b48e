//! The thread of an environment, reduced to what wakes it.

use loom::sync::{Condvar, Mutex};

use crate::sync::lock;

/// Counts wake-ups until its thread takes them.
#[derive(Default)]
pub struct EventLoop {
    wakeups: Mutex<usize>,
    woken: Condvar,
}

impl EventLoop {
    /// Waits for a wake-up. Loom fails the test when none can come any more.
    pub fn wait(&self) {
        let mut wakeups = lock(&self.wakeups);
        while *wakeups == 0 {
            wakeups = self.woken.wait(wakeups).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        *wakeups -= 1;
    }

    /// Wake-ups that the thread has not taken.
    pub fn wakeups(&self) -> usize {
        *lock(&self.wakeups)
    }

    pub(crate) fn wake(&self) {
        *lock(&self.wakeups) += 1;
        self.woken.notify_one();
    }
}
