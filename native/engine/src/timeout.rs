//! Time-outs that look at the kernel before they end anything.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::task::yield_now;

/// Waits for `future` for at most `limit`; `None` when the time is over. A process that was stopped meanwhile, as phones do to apps in
/// the background, finds the time over and what has come at once: what has come counts (`tests/host/freeze`).
///
/// # Cancel safety
/// As `future`.
pub(crate) async fn timeout<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    if let Ok(done) = tokio::time::timeout(limit, future.as_mut()).await {
        return Some(done);
    }
    // A task that yields goes on after the runtime has asked the kernel what has come.
    yield_now().await;
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

#[cfg(test)]
mod tests {
    // A test may panic: that is how it fails.
    #![allow(clippy::unwrap_used)]

    use tokio::io::AsyncReadExt;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    const LIMIT: Duration = Duration::from_millis(20);

    #[tokio::test(start_paused = true)]
    async fn where_nothing_comes_the_time_is_over() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let start = tokio::time::Instant::now();
        assert!(timeout(LIMIT, stream.read_u8()).await.is_none());
        assert!(start.elapsed() >= LIMIT);
    }
}
