//! A call that is finished when all its parts are.

use std::any::Any;
use std::rc::Rc;

use socket_engine::{SendProgress, SocketError, Ticket};

/// One message on its way to several connections.
pub struct Broadcast {
    ticket: Ticket,
    parts: Vec<Ticket>,
    /// The connections of the parts. They must not be collected before: their results would not come.
    connections: Vec<Rc<dyn Any>>,
    finished: usize,
    reached: i32,
}

impl Broadcast {
    /// A broadcast for the call with `ticket`.
    pub fn new(ticket: Ticket) -> Self {
        Self { ticket, parts: Vec::new(), connections: Vec::new(), finished: 0, reached: 0 }
    }

    /// Adds the part of `connection`. Why one failed, its own events tell.
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

    /// The call that waits for it.
    pub fn ticket(&self) -> Ticket {
        self.ticket
    }

    /// The parts that are finished later.
    pub fn parts(&self) -> &[Ticket] {
        &self.parts
    }

    /// One more part is finished; true when it was the last one.
    pub fn finish(&mut self, succeeded: bool) -> bool {
        self.finished += 1;
        self.reached += i32::from(succeeded);
        self.finished == self.parts.len()
    }

    /// How many connections have it.
    pub fn reached(&self) -> i32 {
        self.reached
    }
}
