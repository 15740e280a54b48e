//! How the driver ends a connection that this side closes.

use std::future::poll_fn;
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;
use tokio::time::{Instant, timeout, timeout_at};

use super::driver::Driver;
use super::phase::Close;
use super::transport::{Reading, Ready, Transport, Wants};
use crate::error::{Operation, errno_of};
use crate::event::{CloseReason, ConnectionEvent};
use crate::limits;
use crate::sync::lock;
use crate::wire::Frame;

/// What a closing connection still has to do.
struct Work {
    wants: Wants,
    left_bytes: usize,
}

impl Driver {
    /// Closes while there is no link, or before there was one.
    pub(super) fn close_without_link(mut self) {
        let (tickets, close) = lock(&self.shared.state).close();
        drop(self.guard.take());
        if let (Some(opening), Some(restorer)) = (self.opening.take(), &self.restorer) {
            self.shared.complete([opening], &Err(restorer.cancelled()));
        }
        self.shared.fail(tickets, self.shared.error(Operation::Send, libc::ECONNABORTED));
        self.announce(close, CloseReason::Local);
    }

    pub(super) async fn close(mut self, mut transport: Transport) {
        // A peer that comes back meanwhile is a new one.
        self.restorer = None;
        self.shared.stop_owner_reads();
        transport.owner_reads = false;
        let stream = Arc::clone(&transport.stream);
        let socket = SockRef::from(&*stream);
        // An error means that there is nothing left to linger for.
        let linger = socket.linger().unwrap_or(None);
        let aborted = lock(&self.shared.state).aborts() || linger == Some(Duration::ZERO);
        let lost = match linger {
            _ if aborted => Some(libc::ECONNABORTED),
            linger => self.drain(&mut transport, linger.unwrap_or(limits::DRAIN_TIMEOUT)).await.err(),
        };
        // From here on the port may be taken over, also where a live client could not claim it. The peer may be gone already;
        // there is nobody left to tell.
        let _ = socket.set_reuse_address(true);
        let _ = match lost {
            Some(_) => socket.set_linger(Some(Duration::ZERO)),
            // With lingering left on, the kernel would block this thread when the socket is dropped.
            None if linger.is_some() => socket.set_linger(None).and_then(|()| socket.shutdown(Shutdown::Write)),
            None => socket.shutdown(Shutdown::Write),
        };
        let (tickets, close) = lock(&self.shared.state).close();
        self.shared.fail(tickets, self.shared.error(Operation::Send, lost.unwrap_or(libc::EIO)));
        drop(self.guard.take());
        self.announce(close, CloseReason::Local);
        if lost.is_none() && transport.peer_sends {
            let _ = timeout(linger.unwrap_or(limits::LINGER_TIMEOUT), transport.discard()).await;
        }
    }

    /// Tells the end, and its reason: that of `close`, if this side has closed it, otherwise `reason`.
    pub(super) fn announce(&self, close: Option<Close>, reason: CloseReason) {
        self.cancel_suspend();
        self.shared.sink.post(ConnectionEvent::Closed(close.map_or(reason, |close| close.reason)));
        self.conclude(close);
    }

    pub(super) fn conclude(&self, close: Option<Close>) {
        if let Some(ticket) = close.and_then(|close| close.ticket) {
            self.shared.sink.complete(ticket, Ok(()));
        }
        self.shared.ended.send_replace(true);
    }

    /// Hands the queue to the kernel, and waits for the acknowledgements that are due; the error says why that failed.
    /// Reads on meanwhile, because a peer that closes in the same way might wait for us to.
    async fn drain(&self, transport: &mut Transport, limit: Duration) -> Result<(), i32> {
        lock(&self.shared.state).push_bye();
        let mut left_bytes = usize::MAX;
        let mut deadline = Instant::now() + limit;
        loop {
            self.flush(transport);
            let Some(work) = self.work(transport)? else { return Ok(()) };
            if work.left_bytes < left_bytes {
                (left_bytes, deadline) = (work.left_bytes, Instant::now() + limit);
            }
            transport.prepare(work.wants).map_err(|error| errno_of(&error))?;
            let next = async {
                tokio::select! {
                    biased;
                    ready = poll_fn(|context| transport.poll_ready(work.wants, context)) => Some(ready),
                    () = self.shared.task.notified() => None,
                }
            };
            match timeout_at(deadline, next).await {
                Err(_) => return Err(libc::ETIMEDOUT),
                Ok(Some(Ready::Readable)) => self.hear_acknowledgements(transport)?,
                Ok(Some(Ready::Writable) | None) => {}
            }
        }
    }

    /// What is left to do before the connection can end; nothing of it is of use any more once it was aborted.
    fn work(&self, transport: &Transport) -> Result<Option<Work>, i32> {
        let state = lock(&self.shared.state);
        if state.aborts() {
            return Err(libc::ECONNABORTED);
        }
        if !state.has_work() {
            return Ok(None);
        }
        let wants = Wants { read: transport.peer_sends, write: state.wants_write() };
        if !wants.write {
            // Acknowledgements are all that is missing; the peer sees that it gets none from here any more.
            let _ = SockRef::from(&*transport.stream).shutdown(Shutdown::Write);
            if !wants.read {
                return Err(libc::ECONNRESET);
            }
        }
        Ok(Some(Work { wants, left_bytes: state.queue.cost_bytes() }))
    }

    /// Reads once while closing: acknowledgements count, everything else is dropped.
    fn hear_acknowledgements(&self, transport: &mut Transport) -> Result<(), i32> {
        match transport.read() {
            Ok(Reading::Nothing | Reading::Bytes(_)) => {}
            Ok(Reading::Frames) => {
                while let Some(frame) = transport.next_frame().map_err(|fault| fault.errno())? {
                    if let Frame::Acknowledge(count) = frame {
                        self.acknowledged(count)?;
                    }
                }
            }
            Ok(Reading::End) | Err(_) => transport.peer_sends = false,
        }
        Ok(())
    }
}
