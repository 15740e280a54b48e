//! The task of one connection: reads, writes what was queued, replaces lost links, and ends it.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

use bytes::Bytes;
use tokio::time::{Instant, Sleep, sleep_until};

use super::link::{Link, send_vectored};
use super::restore::{Loss, Restore, Restored};
use super::sending::Suspension;
use super::shared::{Ends, Shared};
use super::transport::{Reading, Ready, Transport, Wants};
use crate::error::{Operation, SocketError, errno_of};
use crate::event::{CloseReason, Event, Ticket};
use crate::limits;
use crate::liveness::Due;
use crate::sync::lock;
use crate::wire::{Frame, Kind};

pub(super) struct Driver {
    pub(super) shared: Arc<Shared>,
    pub(super) guard: Option<Box<dyn Send + Sync>>,
    restorer: Option<Box<dyn Restore>>,
    /// The `connect` call that waits for the first link.
    pub(super) opening: Option<Ticket>,
    /// What ended the newest link.
    lost: Option<SocketError>,
    /// Messages received in the session.
    received: u64,
    /// Made when there is the first deadline.
    timer: Option<Pin<Box<Sleep>>>,
}

/// What the wait was ended by.
enum Wake {
    Changed,
    Ready(Ready),
    Time,
    Replaced,
}

/// How serving a link ends.
enum End {
    /// This side closes the connection.
    Closing(CloseReason),
    /// The owner wants no link for a while.
    Suspended(Ticket),
    /// The link is gone; another one may follow.
    Lost(Loss),
    /// The connection cannot go on.
    Failed(Loss),
}

impl Driver {
    pub(super) fn new(shared: Arc<Shared>, guard: Option<Box<dyn Send + Sync>>) -> Self {
        Self { shared, guard, restorer: None, opening: None, lost: None, received: 0, timer: None }
    }

    /// Lets `restorer` bring the links that follow a lost one; the first one too, which `opening` waits for.
    pub(super) fn with_restorer(mut self, restorer: Box<dyn Restore>, opening: Option<Ticket>) -> Self {
        self.restorer = Some(restorer);
        self.opening = opening;
        self
    }

    pub(super) async fn run(mut self, mut link: Option<Transport>) {
        let end = loop {
            if let Some(transport) = &mut link {
                match self.serve(transport).await {
                    End::Lost(loss) if self.restorer.is_some() => self.interrupt(Some(loss.error)),
                    End::Suspended(ticket) => self.suspend(transport, ticket),
                    end => break end,
                }
            }
            link = None;
            match self.restore().await {
                Ok(transport) => link = Some(transport),
                Err(end) => break end,
            }
        };
        match (end, link) {
            (End::Closing(reason), Some(transport)) => self.close(transport, reason).await,
            (End::Closing(reason), None) => self.close_without_link(reason),
            (End::Lost(loss) | End::Failed(loss), _) => self.fail(loss),
            // Such an end does not leave the loop.
            (End::Suspended(_), _) => {}
        }
    }

    async fn serve(&mut self, transport: &mut Transport) -> End {
        loop {
            let wants = match self.wants(transport) {
                Ok(wants) => wants,
                Err(end) => return end,
            };
            let end = match self.wait(transport, wants).await {
                Wake::Changed => None,
                Wake::Ready(Ready::Writable) => {
                    self.flush(transport);
                    None
                }
                Wake::Ready(Ready::Readable) => self.receive(transport),
                Wake::Time => self.mind_time(transport),
                Wake::Replaced => Some(self.lost(libc::ECONNRESET, CloseReason::Reset)),
            };
            if let Some(end) = end {
                return end;
            }
        }
    }

    fn wants(&self, transport: &mut Transport) -> Result<Wants, End> {
        let sending = lock(&self.shared.sending);
        match sending.link {
            Link::Closing(_) | Link::Closed => return Err(End::Closing(self.shared.close_reason())),
            Link::Broken(errno) if !transport.peer_sends => return Err(self.lost(errno, reason_of(errno))),
            Link::Open(_) | Link::Broken(_) | Link::Waiting => {}
        }
        if let Suspension::Wanted(ticket) = sending.suspension {
            return Err(End::Suspended(ticket));
        }
        let may_take = self.shared.credit.may_take();
        if self.has_clocks() {
            transport.liveness.listen(may_take, Instant::now());
        }
        Ok(Wants { read: transport.peer_sends && may_take, write: sending.link.is_usable() && sending.wants_write() })
    }

