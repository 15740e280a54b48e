//! A server: its listening sockets and the connections that they take.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

use crate::connection::{Connection, WeakConnection};
use crate::error::{Operation, SocketError, errno_of};
use crate::event::{Event, EventSink, Ticket};
use crate::limits;
use crate::options::{self, SocketOptions};
use crate::runtime;
use crate::socket_state::SocketState;
use crate::sync::lock;

/// A TCP server. Dropping it stops listening; its connections stay open.
pub struct Server {
    shared: Arc<Shared>,
    listeners: Mutex<Vec<Listener>>,
    was_closed: AtomicBool,
}

struct Shared {
    sink: Arc<dyn EventSink>,
    connections: Arc<AtomicUsize>,
    pending: Arc<Semaphore>,
    settings: Mutex<Settings>,
}

/// What later connections start with, and the connections that are there.
#[derive(Default)]
struct Settings {
    options: SocketOptions,
    started: Vec<WeakConnection>,
}

impl Settings {
    /// Adds a connection to the `open` ones; forgets those that are gone before they are the greater part.
    fn add(&mut self, connection: WeakConnection, open: usize) {
        if self.started.len() > 2 * open {
            self.started.retain(WeakConnection::is_there);
        }
        self.started.push(connection);
    }
}

struct Listener {
    local: SocketAddr,
    fd: RawFd,
    accepting: JoinHandle<()>,
}

/// A connection that a server took and nobody has started yet. Dropping it closes it.
pub struct PendingConnection {
    stream: TcpStream,
    peer: SocketAddr,
    runtime: Handle,
    server: Arc<Shared>,
    count: ConnectionCount,
    permit: OwnedSemaphorePermit,
}

impl Server {
    /// A server that does not listen yet.
    pub fn new(sink: Arc<dyn EventSink>) -> Self {
        let shared = Arc::new(Shared {
            sink,
            connections: Arc::new(AtomicUsize::new(0)),
            pending: Arc::new(Semaphore::new(limits::PENDING_CONNECTIONS)),
            settings: Mutex::default(),
        });
        Self { shared, listeners: Mutex::default(), was_closed: AtomicBool::new(false) }
    }

    /// Binds `address`, listens and accepts. May be called several times, for several ports. Returns the address with
    /// the port that the kernel chose where it was 0.
    ///
    /// # Errors
    /// What the kernel said: `EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`, …
    pub fn listen(&self, address: SocketAddr) -> Result<SocketAddr, SocketError> {
        self.try_listen(address).map_err(|error| SocketError::from_io(Operation::Listen, address, &error))
    }

    fn try_listen(&self, address: SocketAddr) -> io::Result<SocketAddr> {
        let runtime = runtime::handle()?;
        let _context = runtime.enter();
        let listener = options::listening_socket(address, &lock(&self.shared.settings).options)?;
        let local = listener.local_addr()?;
        let fd = listener.as_raw_fd();
        let accepting = runtime.spawn(accept_all(Arc::clone(&self.shared), listener, local));
        lock(&self.listeners).push(Listener { local, fd, accepting });
        self.was_closed.store(false, Ordering::SeqCst);
        Ok(local)
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
        let results: Vec<_> = settings.started.iter().map(|connection| connection.set_options(&options)).collect();
        results.into_iter().collect()
    }

    /// The descriptor of the newest listening socket. It stays the server's.
    pub fn descriptor(&self) -> Option<RawFd> {
        lock(&self.listeners).last().map(|listener| listener.fd)
    }

    /// Stops listening on every port. The ports are free when `Completed` with `ticket` comes. Connections stay open.
    ///
    /// # Errors
    /// `EBADF` when it does not listen.
    pub fn close(&self, ticket: Ticket) -> Result<(), SocketError> {
        let closed = |_| SocketError::new(Operation::Close, None, libc::EBADF);
        let listeners = std::mem::take(&mut *lock(&self.listeners));
        if listeners.is_empty() {
            return Err(closed(()));
        }
        let runtime = runtime::handle().map_err(|_| closed(()))?;
        self.was_closed.store(true, Ordering::SeqCst);
        let sink = Arc::clone(&self.shared.sink);
        runtime.spawn(async move {
            for listener in listeners {
                listener.accepting.abort();
                // An aborted task is the wanted result; when it is joined, its socket is closed.
                let _ = listener.accepting.await;
            }
            sink.post(Event::Completed(ticket, Ok(())));
        });
        Ok(())
    }

    /// Stops listening, without waiting for anything.
    pub fn dispose(&self) {
        for listener in lock(&self.listeners).drain(..) {
            listener.accepting.abort();
        }
    }

