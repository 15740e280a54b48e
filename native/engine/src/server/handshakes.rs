//! Pending handshakes of a server, and which of them are aborted to make room.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinHandle, yield_now};
use tokio::time::{Instant, sleep_until};

use crate::limits;
use crate::sync::lock;

/// Pending handshakes. Each has a place until it ends.
pub(super) struct Handshakes {
    places: Arc<Semaphore>,
    running: Mutex<Vec<Handshake>>,
}

/// A place for a handshake. Dropping it frees the place.
pub(super) struct HandshakePlace {
    pub(super) progress: Arc<Progress>,
    _permit: OwnedSemaphorePermit,
}

/// A handshake. Dropping it aborts it.
struct Handshake {
    task: JoinHandle<()>,
    progress: Arc<Progress>,
}

/// Progress of a peer.
pub(super) struct Progress {
    /// Time of its last complete message, or of the start; `None` once it is authenticated.
    last: Mutex<Option<Instant>>,
    /// Asks the handshake to end.
    asked: Notify,
    /// Reports that the handshake continues.
    stays: Notify,
}

impl Drop for Handshake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl HandshakePlace {
    /// Waits for `handshake` to end; `None` if it is aborted to make room for another one.
    ///
    /// # Cancel safety
    /// As `handshake`.
    pub(super) async fn hold<T>(&self, handshake: impl Future<Output = T>) -> Option<T> {
        let mut handshake = pin!(handshake);
        loop {
            tokio::select! {
                biased;
                done = &mut handshake => return Some(done),
                () = self.progress.asked.notified() => {}
            }
            // Yields so that the runtime polls the kernel first: messages may have arrived while this process was stopped.
            yield_now().await;
            let done = poll_fn(|context| Poll::Ready(handshake.as_mut().poll(context))).await;
            if let Poll::Ready(done) = done {
                return Some(done);
            }
            if self.progress.is_late() {
                return None;
            }
            self.progress.stays.notify_one();
        }
    }
}

impl Progress {
    fn new() -> Self {
        Self { last: Mutex::new(Some(Instant::now())), asked: Notify::new(), stays: Notify::new() }
    }

    /// Records that the peer has completed a message.
    pub(super) fn advance(&self) {
        *lock(&self.last) = Some(Instant::now());
    }

    /// Records that the peer is authenticated: its handshake is no longer aborted.
    pub(super) fn prove(&self) {
        *lock(&self.last) = None;
    }

    fn last(&self) -> Option<Instant> {
        *lock(&self.last)
    }

    /// Returns whether the peer takes too long for a message.
    fn is_late(&self) -> bool {
        self.last().is_some_and(|last| Instant::now() >= last + limits::HANDSHAKE_STEP_TIMEOUT)
    }
}

impl Default for Handshakes {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(limits::PENDING_HANDSHAKES)), running: Mutex::default() }
    }
}

impl Handshakes {
    /// Waits for a place, and takes it; `None` when the server has ended.
    ///
    /// While there is none, aborts handshakes of peers that take too long for a message.
    pub(super) async fn take_place(&self) -> Option<HandshakePlace> {
        loop {
            let slowest = self.slowest_since().map(|since| since + limits::HANDSHAKE_STEP_TIMEOUT);
            tokio::select! {
                biased;
                permit = Arc::clone(&self.places).acquire_owned() => {
                    let progress = Arc::new(Progress::new());
                    return permit.ok().map(|permit| HandshakePlace { progress, _permit: permit });
                }
                () = wait_until(slowest) => self.push_out_late_ones().await,
            }
        }
    }

    /// Adds the handshake of a peer that has a place.
    pub(super) fn add(&self, task: JoinHandle<()>, progress: Arc<Progress>) {
        let mut running = lock(&self.running);
        running.retain(|handshake| !handshake.task.is_finished());
        running.push(Handshake { task, progress });
    }

    /// Returns whether there are any.
    pub(super) fn are_under_way(&self) -> bool {
        lock(&self.running).iter().any(|handshake| !handshake.task.is_finished())
    }

    /// Aborts all of them.
    pub(super) fn abort(&self) {
        lock(&self.running).clear();
    }

    /// Returns the oldest time of a last message.
    fn slowest_since(&self) -> Option<Instant> {
        let running = lock(&self.running);
        running.iter().filter(|handshake| !handshake.task.is_finished()).filter_map(|one| one.progress.last()).min()
    }