    async fn wait(&mut self, transport: &Transport, wants: Wants) -> Wake {
        let deadline = if self.has_clocks() { transport.liveness.deadline(self.shared.active()) } else { None };
        if let Some(deadline) = deadline {
            self.set_timer(deadline);
        }
        let Self { shared, restorer, timer, .. } = self;
        tokio::select! {
            biased;
            ready = poll_fn(|context| transport.poll_ready(wants, context)) => Wake::Ready(ready),
            () = shared.changed.notified() => Wake::Changed,
            () = poll_fn(|context| match restorer {
                Some(restorer) => restorer.poll_replaced(context),
                None => Poll::Pending,
            }) => Wake::Replaced,
            () = poll_fn(|context| match (timer.as_mut(), deadline) {
                (Some(timer), Some(_)) => timer.as_mut().poll(context),
                _ => Poll::Pending,
            }) => Wake::Time,
        }
    }

    fn has_clocks(&self) -> bool {
        self.shared.protocol.is_typed() || self.shared.protocol.idle_timeout.is_some()
    }

    fn set_timer(&mut self, deadline: Instant) {
        match &mut self.timer {
            Some(timer) if timer.deadline() <= deadline && !timer.is_elapsed() => {}
            Some(timer) => timer.as_mut().reset(deadline),
            None => self.timer = Some(Box::pin(sleep_until(deadline))),
        }
    }

    fn mind_time(&mut self, transport: &mut Transport) -> Option<End> {
        // Set anew by the wait that follows.
        self.timer = None;
        match transport.liveness.due(Instant::now(), self.shared.active()) {
            Due::Nothing => None,
            Due::Ask => self.say(transport, Kind::Ping),
            Due::Reassure => self.say(transport, Kind::Pong),
            Due::PeerGone => Some(self.lost(libc::ETIMEDOUT, CloseReason::Timeout)),
            Due::Idle => {
                lock(&self.shared.sending).link.begin_close(None);
                Some(End::Closing(CloseReason::Idle))
            }
        }
    }

    fn say(&self, transport: &Transport, kind: Kind) -> Option<End> {
        lock(&self.shared.sending).push_control(kind, &[]);
        self.flush(transport);
        None
    }

    /// Writes what the kernel takes, and FIN behind it where that is wanted; an error fails everything that is queued,
    /// unless another link follows.
    pub(super) fn flush(&self, transport: &Transport) {
        let mut sending = lock(&self.shared.sending);
        let waited = sending.queue.has_messages();
        let written = sending.queue.write_with(|slices| send_vectored(&transport.stream, slices));
        let broken = match written.error.map(|error| (error.kind(), errno_of(&error))) {
            None | Some((io::ErrorKind::WouldBlock, _)) => None,
            Some((_, errno)) => Some(errno),
        };
        let mut failed = Vec::new();
        if let Some(errno) = broken {
            sending.link.break_with(errno);
            if self.restorer.is_none() || !sending.link.is_open() {
                failed = sending.give_up();
            }
        }
        let ended = if broken.is_none() { sending.say_fin(&transport.stream) } else { None };
        let drained = waited && !sending.queue.has_messages() && sending.link.is_usable();
        // Posted under the lock, so that the result of a later send cannot come first.
        self.shared.complete(written.done, &Ok(()));
        self.shared.complete(ended, &Ok(()));
        self.shared.fail(failed, broken.unwrap_or(libc::EIO));
        if drained {
            self.shared.sink.post(Event::Drained);
        }
    }

    fn receive(&mut self, transport: &mut Transport) -> Option<End> {
        let reading = match transport.read() {
            Ok(reading) => reading,
            Err(error) => return Some(self.lost(errno_of(&error), reason_of(errno_of(&error)))),
        };
        if self.has_clocks() {
            transport.liveness.hear(Instant::now());
        }
        match reading {
            Reading::Nothing => None,
            Reading::Bytes(data) => {
                self.deliver(data, Event::Received);
                None
            }
            Reading::Frames => self.take_frames(transport),
            Reading::End => self.end_of_stream(transport),
        }
    }

