//! A process that is given no more threads. One of its own, because it takes them from all of it; not emulated, because an
//! emulator keeps the limit to itself.

#![cfg(not(target_env = "ohos"))]
// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[macro_use]
#[path = "support/events.rs"]
mod events;

use std::fs;
use std::net::SocketAddr;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket_engine::{
    AddressFamily, Client, ClientOptions, ConnectionEvent, Host, NetAddress, OperationId, Server, ServerOptions,
};

use events::{DEADLINE, recorder};

/// Room for whatever is allocated, and for no thread's stack.
const SPARE_BYTES: u64 = 1024 * 1024;

const CONNECT: OperationId = OperationId(1);

#[test]
fn a_thread_that_the_kernel_refuses_is_an_error_of_the_call_which_can_be_repeated() {
    let (sink, _events) = recorder();
    let server = Server::new(sink, ServerOptions::default());
    let any: SocketAddr = ([127, 0, 0, 1], 0).into();
    let refused = without_threads(|| server.listen(any));
    assert_eq!(refused.map_err(|error| error.errno), Err(libc::EAGAIN), "the worker");
    let address = server.listen(any).unwrap();

    let (sink, events) = recorder();
    let client = Client::new(sink, None, ClientOptions::default());
    // The system's own spelling of an address, so that it has to be asked.
    let name = NetAddress { address: "127.1".to_owned(), family: AddressFamily::V4, port: address.port() };
    let connect = || client.connect(Host::Name(name.clone()), DEADLINE, CONNECT).unwrap();
    let error = without_threads(|| {
        connect();
        expect_result!(events, CONNECT, Err(error) => error)
    });
    assert_eq!(error.errno, libc::EAGAIN, "the look-up");
    connect();
    assert_eq!(expect!(events, ConnectionEvent::Connected(peer) => peer), address);
}

/// Does `work` while the kernel has no memory for another thread.
fn without_threads<T>(work: impl FnOnce() -> T) -> T {
    let before = getrlimit(Resource::As);
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap();
    let used = line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024;
    setrlimit(Resource::As, Rlimit { current: Some(used + SPARE_BYTES), ..before }).unwrap();
    let done = work();
    setrlimit(Resource::As, before).unwrap();
    done
}
