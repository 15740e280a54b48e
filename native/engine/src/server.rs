//! A server: its listening sockets and the connections that they take.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::Interest;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinHandle;

use crate::connection::{Closing, Restore, WeakConnection};
use crate::error::{Operation, SocketError};
use crate::event::{ConnectionEvent, EventSink, ServerEvent, Ticket};
use crate::limits;
use crate::options::{self, SocketOptions};
use crate::protocol::Protocol;
use crate::runtime;
use crate::socket_state::SocketState;
use crate::statistics::{Counters, Statistics};
use crate::sync::lock;
use crate::timeout::timeout;

mod accepted;
mod accepting;
mod admission;
mod handshakes;
mod pending;
mod place;
mod sessions;

use accepted::Accepted;
use accepting::accept_all;
use admission::{Admitted, Rejections};
use handshakes::Handshakes;
pub use pending::PendingConnection;
pub use place::ConnectionPlace;
use place::Place;
use sessions::{Membership, Returns, Sessions};

/// A TCP server. Dropping it stops listening; its connections stay open.
pub struct Server {
    shared: Arc<Shared>,
}

/// How a server and its connections speak, and how many there may be.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// How it speaks with its peers.
    pub protocol: Protocol,
    /// Open connections beyond which peers are turned away; `None`: as many as the system allows.
    pub max_connections: Option<usize>,
    /// How long an acknowledged connection waits for its peer to come back.
    pub return_timeout: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self { protocol: Protocol::default(), max_connections: None, return_timeout: limits::RETURN_TIMEOUT }
    }
}

/// What becomes of the connections of a server that is closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connections {
    /// They stay open.
    #[default]
    Keep,
    /// They are closed when everything sent has gone out; after this time they are reset.
    Drain(Duration),
    /// They are reset at once.
    Abort,
}

struct Shared {
    sink: Arc<dyn EventSink<ServerEvent>>,
    protocol: Arc<Protocol>,
    max_connections: Option<usize>,
    return_timeout: Duration,
    counters: Arc<Counters>,
    connections: Arc<AtomicUsize>,
    pending: Arc<Semaphore>,
    settings: Mutex<Settings>,
    sessions: Arc<Sessions>,
    intake: Mutex<Arc<Intake>>,
    rejections: Rejections,
    listeners: Mutex<Vec<Listener>>,
    was_closed: AtomicBool,
    /// The newest close; its sender is dropped when it is done.
    closing: Mutex<Option<watch::Receiver<()>>>,
}

/// What is taken from one `listen` after a close to the next close: closing one leaves what came after it alone.
#[derive(Default)]
struct Intake {
    number: u64,
    handshakes: Handshakes,
    accepted: Accepted,
}

/// What later connections start with, and the connections that are there.
#[derive(Default)]
struct Settings {
    options: SocketOptions,
    started: Vec<Started>,
    /// The first intake whose connections were not closed together with the server.
    first_intake: u64,
}

struct Started {
    intake: u64,
    connection: WeakConnection,
}

impl Settings {
    /// Takes the connections that are to be closed: those of intakes up to `last`.
    fn clear(&mut self, last: u64) -> Vec<WeakConnection> {
        self.first_intake = last + 1;
        let ended = self.started.extract_if(.., |started| started.intake <= last);
        ended.map(|started| started.connection).collect()
    }

    /// Adds a connection to the `open` ones; forgets those that are gone before they are the greater part.
    fn add(&mut self, started: Started, open: usize) {
        if self.started.len() > 2 * open {
            self.started.retain(|started| started.connection.is_there());
        }
        self.started.push(started);
    }

    fn connections(&self) -> impl Iterator<Item = &WeakConnection> {
        self.started.iter().map(|started| &started.connection)
    }
}

struct Listener {
    local: SocketAddr,
    /// `None` while the system has taken the socket away, and there is no other one yet.
    fd: Option<RawFd>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// A server that does not listen yet.
    pub fn new(sink: Arc<dyn EventSink<ServerEvent>>, options: ServerOptions) -> Self {
        let ServerOptions { protocol, max_connections, return_timeout } = options;
        let shared = Arc::new(Shared {
            sink,
            protocol: Arc::new(protocol),
            max_connections,
            return_timeout,
            counters: Arc::default(),
            connections: Arc::new(AtomicUsize::new(0)),
            pending: Arc::new(Semaphore::new(limits::PENDING_CONNECTIONS)),
            settings: Mutex::default(),
            sessions: Arc::new(Sessions::new(max_connections)),
            intake: Mutex::default(),
            rejections: Rejections::default(),
            listeners: Mutex::default(),
            was_closed: AtomicBool::new(false),
            closing: Mutex::default(),
        });
        Self { shared }
    }

