//! The handshakes of a server that are under way, and who has to make room for others.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::limits;
use crate::sync::lock;

/// The handshakes under way. Each has a place until it ends.
pub(super) struct Handshakes {
    places: Arc<Semaphore>,
    running: Mutex<Vec<Handshake>>,
}

/// A place among the handshakes. Dropping it gives the place up.
pub(super) struct HandshakePlace {
    pub(super) progress: Arc<Progress>,
    _permit: OwnedSemaphorePermit,
}

struct Handshake {
    task: JoinHandle<()>,
    peer: SocketAddr,
    progress: Arc<Progress>,
}

/// How far a peer has come.
pub(super) struct Progress {
    /// When it completed a message, or began; `None` once it has proved itself.
    last: Mutex<Option<Instant>>,
}

impl Progress {
    /// The peer has completed a message.
    pub(super) fn advance(&self) {
        *lock(&self.last) = Some(Instant::now());
    }

    /// The peer has proved itself, and is not to be pushed out any more.
    pub(super) fn prove(&self) {
        *lock(&self.last) = None;
    }

    fn last(&self) -> Option<Instant> {
        *lock(&self.last)
    }
}

impl Default for Handshakes {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(limits::PENDING_HANDSHAKES)), running: Mutex::default() }
    }
}

impl Handshakes {
    /// Waits for a place, and takes it. While there is none, peers that take too long for a message have to leave; `reject` is told of
    /// them. `None` when the server has ended.
    pub(super) async fn take_place(&self, mut reject: impl FnMut(SocketAddr)) -> Option<HandshakePlace> {
        loop {
            let slowest = self.slowest_since().map(|since| since + limits::HANDSHAKE_STEP_TIMEOUT);
            tokio::select! {
                biased;
                permit = Arc::clone(&self.places).acquire_owned() => {
                    let progress = Arc::new(Progress { last: Mutex::new(Some(Instant::now())) });
                    return permit.ok().map(|permit| HandshakePlace { progress, _permit: permit });
                }
                () = wait_until(slowest) => self.push_out_late_ones(&mut reject).await,
            }
        }
    }

    /// Adds the handshake of a peer that has a place.
    pub(super) fn add(&self, task: JoinHandle<()>, peer: SocketAddr, progress: Arc<Progress>) {
        let mut running = lock(&self.running);
        running.retain(|handshake| !handshake.task.is_finished());
        running.push(Handshake { task, peer, progress });
    }

    /// Whether there are any.
    pub(super) fn are_under_way(&self) -> bool {
        lock(&self.running).iter().any(|handshake| !handshake.task.is_finished())
    }

    /// Gives all of them up.
    pub(super) fn abort(&self) {
        for handshake in lock(&self.running).drain(..) {
            handshake.task.abort();
        }
    }

    /// When the peer completed its last message that has waited longest since.
    fn slowest_since(&self) -> Option<Instant> {
        let running = lock(&self.running);
        running.iter().filter(|handshake| !handshake.task.is_finished()).filter_map(|one| one.progress.last()).min()
    }

    async fn push_out_late_ones(&self, reject: &mut impl FnMut(SocketAddr)) {
        let now = Instant::now();
        let is_late = |last: Option<Instant>| last.is_some_and(|last| now >= last + limits::HANDSHAKE_STEP_TIMEOUT);
        let late: Vec<_> = lock(&self.running).extract_if(.., |handshake| is_late(handshake.progress.last())).collect();
        for Handshake { task, peer, .. } in late {
            task.abort();
            // Its descriptor is free before the next peer takes one: a crowd comes faster than tasks end.
            if task.await.is_err_and(|error| error.is_cancelled()) {
                reject(peer);
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
    // A test may panic: that is how it fails.
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use tokio::time::advance;

    use super::*;

    fn peer(number: usize) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], u16::try_from(number).unwrap()))
    }

    /// A handshake that goes on until it is pushed out.
    async fn begin(handshakes: &Handshakes, number: usize, rejected: &mut Vec<SocketAddr>) -> Arc<Progress> {
        let place = handshakes.take_place(|peer| rejected.push(peer)).await.unwrap();
        let progress = Arc::clone(&place.progress);
        let task = tokio::spawn(async move {
            let _place = place;
            std::future::pending::<()>().await;
        });
        handshakes.add(task, peer(number), Arc::clone(&progress));
        progress
    }

    #[tokio::test(start_paused = true)]
    async fn only_peers_without_a_message_for_a_second_make_room_and_never_those_that_proved_themselves() {
        let (handshakes, mut rejected) = (Handshakes::default(), Vec::new());
        let mut all = Vec::new();
        for number in 0..limits::PENDING_HANDSHAKES {
            all.push(begin(&handshakes, number, &mut rejected).await);
        }
        advance(Duration::from_millis(900)).await;
        let mut all = all.into_iter();
        let (slow, proved) = (all.next().unwrap(), all.next().unwrap());
        slow.advance();
        proved.prove();
        let start = Instant::now();
        begin(&handshakes, 1_000, &mut rejected).await.prove();
        assert_eq!(start.elapsed().as_millis(), 100);
        assert_eq!(rejected, (2..limits::PENDING_HANDSHAKES).map(peer).collect::<Vec<_>>());
        for number in 0..limits::PENDING_HANDSHAKES - 3 {
            begin(&handshakes, 2_000 + number, &mut rejected).await.prove();
        }
        rejected.clear();
        begin(&handshakes, 3_000, &mut rejected).await.prove();
        assert_eq!((start.elapsed().as_millis(), &rejected[..]), (1_000, &[peer(0)][..]));
        let waits = tokio::time::timeout(Duration::from_secs(1_000), begin(&handshakes, 4_000, &mut rejected)).await;
        assert!(waits.is_err(), "nobody has to make room");
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_has_to_leave_while_nobody_waits() {
        let (handshakes, mut rejected) = (Handshakes::default(), Vec::new());
        for number in 0..limits::PENDING_HANDSHAKES {
            begin(&handshakes, number, &mut rejected).await;
            advance(limits::HANDSHAKE_STEP_TIMEOUT).await;
        }
        assert_eq!(rejected, []);
    }
}
