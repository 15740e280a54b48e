//! What options become of the sockets of a server, its connections and a client, as the kernel tells.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[macro_use]
#[path = "support/events.rs"]
mod events;

use std::net::SocketAddr;
use std::os::fd::{OwnedFd, RawFd};
use std::time::Duration;

use nix::sys::socket::{getsockopt, sockopt};
use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
use socket_engine::{
    Client, ClientOptions, Connection, ConnectionEvent, Host, OperationId, Server, ServerEvent, ServerOptions,
    SocketOptions, limits,
};
use socket2::Socket;

use events::{Events, recorder};

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

const OPTIONS: SocketOptions = SocketOptions {
    keep_alive: Some(true),
    keep_alive_idle_ms: Some(7_000),
    keep_alive_interval_ms: Some(5_000),
    keep_alive_count: Some(3),
    out_of_band_inline: Some(true),
    no_delay: Some(false),
    linger: Some(Some(Duration::from_secs(9))),
    receive_buffer_bytes: Some(10_000),
    send_buffer_bytes: Some(20_000),
    reuse_address: Some(true),
    timeout_ms: Some(2_000),
    fast_open: Some(true),
};

/// Another handle of the socket behind a descriptor of this process.
fn socket(descriptor: Option<RawFd>) -> Socket {
    let process = pidfd_open(getpid(), PidfdFlags::empty()).unwrap();
    let socket: OwnedFd = pidfd_getfd(process, descriptor.unwrap(), PidfdGetfdFlags::empty()).unwrap();
    socket.into()
}

fn assert_has_all(descriptor: Option<RawFd>) {
    let socket = socket(descriptor);
    assert!(socket.keepalive().unwrap());
    assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(7));
    assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(5));
    assert_eq!(socket.tcp_keepalive_retries().unwrap(), 3);
    assert!(socket.out_of_band_inline().unwrap());
    assert!(!socket.tcp_nodelay().unwrap());
    assert_eq!(socket.linger().unwrap(), Some(Duration::from_secs(9)));
    // The kernel doubles what it is given.
    assert_eq!(socket.recv_buffer_size().unwrap(), 20_000);
    assert_eq!(socket.send_buffer_size().unwrap(), 40_000);
    assert!(socket.reuse_address().unwrap());
    assert_eq!(socket.read_timeout().unwrap(), Some(Duration::from_secs(2)));
    assert_eq!(socket.write_timeout().unwrap(), Some(Duration::from_secs(2)));
}

fn opens_fast(client: &Client) -> bool {
    getsockopt(&socket(client.descriptor()), sockopt::TcpFastOpenConnect).unwrap()
}

struct Pair {
    server: Server,
    connection: Connection,
    client: Client,
    _server_events: Events<ServerEvent>,
    _events: [Events; 2],
}

/// A client and the connection that a server made of it; `before` runs when the server listens.
fn pair(before: impl FnOnce(&Server, &Client)) -> Pair {
    let (sink, server_events) = recorder();
    let server = Server::new(sink, ServerOptions::default());
    let address = server.listen(ANY_PORT).unwrap();
    let (sink, client_events) = recorder();
    let client = Client::new(sink, None, ClientOptions::default());
    before(&server, &client);
    client.connect(Host::Address(address), limits::CONNECT_TIMEOUT, OperationId(1)).unwrap();
    expect!(client_events, ConnectionEvent::Connected(_));
    expect_result!(client_events, OperationId(1), Ok(()));
    let (sink, connection_events) = recorder();
    expect!(server_events, ServerEvent::Accepted);
    let connection = server.accept().unwrap().start(sink, None).unwrap();
    Pair { server, connection, client, _server_events: server_events, _events: [client_events, connection_events] }
}

#[test]
fn options_given_before_hold_for_what_comes() {
    let pair = pair(|server, client| {
        server.set_options(OPTIONS).unwrap();
        client.set_options(OPTIONS).unwrap();
    });
    assert_has_all(pair.connection.descriptor());
    assert_has_all(pair.client.descriptor());
    assert!(opens_fast(&pair.client));
}

#[test]
fn options_of_a_server_and_of_a_client_hold_for_what_is_there() {
    let pair = pair(|_, _| ());
    pair.server.set_options(OPTIONS).unwrap();
    pair.client.set_options(OPTIONS).unwrap();
    assert_has_all(pair.connection.descriptor());
    assert_has_all(pair.client.descriptor());
    assert!(!opens_fast(&pair.client), "it is connected already");
}

#[test]
fn options_of_a_connection_are_its_own() {
    let pair = pair(|_, _| ());
    pair.connection.set_options(&OPTIONS).unwrap();
    assert_has_all(pair.connection.descriptor());
    assert!(!socket(pair.client.descriptor()).keepalive().unwrap());
}

#[test]
fn small_messages_are_sent_at_once_by_default() {
    let pair = pair(|_, _| ());
    assert!(socket(pair.connection.descriptor()).tcp_nodelay().unwrap());
    assert!(socket(pair.client.descriptor()).tcp_nodelay().unwrap());
}

#[test]
fn options_hold_for_a_client_that_is_bound_whichever_came_first() {
    for options_first in [true, false] {
        let (sink, _events) = recorder();
        let client = Client::new(sink, None, ClientOptions::default());
        if options_first {
            client.set_options(OPTIONS).unwrap();
        }
        client.bind(ANY_PORT).unwrap();
        if !options_first {
            client.set_options(OPTIONS).unwrap();
        }
        assert_has_all(client.descriptor());
        assert!(opens_fast(&client));
    }
}

#[test]
fn a_server_binds_a_port_in_time_wait_by_default() {
    let (sink, _events) = recorder();
    let server = Server::new(sink, ServerOptions::default());
    server.listen(ANY_PORT).unwrap();
    assert!(socket(server.descriptor()).reuse_address().unwrap());
    server.set_options(SocketOptions { reuse_address: Some(false), ..Default::default() }).unwrap();
    server.listen(ANY_PORT).unwrap();
    assert!(!socket(server.descriptor()).reuse_address().unwrap());
}
