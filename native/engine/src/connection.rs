//! One established connection: the handle of its owner, and its task.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::Handle;

use crate::error::{Operation, SocketError};
use crate::event::{CloseReason, ConnectionEvent, EventSink, LinkId, OperationId};
use crate::framing::Decoded;
use crate::keep_alive::KeepAlive;
use crate::noise::LinkCiphers;
use crate::options::SocketOptions;
use crate::poller::PollTarget;
use crate::protocol::Protocol;
use crate::send_queue::SendProgress;
use crate::socket_state::SocketState;
use crate::statistics::{Counters, Statistics};
use crate::sync::lock;

mod change_watch;
mod closing;
mod drain;
mod driver;
mod framed_link;
mod frames;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod link;
mod link_source;
mod message;
mod owner_reads;
mod phase;
mod receiving;
mod restoring;
mod shared;
mod socket;
mod state;
mod stream_link;
#[cfg(test)]
pub(crate) mod tests;
mod timer;
mod write;

use driver::Driver;
use link::Link;
pub(crate) use link_source::{BoxFuture, LinkLost, LinkSource, NewLink};
pub use message::Message;
use phase::{Close, LinkState};
use shared::Shared;
use state::{Addresses, Fin, SpawnTask, State, Suspension};
pub use stream_link::ReadOutcome;

/// An established connection. Dropping it closes it as [`Connection::close`] does.
///
/// ```
/// use socket_engine::{Connection, OperationId, SocketError};
///
/// /// Sends a message and closes the connection. The results go to its event sink, with these ids.
/// fn send_last(connection: &Connection) -> Result<(), SocketError> {
///     connection.send(b"123456", OperationId(1))?;
///     connection.close(Some(OperationId(2)))
/// }
/// ```
#[derive(Debug)]
pub struct Connection {
    shared: Arc<Shared>,
}

/// A reference to a connection that does not keep it open.
#[derive(Clone, Debug)]
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

/// Parts of a connection, except its initial link.
pub(crate) struct ConnectionConfig {
    pub(crate) sink: Arc<dyn EventSink<ConnectionEvent>>,
    /// Poller of an owner that reads.
    ///
    /// Where the protocol allows that, no `Received` and `Message` are posted.
    pub(crate) poller: Option<PollTarget>,
    pub(crate) protocol: Arc<Protocol>,
    pub(crate) counters: Counters,
    /// Options of every link, in addition to those that its creator has set.
    pub(crate) options: SocketOptions,
    /// Dropped when the connection has ended, before `Closed`.
    pub(crate) guard: Option<Box<dyn Send + Sync>>,
    /// Brings the links that follow a lost one.
    pub(crate) link_source: Option<Box<dyn LinkSource>>,
}

/// A link that is there.
pub(crate) struct InitialLink {
    /// It never blocks.
    pub(crate) stream: TcpStream,
    /// Its peer, which the kernel does not know any more when it is gone already.
    pub(crate) peer: SocketAddr,
    /// Heartbeat interval that the peer asked for.
    pub(crate) peer_interval: Option<Duration>,
    /// The keys of a link that is encrypted.
    pub(crate) ciphers: Option<LinkCiphers>,
    /// Whether events may be posted before `start` returns.
    pub(crate) is_known: bool,
}

impl ConnectionConfig {
    /// Makes what the handle and the task share, and returns what the task alone has.
    fn share(self, link: LinkState, addresses: Option<Addresses>) -> (Arc<Shared>, TaskParts) {
        let Self { sink, poller, protocol, counters, options, guard, link_source } = self;
        let state = State::new(link, addresses, options, link_source.is_some(), &protocol);
        let shared = Arc::new(Shared::new(sink, poller, protocol, counters, state));
        (shared, TaskParts { guard, link_source })
    }
}

/// Parts of a connection that its task owns alone.
struct TaskParts {
    guard: Option<Box<dyn Send + Sync>>,
    link_source: Option<Box<dyn LinkSource>>,
}

