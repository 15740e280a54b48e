//! What stands between the connections of a client and its owner.

use std::cell::RefCell;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use super::bound::Bound;
use crate::error::SocketError;
use crate::event::{CloseReason, ConnectionEvent, EventSink, OperationId};
use crate::sync::lock;

/// The sink of one connection of a client.
///
/// A client that has closed its connection, and wants another one before the old peer has taken what was sent, takes leave
/// of the old one: its owner hears of that no more than how its calls end.
pub(super) struct LinkSink {
    sink: Arc<dyn EventSink<ConnectionEvent>>,
    /// `Closed` was posted.
    has_closed: AtomicBool,
    /// Everything was posted that its owner is to hear. Written in the order of events.
    has_left: AtomicBool,
    /// Held while an event is posted: events behind `leave` belong to another connection.
    order: Mutex<()>,
    /// The `connect` that the connection answers itself, and what is to be done where that fails.
    opening: Option<(OperationId, Box<FailOpening>)>,
    /// What the connection has its local address of: others may have the port when it is over.
    bound: Option<Arc<Bound>>,
}

/// What is done for a connection that has ended before it had a link.
pub(super) type FailOpening = dyn Fn(&LinkSink) + Send + Sync;

thread_local! {
    /// The sinks of which this thread posts an event now.
    ///
    /// The owner may call the client from there, and so `leave`.
    static POSTING: RefCell<Vec<*const LinkSink>> = const { RefCell::new(Vec::new()) };
}

/// One event that this thread posts, and its place in the order.
struct Posting<'a> {
    _order: MutexGuard<'a, ()>,
}

impl Drop for Posting<'_> {
    fn drop(&mut self) {
        POSTING.with_borrow_mut(Vec::pop);
    }
}

impl LinkSink {
    pub(super) fn new(
        sink: &Arc<dyn EventSink<ConnectionEvent>>,
        opening: Option<(OperationId, Box<FailOpening>)>,
        bound: Option<Arc<Bound>>,
    ) -> Self {
        Self {
            sink: Arc::clone(sink),
            has_closed: AtomicBool::new(false),
            has_left: AtomicBool::new(false),
            order: Mutex::default(),
            opening,
            bound,
        }
    }

    /// Posts `Closed`. The port is not claimed any more when its owner hears of that.
    fn post_closed(&self, event: ConnectionEvent) {
        if let Some(bound) = &self.bound {
            bound.end_claim();
        }
        self.sink.post(event);
    }

    /// Whether `Closed` was posted.
    pub(super) fn has_closed(&self) -> bool {
        self.has_closed.load(Ordering::SeqCst)
    }

    /// Posts `Closed` now, unless it was posted, and nothing but results of calls from then on.
    ///
    /// Whether it was not.
    pub(super) fn leave(&self, reason: CloseReason) -> bool {
        let _order = self.begin();
        self.has_left.store(true, Ordering::SeqCst);
        let is_news = !self.has_closed.swap(true, Ordering::SeqCst);
        if is_news {
            self.post_closed(ConnectionEvent::Closed(reason));
        }
        is_news
    }

    /// Waits until no other thread posts. `None` within an event that this thread posts.
    fn begin(&self) -> Option<Posting<'_>> {
        if POSTING.with_borrow(|posting| posting.contains(&ptr::from_ref(self))) {
            return None;
        }
        let order = lock(&self.order);
        POSTING.with_borrow_mut(|posting| posting.push(ptr::from_ref(self)));
        Some(Posting { _order: order })
    }
}

impl EventSink<ConnectionEvent> for LinkSink {
    fn post(&self, event: ConnectionEvent) {
        let _order = self.begin();
        if self.has_left.load(Ordering::SeqCst) {
            return;
        }
        if matches!(event, ConnectionEvent::Closed(_)) {
            self.has_closed.store(true, Ordering::SeqCst);
            self.post_closed(event);
        } else {
            self.sink.post(event);
        }
    }

    fn complete(&self, operation_id: OperationId, result: Result<(), SocketError>) {
        let failed = self.opening.as_ref().filter(|(opening, _)| *opening == operation_id && result.is_err());
        if let Some((_, fail)) = failed {
            fail(self);
        }
        self.sink.complete(operation_id, result);
    }
}
