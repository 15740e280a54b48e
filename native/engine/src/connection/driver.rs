//! The task of one connection: reads, writes what was queued, and ends it.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::link::{Link, send_vectored};
use super::{Fin, Sending, Shared};
use crate::error::{Operation, errno_of};
use crate::event::{CloseReason, Event, Ticket};
use crate::limits;
use crate::read_strategy::ReadStrategy;
use crate::sync::lock;

thread_local! {
    /// Where small reads land: one for each worker thread, so that an idle connection owns no buffer.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; limits::READ_MIN_BYTES]);
}

pub(super) struct Driver {
    shared: Arc<Shared>,
    stream: Arc<TcpStream>,
    guard: Option<Box<dyn Send + Sync>>,
    strategy: ReadStrategy,
    peer_sends: bool,
}

/// What to wait for.
#[derive(Clone, Copy)]
struct Wants {
    read: bool,
    write: bool,
}

/// What the wait was ended by.
enum Wake {
    Changed,
    Readable,
    Writable,
}

/// How a connection ends.
enum End {
    /// This side closes it.
    Closing,
    /// It broke, with this errno.
    Broken(i32),
}

impl Driver {
    pub(super) fn new(shared: Arc<Shared>, stream: Arc<TcpStream>, guard: Option<Box<dyn Send + Sync>>) -> Self {
        Self { shared, stream, guard, strategy: ReadStrategy::new(), peer_sends: true }
    }

    pub(super) async fn run(mut self) {
        match self.serve().await {
            End::Closing => self.close().await,
            End::Broken(errno) => self.fail(errno),
        }
    }

    async fn serve(&mut self) -> End {
        loop {
            let wants = match self.wants() {
                Ok(wants) => wants,
                Err(end) => return end,
            };
            match self.wait(wants).await {
                Wake::Changed => {}
                Wake::Writable => self.flush(),
                Wake::Readable => {
                    if let Some(end) = self.receive() {
                        return end;
                    }
                }
            }
        }
    }

    fn wants(&self) -> Result<Wants, End> {
        let sending = lock(&self.shared.sending);
        match sending.link {
            Link::Closing(_) | Link::Closed => return Err(End::Closing),
            Link::Broken(errno) if !self.peer_sends => return Err(End::Broken(errno)),
            Link::Open(_) | Link::Broken(_) => {}
        }
        Ok(Wants { read: self.peer_sends && self.shared.credit.may_take(), write: sending.has_work() })
    }

    async fn wait(&self, wants: Wants) -> Wake {
        tokio::select! {
            biased;
            wake = poll_fn(|context| self.poll_stream(wants, context)) => wake,
            () = self.shared.changed.notified() => Wake::Changed,
        }
    }

    /// An error of the readiness itself is found again, with its errno, by the read or write that follows.
    fn poll_stream(&self, wants: Wants, context: &mut Context<'_>) -> Poll<Wake> {
        if wants.write && self.stream.poll_write_ready(context).is_ready() {
            return Poll::Ready(Wake::Writable);
        }
        if wants.read && self.stream.poll_read_ready(context).is_ready() {
            return Poll::Ready(Wake::Readable);
        }
        Poll::Pending
    }

    /// Writes what the kernel takes, and FIN behind it where that is wanted; an error fails everything that is queued.
    fn flush(&self) {
        let mut sending = lock(&self.shared.sending);
        let waited = !sending.queue.is_empty();
        let (done, error) = sending.queue.write_with(|slices| send_vectored(&self.stream, slices));
        let failed = match error.map(|error| (error.kind(), errno_of(&error))) {
            None | Some((io::ErrorKind::WouldBlock, _)) => None,
            Some((_, errno)) => {
                sending.link.break_with(errno);
                Some((sending.give_up(), errno))
            }
        };
        let ended = sending.say_fin(&self.stream);
        let drained = waited && sending.queue.is_empty() && sending.link.is_usable();
        // Posted under the lock, so that the result of a later send cannot come first.
        self.shared.complete(done, &Ok(()));
        self.shared.complete(ended, &Ok(()));
        if let Some((tickets, errno)) = failed {
            self.shared.complete(tickets, &Err(self.shared.error(Operation::Send, errno)));
        }
        if drained {
            self.shared.sink.post(Event::Drained);
        }
    }

