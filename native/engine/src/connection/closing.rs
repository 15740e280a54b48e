//! How the driver ends a connection that this side closes.

use std::future::poll_fn;
use std::net::Shutdown;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use socket2::SockRef;
use tokio::task::yield_now;
use tokio::time::Instant;

use super::driver::{Driver, reason_of};
use super::framed_link::Reading;
use super::link::Link;
use super::phase::{Close, LinkState};
use super::socket::{Ready, Wants};
use crate::error::{Operation, SocketError, errno_of, is_transient};
use crate::event::{CloseReason, ConnectionEvent};
use crate::limits;
use crate::progress::{Progress, SentMarks};
use crate::sync::lock;
use crate::timeout::{slice_of, timeout, until, was_stopped};
use crate::wire::Frame;

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
    fn has_delivered(&self, marks: &SentMarks) -> Result<bool, i32> {
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

    /// Waits for bytes of the peer, and drops them; 0 when it has ended or broken the connection.
    async fn discard(&mut self) -> usize {
        let wants = Wants { read: true, write: false, end: false, error: false };
        // Who cannot be waited for is not.
        while self.prepare(wants).is_ok() {
            // Polls, because `readable` would not let other tasks run while a peer sends without a pause.
            poll_fn(|context| self.poll_ready(wants, context)).await;
            match self.socket.read(limits::READ_MIN_BYTES) {
                Ok(data) => return data.len(),
                Err(error) if is_transient(&error) => {}
                Err(_) => return 0,
            }
        }
        0
    }
}

impl Driver {
    /// Closes without a link.
    ///
    /// `lost` says why the peer has not received everything of the last one.
    pub(super) fn close_without_link(mut self, lost: Option<i32>) {
        let cancelled = self.link_source.as_ref().map(|link_source| link_source.cancelled());
        let close = self.end_state(libc::ECONNABORTED, cancelled);
        match lost {
            None => self.announce(close, CloseReason::Local),
            Some(errno) => self.announce_loss(close, errno),
        }
    }

    /// Drains a link of a connection that both sides have ended, then begins to close.
    ///
    /// Returns why the link is lost if the peer has not acknowledged everything: another one follows. `None` also when this side
    /// closes the connection meanwhile.
    pub(super) async fn finish(&mut self, link: &mut Link) -> Option<SocketError> {
        let mut link_source = self.link_source.take();
        let lost = tokio::select! {
            biased;
            drained = self.drain(link, limits::DRAIN_TIMEOUT) => drained.err(),
            () = poll_fn(|context| match &mut link_source {
                Some(link_source) => link_source.poll_replaced(context),
                None => Poll::Pending,
            }) => Some(libc::ECONNRESET),
        };
        self.link_source = link_source;
        let mut state = lock(&self.shared.state);
        if let Some(errno) = lost.filter(|_| state.finishes_later()) {
            return Some(state.error(Operation::Receive, errno));
        }
        // Closed meanwhile by its owner, who gets the same event.
        state.phase.begin_close(Close::new(CloseReason::Remote, None, false));
        None
    }

    pub(super) async fn close(mut self, mut link: Link) {
        // A peer that comes back meanwhile is a new one.
        self.link_source = None;
        self.shared.stop_owner_reads();
        // What follows is dropped.
        link.take_from_owner(None);
        let stream = Arc::clone(&link.socket.stream);
        let socket = SockRef::from(&*stream);
        // An error means that there is nothing left to linger for.
        let linger = socket.linger().unwrap_or(None);
        let lost = match linger {
            Some(Duration::ZERO) => Some(libc::ECONNABORTED),
            _ if self.is_only_aborted() => Some(libc::ECONNABORTED),
            linger => self.drain(&mut link, linger.unwrap_or(limits::DRAIN_TIMEOUT)).await.err(),
        };
        let told = lost.filter(|errno| *errno != libc::ECONNRESET || !self.has_peer_left_with_all(&link));
        // From here on the port may be taken over, also where a live client could not claim it. The peer may be gone already;
        // there is nobody left to tell.
        let _ = socket.set_reuse_address(true);
        let _ = match lost {
            Some(_) => socket.set_linger(Some(Duration::ZERO)),
            // With lingering left on, the kernel would block this thread when the socket is dropped.
            None => socket.set_linger(None),
        };
        let close = self.end_state(lost.unwrap_or(libc::EIO), None);
        match told {
            None => self.announce(close, CloseReason::Local),
            Some(errno) => self.announce_loss(close, errno),
        }
        if lost.is_none() && link.peer_sends {
            Self::discard(&mut link, linger.unwrap_or(limits::LINGER_LIMIT)).await;
        }
    }

