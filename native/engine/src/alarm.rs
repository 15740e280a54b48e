//! Wakes the owner of something at a given time.

use std::io;
use std::time::Instant;

use tokio::sync::watch;
use tokio::task::yield_now;
use tokio::time::sleep_until;

use crate::runtime;

/// One deadline at a time. Dropping it forgets the deadline.
///
/// ```
/// use std::sync::mpsc::channel;
/// use std::time::Instant;
/// use socket_engine::Alarm;
///
/// let (wake, woken) = channel();
/// let alarm = Alarm::new(Box::new(move || drop(wake.send(()))))?;
/// alarm.set(Some(Instant::now()));
/// woken.recv()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Alarm {
    deadline: watch::Sender<Option<Instant>>,
}

impl Alarm {
    /// An alarm without a deadline. `wake` is called on the worker thread, once for each deadline that passes, and must not block.
    ///
    /// # Errors
    /// What the kernel said when it refused the worker thread.
    pub fn new(wake: Box<dyn Fn() + Send>) -> io::Result<Self> {
        let (deadline, changes) = watch::channel(None);
        runtime::handle()?.spawn(run(changes, wake));
        Ok(Self { deadline })
    }

    /// Replaces the deadline.
    pub fn set(&self, deadline: Option<Instant>) {
        self.deadline.send_if_modified(|current| {
            let is_other = *current != deadline;
            *current = deadline;
            is_other
        });
    }
}

async fn run(mut changes: watch::Receiver<Option<Instant>>, wake: impl Fn()) {
    loop {
        let deadline = *changes.borrow_and_update();
        let passed = async {
            match deadline {
                Some(deadline) => sleep_until(deadline.into()).await,
                None => std::future::pending().await,
            }
        };
        let changed = tokio::select! {
            changed = changes.changed() => changed,
            () = passed => {
                // Received data is read first: after a suspension both are due at once.
                yield_now().await;
                wake();
                changes.changed().await
            }
        };
        if changed.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tokio::time::{Instant, advance};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// An alarm of the test's own runtime, and how often it woke.
    fn alarm() -> (Alarm, Arc<AtomicUsize>) {
        let (deadline, changes) = watch::channel(None);
        let woken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&woken);
        tokio::spawn(run(changes, move || _ = count.fetch_add(1, Ordering::Relaxed)));
        (Alarm { deadline }, woken)
    }

    async fn pass(time: Duration) {
        yield_now().await;
        advance(time).await;
        // Once to find the time over, and once to wake.
        yield_now().await;
        yield_now().await;
    }

    fn after(time: Duration) -> Option<std::time::Instant> {
        Some((Instant::now() + time).into_std())
    }

    #[tokio::test(start_paused = true)]
    async fn deadline_that_passes_wakes_once() {
        let (alarm, woken) = alarm();
        alarm.set(after(SECOND));
        pass(SECOND / 2).await;
        assert_eq!(woken.load(Ordering::Relaxed), 0);
        pass(SECOND).await;
        pass(10 * SECOND).await;
        assert_eq!(woken.load(Ordering::Relaxed), 1);
    }

    /// After a suspension of the process, received data and the deadline are due at the same time.
    #[tokio::test(start_paused = true)]
    async fn what_has_come_by_the_deadline_is_taken_before_it_wakes() {
        let (sender, changes) = watch::channel(after(SECOND));
        let (taken, seen) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (reader, wake) = (Arc::clone(&taken), (Arc::clone(&taken), Arc::clone(&seen)));
        tokio::spawn(run(changes, move || wake.1.store(wake.0.load(Ordering::Relaxed), Ordering::Relaxed)));
        // Its timer is the first one.
        yield_now().await;
        tokio::spawn(async move {
            tokio::time::sleep(SECOND).await;
            reader.store(1, Ordering::Relaxed);
        });
        pass(SECOND).await;
        assert_eq!(seen.load(Ordering::Relaxed), 1);
        drop(sender);
    }

    #[tokio::test(start_paused = true)]
    async fn deadline_is_replaced() {
        let (alarm, woken) = alarm();
        alarm.set(after(SECOND));
        pass(SECOND / 2).await;
        alarm.set(after(SECOND));
        pass(SECOND * 3 / 4).await;
        assert_eq!(woken.load(Ordering::Relaxed), 0);
        alarm.set(None);
        pass(10 * SECOND).await;
        assert_eq!(woken.load(Ordering::Relaxed), 0);
        alarm.set(after(SECOND));
        pass(2 * SECOND).await;
        assert_eq!(woken.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn dropped_alarm_does_not_wake() {
        let (alarm, woken) = alarm();
        alarm.set(after(SECOND));
        drop(alarm);
        pass(10 * SECOND).await;
        assert_eq!(woken.load(Ordering::Relaxed), 0);
    }
}