    fn deliver(&self, data: Bytes, event: impl FnOnce(Bytes) -> Event) {
        self.shared.count_received(data.len());
        self.shared.credit.take(data.len() + limits::EVENT_OVERHEAD_BYTES);
        self.shared.sink.post(event(data));
    }

    fn take_frames(&mut self, transport: &mut Transport) -> Option<End> {
        let before = self.received;
        let mut answers = false;
        let fault = loop {
            match transport.next_frame() {
                Ok(None) => break None,
                Ok(Some(frame)) => match self.take_frame(transport, frame) {
                    Ok(answer) => answers |= answer,
                    Err(errno) => break Some(errno),
                },
                Err(fault) => break Some(fault.errno()),
            }
        };
        if self.shared.protocol.acknowledge && self.received > before {
            lock(&self.shared.sending).push_control(Kind::Acknowledge, &self.received.to_be_bytes());
            answers = true;
        }
        if answers {
            self.flush(transport);
        }
        fault.map(|errno| End::Failed(self.loss(errno, CloseReason::Protocol)))
    }

    /// Takes one frame; true when it has to be answered. The error is an errno.
    fn take_frame(&mut self, transport: &mut Transport, frame: Frame) -> Result<bool, i32> {
        match frame {
            _ if transport.bye && !matches!(frame, Frame::Acknowledge(_) | Frame::Pong) => return Err(libc::EPROTO),
            Frame::Data(data) => {
                self.received += 1;
                self.deliver(data, Event::Message);
            }
            Frame::Ping => {
                lock(&self.shared.sending).push_control(Kind::Pong, &[]);
                return Ok(true);
            }
            Frame::Pong => {}
            Frame::Acknowledge(count) => self.acknowledged(count)?,
            Frame::Bye => {
                transport.bye = true;
                if !self.outlives_peer() {
                    self.end_by_peer();
                }
            }
        }
        Ok(false)
    }

    pub(super) fn acknowledged(&self, count: u64) -> Result<(), i32> {
        let mut sending = lock(&self.shared.sending);
        let waited = sending.queue.has_messages();
        let done = sending.queue.acknowledge(count).filter(|_| self.shared.protocol.acknowledge).ok_or(libc::EPROTO)?;
        self.shared.complete(done, &Ok(()));
        if waited && !sending.queue.has_messages() {
            self.shared.sink.post(Event::Drained);
        }
        Ok(())
    }

    fn end_of_stream(&mut self, transport: &mut Transport) -> Option<End> {
        transport.peer_sends = false;
        if let Link::Broken(errno) = lock(&self.shared.sending).link {
            return Some(self.lost(errno, reason_of(errno)));
        }
        if self.restorer.is_some() && (!transport.bye || self.outlives_peer()) {
            return Some(self.lost(libc::ECONNRESET, CloseReason::Remote));
        }
        if transport.is_within_frame() {
            return Some(End::Failed(self.loss(libc::EPROTO, CloseReason::Protocol)));
        }
        if !transport.bye {
            self.end_by_peer();
        }
        None
    }

    fn end_by_peer(&self) {
        self.shared.peer_ended.store(true, Ordering::SeqCst);
        self.shared.sink.post(Event::Ended);
    }

    fn outlives_peer(&self) -> bool {
        self.restorer.as_ref().is_some_and(|restorer| restorer.outlives_peer())
    }

    fn interrupt(&mut self, lost: Option<SocketError>) {
        let mut sending = lock(&self.shared.sending);
        let dropped = sending.interrupt();
        self.shared.fail(dropped, lost.as_ref().map_or(libc::ENOTCONN, |error| error.errno));
        drop(sending);
        self.lost = lost;
    }

    fn suspend(&mut self, transport: &Transport, ticket: Ticket) {
        self.flush(transport);
        self.interrupt(None);
        self.answer_suspend(ticket);
    }

