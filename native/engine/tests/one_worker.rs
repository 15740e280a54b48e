//! Threads of the engine. A process of its own, because it counts them.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[macro_use]
#[path = "support/events.rs"]
mod events;

use std::fs;
use std::net::TcpStream;
use std::time::Duration;

use socket_engine::{ConnectionEvent, Server, ServerEvent, ServerOptions};

use events::recorder;

#[test]
fn threads_start_with_the_first_socket_and_two_hundred_connections_add_none() {
    let (sink, events) = recorder();
    let unused = threads();
    let server = Server::new(sink, ServerOptions::default());
    assert_eq!(threads(), unused, "a server alone needs no thread");
    let address = server.listen(([127, 0, 0, 1], 0).into()).unwrap();
    assert_eq!(threads(), unused + 1);

    let mut open = Vec::new();
    for _ in 0..200 {
        let peer = TcpStream::connect(address).unwrap();
        let (sink, connection_events) = recorder();
        expect!(events, ServerEvent::Accepted);
        let pending = server.accept().unwrap();
        open.push((peer, pending.start(sink, None).unwrap(), connection_events));
    }
    for (peer, _, _) in &open {
        peer.shutdown(std::net::Shutdown::Write).unwrap();
    }
    for (_, _, connection_events) in &open {
        expect!(connection_events, ConnectionEvent::Ended);
    }
    assert_eq!(threads(), unused + 1);
    events.assert_silent_for(Duration::ZERO);
}

fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}
