//! Accepted connections without an owner.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;

use super::admitted::Admitted;
use super::place::Place;
use crate::sync::lock;

/// An accepted connection.
pub(super) struct Taken {
    pub(super) admitted: Admitted,
    pub(super) runtime: Handle,
    /// The epoch in which it was accepted.
    pub(super) epoch: u64,
    pub(super) place: Arc<Place>,
    pub(super) permit: OwnedSemaphorePermit,
}

/// Connections of one epoch, oldest first; `None` once it is closed.
/// The server's permits limit their number.
pub(super) struct Accepted(Mutex<Option<VecDeque<Taken>>>);

impl Default for Accepted {
    fn default() -> Self {
        Self(Mutex::new(Some(VecDeque::new())))
    }
}

impl Accepted {
    /// Adds a connection; after the close, returns false and closes it.
    pub(super) fn push(&self, connection: Taken) -> bool {
        let mut waiting = lock(&self.0);
        let Some(waiting) = waiting.as_mut() else { return false };
        waiting.push_back(connection);
        true
    }

    /// Removes the oldest connection.
    pub(super) fn pop(&self) -> Option<Taken> {
        lock(&self.0).as_mut()?.pop_front()
    }

    /// Closes the waiting connections, and accepts no more.
    pub(super) fn close(&self) {
        let waiting = lock(&self.0).take();
        drop(waiting);
    }
}
