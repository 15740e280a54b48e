//! Time-outs that look at the kernel before they end anything, and notice that this process was stopped.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until};

use crate::limits;

/// Ten years. Longer ones could not be added to a moment.
const FOREVER: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// How long to wait before the clock is checked, in a wait that gives a peer `limit`. Nothing tells that this process was stopped
/// (SIGSTOP, or a cgroup freezer): a check that comes late does.
pub(crate) fn slice_of(limit: Duration) -> Duration {
    (limit / limits::WAIT_SLICES).max(limits::WAIT_SLICE_MIN)
}

/// Whether this process was stopped: it sees `now` that `deadline` has come.
pub(crate) fn was_stopped(deadline: Instant, now: Instant) -> bool {
    now >= deadline + limits::STOPPED_TIME
}

/// Waits for `future` for at most `limit`; `None` when the [time](TimeLimit) is over.
///
/// # Cancel safety
/// As `future`.
pub(crate) async fn timeout<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    TimeLimit::new(limit).wait(future).await
}

/// A time limit that does not count stops of this process. A process that was stopped, as phones do to apps in the background, finds
/// the time over and what has come at once: what has come counts, and the time begins anew, because the peer may wait for an answer to
/// that, or was stopped as well (`tests/host/freeze`). A stop that is shorter than a [slice](slice_of) and
/// [`STOPPED_TIME`](limits::STOPPED_TIME) together can count as time; so do more than [`STOP_EXCUSES`](limits::STOP_EXCUSES).
#[derive(Debug)]
pub(crate) struct TimeLimit {
    limit: Duration,
    end: Instant,
    /// Stops that it was not to count.
    stops: u32,
}

impl TimeLimit {
    /// A limit that begins now.
    pub(crate) fn new(limit: Duration) -> Self {
        let limit = limit.min(FOREVER);
        Self { limit, end: Instant::now() + limit, stops: 0 }
    }

    /// Waits for `future`; `None` when the time is over. Time between two waits counts.
    ///
    /// # Cancel safety
    /// As `future`.
    pub(crate) async fn wait<T>(&mut self, future: impl Future<Output = T>) -> Option<T> {
        before(self.over(), pin!(future)).await
    }

    /// Waits until the time is over.
    async fn over(&mut self) {
        loop {
            let start = Instant::now();
            let check = self.end.clamp(start, start + slice_of(self.limit));
            passed(check).await;
            let now = Instant::now();
            if was_stopped(check, now) && self.stops < limits::STOP_EXCUSES {
                self.stops += 1;
                self.end = now + self.limit;
            } else if now >= self.end {
                return;
            }
        }
    }
}

/// Waits for `future` until `deadline`; `None` if it is not ready then, and not with what has come either.
///
/// # Cancel safety
/// As `future`.
pub(crate) async fn until<T>(deadline: Instant, future: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    before(passed(deadline), future).await
}

/// Waits for `future`; `None` when `over` is ready and it is not. It is polled in one place: each one would be a copy of its code.
async fn before<T>(over: impl Future<Output = ()>, mut future: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    let mut over = pin!(over);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => over.as_mut().poll(context).map(|()| None),
    })
    .await
}

/// Waits until `deadline` has passed and the runtime has polled the kernel after that: a task that yields continues then.
async fn passed(deadline: Instant) {
    sleep_until(deadline).await;
    yield_now().await;
}

#[cfg(test)]
mod tests {
    // A test may panic: that is how it fails.
    #![allow(clippy::unwrap_used)]

    use tokio::io::AsyncReadExt;
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::oneshot;
    use tokio::time::{advance, sleep};

    use super::*;

    const LIMIT: Duration = Duration::from_millis(20);

    #[tokio::test(start_paused = true)]
    async fn what_comes_by_the_time_that_it_is_over_counts() {
        let (sender, receiver) = oneshot::channel();
        let waiting = tokio::spawn(timeout(LIMIT, receiver));
        // Its timer is the first one.
        yield_now().await;
        tokio::spawn(async move {
            sleep(LIMIT).await;
            sender.send(()).unwrap();
        });
        assert!(waiting.await.unwrap().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn time_in_which_the_process_was_stopped_does_not_count() {
        let (sender, receiver) = oneshot::channel();
        let waiting = tokio::spawn(timeout(LIMIT, receiver));
        yield_now().await;
        advance(LIMIT + limits::STOPPED_TIME).await;
        sleep(LIMIT / 2).await;
        sender.send(()).unwrap();
        assert!(waiting.await.unwrap().is_some());
    }

    /// Waits for `limit`, while this process is stopped `after` its start for `stop`; returns how long it has waited.
    async fn time_with_a_stop(limit: Duration, after: Duration, stop: Duration) -> Duration {
        let start = Instant::now();
        let waiting = tokio::spawn(timeout(limit, std::future::pending::<()>()));
        yield_now().await;
        sleep(after).await;
        advance(stop).await;
        assert!(waiting.await.unwrap().is_none());
        start.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn process_that_is_stopped_again_and_again_reaches_its_limit() {
        let limit = Duration::from_secs(1);
        let mut waiting = tokio::spawn(timeout(limit, std::future::pending::<()>()));
        let mut stops = 0;
        while tokio::time::timeout(limit / 2, &mut waiting).await.is_err() {
            advance(limit).await;
            stops += 1;
            assert!(stops <= limits::STOP_EXCUSES + 2, "it waits for ever");
        }
        assert!(stops >= limits::STOP_EXCUSES);
    }

    #[tokio::test(start_paused = true)]
    async fn stop_that_ends_before_the_limit_begins_it_anew() {
        let millis = Duration::from_millis;
        let limit = millis(1_200);
        for (after, stop, counts_anew) in
            [(10, 390, true), (10, 1_100, true), (10, 1_300, true), (10, 380, false), (0, 0, false)]
        {
            let expected = if counts_anew { millis(after + stop) + limit } else { limit };
            assert_eq!(time_with_a_stop(limit, millis(after), millis(stop)).await, expected, "{after} + {stop}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn time_between_two_waits_counts_and_is_no_stop() {
        let mut limit = TimeLimit::new(LIMIT);
        assert!(timeout(LIMIT / 2, limit.wait(std::future::pending::<()>())).await.is_none());
        sleep(LIMIT + limits::STOPPED_TIME).await;
        let start = Instant::now();
        assert!(limit.wait(std::future::pending::<()>()).await.is_none());
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn wait_of_any_length_has_at_most_eight_slices() {
        for seconds in [1, 5, 60, 600, 86_400] {
            let limit = Duration::from_secs(seconds);
            assert!(
                limit <= slice_of(limit) * limits::WAIT_SLICES && slice_of(limit) * (limits::WAIT_SLICES - 1) < limit
            );
            let start = Instant::now();
            assert!(timeout(limit, std::future::pending::<()>()).await.is_none());
            assert_eq!(start.elapsed(), limit);
        }
        assert!(timeout(Duration::MAX, std::future::ready(())).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn where_nothing_comes_the_time_is_over() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let start = tokio::time::Instant::now();
        assert!(timeout(LIMIT, stream.read_u8()).await.is_none());
        assert!(start.elapsed() >= LIMIT);
    }
}
