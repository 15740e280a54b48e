//! Event sink between a connection of a client and the client's owner.

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
/// A client may connect again while its closed connection is still draining. It then calls `leave` on the old sink, which drops
/// all later events of that connection except the results of calls.
pub(super) struct LinkSink {
    sink: Arc<dyn EventSink<ConnectionEvent>>,
    /// Whether `Closed` was posted.
    has_closed: AtomicBool,
    /// Whether later events are dropped. Written under `order`.
    has_left: AtomicBool,
    /// Held while an event is posted: events after `leave` belong to the next connection.
    order: Mutex<()>,
    /// Id of the `connect` that the connection completes itself, and the function to call if it fails.
    opening: Option<(OperationId, Box<FailOpening>)>,
    /// Bound address of the connection, whose claim ends with the connection.
    bound: Option<Arc<Bound>>,
}

/// Function to call for a connection that ended before its first link.
pub(super) type FailOpening = dyn Fn(&LinkSink) + Send + Sync;

thread_local! {
    /// Sinks that are posting an event on this thread.
    ///
    /// The owner may call the client meanwhile, and thereby `leave`.
    static POSTING: RefCell<Vec<*const LinkSink>> = const { RefCell::new(Vec::new()) };
}

/// Guard while this thread posts an event.
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

    /// Ends the claim on the port, then posts `Closed`: the owner may bind it again.
    fn post_closed(&self, event: ConnectionEvent) {
        if let Some(bound) = &self.bound {
            bound.end_claim();
        }
        self.sink.post(event);
    }

    /// Returns whether `Closed` was posted.
    pub(super) fn has_closed(&self) -> bool {
        self.has_closed.load(Ordering::SeqCst)
    }

    /// Posts `Closed`, unless it was posted; drops later events except results of calls.
    ///
    /// Returns true if it posted `Closed`.
    pub(super) fn leave(&self, reason: CloseReason) -> bool {
        let _order = self.begin();
        self.has_left.store(true, Ordering::SeqCst);
        let is_news = !self.has_closed.swap(true, Ordering::SeqCst);
        if is_news {
            self.post_closed(ConnectionEvent::Closed(reason));
        }
        is_news
    }

    /// Waits until no other thread posts. Returns `None` while this thread posts an event.
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
