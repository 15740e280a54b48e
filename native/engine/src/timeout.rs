//! Time-outs that look at the kernel before they end anything.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::Instant;

use crate::limits;

/// Waits for `future` for at most `limit`; `None` when the time is over. A process that was stopped meanwhile, as phones do to apps in
/// the background, finds the time over and what has come at once: what has come counts, and the time begins anew, because the peer may
/// wait for an answer to that (`tests/host/freeze`).
///
/// # Cancel safety
/// As `future`.
pub(crate) async fn timeout<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    loop {
        let start = Instant::now();
        if let Ok(done) = tokio::time::timeout(limit, future.as_mut()).await {
            return Some(done);
        }
        let was_stopped = start.elapsed() >= limit.saturating_add(limits::STOPPED_TIME);
        // A task that yields continues after the runtime has polled the kernel.
        yield_now().await;
        match poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await {
            Poll::Ready(done) => return Some(done),
            Poll::Pending if was_stopped => {}
            Poll::Pending => return None,
        }
    }
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

    #[tokio::test(start_paused = true)]
    async fn where_nothing_comes_the_time_is_over() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let start = tokio::time::Instant::now();
        assert!(timeout(LIMIT, stream.read_u8()).await.is_none());
        assert!(start.elapsed() >= LIMIT);
    }
}