    async fn push_out_late_ones(&self) {
        let late: Vec<_> = lock(&self.running).extract_if(.., |handshake| handshake.progress.is_late()).collect();
        late.iter().for_each(|handshake| handshake.progress.asked.notify_one());
        for mut handshake in late {
            // Its descriptor must be free before the next peer takes one: peers may connect faster than tasks end.
            tokio::select! {
                biased;
                _ = &mut handshake.task => {}
                () = handshake.progress.stays.notified() => lock(&self.running).push(handshake),
            }
        }
    }
}

async fn wait_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::time::advance;

    use super::*;

    /// Numbers of the aborted handshakes.
    type PushedOut = Arc<Mutex<Vec<usize>>>;

    fn sorted(pushed_out: &PushedOut) -> Vec<usize> {
        let mut all = lock(pushed_out).clone();
        all.sort_unstable();
        all
    }

    /// Starts a handshake that continues until it is aborted.
    async fn begin(handshakes: &Handshakes, number: usize, pushed_out: &PushedOut) -> Arc<Progress> {
        let place = handshakes.take_place().await.unwrap();
        let (progress, pushed_out) = (Arc::clone(&place.progress), Arc::clone(pushed_out));
        let task = tokio::spawn(async move {
            place.hold(std::future::pending::<()>()).await;
            lock(&pushed_out).push(number);
        });
        handshakes.add(task, Arc::clone(&progress));
        progress
    }

    #[tokio::test(start_paused = true)]
    async fn only_peers_without_a_message_for_a_second_make_room_and_never_those_that_proved_themselves() {
        let (handshakes, pushed_out) = (Handshakes::default(), PushedOut::default());
        let mut all = Vec::new();
        for number in 0..limits::PENDING_HANDSHAKES {
            all.push(begin(&handshakes, number, &pushed_out).await);
        }
        advance(Duration::from_millis(900)).await;
        let mut all = all.into_iter();
        let (slow, proved) = (all.next().unwrap(), all.next().unwrap());
        slow.advance();
        proved.prove();
        let start = Instant::now();
        begin(&handshakes, 1_000, &pushed_out).await.prove();
        assert_eq!(start.elapsed().as_millis(), 100);
        assert_eq!(sorted(&pushed_out), (2..limits::PENDING_HANDSHAKES).collect::<Vec<_>>());
        for number in 0..limits::PENDING_HANDSHAKES - 3 {
            begin(&handshakes, 2_000 + number, &pushed_out).await.prove();
        }
        lock(&pushed_out).clear();
        begin(&handshakes, 3_000, &pushed_out).await.prove();
        assert_eq!((start.elapsed().as_millis(), &lock(&pushed_out)[..]), (1_000, &[0][..]));
        let waits = tokio::time::timeout(Duration::from_secs(1_000), begin(&handshakes, 4_000, &pushed_out)).await;
        assert!(waits.is_err(), "nobody has to make room");
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_has_to_leave_while_nobody_waits() {
        let (handshakes, pushed_out) = (Handshakes::default(), PushedOut::default());
        for number in 0..limits::PENDING_HANDSHAKES {
            begin(&handshakes, number, &pushed_out).await;
            advance(limits::HANDSHAKE_STEP_TIMEOUT).await;
        }
        assert_eq!(*lock(&pushed_out), [0; 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_peer_whose_message_waits_in_the_kernel_does_not_make_room() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        let (handshakes, pushed_out) = (Handshakes::default(), PushedOut::default());
        let (place, own) = (handshakes.take_place().await.unwrap(), Arc::clone(&pushed_out));
        let progress = Arc::clone(&place.progress);
        let task = tokio::spawn(async move {
            let handshake = async {
                stream.read_u8().await.unwrap();
                place.progress.advance();
                std::future::pending::<()>().await;
            };
            place.hold(handshake).await;
            lock(&own).push(0);
        });
        handshakes.add(task, progress);
        for number in 1..limits::PENDING_HANDSHAKES {
            begin(&handshakes, number, &pushed_out).await;
        }
        // As after a stop of this process: the time is over, and the runtime has not polled the kernel yet.
        advance(limits::HANDSHAKE_STEP_TIMEOUT).await;
        peer.write_u8(1).await.unwrap();
        begin(&handshakes, 1_000, &pushed_out).await;
        assert_eq!(sorted(&pushed_out), (1..limits::PENDING_HANDSHAKES).collect::<Vec<_>>());
    }
}