impl TaskParts {
    fn driver(self, shared: Arc<Shared>, opening: Option<OperationId>) -> Box<Driver> {
        let driver = Driver::new(shared, self.guard);
        Box::new(match self.link_source {
            Some(link_source) => driver.with_link_source(link_source, opening),
            None => driver,
        })
    }

    /// Returns the function that spawns the task of `shared`, which begins with `link`.
    fn spawner(self, shared: &Arc<Shared>, link: Link, runtime: Handle) -> SpawnTask {
        let shared = Arc::downgrade(shared);
        Box::new(move || {
            if let Some(shared) = shared.upgrade() {
                runtime.spawn(self.driver(shared, None).run(Some(Box::new(link))));
            }
        })
    }
}

impl Connection {
    /// Starts to serve the stream of `initial`.
    ///
    /// # Errors
    /// When the kernel cannot tell the address on this side.
    pub(crate) fn start(config: ConnectionConfig, initial: InitialLink, runtime: &Handle) -> io::Result<Self> {
        let addresses = Addresses { local: initial.stream.local_addr()?, peer: initial.peer };
        Ok(Self::serve(config, initial, Some(addresses), runtime))
    }

    fn serve(config: ConnectionConfig, initial: InitialLink, addresses: Option<Addresses>, runtime: &Handle) -> Self {
        let stream = Arc::new(initial.stream);
        let (sealer, opener) = LinkCiphers::split(initial.ciphers);
        let mut link = Link::new(Arc::clone(&stream), &config.protocol, initial.peer_interval, opener);
        let (shared, parts) = config.share(LinkState::Up(Arc::clone(&stream)), addresses);
        lock(&shared.state).queue.encrypt_with(sealer);
        let poller = shared.poller.clone().filter(|_| initial.is_known);
        let frames = poller.as_ref().and_then(|_| link.give_to_owner());
        let mut spawn = Some(parts.spawner(&shared, link, runtime.clone()));
        if let Some(poller) = poller {
            // A peer that comes back unasked has frames, which the task reads.
            if !shared.protocol.has_timers() && !KeepAlive::is_on(&stream) {
                lock(&shared.state).spawn = spawn.take();
            }
            // On the owner's own thread, which is awake: the task would wake it.
            shared.start_owner_reads(&poller, &stream, frames);
        }
        if let Some(spawn) = spawn {
            spawn();
        }
        Self { shared }
    }

    /// Starts without a link.
    ///
    /// The link source of `config` makes the first one, and completes `opening`.
    pub(crate) fn open(config: ConnectionConfig, opening: OperationId, runtime: &Handle) -> Self {
        let (shared, parts) = config.share(LinkState::Connecting, None);
        runtime.spawn(parts.driver(Arc::clone(&shared), Some(opening)).run(None));
        Self { shared }
    }

    /// Sends `data` after everything sent before; with framing, as one message.
    ///
    /// Tries at once, without blocking; what the kernel does not take is copied into the queue, and [`EventSink::complete`]
    /// gets the result when the kernel has its last byte. Where messages are acknowledged, it gets it when the peer has the
    /// message.
    ///
    /// # Errors
    /// Nothing of `data` was sent, because of: `EBADF` when closed, `EPIPE` after [`Connection::end`], `ENOBUFS` when the
    /// queue is full, `EMSGSIZE` when the framing does not allow so much, `EINVAL` when `data` contains the delimiter,
    /// `ENOTCONN` while there is no link and nothing may wait for one; otherwise what broke the connection.
    pub fn send(&self, data: &[u8], operation_id: OperationId) -> Result<SendProgress, SocketError> {
        self.send_message(&Message::new(data), operation_id)
    }