    /// Binds `address`, listens and accepts. May be called several times, for several ports; an address that it listens on
    /// already stays as it is. Returns the address with the port that the kernel chose where it was 0. `Listening` follows. An
    /// address that is not loopback's is logged.
    ///
    /// # Errors
    /// What the kernel said: `EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`, …
    pub fn listen(&self, address: SocketAddr) -> Result<SocketAddr, SocketError> {
        self.try_listen(address).map_err(|error| SocketError::from_io(Operation::Listen, address, &error))
    }

    fn try_listen(&self, address: SocketAddr) -> io::Result<SocketAddr> {
        if self.listens_on(address) {
            self.shared.sink.post(ServerEvent::Listening(address));
            return Ok(address);
        }
        let runtime = runtime::handle()?;
        let _context = runtime.enter();
        let listener = options::listening_socket(address, &lock(&self.shared.settings).options)?;
        let local = listener.local_addr()?;
        // `::ffff:127.0.0.1` is loopback too.
        if !local.ip().to_canonical().is_loopback() {
            log::warn!("listening on {local}: other devices may connect");
        }
        let fd = listener.as_raw_fd();
        let listener = runtime::register(listener, Interest::READABLE)?;
        let intake = Arc::clone(&lock(&self.shared.intake));
        // Held while the task is made, which looks for its listener here.
        let mut listeners = lock(&self.shared.listeners);
        let accepting = runtime.spawn(accept_all(Arc::clone(&self.shared), intake, listener, local));
        self.shared.sink.post(ServerEvent::Listening(local));
        listeners.push(Listener { local, fd: Some(fd), accepting });
        self.shared.was_closed.store(false, Ordering::SeqCst);
        Ok(local)
    }

    /// Whether it listens on `address`, which is the newest one then.
    fn listens_on(&self, address: SocketAddr) -> bool {
        let mut listeners = lock(&self.shared.listeners);
        let place = listeners.iter().position(|listener| listener.local == address);
        if let Some(place) = place {
            let listener = listeners.remove(place);
            listeners.push(listener);
        }
        place.is_some()
    }

    /// The next connection that was taken and has no owner yet; after [`Server::close`], none that was taken before.
    pub fn accept(&self) -> Option<PendingConnection> {
        lock(&self.shared.intake).accepted.pop()
    }

    /// Makes room for the report of another rejected peer, after [`ServerEvent::Rejected`].
    pub fn consume_rejection(&self) {
        self.shared.rejections.consume();
    }

    /// Sets options of all connections, those that are there and those that come.
    ///
    /// # Errors
    /// `EBADF` when it does not listen; otherwise the first error of a connection that is there. The others have the
    /// options all the same.
    pub fn set_options(&self, options: SocketOptions) -> Result<(), SocketError> {
        if !self.is_listening() {
            return Err(SocketError::new(Operation::SetOptions, None, libc::EBADF));
        }
        let mut settings = lock(&self.shared.settings);
        settings.options = settings.options.merged(options);
        let results: Vec<_> = settings.connections().map(|connection| connection.set_options(&options)).collect();
        results.into_iter().collect()
    }

    /// The descriptor of the newest listening socket. It stays the server's.
    pub fn descriptor(&self) -> Option<RawFd> {
        lock(&self.shared.listeners).last().and_then(|listener| listener.fd)
    }

    /// Stops listening on every port, and does with the connections as told. The ports are free, and the connections
    /// over, when `Closed` and `Completed` with `ticket` come. Where it was closed before, `Completed` alone follows those of
    /// that close; where it never listened, nothing comes: [`Closing::Over`].
    ///
    /// # Errors
    /// What the kernel said when it refused the threads of the runtime.
    pub fn close(&self, connections: Connections, ticket: Ticket) -> Result<Closing, SocketError> {
        let runtime = runtime::handle().map_err(|error| SocketError::from_io(Operation::Close, None, &error))?;
        let listeners = std::mem::take(&mut *lock(&self.shared.listeners));
        if listeners.is_empty() {
            return Ok(self.await_close(runtime, ticket));
        }
        self.shared.was_closed.store(true, Ordering::SeqCst);
        let shared = Arc::clone(&self.shared);
        let (done, closing) = watch::channel(());
        lock(&shared.closing).replace(closing);
        let ended = shared.next_intake();
        ended.accepted.close();
        runtime.spawn(async move {
            let _done = done;
            for listener in listeners {
                listener.accepting.abort();
                // An aborted task is the wanted result; when it is joined, its socket is closed.
                let _ = listener.accepting.await;
            }
            ended.handshakes.abort();
            shared.end_connections(connections, ended.number).await;
            shared.sink.post(ServerEvent::Closed);
            shared.sink.complete(ticket, Ok(()));
        });
        Ok(Closing::Announced)
    }