    /// The address of the newest listening socket.
    ///
    /// # Errors
    /// `EBADF` when it does not listen.
    pub fn local_address(&self) -> Result<SocketAddr, SocketError> {
        let newest = lock(&self.listeners).last().map(|listener| listener.local);
        newest.ok_or_else(|| SocketError::new(Operation::GetLocalAddress, None, libc::EBADF))
    }

    /// Whether it listens on some port.
    pub fn is_listening(&self) -> bool {
        !lock(&self.listeners).is_empty()
    }

    /// Its state: bound while it listens, connected while it has an open connection.
    pub fn state(&self) -> SocketState {
        SocketState {
            is_bound: self.is_listening(),
            is_close: self.was_closed.load(Ordering::SeqCst),
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

impl PendingConnection {
    /// The peer's address.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Starts to receive and to send; events go to `sink`.
    ///
    /// # Errors
    /// When the kernel cannot tell the address on this side. A peer that has gone already is no error: what it sent
    /// is received, and then how it went.
    pub fn start(self, sink: Arc<dyn EventSink>) -> Result<Connection, SocketError> {
        drop(self.permit);
        let failed = |error: io::Error| SocketError::from_io(Operation::Accept, self.peer, &error);
        let mut settings = lock(&self.server.settings);
        options::prepare(&SockRef::from(&self.stream), &settings.options).map_err(failed)?;
        let guard = Some(Box::new(self.count) as _);
        let connection = Connection::start(self.stream, self.peer, sink, &self.runtime, guard).map_err(failed)?;
        settings.add(connection.downgrade(), self.server.connections.load(Ordering::SeqCst));
        Ok(connection)
    }
}

impl fmt::Debug for PendingConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingConnection").field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// Counts one connection of a server for as long as it lives.
struct ConnectionCount(Arc<AtomicUsize>);

impl ConnectionCount {
    fn new(connections: &Arc<AtomicUsize>) -> Self {
        connections.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(connections))
    }
}

impl Drop for ConnectionCount {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn accept_all(shared: Arc<Shared>, listener: TcpListener, local: SocketAddr) {
    let mut pause = AcceptPause::default();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                pause = AcceptPause::default();
                // After the accept: a listener that waits for a peer must not hold what another one needs.
                let permit = Arc::clone(&shared.pending).acquire_owned().await;
                // The semaphore is never closed, so this ends only with the task.
                let Ok(permit) = permit else { return };
                shared.accept(stream, peer, permit);
            }
            Err(error) if is_of_the_peer(&error) => {}
            Err(error) => shared.wait_out(&mut pause, local, &error).await,
        }
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr, permit: OwnedSemaphorePermit) {
        let count = ConnectionCount::new(&self.connections);
        let server = Arc::clone(self);
        let pending = PendingConnection { stream, peer, runtime: Handle::current(), server, count, permit };
        self.sink.post(Event::Accepted(pending));
    }

    /// Reports the first error of a row and pauses: the descriptors that are missing come back on their own time.
    async fn wait_out(&self, pause: &mut AcceptPause, local: SocketAddr, error: &io::Error) {
        if pause.is_first() {
            self.sink.post(Event::AcceptFailed(SocketError::from_io(Operation::Accept, local, error)));
        }
        tokio::time::sleep(pause.next()).await;
    }
}

/// Errors that concern the one connection that was about to be accepted (accept(2), "Error handling").
fn is_of_the_peer(error: &io::Error) -> bool {
    const ERRNOS: [i32; 10] = [
        libc::ECONNABORTED,
        libc::EINTR,
        libc::EPROTO,
        libc::ENETDOWN,
        libc::ENOPROTOOPT,
        libc::EHOSTDOWN,
        libc::ENONET,
        libc::EHOSTUNREACH,
        libc::EOPNOTSUPP,
        libc::ENETUNREACH,
    ];
    ERRNOS.contains(&errno_of(error))
}

/// Pauses between failed accepts, each twice as long as the one before.
#[derive(Debug, Default)]
struct AcceptPause {
    last: Option<Duration>,
}

impl AcceptPause {
    fn is_first(&self) -> bool {
        self.last.is_none()
    }

    fn next(&mut self) -> Duration {
        let next = match self.last {
            None => limits::ACCEPT_PAUSE_MIN,
            Some(last) => (last * 2).min(limits::ACCEPT_PAUSE_MAX),
        };
        self.last = Some(next);
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let mut pause = AcceptPause::default();
        assert!(pause.is_first());
        assert_eq!(pause.next(), limits::ACCEPT_PAUSE_MIN);
        assert_eq!(pause.next(), limits::ACCEPT_PAUSE_MIN * 2);
        assert!(!pause.is_first());
        let longest = (0..20).map(|_| pause.next()).last();
        assert_eq!(longest, Some(limits::ACCEPT_PAUSE_MAX));
    }
}