    /// Sends as [`Connection::send`] does.
    ///
    /// The message may go to other connections of the same server as well.
    ///
    /// # Errors
    /// The errors of [`Connection::send`].
    pub fn send_message(&self, message: &Message<'_>, operation_id: OperationId) -> Result<SendProgress, SocketError> {
        let mut state = lock(&self.shared.state);
        let sent = state.send(message, operation_id);
        if sent != Ok(SendProgress::Sent) {
            self.shared.notify_task_of(state);
        } else {
            drop(state);
        }
        let progress = sent.map_err(|errno| self.shared.error(Operation::Send, errno))?;
        self.shared.count_sent(message.data().len());
        Ok(progress)
    }

    /// Queues a message for [`Connection::flush`], which must follow.
    ///
    /// It is written earlier when [`GATHER_BYTES`](crate::limits::GATHER_BYTES) wait or the queue is full. What cannot be
    /// written at once anyway, because the kernel takes no more or there is no link, is sent as by that.
    ///
    /// # Errors
    /// The errors of [`Connection::send`].
    pub fn gather(&self, message: &Message<'_>, operation_id: OperationId) -> Result<SendProgress, SocketError> {
        let gathered = self.shared.gather(message, operation_id);
        let progress = gathered.map_err(|errno| self.shared.error(Operation::Send, errno))?;
        self.shared.count_sent(message.data().len());
        Ok(progress)
    }

    /// Writes what was gathered, without blocking.
    ///
    /// Returns true if the kernel has taken all messages that were gathered since the last write. Otherwise
    /// [`EventSink::complete`] gets the result of each.
    pub fn flush(&self) -> bool {
        self.shared.flush_gathered()
    }

    /// Says FIN after everything sent before, and goes on receiving.
    ///
    /// [`EventSink::complete`] gets the result when the kernel has the FIN.
    ///
    /// # Errors
    /// `EBADF` when closed, `EPIPE` when it was ended before, otherwise what broke the connection.
    pub fn end(&self, operation_id: OperationId) -> Result<(), SocketError> {
        let mut state = lock(&self.shared.state);
        state.may_send().map_err(|errno| state.error(Operation::Send, errno))?;
        state.push_bye();
        state.fin = Fin::Wanted(Some(operation_id));
        self.shared.notify_task_of(state);
        Ok(())
    }

    /// Closes at once: drops what is queued, and resets the connection.
    ///
    /// `Closed` follows, then [`EventSink::complete`] gets the result.
    ///
    /// # Errors
    /// `EBADF` when it is closed already.
    pub fn abort(&self, operation_id: OperationId) -> Result<(), SocketError> {
        self.end_with(Some(operation_id), true)
    }

    /// Lets the link go, and keeps what is not sent, until [`Connection::resume`].
    ///
    /// [`EventSink::complete`] gets the result when the peer's kernel has what this one has taken; at once where messages are
    /// acknowledged, which are sent again. Only for a connection that replaces lost links.
    ///
    /// # Errors
    /// `EBADF` when closed, `EALREADY` while another call is under way. It completes with `ECANCELED` when the connection
    /// ends first, with `ETIMEDOUT` when the peer takes nothing, and with `ECONNRESET` when it resets the link.
    pub(crate) fn suspend(&self, operation_id: OperationId) -> Result<(), SocketError> {
        let mut state = lock(&self.shared.state);
        let errno = match state.suspension {
            _ if !state.phase.is_open() => libc::EBADF,
            Suspension::Wanted { .. } => libc::EALREADY,
            Suspension::Active | Suspension::Suspended => {
                state.suspension = Suspension::Wanted { operation_id, resumed: false };
                self.shared.notify_task_of(state);
                return Ok(());
            }
        };
        Err(state.error(Operation::Suspend, errno))
    }

    /// Undoes [`Connection::suspend`]; one that is under way is seen through first.
    pub(crate) fn resume(&self) {
        let mut state = lock(&self.shared.state);
        match &mut state.suspension {
            Suspension::Wanted { resumed, .. } => *resumed = true,
            suspension => *suspension = Suspension::Active,
        }
        self.shared.notify_task_of(state);
    }

