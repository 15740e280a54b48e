//! A send to several connections, finished when all its parts are.

use std::any::Any;
use std::rc::Rc;

use socket_engine::{OperationId, SendProgress, SocketError};

/// One message in transit to several connections.
pub struct Broadcast {
    operation_id: OperationId,
    parts: Vec<OperationId>,
    /// Connections of the parts, kept from being collected: their results would not arrive.
    connections: Vec<Rc<dyn Any>>,
    finished: usize,
    reached: i32,
}

impl Broadcast {
    /// Creates a broadcast for the call with `operation_id`.
    pub fn new(operation_id: OperationId) -> Self {
        Self { operation_id, parts: Vec::new(), connections: Vec::new(), finished: 0, reached: 0 }
    }

    /// Adds the part of `connection`.
    /// If it failed, the connection's own events report the reason.
    pub fn add(&mut self, part: OperationId, connection: Rc<dyn Any>, sent: Result<SendProgress, SocketError>) {
        match sent {
            Ok(SendProgress::Sent) => self.reached += 1,
            Ok(SendProgress::Queued | SendProgress::Gathered) => {
                self.parts.push(part);
                self.connections.push(connection);
            }
            Err(_) => {}
        }
    }

    /// Returns the operation id of the call.
    pub fn operation_id(&self) -> OperationId {
        self.operation_id
    }

    /// Returns the operation ids of unfinished parts.
    pub fn parts(&self) -> &[OperationId] {
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
