//! How the driver ends a connection.

use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;

use super::drain::Drain;
use super::driver::{Driver, reason_of};
use super::link::Link;
use super::link_source::{LinkLost, replaced};
use super::phase::Close;
use super::state::Suspension;
use crate::error::{Operation, SocketError};
use crate::event::{CloseReason, ConnectionEvent};
use crate::limits;
use crate::sync::lock;

impl Driver {
    /// Closes without a link.
    ///
    /// `lost` says why the peer has not received everything of the last one.
    pub(super) fn close_without_link(mut self, lost: Option<i32>) {
        let cancelled = self.link_source.as_ref().map(|link_source| link_source.cancelled());
        let close = self.end_state(libc::ECONNABORTED, cancelled);
        self.announce_close(close, lost);
    }

    /// Drains a link of a connection that both sides have ended, then begins to close.
    ///
    /// Returns why the link is lost if the peer has not acknowledged everything: another one follows. `None` also when this side
    /// closes the connection meanwhile.
    pub(super) async fn finish(&mut self, link: &mut Link) -> Option<SocketError> {
        let lost = tokio::select! {
            biased;
            drained = Drain::new(&self.shared, link).run(limits::DRAIN_TIMEOUT) => drained.err(),
            () = replaced(&mut self.link_source) => Some(libc::ECONNRESET),
        };
        let mut state = lock(&self.shared.state);
        if let Some(errno) = lost.filter(|_| state.finishes_later()) {
            return Some(state.error(Operation::Receive, errno));
        }
        // Closed meanwhile by its owner, who gets the same event.
        state.phase.begin_close(Close::new(CloseReason::Remote, None, false));
        None
    }

    /// Drains the link, then ends the connection.
    pub(super) async fn close(mut self, mut link: Link) {
        // A peer that comes back meanwhile is a new one.
        self.link_source = None;
        lock(&self.shared.state).stop_owner_reads();
        // What follows is dropped.
        link.take_from_owner(None);
        let stream = Arc::clone(&link.socket.stream);
        let socket = SockRef::from(&*stream);
        // An error means that there is nothing left to linger for.
        let linger = socket.linger().unwrap_or(None);
        let lost = match linger {
            Some(Duration::ZERO) => Some(libc::ECONNABORTED),
            _ if self.is_only_aborted() => Some(libc::ECONNABORTED),
            linger => Drain::new(&self.shared, &mut link).run(linger.unwrap_or(limits::DRAIN_TIMEOUT)).await.err(),
        };
        let told = lost.filter(|errno| *errno != libc::ECONNRESET || !self.has_peer_left_with_all(&link));
        // From here on the port may be taken over, also where a live client could not claim it. Errors are ignored: the peer may
        // be gone already.
        let _ = socket.set_reuse_address(true);
        let _ = match lost {
            Some(_) => socket.set_linger(Some(Duration::ZERO)),
            // With lingering left on, the kernel would block this thread when the socket is dropped.
            None => socket.set_linger(None),
        };
        let close = self.end_state(lost.unwrap_or(libc::EIO), None);
        self.announce_close(close, told);
        if lost.is_none() && link.peer_sends {
            link.linger(linger.unwrap_or(limits::LINGER_LIMIT)).await;
        }
    }

    /// Ends a connection that cannot go on: `loss` says why.
    pub(super) fn fail(mut self, loss: LinkLost) {
        let close = self.end_state(loss.error.errno, None);
        if let Some(opening) = self.opening.take() {
            self.shared.complete([opening], &Err(loss.error));
            self.cancel_suspend();
            return self.conclude(close, &Ok(()));
        }
        // A close that came between is answered as such: its caller does not want to hear of the connection any more.
        if let Some(ours) = close {
            let errno = if ours.aborts { libc::ECONNABORTED } else { loss.error.errno };
            return self.announce_close(close, Some(errno));
        }
        self.shared.sink.post(ConnectionEvent::Failed(loss.error));
        self.announce(None, loss.reason);
    }

    /// Ends the state, then fails the sends with `errno`.
    ///
    /// With `cancelled`, a pending `connect` fails with that before. Returns how the connection was being closed.
    fn end_state(&mut self, errno: i32, cancelled: Option<SocketError>) -> Option<Close> {
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
    fn announce(&self, close: Option<Close>, reason: CloseReason) {
        self.tell_end(close, close.map_or(reason, |close| close.reason), &Ok(()));
    }

    /// Posts `Closed` of a connection that this side closes; `lost` says why the peer has not received everything.
    ///
    /// It has taken nothing for too long, or is gone, or this side has reset it. The automatic close after EOF has no call to
    /// fail, so `Failed` is posted.
    fn announce_close(&self, close: Option<Close>, lost: Option<i32>) {
        let fails_reset = close.is_some_and(|close| close.aborts && close.promises);
        let Some(errno) = lost.filter(|errno| *errno != libc::ECONNABORTED || fails_reset) else {
            return self.announce(close, CloseReason::Local);
        };
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

    fn conclude(&self, close: Option<Close>, result: &Result<(), SocketError>) {
        self.shared.complete(close.and_then(|close| close.operation_id), result);
        self.shared.set_reported();
    }

    /// Answers a `suspend` that the end of the connection forestalls.
    fn cancel_suspend(&self) {
        let suspension = std::mem::take(&mut lock(&self.shared.state).suspension);
        if let Suspension::Wanted { operation_id, .. } = suspension {
            self.shared.complete([operation_id], &Err(self.shared.error(Operation::Suspend, libc::ECANCELED)));
        }
    }
}
