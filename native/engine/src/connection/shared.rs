//! What the handle of a connection and its driver share.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use socket2::SockRef;
use tokio::sync::watch;
use tokio::time::Instant;

use super::attention::Attention;
use super::link::Link;
use super::reader::Reader;
use super::sending::Sending;
use crate::arrivals::Arrivals;
use crate::credit::Credit;
use crate::error::{Operation, SocketError};
use crate::event::{CloseReason, ConnectionEvent, EventSink, LinkId, Ticket};
use crate::limits;
use crate::options::SocketOptions;
use crate::protocol::Protocol;
use crate::statistics::{Counters, Statistics};
use crate::sync::lock;

pub(super) struct Shared {
    pub(super) sink: Arc<dyn EventSink<ConnectionEvent>>,
    pub(super) protocol: Arc<Protocol>,
    pub(super) counters: Counters,
    /// Called when the driver has to look at `sending`, `credit` or its reader again.
    pub(super) attention: Attention,
    pub(super) credit: Credit,
    /// What the credit was taken for, without what events cost beside their bytes.
    unconsumed_bytes: AtomicUsize,
    pub(super) peer_ended: AtomicBool,
    /// True once the last event was posted.
    pub(super) ended: watch::Sender<bool>,
    pub(super) sending: Mutex<Sending>,
    /// Those of every link.
    options: Mutex<SocketOptions>,
    ends: Mutex<Option<Ends>>,
    /// Where the owner learns of what has come, if it reads.
    arrivals: Option<Arc<Arrivals>>,
    /// Reads the link that is there for the owner.
    reader: Mutex<Option<Arc<Reader>>>,
    born: Instant,
    /// When a message last went through or a link began, in milliseconds after `born`; kept only where there is an idle time-out.
    active_ms: AtomicU64,
}

/// The addresses of the newest link.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    pub(super) local: SocketAddr,
    pub(super) peer: SocketAddr,
}

impl Shared {
    pub(super) fn new(
        sink: Arc<dyn EventSink<ConnectionEvent>>,
        protocol: Arc<Protocol>,
        counters: Counters,
        options: SocketOptions,
        sending: Sending,
        ends: Option<Ends>,
        arrivals: Option<Arc<Arrivals>>,
    ) -> Self {
        let arrivals = arrivals.filter(|_| protocol.framing.is_none());
        Self {
            sink,
            protocol,
            counters,
            attention: Attention::default(),
            credit: Credit::new(limits::RECEIVE_HIGH_BYTES, limits::RECEIVE_LOW_BYTES),
            unconsumed_bytes: AtomicUsize::new(0),
            peer_ended: AtomicBool::new(false),
            ended: watch::Sender::new(false),
            sending: Mutex::new(sending),
            options: Mutex::new(options),
            ends: Mutex::new(ends),
            arrivals,
            reader: Mutex::default(),
            born: Instant::now(),
            active_ms: AtomicU64::new(0),
        }
    }

    /// Where the owner learns of what has come, if it reads, and not the driver.
    pub(super) fn arrivals(&self) -> Option<&Arc<Arrivals>> {
        self.arrivals.as_ref()
    }

    /// Lets the owner read with `reader`.
    pub(super) fn set_reader(&self, reader: Arc<Reader>) {
        *lock(&self.reader) = Some(reader);
    }

    /// The link is let go.
    pub(super) fn forget_reader(&self, link: LinkId) {
        lock(&self.reader).take_if(|reader| reader.link() == link);
    }

    /// What the owner reads `link` with, while that is there.
    pub(super) fn reader(&self, link: LinkId) -> Option<Arc<Reader>> {
        lock(&self.reader).as_ref().filter(|reader| reader.link() == link).map(Arc::clone)
    }

    /// The peer sends no more: tells the owner, once.
    pub(super) fn end_by_peer(&self) {
        if !self.peer_ended.swap(true, Ordering::SeqCst) {
            self.sink.post(ConnectionEvent::Ended);
        }
    }