    fn answer_suspend(&self, ticket: Ticket) {
        let mut sending = lock(&self.shared.sending);
        if matches!(sending.suspension, Suspension::Wanted(_)) {
            sending.suspension = Suspension::Suspended;
        }
        self.shared.sink.post(Event::Completed(ticket, Ok(())));
    }

    /// Brings the next link, as soon as the owner wants one.
    async fn restore(&mut self) -> Result<Transport, End> {
        loop {
            self.wait_until_active().await?;
            let Some(restored) = self.try_restore().await else { continue };
            match restored {
                Ok(restored) => return self.attach(restored),
                Err(loss) => return Err(End::Failed(loss)),
            }
        }
    }

    async fn wait_until_active(&self) -> Result<(), End> {
        loop {
            let suspension = {
                let sending = lock(&self.shared.sending);
                if !sending.link.is_open() {
                    return Err(End::Closing(CloseReason::Local));
                }
                sending.suspension
            };
            match suspension {
                Suspension::Active => return Ok(()),
                Suspension::Wanted(ticket) => self.answer_suspend(ticket),
                Suspension::Suspended => self.shared.changed.notified().await,
            }
        }
    }

    /// `None`: the owner wants something else.
    async fn try_restore(&mut self) -> Option<Result<Restored, Loss>> {
        let Self { shared, restorer, lost, received, .. } = self;
        let mut restoring = pin!(restorer.as_mut()?.restore(lost.clone(), *received));
        loop {
            tokio::select! {
                biased;
                () = shared.changed.notified() => {
                    let sending = lock(&shared.sending);
                    if !sending.link.is_open() || !matches!(sending.suspension, Suspension::Active) {
                        return None;
                    }
                }
                restored = &mut restoring => return Some(restored),
            }
        }
    }

    /// Goes on with a new link, and with the session where it is still the same.
    fn attach(&mut self, restored: Restored) -> Result<Transport, End> {
        let Restored { stream, peer, peer_interval, peer_received } = restored;
        let local =
            stream.local_addr().map_err(|error| End::Failed(self.loss(errno_of(&error), CloseReason::Reset)))?;
        let stream = Arc::new(stream);
        let mut sending = lock(&self.shared.sending);
        if !sending.link.is_open() {
            return Err(End::Closing(CloseReason::Local));
        }
        self.shared.set_ends(Ends { local, peer });
        self.shared.sink.post(Event::Connected(peer));
        self.shared.complete(self.opening.take(), &Ok(()));
        match peer_received {
            Some(count) => {
                let done = sending.queue.acknowledge(count);
                let unsent = || SocketError::new(Operation::Receive, peer, libc::EPROTO);
                let done = done.ok_or_else(|| End::Failed(Loss { error: unsent(), reason: CloseReason::Protocol }))?;
                self.shared.complete(done, &Ok(()));
                sending.queue.send_again();
            }
            None => {
                self.shared.fail(sending.queue.forget_session(), libc::ECONNRESET);
                self.received = 0;
            }
        }
        sending.link = Link::Open(Arc::clone(&stream));
        Ok(Transport::new(stream, &self.shared.protocol, peer_interval))
    }

    fn fail(mut self, loss: Loss) {
        let (tickets, link) = self.shared.give_up();
        drop(self.guard.take());
        self.shared.fail(tickets, loss.error.errno);
        if let Some(opening) = self.opening.take() {
            self.shared.complete([opening], &Err(loss.error));
            return self.conclude(link);
        }
        // A close that came between is answered as such: its caller does not want to hear of the connection any more.
        if matches!(link, Link::Closing(_)) {
            return self.announce(link, CloseReason::Local);
        }
        self.shared.sink.post(Event::Failed(loss.error));
        self.announce(link, loss.reason);
    }

    fn lost(&self, errno: i32, reason: CloseReason) -> End {
        End::Lost(self.loss(errno, reason))
    }

    fn loss(&self, errno: i32, reason: CloseReason) -> Loss {
        Loss { error: self.shared.error(Operation::Receive, errno), reason }
    }
}

fn reason_of(errno: i32) -> CloseReason {
    if errno == libc::ETIMEDOUT { CloseReason::Timeout } else { CloseReason::Reset }
}
