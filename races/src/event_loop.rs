//! The thread of an environment, reduced to what rings it.

use loom::sync::{Condvar, Mutex};

use crate::sync::lock;

/// Counts rings until its thread takes them.
#[derive(Default)]
pub struct EventLoop {
    rings: Mutex<usize>,
    rung: Condvar,
}

impl EventLoop {
    /// Waits for a ring. Loom fails the test when none can come any more.
    pub fn wait(&self) {
        let mut rings = lock(&self.rings);
        while *rings == 0 {
            rings = self.rung.wait(rings).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        *rings -= 1;
    }

    /// Rings that nobody has taken.
    pub fn rings(&self) -> usize {
        *lock(&self.rings)
    }

    pub(crate) fn ring(&self) {
        *lock(&self.rings) += 1;
        self.rung.notify_one();
    }
}
