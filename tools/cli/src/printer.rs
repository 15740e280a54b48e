//! Handles the events of the connection.

use std::sync::OnceLock;
use std::sync::mpsc::Sender;

use socket_engine::{ConnectionEvent, EventSink, OperationId, SocketError};

use crate::event::Event;
use crate::input::Lines;
use crate::peer::Peer;

/// Prints received messages, and passes on all other events.
pub(crate) struct Printer {
    pub(crate) lines: Lines,
    peer: OnceLock<Peer>,
    events: Sender<Event>,
}

impl Printer {
    pub(crate) fn new(lines: Lines, events: Sender<Event>) -> Self {
        Self { lines, peer: OnceLock::new(), events }
    }

    /// Sets the connection of the events; only the first call counts.
    pub(crate) fn serve(&self, peer: Peer) {
        drop(self.peer.set(peer));
    }

    /// Returns the connection, once `serve` was called.
    pub(crate) fn peer(&self) -> &Peer {
        self.peer.wait()
    }

    fn print(&self, message: &[u8]) {
        if let Err(error) = self.lines.print(message) {
            self.tell(Event::Output(error));
        }
        self.peer().consume(message.len());
    }

    fn tell(&self, event: Event) {
        // `main` may have ended.
        drop(self.events.send(event));
    }
}

impl EventSink<ConnectionEvent> for Printer {
    fn post(&self, event: ConnectionEvent) {
        match event {
            ConnectionEvent::Received(message) | ConnectionEvent::Message(message) => self.print(&message),
            ConnectionEvent::Connected(peer) => self.tell(Event::Connected(peer)),
            ConnectionEvent::Ended => self.peer().finish(),
            ConnectionEvent::Failed(error) => self.tell(Event::Failed(error)),
            ConnectionEvent::Closed(_) => self.tell(Event::Closed),
            _ => {}
        }
    }

    fn complete(&self, operation_id: OperationId, result: Result<(), SocketError>) {
        self.tell(Event::Completed(operation_id, result));
    }
}
