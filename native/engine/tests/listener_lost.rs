//! A server whose listening socket the system takes away, as it does to apps in the background.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
use socket_engine::{
    Closing, Connections, EventSink, OperationId, Server, ServerEvent, ServerOptions, SocketError, SocketState,
};
use socket2::Socket;

const DEADLINE: Duration = Duration::from_secs(60);

/// An event, or the result of a call.
type Told = Result<ServerEvent, (OperationId, Result<(), SocketError>)>;

struct Recorder {
    events: Sender<Told>,
    /// Takes the port as soon as the server has lost it, if a test wants that.
    foreign: Arc<Mutex<Foreign>>,
}

#[derive(Default)]
struct Foreign {
    is_wanted: bool,
    listener: Option<TcpListener>,
}

impl EventSink<ServerEvent> for Recorder {
    fn post(&self, event: ServerEvent) {
        let mut foreign = self.foreign.lock().unwrap();
        if let (ServerEvent::AcceptFailed(error), true) = (&event, foreign.is_wanted && foreign.listener.is_none()) {
            foreign.listener = Some(TcpListener::bind(error.address.unwrap()).unwrap());
        }
        // A test that has seen enough has dropped its end.
        let _ = self.events.send(Ok(event));
    }

    fn complete(&self, operation_id: OperationId, result: Result<(), SocketError>) {
        let _ = self.events.send(Err((operation_id, result)));
    }
}

struct Listening {
    server: Server,
    events: Receiver<Told>,
    address: SocketAddr,
    foreign: Arc<Mutex<Foreign>>,
}

impl Listening {
    fn new(address: &str) -> Self {
        let (sender, events) = channel();
        let foreign = Arc::default();
        let recorder = Recorder { events: sender, foreign: Arc::clone(&foreign) };
        let server = Server::new(Arc::new(recorder), ServerOptions::default());
        let address = server.listen(address.parse().unwrap()).unwrap();
        let this = Self { server, events, address, foreign };
        this.assert_listens();
        this
    }

    fn next(&self) -> ServerEvent {
        self.events.recv_timeout(DEADLINE).expect("nothing comes").expect("an event is due")
    }

    fn assert_listens(&self) {
        let event = self.next();
        assert!(matches!(event, ServerEvent::Listening(address) if address == self.address), "{event:?}");
    }

    fn assert_fails(&self, wanted: i32) {
        let event = self.next();
        let ServerEvent::AcceptFailed(error) = event else { panic!("{event:?}") };
        assert_eq!((error.address, error.errno), (Some(self.address), wanted));
    }

    fn assert_takes(&self) {
        let peer = TcpStream::connect(self.address).unwrap();
        let event = self.next();
        assert_eq!(event, ServerEvent::Accepted);
        let pending = self.server.accept().expect("a connection waits");
        assert_eq!(pending.peer(), peer.local_addr().unwrap());
    }

    /// Another handle of the newest listening socket.
    fn socket(&self) -> Socket {
        let process = pidfd_open(getpid(), PidfdFlags::empty()).unwrap();
        let descriptor = self.server.descriptor().unwrap();
        pidfd_getfd(process, descriptor, PidfdGetfdFlags::empty()).unwrap().into()
    }
}

#[test]
fn a_server_listens_again_when_its_listening_socket_is_taken_away() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let this = Listening::new(address);
        for _ in 0..3 {
            this.socket().shutdown(Shutdown::Both).unwrap();
            this.assert_fails(libc::EINVAL);
            this.assert_listens();
            this.assert_takes();
            assert_eq!(this.server.local_address(), Ok(this.address));
        }
    }
}

#[test]
fn a_server_that_cannot_listen_again_reports_the_error_and_closes() {
    let this = Listening::new("127.0.0.1:0");
    this.foreign.lock().unwrap().is_wanted = true;
    this.socket().shutdown(Shutdown::Both).unwrap();
    this.assert_fails(libc::EINVAL);
    assert!(this.server.is_listening(), "it tries");
    assert_eq!(this.server.descriptor(), None);
    this.assert_fails(libc::EADDRINUSE);
    let last = this.next();
    assert!(matches!(last, ServerEvent::Closed), "{last:?}");
    assert_eq!(this.server.state(), SocketState { is_close: true, ..SocketState::default() });
    assert!(matches!(this.server.close(Connections::Keep, OperationId(1)), Ok(Closing::Over)));
    *this.foreign.lock().unwrap() = Foreign::default();
    this.server.listen(this.address).unwrap();
    this.assert_listens();
    this.assert_takes();
}

#[test]
fn a_server_that_is_closed_while_it_tries_to_listen_again_is_closed_once() {
    let this = Listening::new("127.0.0.1:0");
    this.foreign.lock().unwrap().is_wanted = true;
    this.socket().shutdown(Shutdown::Both).unwrap();
    this.assert_fails(libc::EINVAL);
    this.server.close(Connections::Keep, OperationId(1)).unwrap();
    let event = this.next();
    assert_eq!(event, ServerEvent::Closed);
    let told = this.events.recv_timeout(DEADLINE).expect("nothing comes");
    assert_eq!(told, Err((OperationId(1), Ok(()))));
    assert!(this.events.try_recv().is_err());
}

#[test]
fn a_server_goes_on_with_its_other_ports_when_it_cannot_listen_again_at_one() {
    let this = Listening::new("127.0.0.1:0");
    let lost = this.socket();
    let other = this.server.listen("127.0.0.1:0".parse().unwrap()).unwrap();
    assert!(matches!(this.next(), ServerEvent::Listening(address) if address == other));
    this.foreign.lock().unwrap().is_wanted = true;
    lost.shutdown(Shutdown::Both).unwrap();
    this.assert_fails(libc::EINVAL);
    this.assert_fails(libc::EADDRINUSE);
    assert!(this.server.is_listening());
    let _peer = TcpStream::connect(other).unwrap();
    assert_eq!(this.next(), ServerEvent::Accepted);
}
