//! The task of one connection: reads, writes the queue, replaces lost links, closes.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use socket2::SockRef;
use tokio::task::yield_now;
use tokio::time::Instant;

use super::link::Link;
use super::link_source::{LinkLost, LinkSource, replaced};
use super::phase::{Close, LinkState};
use super::shared::Shared;
use super::socket::{Ready, Wants};
use super::state::{State, Suspension};
use super::timer::Timer;
use crate::error::{Operation, SocketError, errno_of};
use crate::event::{CloseReason, ConnectionEvent, OperationId};
use crate::keep_alive::KeepAlive;
use crate::liveness::{Due, LinkView};
use crate::sync::lock;
use crate::tcp_info::TcpInfo;
use crate::wire::Kind;

pub(super) struct Driver {
    pub(super) shared: Arc<Shared>,
    pub(super) guard: Option<Box<dyn Send + Sync>>,
    pub(super) link_source: Option<Box<dyn LinkSource>>,
    /// The `connect` call that waits for the first link.
    pub(super) opening: Option<OperationId>,
    /// What ended the newest link.
    pub(super) lost: Option<SocketError>,
    /// Whether messages waited when the link was lost.
    pub(super) waited: bool,
    /// Messages received in the session.
    pub(super) received: u64,
    timer: Timer,
}

/// What the wait was ended by.
enum Wake {
    Changed,
    Ready(Ready),
    Failed,
    Time,
    Replaced,
}

/// How serving a link ends.
pub(super) enum End {
    /// This side closes the connection.
    Closing,
    /// Both sides have ended the connection, and the peer has not acknowledged everything.
    Finishing,
    /// The owner wants no link for a while.
    Suspended,
    /// The link is gone; another one may follow.
    Lost(LinkLost),
    /// The connection cannot go on.
    Failed(LinkLost),
}

impl Driver {
    pub(super) fn new(shared: Arc<Shared>, guard: Option<Box<dyn Send + Sync>>) -> Self {
        let (lost, timer) = (None, Timer::default());
        Self { shared, guard, link_source: None, opening: None, lost, waited: false, received: 0, timer }
    }

    /// Lets `link_source` replace lost links.
    ///
    /// It makes the first one, too, if `opening` waits for that.
    pub(super) fn with_link_source(mut self, link_source: Box<dyn LinkSource>, opening: Option<OperationId>) -> Self {
        self.link_source = Some(link_source);
        self.opening = opening;
        self
    }

    /// Serves one link after the other, then ends the connection.
    ///
    /// What an idle connection is not doing is boxed, because it would take room in each of them; so are the arguments, of
    /// which a future keeps two copies.
    pub(super) async fn run(mut self: Box<Self>, mut link: Option<Box<Link>>) {
        loop {
            if let Some(mut link) = link {
                match self.serve(&mut link).await {
                    End::Closing => return Box::pin(self.close(*link)).await,
                    End::Finishing => match Box::pin(self.finish(&mut link)).await {
                        None => return Box::pin(self.close(*link)).await,
                        lost => self.interrupt(lost),
                    },
                    End::Suspended => {
                        let lost = Box::pin(self.suspend(link)).await;
                        if lost.is_some() {
                            return self.close_without_link(lost);
                        }
                    }
                    End::Lost(loss) if self.is_closing_links() => {
                        let is_reset_here = lock(&self.shared.state).phase.aborts();
                        let errno = if is_reset_here { libc::ECONNABORTED } else { loss.error.errno };
                        let has_all = self.has_peer_all(&link);
                        return self.close_without_link((!has_all).then_some(errno));
                    }
                    End::Lost(loss) if lock(&self.shared.state).needs_link() => self.interrupt(Some(loss.error)),
                    End::Lost(loss) | End::Failed(loss) => return self.fail(loss),
                }
            }
            link = match Box::pin(self.restore()).await {
                Ok(link) => Some(Box::new(link)),
                Err(None) => return self.close_without_link(None),
                Err(Some(loss)) => return self.fail(loss),
            };
        }
    }

