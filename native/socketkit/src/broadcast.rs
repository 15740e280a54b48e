//! A send to several connections, finished when all its parts are.

use std::any::Any;
use std::rc::Rc;

use socket_engine::{SendProgress, SocketError, Ticket};

/// One message in transit to several connections.
pub struct Broadcast {
    ticket: Ticket,
    parts: Vec<Ticket>,
    /// Connections of the parts, kept from being collected: their results would not arrive.
    connections: Vec<Rc<dyn Any>>,
    finished: usize,
    reached: i32,
}

impl Broadcast {
    /// Creates a broadcast for the call with `ticket`.
    pub fn new(ticket: Ticket) -> Self {
        Self { ticket, parts: Vec::new(), connections: Vec::new(), finished: 0, reached: 0 }
    }

    /// Adds the part of `connection`.
    /// If it failed, the connection's own events report the reason.
    pub fn add(&mut self, part: Ticket, connection: Rc<dyn Any>, sent: Result<SendProgress, SocketError>) {
        match sent {
            Ok(SendProgress::Sent) => self.reached += 1,
            Ok(SendProgress::Queued | SendProgress::Gathered) => {
                self.parts.push(part);
                self.connections.push(connection);
            }
            Err(_) => {}
        }
    }

    /// Returns the ticket of the call.
    pub fn ticket(&self) -> Ticket {
        self.ticket
    }

    /// Returns the tickets of unfinished parts.
    pub fn parts(&self) -> &[Ticket] {
        &self.parts
    }

    /// Counts a finished part; returns true for the last one.
    pub fn finish(&mut self, succeeded: bool) -> bool {
        self.finished += 1;
        self.reached += i32::from(succeeded);
        self.finished == self.parts.len()
    }

    /// Returns the number of connections that got the message.
    pub fn reached(&self) -> i32 {
        self.reached
    }
}
