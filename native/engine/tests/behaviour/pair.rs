//! A connection of the engine with its raw peer, and what the tests ask of both.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::RawFd;
use std::time::Duration;

use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
use socket_engine::limits::SEND_QUEUE_LIMIT_BYTES;
use socket_engine::{
    CloseReason, Connection, ConnectionEvent, Connections, OperationId, PendingConnection, Protocol, SendProgress,
    Server, ServerEvent, ServerOptions, SocketError,
};
use socket2::Socket;

use crate::events::{Events, Recorded, Told, recorder};
use crate::peer::{dial, dial_stalling, own_address, read_bytes};

/// More than the kernel's two buffers of a stalled connection hold together.
pub(crate) const OVERFLOW_BYTES: usize = 8 * 1024 * 1024;

/// The operation id of `close` in every test.
pub(crate) const CLOSE: OperationId = OperationId(1_000_000);

/// A server that listens on one port.
pub(crate) struct Listening {
    pub(crate) server: Server,
    pub(crate) events: Events<ServerEvent>,
    pub(crate) address: SocketAddr,
}

/// A server's connection and its peer.
pub(crate) struct Pair {
    pub(crate) connection: Connection,
    pub(crate) events: Events,
    pub(crate) peer: TcpStream,
    pub(crate) listening: Listening,
}

impl Listening {
    pub(crate) fn new() -> Self {
        Self::with(ServerOptions::default())
    }

    pub(crate) fn with(options: ServerOptions) -> Self {
        let (sink, events) = recorder();
        let server = Server::new(sink, options);
        let address = server.listen(own_address()).unwrap();
        Self { server, events, address }
    }

    pub(crate) fn accepted(&self) -> PendingConnection {
        expect!(self.events, ServerEvent::Accepted);
        self.server.accept().expect("a connection waits")
    }

    /// Closes the server and waits until that is done.
    pub(crate) fn close(&self) {
        self.server.close(Connections::Keep, CLOSE).unwrap();
        expect!(self.events, ServerEvent::Closed);
        assert_eq!(completed(&self.events, CLOSE), Ok(()));
    }
}

impl Pair {
    pub(crate) fn new() -> Self {
        Self::with(dial, Protocol::default())
    }

    /// The peer has room for few bytes and takes none until the test reads.
    pub(crate) fn stalling() -> Self {
        Self::with(dial_stalling, Protocol::default())
    }

    /// The same with a bound on what may wait to be sent.
    pub(crate) fn limited() -> Self {
        let send_queue_limit_bytes = Some(SEND_QUEUE_LIMIT_BYTES);
        Self::with(dial_stalling, Protocol { send_queue_limit_bytes, ..Protocol::default() })
    }

    fn with(dial: fn(SocketAddr) -> TcpStream, protocol: Protocol) -> Self {
        let listening = Listening::with(ServerOptions { protocol, ..ServerOptions::default() });
        let peer = dial(listening.address);
        let (connection, events) = started(listening.accepted());
        Self { connection, events, peer, listening }
    }

    /// Closes the connection from this side.
    pub(crate) fn close(&self) {
        self.connection.close(Some(CLOSE)).unwrap();
    }
}

/// Another handle of the socket behind a descriptor of this process.
pub(crate) fn socket(descriptor: Option<RawFd>) -> Socket {
    let process = pidfd_open(getpid(), PidfdFlags::empty()).unwrap();
    pidfd_getfd(process, descriptor.unwrap(), PidfdGetfdFlags::empty()).unwrap().into()
}

pub(crate) fn started(pending: PendingConnection) -> (Connection, Events) {
    let (sink, events) = recorder();
    (pending.start(sink, None).unwrap(), events)
}

/// Sends more than the kernel takes, so that the rest is queued.
pub(crate) fn overflow(connection: &Connection, operation_id: OperationId, data: &[u8]) {
    let progress = connection.send(data, operation_id);
    assert_eq!(progress, Ok(SendProgress::Queued));
}

/// The result of `operation_id`, which must be the next event; an error as its errno.
pub(crate) fn completed<E: Recorded>(events: &Events<E>, operation_id: OperationId) -> Result<(), i32> {
    let (answered, result) = expect_result!(events, answered, result => (answered, result));
    assert_eq!(answered, operation_id, "{result:?}");
    result.map_err(|error| error.errno)
}

/// The events at the end of a connection that was closed from this side.
pub(crate) fn assert_closed(events: &Events, expected: CloseReason) {
    assert_eq!(expect!(events, ConnectionEvent::Closed(reason) => reason), expected);
    assert_eq!(completed(events, CLOSE), Ok(()));
}

/// The events at the end of a connection that was closed from this side, and whose peer reset it before it had everything.
pub(crate) fn assert_reset_while_closing(events: &Events) {
    assert_eq!(expect!(events, ConnectionEvent::Closed(reason) => reason), CloseReason::Reset);
    assert_eq!(completed(events, CLOSE), Err(libc::ECONNRESET));
}

/// The events at the end of a connection that broke.
pub(crate) fn assert_broken(events: &Events, errno: i32) {
    assert_eq!(expect!(events, ConnectionEvent::Failed(error) => error.errno), errno);
    assert_eq!(expect!(events, ConnectionEvent::Closed(reason) => reason), CloseReason::Reset);
}

/// Received bytes, joined, up to the event that is something else.
pub(crate) fn received(events: &Events) -> (Vec<u8>, Told<ConnectionEvent>) {
    let mut data = Vec::new();
    loop {
        match events.next("end of the received bytes") {
            Told::Event(ConnectionEvent::Received(bytes)) => data.extend_from_slice(&bytes),
            other => return (data, other),
        }
    }
}

/// The errno of a refused call.
pub(crate) fn errno<T: std::fmt::Debug>(result: Result<T, SocketError>) -> i32 {
    result.expect_err("the call must be refused").errno
}

/// Shows that bytes go both ways.
pub(crate) fn assert_alive(connection: &Connection, events: &Events, mut peer: &TcpStream) {
    peer.write_all(b"ping").unwrap();
    let mut got = Vec::new();
    while got.len() < 4 {
        let bytes = expect!(events, ConnectionEvent::Received(bytes) => bytes);
        connection.consume(bytes.len());
        got.extend_from_slice(&bytes);
    }
    assert_eq!(got, b"ping");
    assert_eq!(connection.send(b"pong", OperationId(0)), Ok(SendProgress::Sent), "the peer reads");
    assert_eq!(read_bytes(peer, 4), b"pong");
}

/// Returns after the engine's only worker has looked at everything that was there when this was called.
pub(crate) fn let_the_worker_catch_up() {
    let pair = Pair::new();
    assert_alive(&pair.connection, &pair.events, &pair.peer);
}

/// Nothing came and nothing is under way.
pub(crate) fn assert_silent<E: Recorded>(events: &Events<E>) {
    let_the_worker_catch_up();
    events.assert_silent_for(Duration::ZERO);
}
