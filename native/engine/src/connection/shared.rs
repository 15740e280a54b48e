//! What the handle of a connection and its task share.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::link::Link;
use super::message::Message;
use super::state::{Flushed, State};
use crate::credit::Credit;
use crate::error::{Operation, SocketError};
use crate::event::{ConnectionEvent, EventSink, OperationId};
use crate::limits;
use crate::options::SocketOptions;
use crate::poller::PollTarget;
use crate::protocol::Protocol;
use crate::send_queue::SendProgress;
use crate::statistics::{Counters, Statistics};
use crate::sync::lock;

pub(super) struct Shared {
    pub(super) state: Mutex<State>,
    pub(super) sink: Arc<dyn EventSink<ConnectionEvent>>,
    pub(super) protocol: Arc<Protocol>,
    pub(super) counters: Counters,
    /// Tells the task to look at `state` and `credit` again.
    pub(super) task: TaskNotify,
    pub(super) credit: Credit,
    /// What the credit was taken for, without what events cost beside their bytes.
    unconsumed_bytes: AtomicUsize,
    /// Wakes those who wait for [`Phase::is_reported`](super::phase::Phase::is_reported).
    reported: Notify,
    /// Where the owner learns of what has come, if it reads, and not the task.
    pub(super) poller: Option<PollTarget>,
    born: Instant,
    /// Time of the last message or link, in milliseconds after `born`.
    ///
    /// Kept only with an idle time-out.
    active_ms: AtomicU64,
}

/// One task waits, anybody notifies.
///
/// A notification that comes while the task does not wait is not lost.
#[derive(Default)]
pub(super) struct TaskNotify {
    pending: AtomicBool,
    notify: Notify,
}

impl TaskNotify {
    /// Has the task look, after what it is to see was written.
    pub(super) fn notify(&self) {
        self.pending.store(true, Ordering::SeqCst);
        self.notify.notify_one();
    }

    /// Whether it was notified since this was asked last.
    ///
    /// Takes no lock, so that a task with much to read can ask often.
    pub(super) fn take_notified(&self) -> bool {
        self.pending.swap(false, Ordering::SeqCst)
    }

    /// Waits for a notification, or returns at once when there was one since this returned last.
    pub(super) async fn notified(&self) {
        self.notify.notified().await;
    }
}

impl Shared {
    pub(super) fn new(
        sink: Arc<dyn EventSink<ConnectionEvent>>,
        poller: Option<PollTarget>,
        protocol: Arc<Protocol>,
        counters: Counters,
        state: State,
    ) -> Self {
        Self {
            state: Mutex::new(state),
            sink,
            poller: poller.filter(|_| protocol.lets_owner_read()),
            protocol,
            counters,
            task: TaskNotify::default(),
            credit: Credit::new(limits::RECEIVE_HIGH_BYTES, limits::RECEIVE_LOW_BYTES),
            unconsumed_bytes: AtomicUsize::new(0),
            reported: Notify::new(),
            born: Instant::now(),
            active_ms: AtomicU64::new(0),
        }
    }

    /// Has the task look at the state, which is not locked; spawns it where there is none yet.
    pub(super) fn notify_task(&self) {
        self.notify_task_of(lock(&self.state));
    }

    /// The same of the `state` that it is to see, of which the lock ends here.
    pub(super) fn notify_task_of(&self, mut state: MutexGuard<'_, State>) {
        let spawn = state.spawn.take();
        drop(state);
        self.task.notify();
        if let Some(spawn) = spawn {
            spawn();
        }
    }

    /// Sends a message as [`Connection::gather`](super::Connection::gather) does.
    ///
    /// The error is an errno.
    pub(super) fn gather(&self, message: &Message<'_>, operation_id: OperationId) -> Result<SendProgress, i32> {
        let mut state = lock(&self.state);
        if state.needs_flush(message.data().len()) {
            let flushed = state.flush_at_once();
            self.report(&state, flushed);
        }
        let gathered = state.gather(message, operation_id);
        if state.queue.has_gathered_enough() {
            let flushed = state.flush_at_once();
            self.report(&state, flushed);
        }
        self.notify_of_rest(state);
        gathered
    }

    /// Writes as [`Connection::flush`](super::Connection::flush) does.
    pub(super) fn flush_gathered(&self) -> bool {
        let mut state = lock(&self.state);
        let gathered = state.queue.gathered();
        if gathered == 0 {
            return false;
        }
        let mut flushed = state.flush_at_once();
        let all = flushed.done.len() == gathered;
        if all {
            flushed.done.clear();
        }
        self.report(&state, flushed);
        self.notify_of_rest(state);
        all
    }

    /// Leaves to the task what an owner's write has left.
    fn notify_of_rest(&self, state: MutexGuard<'_, State>) {
        let is_left = !state.phase.is_up() || state.wants_write();
        if is_left {
            self.notify_task_of(state);
        }
    }

    /// Reports the results of a flush.
    ///
    /// Under the lock, so that the result of a later send cannot come first.
    pub(super) fn report(&self, state: &State, flushed: Flushed) {
        let Flushed { done, ended, failed, errno, is_drained, is_progress } = flushed;
        if is_progress {
            self.touch();
        }
        self.complete(done, &Ok(()));
        self.complete(ended, &Ok(()));
        self.fail(failed, state.error(Operation::Send, errno.unwrap_or(libc::EIO)));
        if is_drained {
            self.sink.post(ConnectionEvent::Drained);
        }
    }

