//! A crowd that wants nothing, before a server that lets in who knows the key. A process of its own, because it takes
//! thousands of descriptors; not emulated, because an emulator's times say nothing.

#![cfg(not(target_env = "ohos"))]
// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[macro_use]
#[path = "support/events.rs"]
mod events;

use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket_engine::limits::PENDING_HANDSHAKES;
use socket_engine::{
    Client, ClientOptions, Connection, ConnectionEvent, Framing, Host, Key, OperationId, Protocol, SendProgress,
    Server, ServerEvent, ServerOptions,
};

use events::{Events, Told, recorder};

const CROWD: usize = 2_000;

/// A descriptor for each of the crowd, and some.
const DESCRIPTORS: u64 = CROWD as u64 + 1_000;

const ROUND_TRIPS: usize = 2_000;

/// How much longer a round trip may take.
const SLOWER: u32 = 3;

/// Server and client, which know the key.
struct Friends {
    server: Server,
    address: SocketAddr,
    near: (Client, Events),
    far: (Connection, Events),
    server_events: Events<ServerEvent>,
}

impl Friends {
    fn meet() -> Self {
        let (sink, server_events) = recorder();
        let server = Server::new(sink, ServerOptions { protocol: protocol(), ..ServerOptions::default() });
        let address = server.listen(([127, 0, 0, 1], 0).into()).unwrap();
        let near = enter(address);
        let (sink, events) = recorder();
        expect!(server_events, ServerEvent::Accepted);
        let far = (server.accept().unwrap().start(sink, None).unwrap(), events);
        Self { server, address, near, far, server_events }
    }

    /// How many were turned away, as the server's owner is told, until somebody is let in.
    fn told(&self) -> usize {
        let mut rejected = 0;
        loop {
            match self.server_events.next("a connection") {
                Told::Event(ServerEvent::Rejected(..)) => rejected += 1,
                Told::Event(ServerEvent::Accepted) => break,
                other => panic!("{other:?} came"),
            }
        }
        (0..rejected).for_each(|_| self.server.consume_rejection());
        rejected
    }

    fn round_trip(&self) -> Duration {
        let start = Instant::now();
        assert_eq!(self.near.0.send(b"there", OperationId(2)), Ok(SendProgress::Sent));
        let data = expect!(self.far.1, ConnectionEvent::Message(data) => data);
        self.far.0.consume(data.len());
        assert_eq!(self.far.0.send(&data, OperationId(2)), Ok(SendProgress::Sent));
        let data = expect!(self.near.1, ConnectionEvent::Message(data) => data);
        self.near.0.consume(data.len());
        start.elapsed()
    }
}

fn protocol() -> Protocol {
    let key = Key::from_bytes(&[1; 16]).ok().map(Arc::new);
    Protocol { framing: Framing::length(4, false, 100).ok(), key, ..Protocol::default() }
}

fn enter(address: SocketAddr) -> (Client, Events) {
    let (sink, events) = recorder();
    let client = Client::new(sink, None, ClientOptions { protocol: protocol(), reconnect: None });
    client.connect(Host::Address(address), events::DEADLINE, OperationId(1)).unwrap();
    expect!(events, ConnectionEvent::Connected(_));
    expect_result!(events, OperationId(1), Ok(()));
    (client, events)
}

/// Each second one says nothing, the others say what is no handshake.
fn gather(address: SocketAddr) -> Vec<TcpStream> {
    let come = |index: usize| {
        let mut peer = TcpStream::connect(address).unwrap();
        if index % 2 == 1 {
            // Who was turned away before this is said, was.
            let _ = peer.write_all(b"GET / HTTP/1.1\r\n\r\n");
        }
        peer
    };
    (0..CROWD).map(come).collect()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Bytes of this process that are in memory.
fn resident_bytes() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<usize>().unwrap() * 1024
}

#[test]
fn thousands_of_unauthenticated_peers_delay_no_client_and_use_little_memory() {
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: Some(DESCRIPTORS), maximum }).unwrap();
    let friends = Friends::meet();
    let normal = median((0..ROUND_TRIPS).map(|_| friends.round_trip()).collect());
    let before_bytes = resident_bytes();
    let gathering = thread::spawn({
        let address = friends.address;
        move || gather(address)
    });
    let mut times = Vec::new();
    while !gathering.is_finished() {
        times.push(friends.round_trip());
    }
    let crowd = gathering.join().unwrap();
    let while_they_come = median(times);
    let while_they_are_there = median((0..ROUND_TRIPS).map(|_| friends.round_trip()).collect());
    let grown_bytes = resident_bytes().saturating_sub(before_bytes);
    println!(
        "round trip: {normal:?} alone, {while_they_come:?} while {CROWD} come, {while_they_are_there:?} while they are \
         there; {grown_bytes} bytes more"
    );
    assert!(while_they_come <= normal * SLOWER, "{while_they_come:?} instead of {normal:?} while they come");
    assert!(while_they_are_there <= normal * SLOWER, "{while_they_are_there:?} instead of {normal:?}");
    // The crowd's own ends are in this process too: a few hundred bytes each.
    assert!(grown_bytes < 16 * 1024 * 1024, "{grown_bytes} bytes more");
    assert!(open_sockets() <= CROWD + PENDING_HANDSHAKES + 16, "{} descriptors", open_sockets());
    drop(enter(friends.address));
    assert!(friends.told() <= socket_engine::limits::PENDING_REJECTIONS + 1);
    drop(crowd);
}

fn open_sockets() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}
