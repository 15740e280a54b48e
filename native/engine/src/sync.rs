//! What threads share, and locking that cannot panic.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::counts::count_lock;

/// Locks `mutex`. A panic of an earlier holder is no reason to give up: every critical section of this crate leaves
/// its data valid at each step.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    count_lock();
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
