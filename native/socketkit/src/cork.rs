//! The sends of one connection that leave together.

use std::cell::{Cell, RefCell};

use socket_engine::Ticket;

use crate::node_api::Deferred;

/// What a connection was told to send in a burst, after the send that left at once. A burst is a turn of the module, or what
/// JavaScript does outside of one until its microtasks run.
#[derive(Default)]
pub struct Cork {
    /// The burst in which something left at once last.
    burst: Cell<u64>,
    gathered: RefCell<Vec<Gathered>>,
    /// How many of the first of them the kernel has.
    written: Cell<usize>,
}

/// A send whose promise or call is not settled.
pub struct Gathered {
    /// Names it.
    pub ticket: Ticket,
    /// Its promise; `None`: something else waits for the ticket.
    pub deferred: Option<Deferred>,
}

impl Cork {
    /// Whether the next send leaves at once: the first of `burst` does, unless earlier ones are not settled.
    pub fn lets_through(&self, burst: u64) -> bool {
        self.burst.get() != burst && self.gathered.borrow().is_empty()
    }

    /// Whether nothing waits to be settled.
    pub fn is_empty(&self) -> bool {
        self.gathered.borrow().is_empty()
    }

    /// Something left at once in `burst`.
    pub fn begin(&self, burst: u64) {
        self.burst.set(burst);
    }

    /// Adds a send.
    pub fn add(&self, gathered: Gathered) {
        self.gathered.borrow_mut().push(gathered);
    }

    /// The kernel has all of them.
    pub fn set_written(&self) {
        self.written.set(self.gathered.borrow().len());
    }

    /// Takes those that the kernel is not known to have.
    pub fn take_unwritten(&self) -> Vec<Gathered> {
        self.gathered.borrow_mut().split_off(self.written.get())
    }

    /// Takes those that the kernel has, in their order.
    pub fn take_written(&self) -> Vec<Gathered> {
        let later = self.take_unwritten();
        self.written.set(0);
        self.gathered.replace(later)
    }
}