    /// Closes: stops receiving, hands the queue to the kernel, then says FIN.
    ///
    /// When the peer's kernel has all messages, `Closed` follows, then [`EventSink::complete`] gets the result. A peer that takes
    /// nothing for [`DRAIN_TIMEOUT`](crate::limits::DRAIN_TIMEOUT) is reset: then the result is `ETIMEDOUT`.
    ///
    /// # Errors
    /// `EBADF` when it is closed already.
    pub fn close(&self, operation_id: Option<OperationId>) -> Result<(), SocketError> {
        self.end_with(operation_id, false)
    }

    fn end_with(&self, operation_id: Option<OperationId>, aborted: bool) -> Result<(), SocketError> {
        if begin_close(&self.shared, operation_id, aborted) {
            Ok(())
        } else {
            Err(self.shared.error(Operation::Close, libc::EBADF))
        }
    }

    /// Gives back credit, so that reading can go on.
    ///
    /// `bytes` is the size of one `Received` or `Message` event, or of one read.
    pub fn consume(&self, bytes: usize) {
        if self.shared.give_back(bytes) {
            self.shared.notify_task();
        }
    }

    /// Reads bytes of `link` into `buffer`, which is not empty, without blocking.
    ///
    /// To be called when the poller says that `link` is readable, until the result says that this was the last; then the poller says so
    /// again once there is something. What is read counts against the connection's credit until [`Connection::consume`] gives it back;
    /// the owner keeps to it with [`Connection::has_room`]. A link that the connection has let go has nothing. Not to be called while an
    /// event is posted.
    pub fn try_read(&self, link: LinkId, buffer: &mut [u8]) -> ReadOutcome {
        self.shared.read(link, buffer, Shared::take_received)
    }

    /// Reads as [`Connection::try_read`] does, but takes no credit.
    ///
    /// For an owner that uses the bytes at once.
    pub fn receive(&self, link: LinkId, buffer: &mut [u8]) -> ReadOutcome {
        self.shared.read(link, buffer, Shared::count_received)
    }

    /// Reads a part of `link` and appends the messages that are whole by then.
    ///
    /// To be called in place of [`Connection::try_read`] where the protocol has framing. Each message takes credit by itself.
    pub fn read_messages(&self, link: LinkId, messages: &mut Vec<Decoded>) -> ReadOutcome {
        self.shared.read_messages(link, messages)
    }

    /// Returns the number of bytes that [`Connection::try_read`] would get now; 0 if unknown.
    pub fn available_bytes(&self, link: LinkId) -> usize {
        self.shared.available_bytes(link)
    }

    /// Has the poller report EOF, as [`ReadClosed`](crate::Readiness::ReadClosed).
    ///
    /// For a `link` with something unread while [`Connection::has_room`] keeps the owner from reading it.
    pub fn watch_end(&self, link: LinkId) {
        self.shared.watch_end(link);
    }

    /// Has the poller report `link` no more, until a read of it is the last.
    ///
    /// For a link that was reported and is not read: the poller would report it again at once.
    pub fn pause_reads(&self, link: LinkId) {
        self.shared.pause_reads(link);
    }

    /// Sets the next ping, after [`ConnectionEvent::PingTaken`].
    ///
    /// One that is no message of the framing is dropped; then the one before is sent again.
    pub fn set_ping(&self, ping: Bytes) {
        lock(&self.shared.state).set_ping(ping);
    }

    /// Takes credit for a message of `bytes` that the owner found in read data.
    ///
    /// [`Connection::consume`] gives it back.
    pub fn hold(&self, bytes: usize) {
        self.shared.touch();
        self.shared.hold(bytes);
    }

    /// Fails the link with `errno`.
    ///
    /// `ETIMEDOUT` is for a peer that does not answer in time, others for a peer that has sent what is no message. `Failed` and
    /// `Closed` follow, or another link where lost ones are replaced. Does nothing while there is no link.
    pub fn fail(&self, errno: i32) {
        self.shared.fail_link(errno);
    }

