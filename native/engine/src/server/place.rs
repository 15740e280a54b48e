//! The places of a server's connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A place among the connections of a server, of which there may be so many. Dropping it gives the place up.
pub(super) struct Place {
    connections: Arc<AtomicUsize>,
    most: Option<usize>,
    is_taken: AtomicBool,
}

impl Place {
    /// Takes a place, unless there are as many connections as there may be.
    pub(super) fn take(connections: &Arc<AtomicUsize>, most: Option<usize>) -> Option<Self> {
        let place = Self { connections: Arc::clone(connections), most, is_taken: AtomicBool::new(false) };
        place.enter().then_some(place)
    }

    /// Takes the place again after [`Place::leave`]; false when there are as many as there may be.
    pub(super) fn enter(&self) -> bool {
        if self.is_taken.load(Ordering::SeqCst) {
            return true;
        }
        let more = |count: usize| self.most.is_none_or(|most| count < most).then_some(count + 1);
        let has_entered = self.connections.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).is_ok();
        self.is_taken.store(has_entered, Ordering::SeqCst);
        has_entered
    }

    /// Gives the place up for a while.
    pub(super) fn leave(&self) {
        if self.is_taken.swap(false, Ordering::SeqCst) {
            self.connections.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.leave();
    }
}
