//! What a message costs: locks and system calls, counted in builds with debug assertions alone.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

static LOCKS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static OWN: Cell<Own> = const { Cell::new(Own { locks: 0, system_calls: 0 }) };
}

/// What one thread has done.
#[derive(Clone, Copy)]
struct Own {
    locks: u64,
    system_calls: u64,
}

/// What was counted so far.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    /// Locks that all threads have taken.
    pub locks: u64,
    /// Those of this thread.
    pub own_locks: u64,
    /// System calls that this thread has made for messages.
    pub own_system_calls: u64,
}

/// A lock is taken.
pub fn count_lock() {
    if cfg!(debug_assertions) {
        LOCKS.fetch_add(1, Ordering::Relaxed);
        let own = OWN.get();
        OWN.set(Own { locks: own.locks + 1, ..own });
    }
}

/// A system call is made for a message: a read, a write, or one about an epoll set.
pub(crate) fn count_system_call() {
    if cfg!(debug_assertions) {
        let own = OWN.get();
        OWN.set(Own { system_calls: own.system_calls + 1, ..own });
    }
}

/// What was counted so far; nothing without debug assertions.
pub fn counts() -> Counts {
    let own = OWN.get();
    Counts { locks: LOCKS.load(Ordering::Relaxed), own_locks: own.locks, own_system_calls: own.system_calls }
}