    /// Returns whether the credit allows to read more.
    pub fn has_room(&self) -> bool {
        self.shared.credit.has_room()
    }

    /// Returns the protocol on its links.
    pub fn protocol(&self) -> &Protocol {
        &self.shared.protocol
    }

    /// Sets options of the link that is there, and of those that follow it.
    ///
    /// # Errors
    /// `EBADF` when closed, `EDOM` for a negative time-out, otherwise what the kernel said.
    pub fn set_options(&self, options: &SocketOptions) -> Result<(), SocketError> {
        let checked = options.check();
        checked.map_err(|error| lock(&self.shared.state).io_error(&error))?;
        self.shared.set_options(options)
    }

    /// Returns its state.
    pub fn state(&self) -> SocketState {
        let is_open = self.is_open();
        SocketState { is_bound: is_open, is_close: !is_open, is_connected: self.is_connected() }
    }

    /// Returns the socket's descriptor, unless closed. The connection keeps its ownership.
    pub fn descriptor(&self) -> Option<RawFd> {
        lock(&self.shared.state).phase.stream().map(AsRawFd::as_raw_fd).ok()
    }

    pub(crate) fn downgrade(&self) -> WeakConnection {
        WeakConnection { shared: Arc::downgrade(&self.shared) }
    }

    /// Returns the peer's address.
    ///
    /// # Errors
    /// `EBADF` when closed, or when there never was a link.
    pub fn remote_address(&self) -> Result<SocketAddr, SocketError> {
        self.address(Operation::GetRemoteAddress, |addresses| addresses.peer)
    }

    /// Returns the local address.
    ///
    /// # Errors
    /// `EBADF` when closed, or when there never was a link.
    pub fn local_address(&self) -> Result<SocketAddr, SocketError> {
        self.address(Operation::GetLocalAddress, |addresses| addresses.local)
    }

    fn address(&self, operation: Operation, pick: fn(Addresses) -> SocketAddr) -> Result<SocketAddr, SocketError> {
        let state = lock(&self.shared.state);
        let addresses = state.addresses().filter(|_| state.phase.is_open());
        addresses.map(pick).ok_or_else(|| state.error(operation, libc::EBADF))
    }

    /// Returns the peer's address, also of a closed connection; `None` if there never was a link.
    pub fn peer(&self) -> Option<SocketAddr> {
        lock(&self.shared.state).addresses().map(|addresses| addresses.peer)
    }

    /// Returns the local address, also of a closed connection.
    ///
    /// `None` if there never was a link.
    pub(crate) fn local(&self) -> Option<SocketAddr> {
        lock(&self.shared.state).addresses().map(|addresses| addresses.local)
    }

    /// Returns whether neither side has closed it and it is not broken.
    pub fn is_connected(&self) -> bool {
        lock(&self.shared.state).phase.is_connected()
    }

    /// Returns whether there is a link, or was one until the peer ended it in order.
    pub(crate) fn has_peer(&self) -> bool {
        let state = lock(&self.shared.state);
        state.phase.peer_ended() || state.phase.is_connected()
    }

    /// Returns whether this side has not closed it and it has not ended by itself.
    pub fn is_open(&self) -> bool {
        lock(&self.shared.state).phase.is_open()
    }

    /// Returns the errno of a `connect` that would replace this connection.
    ///
    /// `None` if the connection is over or broken: it can be replaced.
    pub(crate) fn connect_conflict(&self) -> Option<i32> {
        lock(&self.shared.state).connect_conflict()
    }

    /// Returns whether [`Connection::finish`] would close it, and nothing is left to send.
    pub(crate) fn is_finished(&self) -> bool {
        let state = lock(&self.shared.state);
        self.is_over(&state) && state.phase.is_up() && !state.has_work()
    }

