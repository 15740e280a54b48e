//! The places of a server's connections.

use std::fmt;
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

/// Gives a place up when it is dropped, whoever else knows of the place.
pub(super) struct PlaceGuard(pub(super) Arc<Place>);

impl Drop for PlaceGuard {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// The place of a connection among those of its server, for who has to give it up early.
#[derive(Clone)]
pub struct ConnectionPlace(pub(super) Arc<Place>);

impl ConnectionPlace {
    /// Gives the place up although the connection is still there: its peer has left, and nobody has read all that it sent.
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