    async fn serve(&mut self, link: &mut Link) -> End {
        let mut known = None;
        self.enable_owner_reads(link);
        loop {
            let wants = match self.refresh(known, link) {
                Ok(wants) => wants,
                Err(end) => return end,
            };
            if let Err(error) = link.prepare(wants) {
                // Nothing may come behind the end.
                lock(&self.shared.state).stop_owner_reads();
                return self.lost(errno_of(&error), CloseReason::Reset);
            }
            let wake = match self.wait(link, wants).await {
                Wake::Time => Self::look_again(link, wants).await,
                wake => wake,
            };
            let only_reads = matches!(wake, Wake::Ready(Ready::Readable)) && !self.has_clocks();
            let end = match wake {
                Wake::Changed => None,
                Wake::Ready(Ready::Writable) => {
                    self.shared.flush(link);
                    None
                }
                Wake::Ready(Ready::Readable) => self.receive(link),
                Wake::Ready(Ready::ReadClosed) => self.on_read_closed(link),
                Wake::Failed => self.on_link_error(link),
                Wake::Time => self.on_timer(link),
                Wake::Replaced => Some(self.lost(libc::ECONNRESET, CloseReason::Reset)),
            };
            if let Some(end) = end {
                return end;
            }
            known = (only_reads && link.peer_sends).then_some(wants);
        }
    }

    /// Starts reads of the owner, if it has a poller.
    ///
    /// The poller reports bytes that have arrived before.
    fn enable_owner_reads(&self, link: &mut Link) {
        if let Some(poller) = self.shared.poller.as_ref().filter(|_| !link.is_read_by_owner()) {
            let frames = link.give_to_owner();
            self.shared.start_owner_reads(poller, &link.socket.stream, frames);
        }
    }

    /// What to wait for after reading alone: it changes nothing but the credit.
    ///
    /// So it need not wait for the lock that a caller has while the kernel takes what it sends.
    fn refresh(&self, known: Option<Wants>, link: &mut Link) -> Result<Wants, End> {
        let is_called = self.shared.task.take_notified();
        match known {
            Some(wants) if !is_called => Ok(link.wants(self.shared.credit.may_take(), wants.write, wants.error)),
            _ => self.wants(link),
        }
    }

    fn wants(&self, link: &mut Link) -> Result<Wants, End> {
        if let Some(end) = self.check_reader(link) {
            return Err(end);
        }
        let mut state = lock(&self.shared.state);
        match state.phase.link() {
            None => return Err(End::Closing),
            Some(LinkState::Broken(errno)) if !link.peer_sends || state.needs_nothing_unread() => {
                let error = state.error(Operation::Receive, *errno);
                return Err(End::Lost(LinkLost { error, reason: reason_of(*errno) }));
            }
            // Its owner need not keep it for the peer.
            Some(LinkState::Broken(_)) if link.tells_break() => self.shared.sink.post(ConnectionEvent::ReadClosed),
            Some(LinkState::Up(_) | LinkState::Broken(_) | LinkState::Connecting) => {}
        }
        if matches!(state.suspension, Suspension::Wanted { .. }) {
            return Err(End::Suspended);
        }
        if state.phase.is_finishing() {
            return Err(End::Finishing);
        }
        if !link.peer_sends {
            let failed = state.fail_unacknowledged();
            self.shared.fail(failed, state.error(Operation::Send, libc::ECONNRESET));
        }
        let may_take = self.shared.credit.may_take();
        if self.has_clocks() {
            link.liveness.listen(may_take, Instant::now());
        }
        if std::mem::take(&mut state.has_new_options) {
            link.keep_alive = KeepAlive::of(&link.socket.stream, Instant::now());
        }
        if state.has_ended() || !link.peer_sends {
            link.liveness.stop_asking();
        }
        let is_up = state.phase.is_up();
        let error = is_up && link.hides_errors(state.reads.leave_unread());
        Ok(link.wants(may_take, is_up && state.wants_write(), error))
    }

    async fn wait(&mut self, link: &Link, wants: Wants) -> Wake {
        let clocks = if self.has_clocks() { link.liveness.deadline(self.shared.active()) } else { None };
        let keep_alive = link.keep_alive.as_ref().map(KeepAlive::deadline);
        let deadline = [clocks, keep_alive, link.gap_end()].into_iter().flatten().min();
        if let Some(deadline) = deadline {
            self.timer.set(deadline, link.liveness.waits_for_answer());
        }
        let Self { shared, link_source, timer, .. } = self;
        tokio::select! {
            biased;
            ready = poll_fn(|context| link.socket.poll_ready(wants, context)) => Wake::Ready(ready),
            () = link.socket.failed(wants) => Wake::Failed,
            () = shared.task.notified() => Wake::Changed,
            () = replaced(link_source) => Wake::Replaced,
            () = poll_fn(|context| if deadline.is_some() { timer.poll(context) } else { Poll::Pending }) => Wake::Time,
        }
    }

    /// Checks the socket once before a deadline fires.
    ///
    /// A process that was stopped meanwhile finds both at once.
    async fn look_again(link: &Link, wants: Wants) -> Wake {
        // After a yield the task resumes once the runtime has polled the kernel.
        yield_now().await;
        poll_fn(|context| match link.socket.poll_ready(wants, context) {
            Poll::Ready(ready) => Poll::Ready(Wake::Ready(ready)),
            Poll::Pending => Poll::Ready(Wake::Time),
        })
        .await
    }

