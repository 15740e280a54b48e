//! Places for the connections of a server.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::sync::lock;

/// A place for a connection of a server; their number is limited.
/// Dropping it frees the place.
pub(super) struct Place {
    connections: Arc<AtomicUsize>,
    most: Option<usize>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    is_taken: bool,
    /// Whether a peer has come back for it, and has no link yet.
    is_returning: bool,
    /// Number of links after the first one.
    links: u64,
}

impl Place {
    /// Takes a place, unless the limit is reached.
    pub(super) fn take(connections: &Arc<AtomicUsize>, most: Option<usize>) -> Option<Self> {
        let place = Self { connections: Arc::clone(connections), most, state: Mutex::default() };
        let is_taken = place.count(&mut lock(&place.state));
        is_taken.then_some(place)
    }

    /// Keeps the place for a peer that comes back, or takes it again; false if the limit is reached.
    ///
    /// [`Place::add_link`] or [`Place::leave`] follows.
    pub(super) fn enter(&self) -> bool {
        let mut state = lock(&self.state);
        state.is_returning = state.is_taken || self.count(&mut state);
        state.is_returning
    }

    /// Adds the link of the peer that has come back.
    pub(super) fn add_link(&self) {
        let mut state = lock(&self.state);
        state.is_returning = false;
        state.links += 1;
    }

    /// Frees the place for a while.
    pub(super) fn leave(&self) {
        self.free(&mut lock(&self.state));
    }

    /// Frees the place if its newest link is the one after `links` others.
    fn leave_link(&self, links: u64) {
        let mut state = lock(&self.state);
        if !state.is_returning && state.links == links {
            self.free(&mut state);
        }
    }

    fn count(&self, state: &mut State) -> bool {
        let more = |count: usize| self.most.is_none_or(|most| count < most).then_some(count + 1);
        state.is_taken = self.connections.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).is_ok();
        state.is_taken
    }

    fn free(&self, state: &mut State) {
        state.is_returning = false;
        if std::mem::take(&mut state.is_taken) {
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
    /// Frees the place while the connection still exists, unless its peer has come back.
    /// The peer has left, and not all of its data is read; `links` is the number of `Connected` events before.
    pub fn give_up(&self, links: u64) {
        self.0.leave_link(links);
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failure is the test's own")]

    use super::*;

    fn limited_to_one() -> (Arc<AtomicUsize>, Arc<Place>, ConnectionPlace) {
        let connections = Arc::new(AtomicUsize::new(0));
        let place = Arc::new(Place::take(&connections, Some(1)).unwrap());
        let of_owner = ConnectionPlace(Arc::clone(&place));
        (connections, place, of_owner)
    }

    #[test]
    fn give_up_frees_the_place_of_the_newest_link() {
        let (connections, place, of_owner) = limited_to_one();
        of_owner.give_up(0);
        of_owner.give_up(0);
        assert_eq!(connections.load(Ordering::SeqCst), 0);
        assert!(place.enter());
        place.add_link();
        assert_eq!(connections.load(Ordering::SeqCst), 1);
        of_owner.give_up(1);
        assert_eq!(connections.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn give_up_of_an_earlier_link_keeps_the_place_of_a_peer_that_has_come_back() {
        let (connections, place, of_owner) = limited_to_one();
        assert!(place.enter());
        of_owner.give_up(0);
        place.add_link();
        of_owner.give_up(0);
        assert_eq!(connections.load(Ordering::SeqCst), 1);
        assert!(Place::take(&connections, Some(1)).is_none());
    }

    #[test]
    fn enter_fails_when_another_connection_has_the_given_up_place() {
        let (connections, place, of_owner) = limited_to_one();
        of_owner.give_up(0);
        let other = Place::take(&connections, Some(1)).unwrap();
        assert!(!place.enter());
        drop(other);
        assert!(place.enter());
        place.leave();
        assert_eq!(connections.load(Ordering::SeqCst), 0);
    }
}
