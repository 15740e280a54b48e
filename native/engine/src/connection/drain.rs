//! Drains a link: writes the queue, then FIN, and waits until the peer's kernel has acknowledged both.

use std::future::poll_fn;
use std::net::Shutdown;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use socket2::SockRef;
use tokio::task::yield_now;
use tokio::time::Instant;

use super::framed_link::Reading;
use super::link::Link;
use super::phase::LinkState;
use super::shared::Shared;
use super::socket::{Ready, Wants};
use crate::error::{errno_of, is_transient};
use crate::event::ConnectionEvent;
use crate::limits;
use crate::progress::{Progress, SentMarks};
use crate::sync::lock;
use crate::timeout::{slice_of, timeout, until, was_stopped};
use crate::wire::Frame;

/// A link that is being let go.
pub(super) struct Drain<'a> {
    shared: &'a Shared,
    link: &'a mut Link,
}

/// What a closing connection still has to do.
struct Work {
    wants: Wants,
    /// Bytes that the kernel has taken of this link.
    written: u64,
    left_bytes: usize,
}

/// Tells a peer that is slow from one that takes nothing.
struct Patience {
    limit: Duration,
    /// When the peer took something last.
    since: Instant,
    /// When this process was last known to run.
    checked_at: Instant,
    /// Stops of this process since then, that do not count.
    stops: u32,
    acknowledged: Option<u64>,
    left_bytes: usize,
    written: u64,
}

impl Patience {
    fn new(limit: Duration, now: Instant) -> Self {
        Self { limit, since: now, checked_at: now, stops: 0, acknowledged: None, left_bytes: usize::MAX, written: 0 }
    }

    /// When to ask next.
    fn deadline(&self) -> Instant {
        self.end().min(self.checked_at + slice_of(self.limit))
    }

    fn end(&self) -> Instant {
        self.since + self.limit
    }

    /// Whether the peer has taken nothing for too long.
    ///
    /// Where this side's kernel takes more, the peer had nothing left to take: this process was stopped. A stop that is noticed by the
    /// clock does not count either: the peer may have been stopped, too.
    fn is_over(&mut self, now: Instant, progress: &Progress, work: &Work) -> bool {
        let Work { left_bytes, written, .. } = *work;
        let was_stopped = was_stopped(self.deadline(), now);
        self.checked_at = now;
        if left_bytes < self.left_bytes || written > self.written {
            (self.since, self.stops) = (now, 0);
        } else if self.acknowledged.is_some_and(|acknowledged| progress.acknowledged > acknowledged) {
            self.since = now.checked_sub(progress.acknowledged_ago).unwrap_or(now).max(self.since);
            self.stops = 0;
        }
        if was_stopped && self.stops < limits::STOP_EXCUSES {
            (self.since, self.stops) = (now, self.stops + 1);
        }
        (self.left_bytes, self.written, self.acknowledged) = (left_bytes, written, Some(progress.acknowledged));
        now >= self.end()
    }
}

impl Link {
    /// Says FIN, if that was not said.
    ///
    /// True when the peer's kernel has all messages; otherwise it is [`Ready::Writable`] again when it has: the kernel tells so
    /// of a socket that nothing can be written to.
    ///
    /// # Errors
    /// `ECONNRESET` when the connection broke before.
    fn finish_writing(&mut self, marks: &SentMarks) -> Result<bool, i32> {
        self.socket.forget_writable();
        // Asked before as well: FIN itself carries nothing that could be lost.
        let had_messages = self.has_delivered(marks)?;
        self.say_fin();
        Ok(had_messages || self.has_delivered(marks)?)
    }

    /// Whether the peer's kernel has all messages.
    ///
    /// # Errors
    /// `ECONNRESET` when the connection broke before.
    pub(super) fn has_delivered(&self, marks: &SentMarks) -> Result<bool, i32> {
        let progress = self.meter.read(&self.socket.stream, marks.written);
        match self.meter.has_messages(&progress, marks) {
            false if progress.is_closed => Err(libc::ECONNRESET),
            has_messages => Ok(has_messages),
        }
    }

    /// Says FIN, once: the kernel tells of each time anew.
    fn say_fin(&mut self) {
        if !std::mem::replace(&mut self.has_said_fin, true) {
            // An error means that the connection is gone, which reading reports.
            let _ = SockRef::from(&*self.socket.stream).shutdown(Shutdown::Write);
        }
    }

