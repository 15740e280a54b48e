//! Connections that a server took and that have no owner yet.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;

use super::admitted::Admitted;
use super::place::Place;
use crate::sync::lock;

/// A connection that a server took.
pub(super) struct Taken {
    pub(super) admitted: Admitted,
    pub(super) runtime: Handle,
    /// The intake that it came with.
    pub(super) intake: u64,
    pub(super) place: Arc<Place>,
    pub(super) permit: OwnedSemaphorePermit,
}

/// Those of one intake, oldest first; `None` once it is closed. The server's permits bound their number.
pub(super) struct Accepted(Mutex<Option<VecDeque<Taken>>>);

impl Default for Accepted {
    fn default() -> Self {
        Self(Mutex::new(Some(VecDeque::new())))
    }
}

impl Accepted {
    /// Adds one; false, and closes it, when nothing is taken any more.
    pub(super) fn push(&self, connection: Taken) -> bool {
        let mut waiting = lock(&self.0);
        let Some(waiting) = waiting.as_mut() else { return false };
        waiting.push_back(connection);
        true
    }

    /// Takes the oldest.
    pub(super) fn pop(&self) -> Option<Taken> {
        lock(&self.0).as_mut()?.pop_front()
    }

    /// Closes those that wait, and takes no more.
    pub(super) fn close(&self) {
        let waiting = lock(&self.0).take();
        drop(waiting);
    }
}