    /// Ends the state, then fails the sends with `errno`.
    ///
    /// With `cancelled`, a pending `connect` fails with that before. Returns how the connection was being closed.
    pub(super) fn end_state(&mut self, errno: i32, cancelled: Option<SocketError>) -> Option<Close> {
        let (sends, close) = {
            let mut state = lock(&self.shared.state);
            state.stop_owner_reads();
            (state.give_up(), state.phase.close())
        };
        // Before any call is answered: the owner may bind the port again at once.
        drop(self.guard.take());
        if let Some(error) = cancelled {
            self.shared.fail(self.opening.take(), error);
        }
        self.shared.fail(sends, self.shared.error(Operation::Send, errno));
        close
    }

    /// Posts `Closed` for the reason of `close`, or for `reason` without it.
    pub(super) fn announce(&self, close: Option<Close>, reason: CloseReason) {
        self.tell_end(close, close.map_or(reason, |close| close.reason), &Ok(()));
    }

    /// Posts `Closed` of a connection whose peer has not received everything.
    ///
    /// It has taken nothing for too long, or is gone, or this side has reset it. The automatic close after EOF has no call to
    /// fail, so `Failed` is posted.
    pub(super) fn announce_loss(&self, close: Option<Close>, errno: i32) {
        let is_meant = errno == libc::ECONNABORTED && !close.is_some_and(|close| close.aborts && close.promises);
        if is_meant {
            return self.announce(close, CloseReason::Local);
        }
        let reason = if errno == libc::ECONNABORTED { CloseReason::Local } else { reason_of(errno) };
        lock(&self.shared.state).phase.lose(errno);
        let error = self.shared.error(Operation::Close, errno);
        if close.is_some_and(|close| close.operation_id.is_none() && close.reason == CloseReason::Remote) {
            self.shared.sink.post(ConnectionEvent::Failed(error.clone()));
        }
        self.tell_end(close, reason, &Err(error));
    }

    /// Whether it is reset, and no call waits that is to fail then if something has not arrived.
    fn is_only_aborted(&self) -> bool {
        let state = lock(&self.shared.state);
        state.phase.aborts() && !state.phase.promises()
    }

    /// Returns whether the peer has all messages of a link that was reset: it has acknowledged them, or it closed its side, and its kernel
    /// has them.
    fn has_peer_left_with_all(&self, link: &Link) -> bool {
        let peer_ended = lock(&self.shared.state).phase.peer_ended();
        self.has_peer_all(link) && (peer_ended || self.shared.protocol.acknowledge)
    }

    /// Returns whether the peer has acknowledged all messages; without acknowledgement, whether its kernel has.
    pub(super) fn has_peer_all(&self, link: &Link) -> bool {
        let (marks, is_owed) = {
            let state = lock(&self.shared.state);
            (state.queue.marks(), state.has_dropped || state.queue.has_messages())
        };
        if self.shared.protocol.acknowledge { !is_owed } else { link.has_delivered(&marks) == Ok(true) }
    }

    fn tell_end(&self, close: Option<Close>, reason: CloseReason, result: &Result<(), SocketError>) {
        self.cancel_suspend();
        self.shared.sink.post(ConnectionEvent::Closed(reason));
        self.conclude(close, result);
    }

    pub(super) fn conclude(&self, close: Option<Close>, result: &Result<(), SocketError>) {
        self.shared.complete(close.and_then(|close| close.operation_id), result);
        self.shared.set_reported();
    }

    /// Writes the queue, then FIN, and waits until the peer's kernel has everything.
    ///
    /// With `acknowledge`, the acknowledgements come first. The error says why that failed. Reads on meanwhile, because a peer
    /// that closes in the same way might wait for us to, and because the kernel resets a connection whose bytes are not read.
    async fn drain(&self, link: &mut Link, limit: Duration) -> Result<(), i32> {
        lock(&self.shared.state).push_bye();
        let mut patience = Patience::new(limit, Instant::now());
        loop {
            if lock(&self.shared.state).phase.aborts() {
                return self.look_before_reset(link).await;
            }
            self.flush(link);
            let Some(work) = self.work(link)? else { return Ok(()) };
            let progress = link.meter.read(&link.socket.stream, work.written);
            if patience.is_over(Instant::now(), &progress, &work) {
                return Err(libc::ETIMEDOUT);
            }
            if self.wait_for_peer(link, work.wants, patience.deadline()).await? {
                self.hear_acknowledgements(link)?;
            }
        }
    }

    /// Waits for the peer, a notification or the deadline.
    ///
    /// Returns true if there is something to read.
    async fn wait_for_peer(&self, link: &mut Link, wants: Wants, deadline: Instant) -> Result<bool, i32> {
        link.prepare(wants).map_err(|error| errno_of(&error))?;
        let next = async {
            tokio::select! {
                biased;
                ready = poll_fn(|context| link.poll_ready(wants, context)) => Some(ready),
                () = self.shared.task.notified() => None,
            }
        };
        // The kernel is asked before the time is.
        let next = until(deadline, pin!(next)).await;
        Ok(matches!(next, Some(Some(Ready::Readable))))
    }

