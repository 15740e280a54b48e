//! A server: its listening sockets and accepted connections.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::Interest;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};

use crate::connection::{Closing, WeakConnection};
use crate::error::{Operation, SocketError};
use crate::event::{EventSink, OperationId, ServerEvent};
use crate::limits;
use crate::options::{self, SocketOptions};
use crate::protocol::Protocol;
use crate::runtime;
use crate::socket_state::SocketState;
use crate::statistics::Statistics;
use crate::sync::lock;

mod accepted;
mod accepting;
mod admission;
mod admitted;
mod connections;
mod handshakes;
mod pending;
mod place;
mod rejections;
mod session_resumer;
mod sessions;
mod shared;

use accepting::accept_all;
pub use connections::Connections;
pub use pending::PendingConnection;
pub use place::ConnectionPlace;
use rejections::Rejections;
use sessions::Sessions;
use shared::{Listener, Shared};

/// A TCP server. Dropping it stops listening; its connections stay open.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::mpsc::{Sender, channel};
/// use socket_engine::{EventSink, OperationId, Server, ServerEvent, ServerOptions, SocketError};
///
/// /// Passes on the events.
/// struct Events(Sender<ServerEvent>);
///
/// impl EventSink<ServerEvent> for Events {
///     fn post(&self, event: ServerEvent) {
///         drop(self.0.send(event));
///     }
///     fn complete(&self, _: OperationId, _: Result<(), SocketError>) {}
/// }
///
/// let (sender, events) = channel();
/// let server = Server::new(Arc::new(Events(sender)), ServerOptions::default());
/// let address = server.listen(([127, 0, 0, 1], 0).into())?;
/// assert_eq!(events.recv()?, ServerEvent::Listening(address));
///
/// # let client = std::net::TcpStream::connect(address)?;
/// assert_eq!(events.recv()?, ServerEvent::Accepted);
/// let pending = server.accept().expect("it was announced");
/// # drop(pending);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Server {
    shared: Arc<Shared>,
}

/// Protocol and limits of a server.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Protocol of its connections.
    pub protocol: Protocol,
    /// Limit of open connections, above which peers are rejected; `None`: no limit.
    pub max_connections: Option<usize>,
    /// How long an acknowledged connection waits for its peer to reconnect.
    pub return_timeout: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self { protocol: Protocol::default(), max_connections: None, return_timeout: limits::RETURN_TIMEOUT }
    }
}