    /// Does what the end of the peer's stream asks for where that does not take the driver; false where it does.
    pub(super) fn end_at_once(&self) -> bool {
        let is_plain = lock(&self.sending).ends_with_link();
        if is_plain {
            self.end_by_peer();
        }
        is_plain
    }

    pub(super) fn ends(&self) -> Option<Ends> {
        *lock(&self.ends)
    }

    pub(super) fn set_ends(&self, ends: Ends) {
        *lock(&self.ends) = Some(ends);
    }

    /// Sets options of the link that is there, and of those that follow it.
    pub(super) fn set_options(&self, options: &SocketOptions) -> Result<(), SocketError> {
        let sending = lock(&self.sending);
        let peer = self.ends().map(|ends| ends.peer);
        let failed = |error: io::Error| SocketError::from_io(Operation::SetOptions, peer, &error);
        match sending.link.stream() {
            Ok(stream) => options.apply(&SockRef::from(stream)).map_err(failed)?,
            Err(_) if sending.awaits_link() => {}
            Err(errno) => return Err(self.error(Operation::SetOptions, errno)),
        }
        let mut all = lock(&self.options);
        *all = all.merged(*options);
        Ok(())
    }

    /// Gives a new link the options of the ones before.
    pub(super) fn equip(&self, stream: &TcpStream) {
        // They were accepted when they came; what the kernel does not take now is only lost.
        let _ = lock(&self.options).apply(&SockRef::from(stream));
    }

    /// Closes as told by `aborted`; false when it was closing or closed.
    pub(super) fn begin_close(&self, ticket: Option<Ticket>, aborted: bool) -> bool {
        let mut sending = lock(&self.sending);
        sending.aborted |= aborted;
        let begun = sending.link.begin_close(ticket);
        drop(sending);
        self.attention.call();
        begun
    }

    /// Takes the link away; returns who will not get what they wait for, and how it was.
    pub(super) fn give_up(&self) -> (Vec<Ticket>, Link) {
        let mut sending = lock(&self.sending);
        (sending.give_up(), std::mem::take(&mut sending.link))
    }

    pub(super) fn statistics(&self) -> Statistics {
        let receive_queue_bytes = self.unconsumed_bytes.load(Ordering::Relaxed) as u64;
        let send_queue_bytes = lock(&self.sending).queue.bytes() as u64;
        Statistics { receive_queue_bytes, send_queue_bytes, ..self.counters.statistics() }
    }

    pub(super) fn error(&self, operation: Operation, errno: i32) -> SocketError {
        SocketError::new(operation, self.ends().map(|ends| ends.peer), errno)
    }

    /// Reports every send in `tickets` as finished.
    pub(super) fn complete(&self, tickets: impl IntoIterator<Item = Ticket>, result: &Result<(), SocketError>) {
        for ticket in tickets {
            self.sink.complete(ticket, result.clone());
        }
    }

    /// Reports every send in `tickets` as failed.
    pub(super) fn fail(&self, tickets: impl IntoIterator<Item = Ticket>, errno: i32) {
        self.complete(tickets, &Err(self.error(Operation::Send, errno)));
    }

    /// Why it is over, when it was closed in an orderly way.
    pub(super) fn close_reason(&self) -> CloseReason {
        if self.peer_ended.load(Ordering::SeqCst) { CloseReason::Remote } else { CloseReason::Local }
    }

    /// Counts `bytes` that are handed to the owner.
    pub(super) fn take_received(&self, bytes: usize) {
        self.counters.received(bytes);
        self.touch();
        self.unconsumed_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.credit.take(bytes + limits::EVENT_OVERHEAD_BYTES);
    }

    /// The owner is done with them. True when the driver has to be woken.
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
        f.debug_struct("Connection").field("ends", &self.ends()).finish_non_exhaustive()
    }
}
