//! Times for retrying a failed delivery.

use std::io;
use std::mem;
use std::time::{Duration, Instant};

use socket_engine::Alarm;

use crate::environment::KeepAlive;
use crate::limits;
use crate::node_api::Reference;

/// Consecutive failed attempts. The delay doubles each time, up to a limit.
pub struct Retry {
    alarm: Alarm,
    delay: Duration,
    /// Whether the attempt of this turn has failed.
    has_failed: bool,
    /// Keeps the object: events are delivered also after its connection has ended.
    _owner: Option<Reference>,
    _keep_alive: KeepAlive,
}

impl Retry {
    /// Creates a retry without failures.
    /// `wake` is called on the engine's thread at the time of the next attempt.
    ///
    /// # Errors
    /// The kernel's error when it refuses the engine's thread.
    pub fn new(owner: Option<Reference>, keep_alive: KeepAlive, wake: Box<dyn Fn() + Send>) -> io::Result<Self> {
        let alarm = Alarm::new(wake)?;
        let delay = limits::RETRY_MIN_DELAY;
        Ok(Self { alarm, delay, has_failed: false, _owner: owner, _keep_alive: keep_alive })
    }

    /// Records a failed attempt, and schedules the next one.
    pub fn fail(&mut self) {
        self.has_failed = true;
        self.alarm.set(Some(Instant::now() + self.delay));
        self.delay = (self.delay * 2).min(limits::RETRY_MAX_DELAY);
    }

    /// Ends the turn of an attempt. Returns `None` if it succeeded.
    pub fn end_turn(mut self) -> Option<Self> {
        mem::take(&mut self.has_failed).then_some(self)
    }
}
