//! Places for the connections of a server.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A place for a connection of a server; their number is limited.
/// Dropping it frees the place.
pub(super) struct Place {
    connections: Arc<AtomicUsize>,
    most: Option<usize>,
    is_taken: AtomicBool,
}

impl Place {
    /// Takes a place, unless the limit is reached.
    pub(super) fn take(connections: &Arc<AtomicUsize>, most: Option<usize>) -> Option<Self> {
        let place = Self { connections: Arc::clone(connections), most, is_taken: AtomicBool::new(false) };
        place.enter().then_some(place)
    }

    /// Takes the place again after [`Place::leave`]; false if the limit is reached.
    pub(super) fn enter(&self) -> bool {
        if self.is_taken.load(Ordering::SeqCst) {
            return true;
        }
        let more = |count: usize| self.most.is_none_or(|most| count < most).then_some(count + 1);
        let has_entered = self.connections.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).is_ok();
        self.is_taken.store(has_entered, Ordering::SeqCst);
        has_entered
    }

    /// Frees the place for a while.
    pub(super) fn leave(&self) {
        if self.is_taken.swap(false, Ordering::SeqCst) {
            self.connections.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// Frees a place when it is dropped, even if the place is shared.
pub(super) struct PlaceGuard(pub(super) Arc<Place>);

impl Drop for PlaceGuard {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// The place of a connection, for code that has to free it early.
#[derive(Clone)]
pub struct ConnectionPlace(pub(super) Arc<Place>);

impl ConnectionPlace {
    /// Frees the place while the connection still exists.
    /// Its peer has left, and not all of its data is read.
    pub fn give_up(&self) {
        self.0.leave();
    }
}

impl fmt::Debug for ConnectionPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionPlace").finish_non_exhaustive()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.leave();
    }
}
