//! The timer of a connection's task.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep, sleep_until};

/// A timer whose deadline moves with what arrives. It may fire early: then it is set again.
#[derive(Debug, Default)]
pub(super) struct Timer {
    /// Made when there is the first deadline.
    sleep: Option<Pin<Box<Sleep>>>,
    /// Whether the peer owed an answer when it was set.
    waits: bool,
}

impl Timer {
    /// Sets the timer to `deadline`, or keeps an earlier one: to move it with each message would cost more than that it fires.
    ///
    /// While the peer owes an answer (`waits`) the deadline is near; one that is left when the answer has come would fire after each
    /// ping. So it is replaced, and not reset to a later time: tokio would wake the thread at the old time, too.
    pub(super) fn set(&mut self, deadline: Instant, waits: bool) {
        let waited = std::mem::replace(&mut self.waits, waits);
        match &mut self.sleep {
            Some(sleep) if sleep.deadline() <= deadline && !sleep.is_elapsed() && (waits || !waited) => {}
            Some(sleep) => sleep.set(sleep_until(deadline)),
            None => self.sleep = Some(Box::pin(sleep_until(deadline))),
        }
    }

    /// Ready when the time has come; never before it was set.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.sleep.as_mut().map_or(Poll::Pending, |sleep| sleep.as_mut().poll(context))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Sets a timer to so many seconds; returns after how many it fires.
    async fn fires_after(deadlines: &[(u32, bool)]) -> u64 {
        let (mut timer, start) = (Timer::default(), Instant::now());
        for (seconds, waits) in deadlines {
            timer.set(start + SECOND * *seconds, *waits);
            tokio::select! {
                biased;
                () = poll_fn(|context| timer.poll(context)) => return start.elapsed().as_secs(),
                () = std::future::ready(()) => {}
            }
        }
        poll_fn(|context| timer.poll(context)).await;
        start.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn timer_fires_at_the_earliest_deadline() {
        assert_eq!(fires_after(&[(5, false), (3, false), (9, false)]).await, 3);
        assert_eq!(fires_after(&[(5, false), (2, true), (9, true)]).await, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn timer_of_an_answer_that_has_come_does_not_fire() {
        assert_eq!(fires_after(&[(2, true), (9, false)]).await, 9);
    }

    #[tokio::test(start_paused = true)]
    async fn timer_that_has_fired_is_set_again() {
        let (mut timer, start) = (Timer::default(), Instant::now());
        for seconds in 1..4 {
            timer.set(start + SECOND * seconds, seconds % 2 == 0);
            poll_fn(|context| timer.poll(context)).await;
            assert_eq!(start.elapsed(), SECOND * seconds);
        }
    }
}