    fn receive(&mut self) -> Option<End> {
        match read(&self.stream, self.strategy.size_bytes()) {
            Ok(data) if data.is_empty() => return self.end_of_stream(),
            Ok(data) => {
                self.strategy.record(data.len());
                self.shared.credit.take(data.len() + limits::EVENT_OVERHEAD_BYTES);
                self.shared.sink.post(Event::Received(data));
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Err(error) => return Some(End::Broken(errno_of(&error))),
        }
        None
    }

    fn end_of_stream(&mut self) -> Option<End> {
        self.peer_sends = false;
        if let Link::Broken(errno) = lock(&self.shared.sending).link {
            return Some(End::Broken(errno));
        }
        self.shared.peer_ended.store(true, Ordering::SeqCst);
        self.shared.sink.post(Event::Ended);
        None
    }

    fn fail(mut self, errno: i32) {
        let mut sending = std::mem::take(&mut *lock(&self.shared.sending));
        let error = self.shared.error(Operation::Receive, errno);
        drop(self.guard.take());
        self.shared.complete(sending.give_up(), &Err(self.shared.error(Operation::Send, errno)));
        // A close that came between is answered as such: its caller does not want to hear of the connection any more.
        if let Link::Closing(ticket) = sending.link {
            return self.announce(ticket, CloseReason::Local);
        }
        self.shared.sink.post(Event::Failed(error));
        self.announce(None, CloseReason::Broken);
    }

    async fn close(mut self) {
        let socket = SockRef::from(&*self.stream);
        // An error means that there is nothing left to linger for.
        let linger = socket.linger().unwrap_or(None);
        let lost = match linger {
            Some(Duration::ZERO) => Some(libc::ECONNABORTED),
            linger => (!self.drain(linger.unwrap_or(limits::DRAIN_TIMEOUT)).await).then_some(libc::ETIMEDOUT),
        };
        // The peer may be gone already; there is nobody left to tell.
        let _ = match lost {
            Some(_) => socket.set_linger(Some(Duration::ZERO)),
            // With lingering left on, the kernel would block this thread when the socket is dropped.
            None if linger.is_some() => socket.set_linger(None).and_then(|()| socket.shutdown(Shutdown::Write)),
            None => socket.shutdown(Shutdown::Write),
        };
        let mut sending = std::mem::take(&mut *lock(&self.shared.sending));
        self.shared.complete(sending.give_up(), &Err(self.shared.error(Operation::Send, lost.unwrap_or(libc::EIO))));
        drop(self.guard.take());
        let ticket = if let Link::Closing(ticket) = sending.link { ticket } else { None };
        self.announce(ticket, self.shared.close_reason());
        if lost.is_none() && self.peer_sends {
            let _ = timeout(linger.unwrap_or(limits::LINGER_TIMEOUT), self.discard()).await;
        }
    }

    fn announce(&self, ticket: Option<Ticket>, reason: CloseReason) {
        self.shared.sink.post(Event::Closed(reason));
        if let Some(ticket) = ticket {
            self.shared.sink.post(Event::Completed(ticket, Ok(())));
        }
        self.shared.ended.send_replace(true);
    }

    /// Hands the queue to the kernel; false when the peer took nothing for too long. Reads on meanwhile, because a peer
    /// that closes in the same way might wait for us to.
    async fn drain(&self, limit: Duration) -> bool {
        let emptied = async {
            loop {
                self.flush();
                if !lock(&self.shared.sending).has_work() {
                    return true;
                }
                if timeout(limit, poll_fn(|context| self.stream.poll_write_ready(context))).await.is_err() {
                    return false;
                }
            }
        };
        let reading = async {
            if self.peer_sends {
                self.discard().await;
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            emptied = emptied => emptied,
            () = reading => false,
        }
    }

    /// Reads until the peer ends or breaks the connection. Polls, because `readable` would not let other tasks run
    /// while a peer sends without a pause.
    async fn discard(&self) {
        loop {
            let _ = poll_fn(|context| self.stream.poll_read_ready(context)).await;
            match read(&self.stream, limits::READ_MIN_BYTES) {
                Ok(data) if data.is_empty() => return,
                Ok(_) => {}
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
                Err(_) => return,
            }
        }
    }
}

impl Sending {
    /// Whether there is something to write.
    fn has_work(&self) -> bool {
        !self.queue.is_empty() || matches!(self.fin, Fin::Wanted(_))
    }

    /// Says FIN if that is wanted and nothing waits before it; returns the ticket of who wanted it.
    fn say_fin(&mut self, stream: &TcpStream) -> Option<Ticket> {
        let Fin::Wanted(ticket) = self.fin else { return None };
        if !self.queue.is_empty() {
            return None;
        }
        // A connection that is gone says so itself.
        let _ = SockRef::from(stream).shutdown(Shutdown::Write);
        self.fin = Fin::Sent;
        Some(ticket)
    }

    /// Drops what waits and returns the tickets of those who will not get it.
    fn give_up(&mut self) -> Vec<Ticket> {
        let mut tickets = self.queue.clear();
        if let Fin::Wanted(ticket) = self.fin {
            self.fin = Fin::Sent;
            tickets.push(ticket);
        }
        tickets
    }
}

/// One read of at most `size_bytes`, into memory of just the size that came. Nothing read is the end of the stream.
fn read(stream: &TcpStream, size_bytes: usize) -> io::Result<Bytes> {
    if size_bytes <= limits::READ_MIN_BYTES {
        return SCRATCH.with_borrow_mut(|scratch| {
            let count = stream.try_read(scratch)?;
            Ok(Bytes::copy_from_slice(scratch.get(..count).unwrap_or_default()))
        });
    }
    let mut buffer = BytesMut::with_capacity(size_bytes);
    let count = stream.try_read_buf(&mut buffer)?;
    if count < size_bytes / 2 { Ok(Bytes::copy_from_slice(&buffer)) } else { Ok(buffer.freeze()) }
}
