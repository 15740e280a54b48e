//! Shared state of threads, and locking that cannot panic.

pub use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
pub use std::sync::{Mutex, MutexGuard};

use socket_engine::counts::count_lock;

/// Locks `mutex`, ignoring poisoning.
///
/// Every critical section of this crate keeps its data valid at each step, so a panic of another holder does no harm.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    count_lock();
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
