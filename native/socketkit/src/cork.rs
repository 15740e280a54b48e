//! Sends of one connection that are written together.

use std::cell::{Cell, RefCell};

use socket_engine::OperationId;

use crate::node_api::Deferred;

/// Sends of a burst that follow the first one, which is written at once.
///
/// A burst is a turn of the module, or JavaScript code outside of a turn until its microtasks run.
#[derive(Default)]
pub struct Cork {
    /// The last burst in which a send was written at once.
    burst: Cell<u64>,
    gathered: RefCell<Vec<Gathered>>,
    /// Number of sends, counted from the first, that the kernel has.
    written: Cell<usize>,
}

/// A send whose promise or callback is not settled.
pub struct Gathered {
    /// Id of the call.
    pub operation_id: OperationId,
    /// Its promise; `None` if other code waits for the operation id.
    pub deferred: Option<Deferred>,
}

impl Cork {
    /// Returns whether the next send is written at once.
    /// The first of `burst` is, unless earlier ones are unsettled.
    pub fn lets_through(&self, burst: u64) -> bool {
        self.burst.get() != burst && self.gathered.borrow().is_empty()
    }

    /// Returns whether no send is unsettled.
    pub fn is_empty(&self) -> bool {
        self.gathered.borrow().is_empty()
    }

    /// Records that a send was written at once in `burst`.
    pub fn begin(&self, burst: u64) {
        self.burst.set(burst);
    }

    /// Adds a send.
    pub fn add(&self, gathered: Gathered) {
        self.gathered.borrow_mut().push(gathered);
    }

    /// Records that the kernel has all of them.
    pub fn set_written(&self) {
        self.written.set(self.gathered.borrow().len());
    }

    /// Removes and returns the sends that the kernel may not have.
    pub fn take_unwritten(&self) -> Vec<Gathered> {
        self.gathered.borrow_mut().split_off(self.written.get())
    }

    /// Removes and returns the sends that the kernel has, in order.
    pub fn take_written(&self) -> Vec<Gathered> {
        let later = self.take_unwritten();
        self.written.set(0);
        self.gathered.replace(later)
    }
}
