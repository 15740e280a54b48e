//! What stands between the connections of a client and its owner.

use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, ThreadId};

use super::bound::Bound;
use crate::error::SocketError;
use crate::event::{CloseReason, ConnectionEvent, EventSink, Ticket};
use crate::sync::lock;

/// The sink of one connection of a client. A client that has closed its connection, and wants another one before the old peer has
/// taken what was sent, takes leave of the old one: its owner hears of that no more than how its calls end.
pub(super) struct LinkSink {
    sink: Arc<dyn EventSink<ConnectionEvent>>,
    stage: Mutex<Stage>,
    /// Held while an event is posted: events behind `leave` belong to another connection.
    order: Mutex<()>,
    /// The thread that posts an event now. The owner may call the client from there, and so `leave`.
    posting: Mutex<Option<ThreadId>>,
    /// The `connect` that the connection answers itself, and what is to be done where that fails.
    opening: Option<(Ticket, Box<FailOpening>)>,
    /// What the connection has its local address of: others may have the port when it is over.
    bound: Option<Arc<Bound>>,
}

/// What is done for a connection that has ended before it had a link.
pub(super) type FailOpening = dyn Fn(&LinkSink) + Send + Sync;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    /// `Closed` was posted.
    Closed,
    /// Everything is posted that its owner is to hear.
    Left,
}

impl LinkSink {
    pub(super) fn new(
        sink: &Arc<dyn EventSink<ConnectionEvent>>,
        opening: Option<(Ticket, Box<FailOpening>)>,
        bound: Option<Arc<Bound>>,
    ) -> Self {
        Self {
            sink: Arc::clone(sink),
            stage: Mutex::new(Stage::Open),
            order: Mutex::default(),
            posting: Mutex::default(),
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
        *lock(&self.stage) != Stage::Open
    }

    /// Posts `Closed` now, unless it was posted, and nothing but results of calls from then on. Whether it was not.
    pub(super) fn leave(&self, reason: CloseReason) -> bool {
        let _order = self.begin();
        let is_news = std::mem::replace(&mut *lock(&self.stage), Stage::Left) == Stage::Open;
        if is_news {
            self.post_closed(ConnectionEvent::Closed(reason));
        }
        is_news
    }

    /// Waits until no other thread posts. `None` within an event that this thread posts.
    fn begin(&self) -> Option<MutexGuard<'_, ()>> {
        let is_posting = *lock(&self.posting) == Some(thread::current().id());
        (!is_posting).then(|| lock(&self.order))
    }
}

impl EventSink<ConnectionEvent> for LinkSink {
    fn post(&self, event: ConnectionEvent) {
        let order = self.begin();
        if *lock(&self.stage) == Stage::Left {
            return;
        }
        if order.is_some() {
            *lock(&self.posting) = Some(thread::current().id());
        }
        if matches!(event, ConnectionEvent::Closed(_)) {
            *lock(&self.stage) = Stage::Closed;
            self.post_closed(event);
        } else {
            self.sink.post(event);
        }
        if order.is_some() {
            *lock(&self.posting) = None;
        }
    }

    fn complete(&self, ticket: Ticket, result: Result<(), SocketError>) {
        let failed = self.opening.as_ref().filter(|(opening, _)| *opening == ticket && result.is_err());
        if let Some((_, fail)) = failed {
            fail(self);
        }
        self.sink.complete(ticket, result);
    }
}
