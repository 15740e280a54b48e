//! One established connection: the handle that its owner holds, and the task that reads and writes.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use bytes::Bytes;
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};

use crate::credit::Credit;
use crate::error::{Operation, SocketError, errno_of};
use crate::event::{CloseReason, Event, EventSink, Ticket};
use crate::limits;
use crate::options::SocketOptions;
use crate::send_queue::{SendProgress, SendQueue};
use crate::socket_state::SocketState;
use crate::sync::lock;

mod driver;
mod link;
#[cfg(test)]
mod tests;

use driver::Driver;
use link::Link;

/// An established connection. Dropping it closes it as [`Connection::close`] does.
#[derive(Debug)]
pub struct Connection {
    shared: Arc<Shared>,
}

/// A connection, seen by somebody who does not keep it open.
#[derive(Debug)]
pub(crate) struct WeakConnection {
    shared: Weak<Shared>,
}

/// How a client closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// `Closed` follows.
    Announced,
    /// The connection had ended before: its `Closed` was posted already.
    Over,
}

/// What the handle and the driver task share.
struct Shared {
    sink: Arc<dyn EventSink>,
    peer: SocketAddr,
    local: SocketAddr,
    /// Rung when the driver has to look at `sending` or `credit` again.
    changed: Notify,
    credit: Credit,
    peer_ended: AtomicBool,
    /// True once the last event was posted.
    ended: watch::Sender<bool>,
    sending: Mutex<Sending>,
}

#[derive(Default)]
struct Sending {
    queue: SendQueue,
    link: Link,
    fin: Fin,
}

/// Whether this side has said that it sends no more, while it still receives.
#[derive(Clone, Copy, Default)]
enum Fin {
    #[default]
    NotWanted,
    /// To be sent after the queue; the ticket is that of the `end` call.
    Wanted(Ticket),
    Sent,
}

impl Connection {
    /// Starts to read from and write to `stream`. `peer` is its peer, which the kernel does not know any more when it is
    /// gone already. `guard` is dropped when the connection has ended, before `Closed`.
    pub(crate) fn start(
        stream: TcpStream,
        peer: SocketAddr,
        sink: Arc<dyn EventSink>,
        runtime: &Handle,
        guard: Option<Box<dyn Send + Sync>>,
    ) -> io::Result<Self> {
        let stream = Arc::new(stream);
        let shared = Arc::new(Shared {
            sink,
            peer,
            local: stream.local_addr()?,
            changed: Notify::new(),
            credit: Credit::new(limits::RECEIVE_HIGH_BYTES, limits::RECEIVE_LOW_BYTES),
            peer_ended: AtomicBool::new(false),
            ended: watch::Sender::new(false),
            sending: Mutex::new(Sending { link: Link::Open(Arc::clone(&stream)), ..Sending::default() }),
        });
        runtime.spawn(Driver::new(Arc::clone(&shared), stream, guard).run());
        Ok(Self { shared })
    }

    /// Sends `data` after everything sent before. Tries at once, without blocking; what the kernel does not take is
    /// copied into the queue, and `Completed` with `ticket` tells when the kernel has its last byte.
    ///
    /// # Errors
    /// `EBADF` when closed, `EPIPE` after [`Connection::end`], `ENOBUFS` when the queue is full (nothing of `data` was
    /// sent), otherwise what broke the connection.
    pub fn send(&self, data: &[u8], ticket: Ticket) -> Result<SendProgress, SocketError> {
        let mut sending = lock(&self.shared.sending);
        let rest = sending.try_now(data).map_err(|errno| {
            self.shared.changed.notify_one();
            self.shared.error(Operation::Send, errno)
        })?;
        if rest.is_empty() && sending.queue.is_empty() {
            return Ok(SendProgress::Sent);
        }
        sending.queue.push(Bytes::copy_from_slice(rest), ticket);
        drop(sending);
        self.shared.changed.notify_one();
        Ok(SendProgress::Queued)
    }

