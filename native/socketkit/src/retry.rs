//! When to deliver again what could not be delivered.

use std::io;
use std::mem;
use std::time::{Duration, Instant};

use socket_engine::Alarm;

use crate::environment::Lease;
use crate::limits;
use crate::node_api::Reference;

/// Attempts that fail in a row. The wait before the next one doubles each time, up to a limit.
pub struct Retry {
    alarm: Alarm,
    delay: Duration,
    /// Whether the attempt of this turn has failed.
    has_failed: bool,
    /// What waits is delivered also when its connection is over.
    _owner: Option<Reference>,
    _lease: Lease,
}

impl Retry {
    /// No attempt has failed yet. `wake` is called on the engine's thread when the time of the next one has come.
    ///
    /// # Errors
    /// What the kernel said when it refused the engine's thread.
    pub fn new(owner: Option<Reference>, lease: Lease, wake: Box<dyn Fn() + Send>) -> io::Result<Self> {
        let alarm = Alarm::new(wake)?;
        let delay = limits::RETRY_MIN_DELAY;
        Ok(Self { alarm, delay, has_failed: false, _owner: owner, _lease: lease })
    }

    /// Waits for the next attempt, as this one has failed.
    pub fn fail(&mut self) {
        self.has_failed = true;
        self.alarm.set(Some(Instant::now() + self.delay));
        self.delay = (self.delay * 2).min(limits::RETRY_MAX_DELAY);
    }

    /// Ends the turn of an attempt. There is nothing to try again when that has not failed.
    pub fn end_turn(mut self) -> Option<Self> {
        mem::take(&mut self.has_failed).then_some(self)
    }
}