impl Server {
    /// Creates a server that does not listen yet.
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
            epoch: Mutex::default(),
            rejections: Rejections::default(),
            listeners: Mutex::default(),
            was_closed: AtomicBool::new(false),
            closing: Mutex::default(),
        });
        Self { shared }
    }

    /// Binds `address`, listens and accepts.
    /// Returns the address, with the port that the kernel chose for port 0.
    ///
    /// May be called several times, for several ports; listening twice on one address has no effect. `Listening` follows. An address that
    /// is not loopback is logged.
    ///
    /// # Errors
    /// The kernel's error: `EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`, …
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
        // `::ffff:127.0.0.1` is loopback, too.
        if !local.ip().to_canonical().is_loopback() {
            log::warn!("listening on {local}: other devices may connect");
        }
        let fd = listener.as_raw_fd();
        let listener = runtime::register(listener, Interest::READABLE)?;
        let epoch = Arc::clone(&lock(&self.shared.epoch));
        // Locked until the task is created: the task looks for its listener here.
        let mut listeners = lock(&self.shared.listeners);
        let accepting = runtime.spawn(accept_all(Arc::clone(&self.shared), epoch, listener, local));
        self.shared.sink.post(ServerEvent::Listening(local));
        listeners.push(Listener { local, fd: Some(fd), accepting });
        self.shared.was_closed.store(false, Ordering::SeqCst);
        Ok(local)
    }

    /// Returns whether it listens on `address`, which then becomes the newest one.
    fn listens_on(&self, address: SocketAddr) -> bool {
        let mut listeners = lock(&self.shared.listeners);
        let place = listeners.iter().position(|listener| listener.local == address);
        if let Some(place) = place {
            let listener = listeners.remove(place);
            listeners.push(listener);
        }
        place.is_some()
    }

    /// Returns the next accepted connection without an owner.
    /// After [`Server::close`], only later ones.
    pub fn accept(&self) -> Option<PendingConnection> {
        let taken = lock(&self.shared.epoch).accepted.pop()?;
        Some(PendingConnection { taken, server: Arc::clone(&self.shared) })
    }

    /// Makes room for another rejection event, after [`ServerEvent::Rejected`].
    pub fn consume_rejection(&self) {
        self.shared.rejections.consume();
    }

    /// Sets options of all connections, open and later ones.
    ///
    /// # Errors
    /// `EBADF` when it does not listen; otherwise the first error of an open connection. The options of the others are set nevertheless.
    pub fn set_options(&self, options: SocketOptions) -> Result<(), SocketError> {
        if !self.is_listening() {
            return Err(SocketError::new(Operation::SetOptions, None, libc::EBADF));
        }
        let mut settings = lock(&self.shared.settings);
        settings.options = settings.options.merged(options);
        let results: Vec<_> = settings.connections().map(|connection| connection.set_options(&options)).collect();
        results.into_iter().collect()
    }

    /// Returns the descriptor of the newest listening socket; the server still owns it.
    pub fn descriptor(&self) -> Option<RawFd> {
        lock(&self.shared.listeners).last().and_then(|listener| listener.fd)
    }

    /// Stops listening on all ports, and treats the connections as `connections` says.
    ///
    /// The ports are free, and the connections closed, when `Closed` arrives and [`EventSink::complete`] gets the result: an error if
    /// the peer of a drained connection has not got all that was sent. If the server was closed before, only the result follows, after
    /// the events of that close. If it never listened, neither follows: [`Closing::Over`].
    ///
    /// # Errors
    /// The kernel's error when it refuses the threads of the runtime.
    pub fn close(&self, connections: Connections, operation_id: OperationId) -> Result<Closing, SocketError> {
        let runtime = runtime::handle().map_err(|error| SocketError::from_io(Operation::Close, None, &error))?;
        let listeners = std::mem::take(&mut *lock(&self.shared.listeners));
        if listeners.is_empty() {
            return Ok(self.await_close(runtime, operation_id));
        }
        self.shared.was_closed.store(true, Ordering::SeqCst);
        let shared = Arc::clone(&self.shared);
        let (done, closing) = watch::channel(());
        lock(&shared.closing).replace(closing);
        let ended = shared.next_epoch();
        ended.accepted.close();
        runtime.spawn(async move {
            let _done = done;
            for listener in listeners {
                listener.accepting.abort();
                // An aborted task is the intended result; after the join its socket is closed.
                let _ = listener.accepting.await;
            }
            ended.handshakes.abort();
            let result = shared.end_connections(connections, ended.number).await;
            shared.sink.post(ServerEvent::Closed);
            shared.sink.complete(operation_id, result);
        });
        Ok(Closing::Announced)
    }

    /// Completes `operation_id` when the newest close is done, if there is one.
    fn await_close(&self, runtime: &Handle, operation_id: OperationId) -> Closing {
        let Some(mut closing) = lock(&self.shared.closing).clone() else { return Closing::Over };
        let sink = Arc::clone(&self.shared.sink);
        runtime.spawn(async move {
            // No value is ever sent: this ends when the sender is dropped.
            let _ = closing.changed().await;
            sink.complete(operation_id, Ok(()));
        });
        Closing::Announced
    }

    /// Returns statistics of all its connections, including closed ones.
    pub fn statistics(&self) -> Statistics {
        let is_encrypted = self.shared.protocol.is_encrypted();
        let all = Statistics { is_encrypted, ..self.shared.counters.statistics() };
        let settings = lock(&self.shared.settings);
        settings.connections().filter_map(WeakConnection::statistics).fold(all, Statistics::with_queues_of)
    }

    /// Stops listening, without waiting.
    pub fn dispose(&self) {
        for listener in lock(&self.shared.listeners).drain(..) {
            listener.accepting.abort();
        }
        self.shared.end_epoch();
    }

    /// Returns the address of the newest listening socket.
    ///
    /// # Errors
    /// `EBADF` when it does not listen.
    pub fn local_address(&self) -> Result<SocketAddr, SocketError> {
        let newest = lock(&self.shared.listeners).last().map(|listener| listener.local);
        newest.ok_or_else(|| SocketError::new(Operation::GetLocalAddress, None, libc::EBADF))
    }

    /// Returns whether it listens on a port.
    pub fn is_listening(&self) -> bool {
        !lock(&self.shared.listeners).is_empty()
    }

    /// Returns its state: bound while it listens, connected while it has an open connection.
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