    /// Says FIN after everything sent before, and goes on receiving. `Completed` with `ticket` tells when.
    ///
    /// # Errors
    /// `EBADF` when closed, `EPIPE` when it was ended before, otherwise what broke the connection.
    pub fn end(&self, ticket: Ticket) -> Result<(), SocketError> {
        let mut sending = lock(&self.shared.sending);
        sending.may_send().map_err(|errno| self.shared.error(Operation::Send, errno))?;
        sending.fin = Fin::Wanted(ticket);
        drop(sending);
        self.shared.changed.notify_one();
        Ok(())
    }

    /// Closes at once: drops what is queued, and resets the connection. `Completed` with `ticket` and `Closed` follow.
    ///
    /// # Errors
    /// `EBADF` when it is closed already.
    pub fn abort(&self, ticket: Ticket) -> Result<(), SocketError> {
        let at_once = SocketOptions { linger: Some(Some(Duration::ZERO)), ..SocketOptions::default() };
        // One that is broken cannot be reset any more.
        let _ = self.shared.set_options(&at_once);
        self.close(Some(ticket))
    }

    /// Closes: stops receiving, hands the queue to the kernel, then says FIN. `Completed` with `ticket` and `Closed`
    /// follow. A peer that takes nothing for [`limits::DRAIN_TIMEOUT`] is reset.
    ///
    /// # Errors
    /// `EBADF` when it is closed already.
    pub fn close(&self, ticket: Option<Ticket>) -> Result<(), SocketError> {
        if !lock(&self.shared.sending).link.begin_close(ticket) {
            return Err(self.shared.error(Operation::Close, libc::EBADF));
        }
        self.shared.changed.notify_one();
        Ok(())
    }

    /// Gives back the credit of one `Received` event of `bytes`, so that reading can go on.
    pub fn consume(&self, bytes: usize) {
        if self.shared.credit.give_back(bytes + limits::EVENT_OVERHEAD_BYTES) {
            self.shared.changed.notify_one();
        }
    }

    /// Sets options.
    ///
    /// # Errors
    /// `EBADF` when closed, `EDOM` for a negative time-out, otherwise what the kernel said.
    pub fn set_options(&self, options: &SocketOptions) -> Result<(), SocketError> {
        let failed = |error: io::Error| SocketError::from_io(Operation::SetOptions, self.shared.peer, &error);
        options.check().map_err(failed)?;
        self.shared.set_options(options)
    }

    /// Its state.
    pub fn state(&self) -> SocketState {
        let is_open = self.is_open();
        SocketState { is_bound: is_open, is_close: !is_open, is_connected: self.is_connected() }
    }

    /// The socket's descriptor, unless closed. It stays the connection's.
    pub fn descriptor(&self) -> Option<RawFd> {
        lock(&self.shared.sending).link.stream().map(AsRawFd::as_raw_fd).ok()
    }

    pub(crate) fn downgrade(&self) -> WeakConnection {
        WeakConnection { shared: Arc::downgrade(&self.shared) }
    }

    /// The peer's address.
    ///
    /// # Errors
    /// `EBADF` when closed.
    pub fn remote_address(&self) -> Result<SocketAddr, SocketError> {
        if self.is_open() {
            return Ok(self.shared.peer);
        }
        Err(self.shared.error(Operation::GetRemoteAddress, libc::EBADF))
    }

    /// The address on this side.
    ///
    /// # Errors
    /// `EBADF` when closed.
    pub fn local_address(&self) -> Result<SocketAddr, SocketError> {
        if self.is_open() {
            return Ok(self.shared.local);
        }
        Err(self.shared.error(Operation::GetLocalAddress, libc::EBADF))
    }

    /// The peer's address, whatever became of the connection.
    pub fn peer(&self) -> SocketAddr {
        self.shared.peer
    }