    /// Completes `ticket` when the newest close is done, if there was one.
    fn await_close(&self, runtime: &Handle, ticket: Ticket) -> Closing {
        let Some(mut closing) = lock(&self.shared.closing).clone() else { return Closing::Over };
        let sink = Arc::clone(&self.shared.sink);
        runtime.spawn(async move {
            // Nothing is sent: this ends when the sender is dropped.
            let _ = closing.changed().await;
            sink.complete(ticket, Ok(()));
        });
        Closing::Announced
    }

    /// What went through all its connections.
    pub fn statistics(&self) -> Statistics {
        let is_encrypted = self.shared.protocol.is_encrypted();
        let all = Statistics { is_encrypted, ..self.shared.counters.statistics() };
        let settings = lock(&self.shared.settings);
        settings.connections().filter_map(WeakConnection::statistics).fold(all, Statistics::with_queues_of)
    }

    /// Stops listening, without waiting for anything.
    pub fn dispose(&self) {
        for listener in lock(&self.shared.listeners).drain(..) {
            listener.accepting.abort();
        }
        self.shared.end_intake();
    }

    /// The address of the newest listening socket.
    ///
    /// # Errors
    /// `EBADF` when it does not listen.
    pub fn local_address(&self) -> Result<SocketAddr, SocketError> {
        let newest = lock(&self.shared.listeners).last().map(|listener| listener.local);
        newest.ok_or_else(|| SocketError::new(Operation::GetLocalAddress, None, libc::EBADF))
    }

    /// Whether it listens on some port.
    pub fn is_listening(&self) -> bool {
        !lock(&self.shared.listeners).is_empty()
    }

    /// Its state: bound while it listens, connected while it has an open connection.
    pub fn state(&self) -> SocketState {
        SocketState {
            is_bound: self.is_listening(),
            is_close: self.shared.was_closed.load(Ordering::SeqCst),
            is_connected: self.shared.connections.load(Ordering::SeqCst) > 0,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.dispose();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("state", &self.state()).finish_non_exhaustive()
    }
}

impl Shared {
    /// Says where the socket of the listener at `local` is; false when the server has let it go.
    fn set_listener(&self, local: SocketAddr, fd: Option<RawFd>) -> bool {
        let mut listeners = lock(&self.listeners);
        let found = listeners.iter_mut().find(|listener| listener.local == local);
        found.map(|listener| listener.fd = fd).is_some()
    }

    /// Forgets the listener at `local`, which cannot listen any more. The last one closes the server.
    fn lose_listener(&self, local: SocketAddr) {
        let mut listeners = lock(&self.listeners);
        let count = listeners.len();
        listeners.retain(|listener| listener.local != local);
        if !listeners.is_empty() || count == 0 {
            return;
        }
        self.was_closed.store(true, Ordering::SeqCst);
        drop(listeners);
        self.end_intake();
        self.sink.post(ServerEvent::Closed);
    }

    /// Begins the next intake, and gives up what is left of the one that ends.
    fn end_intake(&self) {
        let ended = self.next_intake();
        ended.handshakes.abort();
        ended.accepted.close();
    }

    /// Begins the next intake; returns the one that ends.
    fn next_intake(&self) -> Arc<Intake> {
        let mut intake = lock(&self.intake);
        let next = Intake { number: intake.number + 1, ..Intake::default() };
        std::mem::replace(&mut *intake, Arc::new(next))
    }

    fn accept(self: &Arc<Self>, admitted: Admitted, intake: &Intake, place: Place, permit: OwnedSemaphorePermit) {
        let (server, number) = (Arc::clone(self), intake.number);
        let (runtime, place) = (Handle::current(), Arc::new(place));
        let pending = PendingConnection { admitted, runtime, server, intake: number, place, permit };
        if intake.accepted.push(pending) {
            self.sink.post(ServerEvent::Accepted);
        }
    }

    fn returns(
        self: &Arc<Self>,
        membership: Membership,
        place: &Arc<Place>,
        sink: &Arc<dyn EventSink<ConnectionEvent>>,
    ) -> Box<dyn Restore> {
        let handshake_timeout = self.protocol.handshake_timeout;
        let (sink, limit) = (Arc::clone(sink), self.return_timeout);
        let (server, place) = (Arc::clone(self), Arc::clone(place));
        Box::new(Returns { membership, server, place, sink, limit, handshake_timeout, early: None })
    }

    async fn end_connections(&self, connections: Connections, last_intake: u64) {
        let started: Vec<WeakConnection> = match connections {
            Connections::Keep => return,
            Connections::Drain(_) | Connections::Abort => lock(&self.settings).clear(last_intake),
        };
        if let Connections::Drain(limit) = connections {
            started.iter().for_each(WeakConnection::close);
            // What is not over by then is reset.
            let _ = timeout(limit, wait_for(&started)).await;
        }
        started.iter().for_each(WeakConnection::abort);
        wait_for(&started).await;
    }
}

async fn wait_for(connections: &[WeakConnection]) {
    for connection in connections {
        connection.wait_until_ended().await;
    }
}