    /// Returns whether this side closes a connection that would otherwise get another link.
    fn is_closing_links(&self) -> bool {
        self.link_source.is_some() && !lock(&self.shared.state).phase.is_open()
    }

    pub(super) fn has_clocks(&self) -> bool {
        self.shared.protocol.has_timers()
    }

    /// Does what is due; returns how the link ends if that ends it.
    pub(super) fn on_timer(&mut self, link: &mut Link) -> Option<End> {
        // Asked before the clock is: what the owner has read since then has set that back. It may also hold all that came.
        let has_unread = self.shared.has_unread() || !self.shared.credit.has_room();
        if link.gap_end().is_some_and(|end| end <= Instant::now()) {
            self.finish_frame(link);
        }
        let Link { liveness, meter, socket, keep_alive, .. } = link;
        let stream = &*socket.stream;
        let now = Instant::now();
        let asks = || TcpInfo::of(stream).ok();
        if keep_alive.as_mut().is_some_and(|keep_alive| keep_alive.is_gone(now, asks)) {
            return Some(self.lost(libc::ETIMEDOUT, CloseReason::Timeout));
        }
        let is_encrypted = self.shared.protocol.is_encrypted();
        let look = || {
            let marks = lock(&self.shared.state).queue.marks();
            let mut progress = meter.read(stream, marks.written);
            if is_encrypted {
                // What has arrived is a sign of life once it is decrypted.
                progress.arrived = 0;
            }
            LinkView { progress, marks }
        };
        match liveness.due(now, self.shared.active(), look) {
            Due::PeerGone => return Some(self.lost(libc::ETIMEDOUT, CloseReason::Timeout)),
            Due::Idle if !has_unread => {
                lock(&self.shared.state).phase.begin_close(Close::new(CloseReason::Idle, None, false));
                return Some(End::Closing);
            }
            // It came while its owner had no time to read.
            Due::Idle => self.shared.touch(),
            Due::Stalled => self.shared.sink.post(ConnectionEvent::Stalled),
            Due::Ask => self.send_ping(link),
            Due::SendPong => self.send_pong(link, now),
            Due::Nothing => {}
        }
        None
    }

    fn send_ping(&self, link: &Link) {
        self.send_control(link, State::push_ping);
        // Behind it: the owner may set the next one at once.
        if self.shared.protocol.ping.as_ref().is_some_and(|ping| ping.is_made) {
            self.shared.sink.post(ConnectionEvent::PingTaken);
        }
    }

    /// Sends a pong that the peer has not asked for.
    fn send_pong(&self, link: &mut Link, now: Instant) {
        self.send_control(link, |state| state.push_control(Kind::Pong, &[]));
        let written = lock(&self.shared.state).queue.marks().written;
        link.liveness.say(Some(written), now);
    }

    /// Sends the control frame that `push` queues.
    fn send_control(&self, link: &Link, push: fn(&mut State)) {
        push(&mut lock(&self.shared.state));
        self.shared.flush(link);
    }

    /// Handles an error that the kernel has of the link. What the peer sent before can still be read.
    fn on_link_error(&self, link: &Link) -> Option<End> {
        let error = SockRef::from(&*link.socket.stream).take_error().ok().flatten();
        let errno = error.map_or(libc::ECONNRESET, |error| errno_of(&error));
        if !link.peer_sends {
            return Some(self.lost(errno, reason_of(errno)));
        }
        self.break_link(errno);
        None
    }

    /// Fails what cannot be sent any more. What the peer sent before can still be read.
    pub(super) fn break_link(&self, errno: i32) {
        let mut state = lock(&self.shared.state);
        let failed = state.break_link(errno);
        self.shared.complete(failed, &Err(state.error(Operation::Send, errno)));
    }

    pub(super) fn lost(&self, errno: i32, reason: CloseReason) -> End {
        End::Lost(self.loss(errno, reason))
    }

    pub(super) fn loss(&self, errno: i32, reason: CloseReason) -> LinkLost {
        LinkLost { error: self.shared.error(Operation::Receive, errno), reason }
    }
}

impl Drop for Driver {
    /// A task that panics posts nothing more, either.
    fn drop(&mut self) {
        self.shared.set_reported();
    }
}

pub(super) fn reason_of(errno: i32) -> CloseReason {
    if errno == libc::ETIMEDOUT { CloseReason::Timeout } else { CloseReason::Reset }
}
