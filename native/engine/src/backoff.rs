//! Delays between attempts to connect.

use std::time::Duration;

use crate::limits;

/// Delays and limits of reconnecting.
///
/// ```
/// use std::time::Duration;
/// use socket_engine::{ClientOptions, Reconnect};
///
/// let reconnect = Reconnect { max_attempts: Some(10), max_delay: Duration::from_secs(5), ..Reconnect::default() };
/// let options = ClientOptions { reconnect: Some(reconnect), ..ClientOptions::default() };
/// # drop(options);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reconnect {
    /// Approximate first delay.
    /// After a link loss, and after the first attempt of the first `connect`.
    pub min_delay: Duration,
    /// Longest delay. A link that does not last longer counts as a failed attempt.
    pub max_delay: Duration,
    /// Failed attempts after which the client gives up; `None`: never.
    pub max_attempts: Option<u32>,
}

impl Default for Reconnect {
    fn default() -> Self {
        Self { min_delay: limits::RECONNECT_MIN_DELAY, max_delay: limits::RECONNECT_MAX_DELAY, max_attempts: None }
    }
}

/// Counts attempts: each delay is about twice the previous one, up to the longest.
#[derive(Debug)]
pub(crate) struct Backoff {
    reconnect: Reconnect,
    attempts: u32,
    waits: u32,
}

impl Backoff {
    /// Creates a backoff whose first attempt is immediate.
    pub(crate) fn new(reconnect: Reconnect) -> Self {
        Self { reconnect, attempts: 0, waits: 0 }
    }

    /// Restarts with an immediate attempt.
    pub(crate) fn begin(&mut self) {
        (self.attempts, self.waits) = (0, 0);
    }

    /// Restarts after a success, with a delay: the peer may drop every link that it accepts.
    pub(crate) fn reset(&mut self) {
        (self.attempts, self.waits) = (0, 1);
    }

    /// Handles the loss of a link that lasted `lasted`.
    ///
    /// It counts as a success if it lasted longer than the longest delay, otherwise as a failed attempt.
    pub(crate) fn lose(&mut self, lasted: Duration) {
        if lasted > self.reconnect.max_delay {
            self.reset();
        }
    }

    /// Returns the number of the next attempt, from 1, and the delay before it.
    /// `None` if no attempts are left.
    ///
    /// `jitter`, from 0 to 1, removes up to half of the delay, so that the clients of one server do not all reconnect at once.
    pub(crate) fn next(&mut self, jitter: f64) -> Option<(u32, Duration)> {
        if self.reconnect.max_attempts.is_some_and(|most| self.attempts >= most) {
            return None;
        }
        let doublings = self.waits.checked_sub(1);
        self.attempts = self.attempts.saturating_add(1);
        self.waits = self.waits.saturating_add(1);
        let full = doublings.map_or(Duration::ZERO, |doublings| {
            self.reconnect.min_delay.saturating_mul(2_u32.saturating_pow(doublings)).min(self.reconnect.max_delay)
        });
        Some((self.attempts, full.mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 2.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(backoff: &mut Backoff, jitter: f64, count: usize) -> Vec<u128> {
        (0..count).map_while(|_| backoff.next(jitter)).map(|(_, delay)| delay.as_millis()).collect()
    }

    fn backoff(max_attempts: Option<u32>) -> Backoff {
        let (min_delay, max_delay) = (Duration::from_millis(100), Duration::from_secs(1));
        Backoff::new(Reconnect { min_delay, max_delay, max_attempts })
    }

    #[test]
    fn the_first_attempt_is_made_at_once_and_waits_double_up_to_the_longest() {
        assert_eq!(delays(&mut backoff(None), 0.0, 7), [0, 100, 200, 400, 800, 1_000, 1_000]);
    }

    #[test]
    fn jitter_takes_up_to_half_of_the_wait() {
        assert_eq!(delays(&mut backoff(None), 1.0, 4), [0, 50, 100, 200]);
        assert_eq!(delays(&mut backoff(None), 7.0, 2), [0, 50]);
    }

    #[test]
    fn attempts_are_counted_and_begin_anew_after_a_success() {
        let mut backoff = backoff(Some(2));
        assert_eq!(backoff.next(0.0).map(|(attempt, _)| attempt), Some(1));
        assert_eq!(backoff.next(0.0).map(|(attempt, _)| attempt), Some(2));
        assert_eq!(backoff.next(0.0), None);
        backoff.reset();
        assert_eq!(backoff.next(0.0), Some((1, Duration::from_millis(100))));
    }

    #[test]
    fn a_link_that_lasts_no_longer_than_the_longest_wait_is_a_failed_attempt() {
        let mut backoff = backoff(Some(3));
        assert_eq!(delays(&mut backoff, 0.0, 2), [0, 100]);
        backoff.lose(Duration::from_secs(1));
        assert_eq!(backoff.next(0.0), Some((3, Duration::from_millis(200))));
        backoff.lose(Duration::from_millis(999));
        assert_eq!(backoff.next(0.0), None);
        backoff.lose(Duration::from_millis(1_001));
        assert_eq!(backoff.next(0.0), Some((1, Duration::from_millis(100))));
    }

    #[test]
    fn a_long_absence_does_not_overflow() {
        let mut backoff = backoff(None);
        assert!(delays(&mut backoff, 0.5, 100).iter().skip(6).all(|delay| *delay == 750));
    }
}