    /// Returns whether the peer has ended the connection, and this side need not.
    fn is_over(&self, state: &State) -> bool {
        state.phase.peer_ended() && (state.has_ended() || !self.shared.protocol.allow_half_open)
    }

    /// Returns whether this side stays open when the peer ends its side.
    pub fn allows_half_open(&self) -> bool {
        self.shared.protocol.allow_half_open
    }

    /// Returns whether its peer may still get something from this side.
    pub fn serves_peer(&self) -> bool {
        lock(&self.shared.state).serves_peer()
    }

    /// Returns the statistics.
    pub fn statistics(&self) -> Statistics {
        self.shared.statistics()
    }

    /// Closes after EOF of the peer.
    ///
    /// Does nothing before, nor while it may be half open and this side has not ended it. A half-open connection that may get another link
    /// closes when its peer has acknowledged everything.
    pub fn finish(&self) {
        let mut state = lock(&self.shared.state);
        if !self.is_over(&state) {
            return;
        }
        if state.finishes_later() {
            state.phase.finish_later();
            return self.shared.notify_task_of(state);
        }
        drop(state);
        // Closed meanwhile by its owner, who gets the same event.
        let _ = self.close(None);
    }

    /// Returns the bytes of unfinished sends.
    ///
    /// The kernel has not taken them, or the peer has not acknowledged them.
    pub fn queued_bytes(&self) -> usize {
        lock(&self.shared.state).queue.bytes()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        begin_close(&self.shared, None, false);
    }
}

impl WeakConnection {
    /// Returns whether the connection still exists.
    pub(crate) fn is_there(&self) -> bool {
        self.shared.strong_count() > 0
    }

    /// Returns the statistics; `None` if the connection is gone.
    pub(crate) fn statistics(&self) -> Option<Statistics> {
        self.shared.upgrade().map(|shared| shared.statistics())
    }

    /// Returns whether its last event is still to come.
    pub(crate) fn is_ending(&self) -> bool {
        self.shared.upgrade().is_some_and(|shared| !lock(&shared.state).phase.is_reported())
    }

    /// Closes as [`Connection::close`] does.
    pub(crate) fn close(&self) {
        if let Some(shared) = self.shared.upgrade() {
            begin_close(&shared, None, false);
        }
    }

    /// Resets, also one that is closing already.
    pub(crate) fn abort(&self) {
        if let Some(shared) = self.shared.upgrade() {
            begin_close(&shared, None, true);
        }
    }

    /// Returns whether the last event was posted.
    pub(crate) fn has_ended(&self) -> bool {
        // A connection that is gone has ended as well.
        self.shared.upgrade().is_none_or(|shared| lock(&shared.state).phase.is_reported())
    }

    /// Waits until the last event was posted.
    ///
    /// # Errors
    /// The error with which the connection was lost before the peer had all that was sent before this side closed it.
    pub(crate) async fn wait_until_ended(&self) -> Result<(), SocketError> {
        let Some(shared) = self.shared.upgrade() else { return Ok(()) };
        shared.reported().await;
        let state = lock(&shared.state);
        state.phase.loss().map_or(Ok(()), |errno| Err(state.error(Operation::Close, errno)))
    }

    /// Sets options; a connection that has ended is no error.
    pub(crate) fn set_options(&self, options: &SocketOptions) -> Result<(), SocketError> {
        match self.shared.upgrade() {
            Some(shared) => {
                let is_open = lock(&shared.state).phase.is_open();
                if is_open { shared.set_options(options) } else { Ok(()) }
            }
            None => Ok(()),
        }
    }
}

/// Closes as told; false when it was closing or closed.
fn begin_close(shared: &Shared, operation_id: Option<OperationId>, aborts: bool) -> bool {
    let mut state = lock(&shared.state);
    let begun = state.phase.begin_close(Close::new(CloseReason::Local, operation_id, aborts));
    // Its owner reads no more, and the poller would report unread bytes until the task closes the link.
    state.reads.pause();
    shared.notify_task_of(state);
    begun
}
