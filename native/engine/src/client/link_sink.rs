//! What stands between the connections of a client and its owner.

use std::sync::{Arc, Mutex, Weak};

use super::Shared;
use super::bound::Bound;
use crate::error::SocketError;
use crate::event::{CloseReason, ConnectionEvent, EventSink, Ticket};
use crate::sync::lock;

/// The sink of one connection of a client. A client that has closed its connection, and wants another one before the old peer has
/// taken what was sent, takes leave of the old one: its owner hears of that no more than how its calls end.
pub(super) struct LinkSink {
    sink: Arc<dyn EventSink<ConnectionEvent>>,
    stage: Mutex<Stage>,
    /// The `connect` that the connection answers itself, and its client.
    opening: Option<(Ticket, Weak<Shared>)>,
    /// What the connection has its local address of: others may have the port when it is over.
    bound: Option<Arc<Bound>>,
}

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
        opening: Option<(Ticket, Weak<Shared>)>,
        bound: Option<Arc<Bound>>,
    ) -> Self {
        Self { sink: Arc::clone(sink), stage: Mutex::new(Stage::Open), opening, bound }
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
        let mut stage = lock(&self.stage);
        let is_news = *stage == Stage::Open;
        if is_news {
            self.post_closed(ConnectionEvent::Closed(reason));
        }
        *stage = Stage::Left;
        is_news
    }
}

impl EventSink<ConnectionEvent> for LinkSink {
    fn post(&self, event: ConnectionEvent) {
        // Held while it is posted: what comes behind `leave` belongs to another connection.
        let mut stage = lock(&self.stage);
        if *stage == Stage::Left {
            return;
        }
        if matches!(event, ConnectionEvent::Closed(_)) {
            *stage = Stage::Closed;
            return self.post_closed(event);
        }
        self.sink.post(event);
    }

    fn complete(&self, ticket: Ticket, result: Result<(), SocketError>) {
        let failed = self.opening.as_ref().filter(|(opening, _)| *opening == ticket && result.is_err());
        if let Some(client) = failed.and_then(|(_, client)| client.upgrade()) {
            client.fail_opening(self);
        }
        self.sink.complete(ticket, result);
    }
}
