//! A server in a process that has no descriptors left. A process of its own, because it takes them from all of it.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[macro_use]
#[path = "support/events.rs"]
mod events;

use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket_engine::limits::ACCEPT_PAUSE_MIN;
use socket_engine::{Operation, Server, ServerEvent, ServerOptions};
use socket2::{Domain, Socket, Type};

use events::recorder;

/// Enough for the standard streams; every later descriptor is refused.
const STANDARD_STREAMS: u64 = 3;

/// Long enough for the listener to try again more than once: its pauses double.
const SEVERAL_TRIES: Duration = ACCEPT_PAUSE_MIN.saturating_mul(8);

#[test]
fn accepting_without_descriptors_is_reported_once_a_row_and_goes_on_when_there_are_some() {
    let (sink, events) = recorder();
    let server = Server::new(sink, ServerOptions::default());
    let address = server.listen(([127, 0, 0, 1], 0).into()).unwrap();
    for _ in 0..2 {
        let peer = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let before = getrlimit(Resource::Nofile);
        limit(Some(STANDARD_STREAMS), before);
        peer.connect(&address.into()).unwrap();
        let error = expect!(events, ServerEvent::AcceptFailed(error) => error);
        assert_eq!((error.operation, error.address, error.errno), (Operation::Accept, Some(address), libc::EMFILE));
        events.assert_silent_for(SEVERAL_TRIES);
        limit(before.current, before);
        expect!(events, ServerEvent::Accepted);
        let pending = server.accept().unwrap();
        assert_eq!(Some(pending.peer()), peer.local_addr().unwrap().as_socket());
    }
}

fn limit(current: Option<u64>, before: Rlimit) {
    let maximum = before.maximum;
    setrlimit(Resource::Nofile, Rlimit { current, maximum }).unwrap();
}
