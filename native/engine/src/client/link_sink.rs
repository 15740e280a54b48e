//! What stands between the connections of a client and its owner.

use std::sync::{Arc, Mutex};

use crate::error::SocketError;
use crate::event::{CloseReason, ConnectionEvent, EventSink, Ticket};
use crate::sync::lock;

/// The sink of one connection of a client. A client that has closed its connection, and wants another one before the old peer has
/// taken what was sent, takes leave of the old one: its owner hears of that no more than how its calls end.
pub(super) struct LinkSink {
    sink: Arc<dyn EventSink<ConnectionEvent>>,
    stage: Mutex<Stage>,
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
    pub(super) fn new(sink: &Arc<dyn EventSink<ConnectionEvent>>) -> Arc<Self> {
        Arc::new(Self { sink: Arc::clone(sink), stage: Mutex::new(Stage::Open) })
    }

    /// Posts `Closed` now, unless it was posted, and nothing but results of calls from then on.
    pub(super) fn leave(&self) {
        let mut stage = lock(&self.stage);
        if *stage == Stage::Open {
            self.sink.post(ConnectionEvent::Closed(CloseReason::Local));
        }
        *stage = Stage::Left;
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
        }
        self.sink.post(event);
    }

    fn complete(&self, ticket: Ticket, result: Result<(), SocketError>) {
        self.sink.complete(ticket, result);
    }
}