    /// Releases the link of a suspended connection, as closing does.
    ///
    /// What this side's kernel has taken goes out, then FIN. Reads on meanwhile. Messages that are acknowledged come again with
    /// the next link.
    ///
    /// # Errors
    /// An errno that says why the peer has not got all.
    pub(super) async fn release_link(&self, mut link: Box<Link>, marks: &SentMarks) -> Result<(), i32> {
        let stream = Arc::clone(&link.socket.stream);
        let socket = SockRef::from(&*stream);
        let is_resent = self.shared.protocol.acknowledge;
        let released = match socket.linger().unwrap_or(None) {
            Some(Duration::ZERO) => return Ok(()),
            _ if is_resent => Ok(()),
            linger => self.finish_link(&mut link, marks, linger.unwrap_or(limits::DRAIN_TIMEOUT)).await,
        };
        // With lingering left on, the kernel would block this thread when the socket is dropped.
        let _ = socket.set_linger(released.is_err().then_some(Duration::ZERO));
        if released.is_ok() && link.peer_sends && !is_resent {
            tokio::spawn(async move { Self::discard(&mut link, limits::LINGER_LIMIT).await });
        }
        released
    }

    async fn finish_link(&self, link: &mut Link, marks: &SentMarks, limit: Duration) -> Result<(), i32> {
        let mut patience = Patience::new(limit, Instant::now());
        let mut keeps = true;
        loop {
            if lock(&self.shared.state).phase.aborts() {
                return Err(libc::ECONNABORTED);
            }
            if link.finish_writing(marks)? {
                return Ok(());
            }
            let wants = Wants { read: link.peer_sends, write: true, end: false, error: false };
            let progress = link.meter.read(&link.socket.stream, marks.written);
            if patience.is_over(Instant::now(), &progress, &Work { wants, written: marks.written, left_bytes: 0 }) {
                return Err(libc::ETIMEDOUT);
            }
            if self.wait_for_peer(link, wants, patience.deadline()).await? {
                self.receive_last(link, &mut keeps);
            }
        }
    }

    /// Checks before a reset whether the peer has everything.
    ///
    /// After a stop of this process, what tells so waits in the kernel.
    async fn look_before_reset(&self, link: &mut Link) -> Result<(), i32> {
        // A task that yields goes on after the runtime has asked the kernel what has come.
        yield_now().await;
        self.hear_acknowledgements(link)?;
        let (has_work, marks) = {
            let state = lock(&self.shared.state);
            (state.has_work(), state.queue.marks())
        };
        if has_work || !link.has_delivered(&marks)? {
            return Err(libc::ECONNABORTED);
        }
        link.say_fin();
        Ok(())
    }

    /// What is left to do before the connection can end.
    fn work(&self, link: &mut Link) -> Result<Option<Work>, i32> {
        let state = lock(&self.shared.state);
        if let Some(errno) = state.given_up {
            return Err(if errno == libc::EPIPE { libc::ECONNRESET } else { errno });
        }
        if let Some(LinkState::Broken(errno)) = state.phase.link() {
            return Err(*errno);
        }
        let (marks, left_bytes) = (state.queue.marks(), state.queue.cost_bytes());
        let (read, has_work) = (link.peer_sends, state.has_work());
        if !has_work && link.finish_writing(&marks)? {
            return Ok(None);
        }
        if state.phase.is_open() && !read {
            // Its acknowledgements come with the next link.
            return Err(libc::ECONNRESET);
        }
        let write = !has_work || state.wants_write();
        if !write {
            // Acknowledgements are all that is missing; the peer sees that it gets none from here any more.
            link.say_fin();
            if !read {
                return Err(libc::ECONNRESET);
            }
        }
        Ok(Some(Work { wants: Wants { read, write, end: false, error: false }, written: marks.written, left_bytes }))
    }

    /// Reads and drops what the peer still sends.
    ///
    /// Closing a socket with unread bytes sends RST, which could destroy what the peer has not read yet.
    async fn discard(link: &mut Link, limit: Duration) {
        let mut left_bytes = limits::LINGER_BYTES;
        let discarded = async {
            while let Some(bytes) = timeout(limits::LINGER_TIMEOUT.min(limit), link.discard()).await {
                if bytes == 0 || bytes >= left_bytes {
                    return;
                }
                left_bytes -= bytes;
            }
        };
        timeout(limit, discarded).await;
    }

    /// Reads once while closing: acknowledgements count, everything else is dropped.
    fn hear_acknowledgements(&self, link: &mut Link) -> Result<(), i32> {
        match link.read() {
            Ok(Reading::Nothing | Reading::Bytes(_)) => {}
            Ok(Reading::Frames { .. }) => {
                while let Some(frame) = link.next_frame().map_err(|fault| fault.errno())? {
                    if let Frame::Acknowledge(count) = frame {
                        self.acknowledged(count)?;
                    }
                }
            }
            Ok(Reading::End) | Err(_) => link.peer_sends = false,
        }
        Ok(())
    }
}