    /// Reads and drops what the peer still sends.
    ///
    /// Closing a socket with unread bytes sends RST, which could destroy what the peer has not read yet.
    pub(super) async fn linger(&mut self, limit: Duration) {
        let mut left_bytes = limits::LINGER_BYTES;
        let discarded = async {
            while let Some(bytes) = timeout(limits::LINGER_TIMEOUT.min(limit), self.discard()).await {
                if bytes == 0 || bytes >= left_bytes {
                    return;
                }
                left_bytes -= bytes;
            }
        };
        timeout(limit, discarded).await;
    }

    /// Waits for bytes of the peer, and drops them; 0 when it has ended or broken the connection.
    async fn discard(&mut self) -> usize {
        let wants = Wants { read: true, write: false, end: false, error: false };
        // Who cannot be waited for is not.
        while self.prepare(wants).is_ok() {
            // Polls, because `readable` would not let other tasks run while a peer sends without a pause.
            poll_fn(|context| self.socket.poll_ready(wants, context)).await;
            match self.socket.read(limits::READ_MIN_BYTES) {
                Ok(data) => return data.len(),
                Err(error) if is_transient(&error) => {}
                Err(_) => return 0,
            }
        }
        0
    }
}

impl<'a> Drain<'a> {
    pub(super) fn new(shared: &'a Shared, link: &'a mut Link) -> Self {
        Self { shared, link }
    }

    /// Writes the queue, then FIN, and waits until the peer's kernel has everything.
    ///
    /// With `acknowledge`, the acknowledgements come first. The error says why that failed. Reads on meanwhile, because a peer
    /// that closes in the same way might wait for us to, and because the kernel resets a connection whose bytes are not read.
    pub(super) async fn run(mut self, limit: Duration) -> Result<(), i32> {
        lock(&self.shared.state).push_bye();
        let mut patience = Patience::new(limit, Instant::now());
        loop {
            if lock(&self.shared.state).phase.aborts() {
                return self.look_before_reset().await;
            }
            self.shared.flush(self.link);
            let Some(work) = self.work()? else { return Ok(()) };
            let progress = self.link.meter.read(&self.link.socket.stream, work.written);
            if patience.is_over(Instant::now(), &progress, &work) {
                return Err(libc::ETIMEDOUT);
            }
            if self.wait_for_peer(work.wants, patience.deadline()).await? {
                self.read_acknowledgements()?;
            }
        }
    }

    /// Checks before a reset whether the peer has everything.
    ///
    /// After a stop of this process, what tells so waits in the kernel.
    async fn look_before_reset(&mut self) -> Result<(), i32> {
        // After a yield the task resumes once the runtime has polled the kernel.
        yield_now().await;
        self.read_acknowledgements()?;
        let (has_work, marks) = {
            let state = lock(&self.shared.state);
            (state.has_work(), state.queue.marks())
        };
        if has_work || !self.link.has_delivered(&marks)? {
            return Err(libc::ECONNABORTED);
        }
        self.link.say_fin();
        Ok(())
    }

    /// What is left to do before the connection can end.
    fn work(&mut self) -> Result<Option<Work>, i32> {
        let state = lock(&self.shared.state);
        if let Some(errno) = state.given_up {
            return Err(if errno == libc::EPIPE { libc::ECONNRESET } else { errno });
        }
        if let Some(LinkState::Broken(errno)) = state.phase.link() {
            return Err(*errno);
        }
        let (marks, left_bytes) = (state.queue.marks(), state.queue.cost_bytes());
        let (read, has_work) = (self.link.peer_sends, state.has_work());
        if !has_work && self.link.finish_writing(&marks)? {
            return Ok(None);
        }
        if state.phase.is_open() && !read {
            // Its acknowledgements come with the next link.
            return Err(libc::ECONNRESET);
        }
        let write = !has_work || state.wants_write();
        if !write {
            // Acknowledgements are all that is missing; the peer sees that it gets none from here any more.
            self.link.say_fin();
            if !read {
                return Err(libc::ECONNRESET);
            }
        }
        Ok(Some(Work { wants: Wants { read, write, end: false, error: false }, written: marks.written, left_bytes }))
    }