    /// Writes to `link` what the kernel takes of what is queued.
    pub(super) fn flush(&self, link: &Link) {
        let mut state = lock(&self.state);
        let flushed = state.flush(&link.socket.stream, |slices| link.socket.write(slices));
        self.report(&state, flushed);
    }

    /// Completes the sends that the peer acknowledges: it has received `count` messages in all.
    ///
    /// The error is an errno.
    pub(super) fn acknowledged(&self, count: u64) -> Result<(), i32> {
        let mut state = lock(&self.state);
        // It counts messages that have failed.
        if state.given_up.is_some() {
            return Ok(());
        }
        let waited = state.queue.has_messages();
        let done = state.queue.acknowledge(count).filter(|_| self.protocol.acknowledge).ok_or(libc::EPROTO)?;
        self.complete(done, &Ok(()));
        if waited && !state.queue.has_messages() {
            self.sink.post(ConnectionEvent::Drained);
        }
        Ok(())
    }

    /// Records that the last event was posted.
    pub(super) fn set_reported(&self) {
        lock(&self.state).phase.report();
        self.reported.notify_waiters();
    }

    /// Waits until the last event was posted.
    ///
    /// # Cancel safety
    /// It can be dropped at any time.
    pub(super) async fn reported(&self) {
        loop {
            // From here on it gets a notification, also one that comes before it is polled.
            let reported = self.reported.notified();
            if lock(&self.state).phase.is_reported() {
                return;
            }
            reported.await;
        }
    }

    /// The peer sends no more: tells the owner, once.
    pub(super) fn end_by_peer(&self) {
        let is_news = lock(&self.state).phase.end_by_peer();
        if is_news {
            self.sink.post(ConnectionEvent::Ended);
        }
    }

    /// Sets options of the link that is there, and of those that follow it.
    pub(super) fn set_options(&self, options: &SocketOptions) -> Result<(), SocketError> {
        let set = lock(&self.state).set_options(options);
        if options.changes_keep_alive() {
            self.notify_task();
        }
        set
    }

    pub(super) fn statistics(&self) -> Statistics {
        let receive_queue_bytes = self.unconsumed_bytes.load(Ordering::Relaxed) as u64;
        let send_queue_bytes = lock(&self.state).queue.bytes() as u64;
        let is_encrypted = self.protocol.is_encrypted();
        Statistics { receive_queue_bytes, send_queue_bytes, is_encrypted, ..self.counters.statistics() }
    }

    /// An error of an operation; the state is not locked.
    pub(super) fn error(&self, operation: Operation, errno: i32) -> SocketError {
        lock(&self.state).error(operation, errno)
    }

    /// Reports every send in `operation_ids` as finished.
    pub(super) fn complete(
        &self,
        operation_ids: impl IntoIterator<Item = OperationId>,
        result: &Result<(), SocketError>,
    ) {
        for operation_id in operation_ids {
            self.sink.complete(operation_id, result.clone());
        }
    }

    /// Reports every send in `operation_ids` as failed.
    pub(super) fn fail(&self, operation_ids: impl IntoIterator<Item = OperationId>, error: SocketError) {
        self.complete(operation_ids, &Err(error));
    }

    /// Posts `event` of `data`.
    pub(super) fn deliver(&self, data: Bytes, event: fn(Bytes) -> ConnectionEvent) {
        self.take_received(data.len());
        self.sink.post(event(data));
    }

    /// Counts `bytes` that are handed to the owner.
    pub(super) fn take_received(&self, bytes: usize) {
        self.count_received(bytes);
        self.hold(bytes);
    }

    /// The same of bytes that the owner does not keep.
    pub(super) fn count_received(&self, bytes: usize) {
        self.counters.received(bytes);
        if self.protocol.counts_reads() {
            self.touch();
        }
    }

    /// Takes the credit of `bytes` that the owner keeps.
    pub(super) fn hold(&self, bytes: usize) {
        self.unconsumed_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.credit.take(bytes + limits::EVENT_OVERHEAD_BYTES);
    }

    /// The owner is done with them. True when the task has to be notified.
    pub(super) fn give_back(&self, bytes: usize) -> bool {
        let less = |unconsumed: usize| Some(unconsumed.saturating_sub(bytes));
        // It always gives a number.
        let _ = self.unconsumed_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        self.credit.give_back(bytes + limits::EVENT_OVERHEAD_BYTES)
    }

    pub(super) fn count_sent(&self, bytes: usize) {
        self.counters.sent(bytes);
        self.touch();
    }

    /// When a message last went through, or the link began.
    pub(super) fn active(&self) -> Instant {
        self.born + Duration::from_millis(self.active_ms.load(Ordering::Relaxed))
    }

    /// Something happened that begins the idle time anew.
    pub(super) fn touch(&self) {
        if self.protocol.idle_timeout.is_some() {
            let active_ms = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.active_ms.store(active_ms, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("addresses", &lock(&self.state).addresses()).finish_non_exhaustive()
    }
}
