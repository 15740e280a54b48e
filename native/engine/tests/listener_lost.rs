//! A server whose listening socket the system takes away, as it does to apps in the background. A process of its own, because
//! it takes descriptors from all of it.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use rustix::process::{
    PidfdFlags, PidfdGetfdFlags, Resource, Rlimit, getpid, getrlimit, pidfd_getfd, pidfd_open, setrlimit,
};
use socket_engine::{CloseReason, Connections, Event, EventSink, Server, ServerOptions, SocketState, Ticket};
use socket2::Socket;

/// Enough for the standard streams; every later descriptor is refused.
const STANDARD_STREAMS: u64 = 3;

const DEADLINE: Duration = Duration::from_secs(60);

struct Recorder(Sender<Event>);

impl EventSink for Recorder {
    fn post(&self, event: Event) {
        // A test that has seen enough has dropped its end.
        let _ = self.0.send(event);
    }
}

struct Listening {
    server: Server,
    events: Receiver<Event>,
    address: SocketAddr,
}

impl Listening {
    fn new(address: &str) -> Self {
        let (sender, events) = channel();
        let server = Server::new(Arc::new(Recorder(sender)), ServerOptions::default());
        let address = server.listen(address.parse().unwrap()).unwrap();
        let this = Self { server, events, address };
        this.assert_listens();
        this
    }

    fn next(&self) -> Event {
        self.events.recv_timeout(DEADLINE).expect("nothing comes")
    }

    fn assert_listens(&self) {
        let event = self.next();
        assert!(matches!(event, Event::Listening(address) if address == self.address), "{event:?}");
    }

    fn assert_fails(&self, wanted: i32) {
        let event = self.next();
        let Event::AcceptFailed(error) = event else { panic!("{event:?}") };
        assert_eq!((error.address, error.errno), (Some(self.address), wanted));
    }

    fn assert_takes(&self) {
        let peer = TcpStream::connect(self.address).unwrap();
        let event = self.next();
        let Event::Accepted(pending) = event else { panic!("{event:?}") };
        assert_eq!(pending.peer(), peer.local_addr().unwrap());
    }

    /// Another handle of the newest listening socket.
    fn socket(&self) -> Socket {
        let process = pidfd_open(getpid(), PidfdFlags::empty()).unwrap();
        let descriptor = self.server.descriptor().unwrap();
        pidfd_getfd(process, descriptor, PidfdGetfdFlags::empty()).unwrap().into()
    }
}

fn limit(current: Option<u64>, before: Rlimit) {
    let maximum = before.maximum;
    setrlimit(Resource::Nofile, Rlimit { current, maximum }).unwrap();
}

#[test]
#[ignore = "fault 9: a listening socket that was taken away refuses everybody for ever"]
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
    closes_where_it_cannot_listen_again();
}

fn closes_where_it_cannot_listen_again() {
    let this = Listening::new("127.0.0.1:0");
    let socket = this.socket();
    let before = getrlimit(Resource::Nofile);
    limit(Some(STANDARD_STREAMS), before);
    socket.shutdown(Shutdown::Both).unwrap();
    this.assert_fails(libc::EINVAL);
    let last = this.next();
    limit(before.current, before);
    assert!(matches!(last, Event::Closed(CloseReason::Reset)), "{last:?}");
    assert_eq!(this.server.state(), SocketState { is_close: true, ..SocketState::default() });
    assert!(this.server.close(Connections::Keep, Ticket(1)).is_err());
    drop(socket);
    this.server.listen(this.address).unwrap();
    this.assert_listens();
    this.assert_takes();
}