    /// Says FIN, and waits until the peer's kernel has what this one has taken.
    ///
    /// Delivers meanwhile what the peer sends, as far as the credit goes. The error says why that failed.
    pub(super) async fn finish(mut self, marks: &SentMarks, limit: Duration) -> Result<(), i32> {
        let mut patience = Patience::new(limit, Instant::now());
        let mut keeps = true;
        loop {
            if lock(&self.shared.state).phase.aborts() {
                return Err(libc::ECONNABORTED);
            }
            if self.link.finish_writing(marks)? {
                return Ok(());
            }
            let wants = Wants { read: self.link.peer_sends, write: true, end: false, error: false };
            let progress = self.link.meter.read(&self.link.socket.stream, marks.written);
            if patience.is_over(Instant::now(), &progress, &Work { wants, written: marks.written, left_bytes: 0 }) {
                return Err(libc::ETIMEDOUT);
            }
            if self.wait_for_peer(wants, patience.deadline()).await? {
                self.receive_last(&mut keeps);
            }
        }
    }

    /// Waits for the peer, a notification or the deadline.
    ///
    /// Returns true if there is something to read.
    async fn wait_for_peer(&mut self, wants: Wants, deadline: Instant) -> Result<bool, i32> {
        self.link.prepare(wants).map_err(|error| errno_of(&error))?;
        let next = async {
            tokio::select! {
                biased;
                ready = poll_fn(|context| self.link.socket.poll_ready(wants, context)) => Some(ready),
                () = self.shared.task.notified() => None,
            }
        };
        // The kernel is asked before the time is.
        let next = until(deadline, pin!(next)).await;
        Ok(matches!(next, Some(Some(Ready::Readable))))
    }

    /// Reads once while closing: acknowledgements count, everything else is dropped.
    fn read_acknowledgements(&mut self) -> Result<(), i32> {
        match self.link.read() {
            Ok(None | Some(Reading::Bytes(_))) => {}
            Ok(Some(Reading::Frames { .. })) => {
                while let Some(frame) = self.link.next_frame().map_err(|fault| fault.errno())? {
                    if let Frame::Acknowledge(count) = frame {
                        self.shared.acknowledged(count)?;
                    }
                }
            }
            Ok(Some(Reading::End)) | Err(_) => self.link.peer_sends = false,
        }
        Ok(())
    }

    /// Takes the link back from its owner, who gets what has arrived as far as the credit goes.
    pub(super) fn reclaim_reads(mut self) {
        if !self.link.is_read_by_owner() {
            return;
        }
        self.link.take_from_owner(lock(&self.shared.state).stop_owner_reads());
        let mut left_bytes = limits::RECEIVE_HIGH_BYTES;
        while left_bytes > 0 && self.shared.credit.has_room() {
            // A part of a message counts as well.
            let Some(bytes) = self.receive_last(&mut true) else { break };
            left_bytes = left_bytes.saturating_sub(bytes.max(limits::READ_MIN_BYTES));
        }
    }

    /// Reads once from a link that is released, and delivers as far as the credit allows.
    ///
    /// Drops the rest and all that follows, for which `keeps` is false. Returns how many bytes were handed over; `None` when
    /// nothing was read.
    fn receive_last(&mut self, keeps: &mut bool) -> Option<usize> {
        match self.link.read() {
            Ok(None) => None,
            Ok(Some(Reading::Bytes(data))) if self.shared.protocol.drops(&data) => Some(0),
            Ok(Some(Reading::Bytes(data))) => Some(self.keep(data, ConnectionEvent::Received, keeps)),
            Ok(Some(Reading::Frames { .. })) => {
                let mut bytes = 0;
                while let Ok(Some(frame)) = self.link.next_frame() {
                    bytes += match frame {
                        Frame::Data(data) if self.shared.protocol.drops(&data) => 0,
                        Frame::Data(data) => self.keep(data, ConnectionEvent::Message, keeps),
                        Frame::Corrupt(data) => self.keep(data, ConnectionEvent::Corrupt, keeps),
                        _ => 0,
                    };
                }
                Some(bytes)
            }
            Ok(Some(Reading::End)) | Err(_) => {
                self.link.peer_sends = false;
                None
            }
        }
    }

    fn keep(&self, data: Bytes, event: fn(Bytes) -> ConnectionEvent, keeps: &mut bool) -> usize {
        *keeps &= self.shared.credit.has_room();
        let bytes = if *keeps { data.len() } else { 0 };
        if *keeps {
            self.shared.deliver(data, event);
        }
        bytes
    }
}