    /// Whether neither side has closed it and it is not broken.
    pub fn is_connected(&self) -> bool {
        !self.shared.peer_ended.load(Ordering::SeqCst) && lock(&self.shared.sending).link.is_usable()
    }

    /// Whether this side has not closed it and it has not ended by itself.
    pub fn is_open(&self) -> bool {
        lock(&self.shared.sending).link.is_open()
    }

    /// True once the last event was posted.
    pub(crate) fn ended(&self) -> watch::Receiver<bool> {
        self.shared.ended.subscribe()
    }

    /// Whether it is open and not broken.
    pub(crate) fn carries(&self) -> bool {
        lock(&self.shared.sending).link.is_usable()
    }

    /// Closes after the peer has ended the connection; does nothing before.
    pub fn finish(&self) {
        if self.shared.peer_ended.load(Ordering::SeqCst) {
            // Closed meanwhile by its owner, who gets the same event.
            let _ = self.close(None);
        }
    }

    /// Bytes sent that the kernel has not taken yet.
    pub fn queued_bytes(&self) -> usize {
        lock(&self.shared.sending).queue.bytes()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if lock(&self.shared.sending).link.begin_close(None) {
            self.shared.changed.notify_one();
        }
    }
}

impl WeakConnection {
    /// Whether somebody still has it.
    pub(crate) fn is_there(&self) -> bool {
        self.shared.strong_count() > 0
    }

    /// Sets options; a connection that has ended is no error.
    pub(crate) fn set_options(&self, options: &SocketOptions) -> Result<(), SocketError> {
        match self.shared.upgrade() {
            Some(shared) if lock(&shared.sending).link.is_open() => shared.set_options(options),
            _ => Ok(()),
        }
    }
}

impl Shared {
    fn set_options(&self, options: &SocketOptions) -> Result<(), SocketError> {
        let sending = lock(&self.sending);
        let stream = sending.link.stream().map_err(|errno| self.error(Operation::SetOptions, errno))?;
        let failed = |error: io::Error| SocketError::from_io(Operation::SetOptions, self.peer, &error);
        options.apply(&SockRef::from(stream)).map_err(failed)
    }

    fn error(&self, operation: Operation, errno: i32) -> SocketError {
        SocketError::new(operation, self.peer, errno)
    }

    /// Reports every send in `tickets` as finished.
    fn complete(&self, tickets: impl IntoIterator<Item = Ticket>, result: &Result<(), SocketError>) {
        for ticket in tickets {
            self.sink.post(Event::Completed(ticket, result.clone()));
        }
    }

    fn close_reason(&self) -> CloseReason {
        if self.peer_ended.load(Ordering::SeqCst) { CloseReason::Remote } else { CloseReason::Local }
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("local", &self.local).field("peer", &self.peer).finish_non_exhaustive()
    }
}

impl Sending {
    /// The stream to send on, or the errno that a send gets instead.
    fn may_send(&self) -> Result<&TcpStream, i32> {
        match self.fin {
            Fin::NotWanted => self.link.stream(),
            Fin::Wanted(_) | Fin::Sent => self.link.stream().and(Err(libc::EPIPE)),
        }
    }

    /// Sends what can be sent without queueing and returns the rest, or the errno that refuses the whole.
    fn try_now<'a>(&mut self, data: &'a [u8]) -> Result<&'a [u8], i32> {
        let stream = self.may_send()?;
        if !self.queue.is_empty() {
            let cost = self.queue.cost_bytes().saturating_add(data.len() + limits::EVENT_OVERHEAD_BYTES);
            return if cost <= limits::SEND_QUEUE_LIMIT_BYTES { Ok(data) } else { Err(libc::ENOBUFS) };
        }
        match link::send(stream, data) {
            Ok(sent) => Ok(data.get(sent..).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(data),
            Err(error) => {
                let errno = errno_of(&error);
                self.link.break_with(errno);
                Err(errno)
            }
        }
    }
}
