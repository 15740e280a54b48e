//! How the driver lets a link go and gets the next one.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;

use super::drain::Drain;
use super::driver::Driver;
use super::link::Link;
use super::link_source::{LinkLost, NewLink};
use super::shared::Shared;
use super::state::{Addresses, State, Suspension};
use crate::error::{Operation, SocketError, errno_of};
use crate::event::{CloseReason, ConnectionEvent};
use crate::limits;
use crate::noise::LinkCiphers;
use crate::progress::SentMarks;
use crate::sync::lock;

impl Driver {
    pub(super) fn interrupt(&mut self, lost: Option<SocketError>) {
        let errno = lost.as_ref().map_or(libc::ENOTCONN, |error| error.errno);
        self.waited |= Self::end_link(&self.shared, &mut lock(&self.shared.state), errno);
        self.lost = lost;
    }

    /// Takes the link from the owner and from the sends that need it.
    ///
    /// Returns whether messages waited.
    fn end_link(shared: &Shared, state: &mut State, errno: i32) -> bool {
        state.stop_owner_reads();
        let waited = state.queue.has_messages();
        let dropped = state.interrupt();
        shared.fail(dropped, state.error(Operation::Send, errno));
        waited
    }

    /// Lets the link go.
    ///
    /// Returns why its peer has not got all, where this side closes the connection meanwhile.
    pub(super) async fn suspend(&mut self, mut link: Box<Link>) -> Option<i32> {
        Drain::new(&self.shared, &mut link).reclaim_reads();
        let marks = {
            // One lock: the peer refuses what a send would put behind `Bye`.
            let mut state = lock(&self.shared.state);
            let marks = state.say_bye(&link.socket.stream);
            self.waited |= Self::end_link(&self.shared, &mut state, libc::ENOTCONN);
            marks
        };
        self.lost = None;
        let released = self.release_link(link, &marks).await;
        let is_open = lock(&self.shared.state).phase.is_open();
        let lost = released.err();
        if is_open || lost.is_some_and(|errno| errno != libc::ECONNABORTED) {
            self.answer_suspend(released.map_err(|errno| self.shared.error(Operation::Suspend, errno)));
        }
        lost.filter(|_| !is_open)
    }

    /// Releases the link of a suspended connection, as closing does.
    ///
    /// What this side's kernel has taken goes out, then FIN. Reads on meanwhile. Messages that are acknowledged come again with
    /// the next link.
    ///
    /// # Errors
    /// An errno that says why the peer has not got all.
    async fn release_link(&self, mut link: Box<Link>, marks: &SentMarks) -> Result<(), i32> {
        let stream = Arc::clone(&link.socket.stream);
        let socket = SockRef::from(&*stream);
        let is_resent = self.shared.protocol.acknowledge;
        let released = match socket.linger().unwrap_or(None) {
            Some(Duration::ZERO) => return Ok(()),
            _ if is_resent => Ok(()),
            linger => {
                let limit = linger.unwrap_or(limits::DRAIN_TIMEOUT);
                Drain::new(&self.shared, &mut link).finish(marks, limit).await
            }
        };
        // With lingering left on, the kernel would block this thread when the socket is dropped.
        let _ = socket.set_linger(released.is_err().then_some(Duration::ZERO));
        if released.is_ok() && link.peer_sends && !is_resent {
            tokio::spawn(async move { link.linger(limits::LINGER_LIMIT).await });
        }
        released
    }

    /// The link that is made when it is wanted again is a new beginning.
    fn answer_suspend(&mut self, result: Result<(), SocketError>) {
        let mut state = lock(&self.shared.state);
        if let Suspension::Wanted { operation_id, resumed } = state.suspension {
            state.suspension = if resumed { Suspension::Active } else { Suspension::Suspended };
            self.shared.complete([operation_id], &result);
        }
        drop(state);
        self.lost = None;
    }

    /// Brings the next link, as soon as the owner wants one.
    ///
    /// # Errors
    /// Why there is none; `None` when this side closes the connection.
    pub(super) async fn restore(&mut self) -> Result<Link, Option<LinkLost>> {
        loop {
            self.wait_until_active().await?;
            let Some(new_link) = self.try_restore().await else { continue };
            match new_link {
                Ok(new_link) => return self.attach(new_link),
                Err(loss) => return Err(Some(loss)),
            }
        }
    }

    async fn wait_until_active(&mut self) -> Result<(), Option<LinkLost>> {
        loop {
            let (suspension, needs_link) = {
                let state = lock(&self.shared.state);
                if !state.phase.is_open() {
                    return Err(None);
                }
                (state.suspension, state.needs_link())
            };
            match suspension {
                Suspension::Wanted { .. } => self.answer_suspend(Ok(())),
                Suspension::Active if needs_link => return Ok(()),
                // What both sides have ended only waits for its owner to close it.
                Suspension::Active | Suspension::Suspended => self.shared.task.notified().await,
            }
        }
    }

    /// `None`: the owner wants something else.
    async fn try_restore(&mut self) -> Option<Result<NewLink, LinkLost>> {
        let Self { shared, link_source, lost, received, .. } = self;
        let mut restoring = pin!(link_source.as_mut()?.next_link(lost.clone(), *received));
        loop {
            tokio::select! {
                biased;
                () = shared.task.notified() => {
                    let state = lock(&shared.state);
                    if !state.phase.is_open() || !matches!(state.suspension, Suspension::Active) {
                        return None;
                    }
                }
                new_link = &mut restoring => return Some(new_link),
            }
        }
    }

    /// Goes on with a new link, and with the session where it is still the same.
    fn attach(&mut self, new_link: NewLink) -> Result<Link, Option<LinkLost>> {
        let NewLink { stream, peer, peer_interval, peer_received, ciphers } = new_link;
        let (sealer, opener) = LinkCiphers::split(ciphers);
        let failed = |error: io::Error| Some(self.loss(errno_of(&error), CloseReason::Reset));
        let local = stream.local_addr().map_err(failed)?;
        let stream = Arc::new(stream.into_std().map_err(failed)?);
        // Before anything is sent on it.
        let link = Link::new(Arc::clone(&stream), &self.shared.protocol, peer_interval, opener);
        let mut state = lock(&self.shared.state);
        if !state.phase.is_open() {
            return Err(None);
        }
        let waited = std::mem::take(&mut self.waited) || state.queue.has_messages();
        let (done, forgotten) = match peer_received {
            Some(count) => (state.continue_session(count), Vec::new()),
            None => {
                self.received = 0;
                (Some(Vec::new()), state.queue.forget_session())
            }
        };
        let Some(done) = done else {
            let error = state.error(Operation::Receive, libc::EPROTO);
            return Err(Some(LinkLost { error, reason: CloseReason::Protocol }));
        };
        self.shared.sink.post(ConnectionEvent::Connected(peer));
        self.shared.complete(self.opening.take(), &Ok(()));
        self.shared.complete(done, &Ok(()));
        self.shared.fail(forgotten, state.error(Operation::Send, libc::ECONNRESET));
        if waited && !state.queue.has_messages() {
            self.shared.sink.post(ConnectionEvent::Drained);
        }
        state.open(stream, Addresses { local, peer }, sealer);
        drop(state);
        self.shared.touch();
        Ok(link)
    }
}
