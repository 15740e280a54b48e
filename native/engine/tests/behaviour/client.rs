//! A client through its life: bind, connect, end, and connect again.

use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use socket_engine::{
    AddressFamily, Client, ClientOptions, CloseReason, Closing, ConnectionEvent, EventSink, Host, NOT_OPEN, NetAddress,
    Operation, OperationId, Reconnect, SocketError, SocketState,
};

use crate::events::{DEADLINE, Events, Told, recorder};
use crate::pair::{CLOSE, OVERFLOW_BYTES, assert_broken, assert_closed, assert_silent, completed, errno, received};
use crate::peer::{
    ANY_PORT, FullListener, OTHER_MACHINE, accept, assert_same_bytes, deaf_socket, listen, listen_stalling, new_socket,
    own_address, pattern, read_bytes, read_to_end, reset, write_and_end,
};

const CONNECT: OperationId = OperationId(1);

/// A client with its events.
struct Fixture {
    client: Client,
    events: Events,
}

impl Fixture {
    fn new() -> Self {
        let (sink, events) = recorder();
        Self { client: Client::new(sink, None, ClientOptions::default()), events }
    }

    /// A client that is connected to `listener`, and its peer.
    fn connected(listener: &(TcpListener, SocketAddr)) -> (Self, TcpStream) {
        let this = Self::new();
        let peer = this.connect_to(listener);
        (this, peer)
    }

    /// A client that will not be answered.
    fn connecting(listener: &FullListener) -> Self {
        let this = Self::new();
        this.start_connecting(listener.address).unwrap();
        this
    }

    fn start_connecting(&self, address: SocketAddr) -> Result<(), SocketError> {
        self.start_connecting_within(address, DEADLINE)
    }

    fn start_connecting_within(&self, address: SocketAddr, limit: Duration) -> Result<(), SocketError> {
        self.client.connect(Host::Address(address), limit, CONNECT)
    }

    fn connect_to(&self, (listener, address): &(TcpListener, SocketAddr)) -> TcpStream {
        self.start_connecting(*address).unwrap();
        expect!(self.events, ConnectionEvent::Connected(_));
        assert_eq!(completed(&self.events, CONNECT), Ok(()));
        accept(listener)
    }

    fn assert_alive(&self, peer: &TcpStream) {
        self.client.send(b"ping", OperationId(2)).unwrap();
        assert_eq!(read_bytes(peer, 4), b"ping");
    }

    fn close(&self) {
        self.client.close(CLOSE).unwrap();
    }
}

#[test]
fn a_client_reports_connected_first_and_exchanges_data() {
    let listener = listen();
    let (this, peer) = Fixture::connected(&listener);
    assert_eq!(this.client.remote_address(), Ok(listener.1));
    assert_eq!(this.client.local_address(), Ok(peer.peer_addr().unwrap()));
    this.assert_alive(&peer);
    write_and_end(&peer, b"pong");
    let (data, ended) = received(&this.events);
    assert_eq!(data, b"pong");
    assert!(matches!(ended, Told::Event(ConnectionEvent::Ended)), "{ended:?}");
}

#[test]
fn a_refused_connect_can_be_repeated() {
    let this = Fixture::new();
    let (_deaf, address) = deaf_socket();
    this.start_connecting(address).unwrap();
    let (operation_id, result) = expect_result!(this.events, operation_id, result => (operation_id, result));
    let error = result.unwrap_err();
    assert_eq!(operation_id, CONNECT);
    assert_eq!((error.operation, error.address, error.errno), (Operation::Connect, Some(address), libc::ECONNREFUSED));
    assert_eq!(this.client.state(), SocketState::default());

    let peer = this.connect_to(&listen());
    this.assert_alive(&peer);
}

#[test]
fn an_unanswered_connect_fails_at_its_timeout() {
    const LIMIT: Duration = Duration::from_millis(300);
    let unanswering = FullListener::new();
    let this = Fixture::new();
    let start = Instant::now();
    this.client.connect(Host::Address(unanswering.address), LIMIT, CONNECT).unwrap();
    assert_eq!(completed(&this.events, CONNECT), Err(libc::ETIMEDOUT));
    assert!(start.elapsed() >= LIMIT);

    let peer = this.connect_to(&listen());
    this.assert_alive(&peer);
}

#[test]
fn closing_cancels_a_connect_under_way() {
    let this = Fixture::connecting(&FullListener::new());
    this.close();
    assert_eq!(completed(&this.events, CONNECT), Err(libc::ECANCELED));
    assert_closed(&this.events, CloseReason::Local);
    assert_eq!(errno(this.client.close(CLOSE)), NOT_OPEN);

    let peer = this.connect_to(&listen());
    this.assert_alive(&peer);
}

#[test]
fn a_connect_and_a_concurrent_close_both_get_a_result() {
    let (listener, address) = listen();
    for _ in 0..200 {
        let this = Fixture::new();
        this.start_connecting(address).unwrap();
        this.close();
        match this.events.next("Connected or Completed") {
            Told::Event(ConnectionEvent::Connected(_)) => assert_eq!(completed(&this.events, CONNECT), Ok(())),
            Told::Completed(CONNECT, Err(error)) => assert_eq!(error.errno, libc::ECANCELED),
            other => panic!("{other:?} came"),
        }
        assert_closed(&this.events, CloseReason::Local);
    }
    drop(listener);
}

#[test]
fn a_client_connects_once_at_a_time() {
    let unanswering = FullListener::new();
    let this = Fixture::connecting(&unanswering);
    assert_eq!(errno(this.start_connecting(ANY_PORT)), libc::EALREADY);

    let (this, _peer) = Fixture::connected(&listen());
    assert_eq!(errno(this.start_connecting(ANY_PORT)), libc::EISCONN);
}

#[test]
fn a_closed_client_connects_again() {
    let listener = listen();
    let (this, first) = Fixture::connected(&listener);
    this.close();
    assert_closed(&this.events, CloseReason::Local);
    assert_eq!(read_to_end(&first), b"");
    let second = this.connect_to(&listener);
    this.assert_alive(&second);
}

#[test]
fn a_client_whose_peer_has_ended_the_connection_connects_again_without_a_close() {
    let listener = listen();
    let (this, first) = Fixture::connected(&listener);
    drop(first);
    expect!(this.events, ConnectionEvent::Ended);
    this.client.finish();
    expect!(this.events, ConnectionEvent::Closed(CloseReason::Remote));
    let second = this.connect_to(&listener);
    this.assert_alive(&second);
}

#[test]
fn a_client_whose_connection_broke_connects_again_without_a_close() {
    let listener = listen();
    let (this, first) = Fixture::connected(&listener);
    reset(first);
    assert_broken(&this.events, libc::ECONNRESET);
    let second = this.connect_to(&listener);
    this.assert_alive(&second);
}

#[test]
fn connect_does_not_wait_for_a_close_whose_peer_stalls_and_nothing_sent_is_lost() {
    let listener = listen_stalling();
    let (this, first) = Fixture::connected(&listener);
    let data = pattern(0, OVERFLOW_BYTES);
    this.client.send(&data, OperationId(2)).unwrap();
    this.close();
    this.start_connecting(listener.1).unwrap();
    expect!(this.events, ConnectionEvent::Closed(CloseReason::Local));
    expect!(this.events, ConnectionEvent::Connected(_));
    assert_eq!(completed(&this.events, CONNECT), Ok(()));
    let second = accept(&listener.0);
    this.assert_alive(&second);
    assert_same_bytes(&read_to_end(&first), &data);
    assert_eq!(completed(&this.events, OperationId(2)), Ok(()));
    assert_eq!(completed(&this.events, CLOSE), Ok(()));
    assert_silent(&this.events);
}

#[test]
fn connect_reports_a_connection_that_failed_before_its_own() {
    let listener = listen_stalling();
    let (this, first) = Fixture::connected(&listener);
    this.client.send(&pattern(0, OVERFLOW_BYTES), OperationId(2)).unwrap();
    reset(first);
    assert_eq!(completed(&this.events, OperationId(2)), Err(libc::ECONNRESET));
    expect!(this.events, ConnectionEvent::Failed(_));
    expect!(this.events, ConnectionEvent::Closed(CloseReason::Reset));
    this.start_connecting(listener.1).unwrap();
    expect!(this.events, ConnectionEvent::Connected(_));
}

#[test]
fn credit_of_an_earlier_connection_does_not_stop_the_next_one() {
    let listener = listen();
    let (this, first) = Fixture::connected(&listener);
    write_and_end(&first, b"early");
    expect!(this.events, ConnectionEvent::Received(_));
    expect!(this.events, ConnectionEvent::Ended);
    this.close();
    assert_closed(&this.events, CloseReason::Remote);

    let second = this.connect_to(&listener);
    this.client.consume(5);
    write_and_end(&second, b"late");
    let bytes = expect!(this.events, ConnectionEvent::Received(bytes) => bytes);
    assert_eq!(&bytes[..], b"late");
}

#[test]
fn a_bound_client_connects_from_its_port_and_keeps_it_for_another_try() {
    let this = Fixture::new();
    this.client.bind(own_address()).unwrap();
    let local = this.client.local_address().unwrap();
    assert_ne!(local.port(), 0);

    let (_deaf, address) = deaf_socket();
    this.start_connecting(address).unwrap();
    assert_eq!(completed(&this.events, CONNECT), Err(libc::ECONNREFUSED));

    let peer = this.connect_to(&listen());
    assert_eq!(peer.peer_addr().unwrap(), local);
    assert_eq!(this.client.local_address(), Ok(local));
}

#[test]
fn a_bound_client_whose_peer_ended_the_connection_connects_again_from_its_port() {
    let this = Fixture::new();
    this.client.bind(own_address()).unwrap();
    let local = this.client.local_address().unwrap();
    for _ in 0..50 {
        let peer = this.connect_to(&listen());
        assert_eq!(peer.peer_addr().unwrap(), local);
        drop(peer);
        expect!(this.events, ConnectionEvent::Ended);
        this.client.finish();
        expect!(this.events, ConnectionEvent::Closed(CloseReason::Remote));
    }
}

#[test]
fn a_closed_client_forgets_where_it_was_bound() {
    let this = Fixture::new();
    this.client.bind(own_address()).unwrap();
    let local = this.client.local_address().unwrap();
    this.close();
    assert_closed(&this.events, CloseReason::Local);
    assert_eq!(errno(this.client.local_address()), libc::EBADF);
    new_socket().bind(&local.into()).unwrap();

    let peer = this.connect_to(&listen());
    assert_ne!(peer.peer_addr().unwrap(), local);
}

#[test]
fn a_port_of_a_cancelled_connect_is_free_when_the_close_completes() {
    let unanswering = FullListener::new();
    for _ in 0..50 {
        let this = Fixture::new();
        this.client.bind(own_address()).unwrap();
        let local = this.client.local_address().unwrap();
        this.start_connecting(unanswering.address).unwrap();
        this.close();
        assert_eq!(completed(&this.events, CONNECT), Err(libc::ECANCELED));
        assert_closed(&this.events, CloseReason::Local);
        this.client.bind(local).unwrap();
    }
}

#[test]
fn a_client_is_bound_once() {
    let bound = Fixture::new();
    bound.client.bind(ANY_PORT).unwrap();
    let unanswering = FullListener::new();
    let connecting = Fixture::connecting(&unanswering);
    let (connected, _peer) = Fixture::connected(&listen());
    for this in [bound, connecting, connected] {
        assert_eq!(errno(this.client.bind(ANY_PORT)), libc::EINVAL);
    }
}

#[test]
fn a_bind_that_fails_can_be_repeated_elsewhere() {
    let this = Fixture::new();
    let (_deaf, taken) = deaf_socket();
    let error = this.client.bind(taken).unwrap_err();
    assert_eq!((error.operation, error.address, error.errno), (Operation::Bind, Some(taken), libc::EADDRINUSE));
    assert_eq!(errno(this.client.bind(OTHER_MACHINE)), libc::EADDRNOTAVAIL);
    assert_eq!(errno(this.client.close(CLOSE)), NOT_OPEN);
    this.client.bind(ANY_PORT).unwrap();
}

#[test]
fn a_bound_client_is_not_connected_and_stays_bound_when_a_connect_is_refused() {
    let this = Fixture::new();
    this.client.bind(own_address()).unwrap();
    let local = this.client.local_address().unwrap();
    let (_, refusing) = listen();
    this.start_connecting(refusing).unwrap();
    assert_eq!(completed(&this.events, CONNECT), Err(libc::ECONNREFUSED));
    assert_eq!(this.client.local_address(), Ok(local));
    assert!(this.client.state().is_bound);
    assert_eq!(errno(this.client.remote_address()), libc::ENOTCONN);
    assert_eq!(errno(this.client.send(b"x", OperationId(2))), libc::ENOTCONN);
    let peer = this.connect_to(&listen());
    assert_eq!(peer.peer_addr().unwrap(), local);
}

#[test]
fn a_bound_client_has_one_descriptor_from_bind_to_close_whatever_becomes_of_its_attempts() {
    let this = Fixture::new();
    this.client.bind(own_address()).unwrap();
    let descriptor = this.client.descriptor();
    assert!(descriptor.is_some());

    let unanswering = FullListener::new();
    this.start_connecting_within(unanswering.address, Duration::from_millis(1)).unwrap();
    assert_eq!(this.client.descriptor(), descriptor, "connecting");
    assert_eq!(completed(&this.events, CONNECT), Err(libc::ETIMEDOUT));
    let (_deaf, address) = deaf_socket();
    this.start_connecting(address).unwrap();
    assert_eq!(completed(&this.events, CONNECT), Err(libc::ECONNREFUSED));
    assert_eq!(this.client.descriptor(), descriptor, "refused");

    let _peer = this.connect_to(&listen());
    assert_eq!(this.client.descriptor(), descriptor, "connected");
    this.close();
    assert_eq!(this.client.descriptor(), None, "closed");
}

#[test]
fn a_client_that_reconnects_has_the_bound_descriptor_until_its_first_link() {
    for max_attempts in [1, 2] {
        let (sink, events) = recorder();
        let reconnect =
            Reconnect { max_attempts: Some(max_attempts), min_delay: Duration::ZERO, max_delay: Duration::ZERO };
        let options = ClientOptions { reconnect: Some(reconnect), ..ClientOptions::default() };
        let client = Client::new(sink, None, options);
        client.bind(own_address()).unwrap();
        let (descriptor, local) = (client.descriptor(), client.local_address().unwrap());
        let (_deaf, address) = deaf_socket();
        client.connect(Host::Address(address), DEADLINE, CONNECT).unwrap();
        assert_eq!(client.descriptor(), descriptor);
        if max_attempts > 1 {
            expect!(events, ConnectionEvent::Reconnecting(_));
        }
        assert_eq!(completed(&events, CONNECT), Err(libc::ECONNREFUSED));
        assert_eq!((client.descriptor(), client.local_address()), (descriptor, Ok(local)));
        let (listener, address) = listen();
        client.connect(Host::Address(address), DEADLINE, CONNECT).unwrap();
        expect!(events, ConnectionEvent::Connected(_));
        assert_eq!(client.descriptor(), descriptor);
        assert_eq!(accept(&listener).peer_addr().unwrap(), local);
    }
}

#[test]
fn a_bound_client_keeps_its_port_after_a_refused_connect() {
    let this = Fixture::new();
    this.client.bind(own_address()).unwrap();
    let local = this.client.local_address().unwrap();
    let (_deaf, address) = deaf_socket();
    this.start_connecting(address).unwrap();
    assert_eq!(completed(&this.events, CONNECT), Err(libc::ECONNREFUSED));
    assert_eq!(errno(Fixture::new().client.bind(local)), libc::EADDRINUSE);
    assert_eq!(errno(this.client.bind(ANY_PORT)), libc::EINVAL);
    this.close();
    Fixture::new().client.bind(local).unwrap();
}

#[test]
fn a_client_whose_peer_ended_the_connection_can_use_it_until_its_owner_has_heard_of_that() {
    let listener = listen();
    let (this, peer) = Fixture::connected(&listener);
    peer.shutdown(Shutdown::Write).unwrap();
    expect!(this.events, ConnectionEvent::Ended);
    let local = this.client.local_address();
    this.client.finish();
    expect!(this.events, ConnectionEvent::Closed(CloseReason::Remote));
    assert!(this.client.awaits_finish() && this.client.descriptor().is_some());
    this.assert_alive(&peer);
    this.client.finish();
    assert!(!this.client.awaits_finish() && this.client.descriptor().is_none());
    assert_eq!(read_to_end(&peer), b"");
    assert_eq!((this.client.remote_address(), this.client.local_address()), (Ok(listener.1), local));
    assert_eq!(errno(this.client.send(b"x", OperationId(2))), libc::ENOTCONN);
    assert_silent(&this.events);
}

#[test]
fn a_client_connects_binds_closes_and_aborts_before_its_owner_has_heard_of_the_end() {
    let listener = listen();
    let ended = || {
        let (this, peer) = Fixture::connected(&listener);
        drop(peer);
        expect!(this.events, ConnectionEvent::Ended);
        this.client.finish();
        expect!(this.events, ConnectionEvent::Closed(CloseReason::Remote));
        this
    };
    let this = ended();
    this.assert_alive(&this.connect_to(&listener));
    let this = ended();
    this.client.bind(own_address()).unwrap();
    this.assert_alive(&this.connect_to(&listener));
    let this = ended();
    assert_eq!(this.client.close(CLOSE), Ok(Closing::Over));
    assert_eq!(completed(&this.events, CLOSE), Ok(()));
    assert_silent(&this.events);
    let this = ended();
    assert_eq!(this.client.abort(CLOSE), Ok(Closing::Over));
    assert_eq!(completed(&this.events, CLOSE), Ok(()));
    assert_silent(&this.events);
}

#[test]
fn a_client_whose_peer_reset_the_connection_has_a_local_address_only() {
    let (this, peer) = Fixture::connected(&listen());
    let local = this.client.local_address();
    reset(peer);
    assert_broken(&this.events, libc::ECONNRESET);
    assert_eq!(this.client.local_address(), local);
    assert_eq!(errno(this.client.remote_address()), libc::ENOTCONN);
    assert_eq!(errno(this.client.send(b"x", OperationId(2))), libc::ENOTCONN);
}

#[test]
fn connect_to_the_unspecified_address_reports_the_peer_address() {
    let this = Fixture::new();
    let (_listener, address) = listen();
    this.start_connecting((Ipv4Addr::UNSPECIFIED, address.port()).into()).unwrap();
    expect!(this.events, ConnectionEvent::Connected(peer) => assert_eq!(peer, address));
    assert_eq!(completed(&this.events, CONNECT), Ok(()));
    assert_eq!(this.client.remote_address(), Ok(address));
}

#[test]
fn a_client_that_was_never_opened_refuses_what_needs_a_connection() {
    let this = Fixture::new();
    assert_eq!(errno(this.client.close(CLOSE)), NOT_OPEN);
    assert_eq!(errno(this.client.send(b"x", OperationId(2))), libc::EBADF);
    assert_eq!(errno(this.client.remote_address()), libc::EBADF);
    assert_eq!(errno(this.client.local_address()), libc::EBADF);
    this.client.consume(1);
    this.client.finish();
    assert_silent(&this.events);
}

#[test]
fn a_closed_client_refuses_everything_but_a_new_start() {
    let (this, _peer) = Fixture::connected(&listen());
    this.close();
    assert_eq!(errno(this.client.close(CLOSE)), NOT_OPEN);
    assert_eq!(errno(this.client.send(b"x", OperationId(2))), libc::EBADF);
    assert_eq!(errno(this.client.remote_address()), libc::EBADF);
    assert_eq!(errno(this.client.local_address()), libc::EBADF);
    assert_closed(&this.events, CloseReason::Local);
    this.client.bind(ANY_PORT).unwrap();
}

#[test]
fn a_close_after_the_peer_ended_the_connection_is_answered() {
    let (this, peer) = Fixture::connected(&listen());
    drop(peer);
    expect!(this.events, ConnectionEvent::Ended);
    this.client.finish();
    expect!(this.events, ConnectionEvent::Closed(CloseReason::Remote));
    this.close();
    assert_eq!(completed(&this.events, CLOSE), Ok(()));
    assert_silent(&this.events);
}

#[test]
fn a_close_after_the_connection_broke_is_answered() {
    let (this, peer) = Fixture::connected(&listen());
    reset(peer);
    assert_broken(&this.events, libc::ECONNRESET);
    this.close();
    assert_eq!(completed(&this.events, CLOSE), Ok(()));
}

#[test]
fn a_host_name_is_looked_up() {
    let (listener, address) = listen();
    let this = Fixture::new();
    let name = |name: &str| {
        Host::Name(NetAddress { address: name.to_owned(), family: AddressFamily::V4, port: address.port() })
    };
    // An empty label is no name, which needs no server to be found out.
    this.client.connect(name("no..name"), DEADLINE, CONNECT).unwrap();
    assert_eq!(completed(&this.events, CONNECT), Err(libc::EADDRNOTAVAIL));
    this.client.connect(name("localhost"), DEADLINE, CONNECT).unwrap();
    expect!(this.events, ConnectionEvent::Connected(_));
    assert_eq!(completed(&this.events, CONNECT), Ok(()));
    this.assert_alive(&accept(&listener));
}

#[test]
fn a_dropped_client_ends_its_connection() {
    let (this, peer) = Fixture::connected(&listen());
    drop(this.client);
    assert_eq!(read_to_end(&peer), b"");
    expect!(this.events, ConnectionEvent::Closed(CloseReason::Local));
}

#[test]
fn a_client_dropped_while_connecting_answers_the_connect_and_is_silent_then() {
    let this = Fixture::connecting(&FullListener::new());
    drop(this.client);
    assert_eq!(completed(&this.events, CONNECT), Err(libc::ECANCELED));
    assert_silent(&this.events);
}

#[test]
fn the_state_follows_every_phase() {
    let listener = listen();
    let this = Fixture::new();
    let state = || {
        let state = this.client.state();
        (state.is_bound, state.is_close, state.is_connected)
    };
    assert_eq!(state(), (false, false, false), "unopened");
    this.client.bind(ANY_PORT).unwrap();
    assert_eq!(state(), (true, false, false), "bound");
    let peer = this.connect_to(&listener);
    assert_eq!(state(), (true, false, true), "connected");
    drop(peer);
    expect!(this.events, ConnectionEvent::Ended);
    assert_eq!(state(), (true, false, true), "ended by the peer");
    this.close();
    assert_eq!(state(), (false, true, false), "closed");
    assert_closed(&this.events, CloseReason::Remote);

    let unanswering = FullListener::new();
    this.start_connecting(unanswering.address).unwrap();
    assert_eq!(state(), (true, false, false), "connecting");
    this.close();
    assert_eq!(state(), (false, true, false), "closed while connecting");
    assert_eq!(completed(&this.events, CONNECT), Err(libc::ECANCELED));
    assert_closed(&this.events, CloseReason::Local);

    let peer = this.connect_to(&listener);
    assert_eq!(state(), (true, false, true), "connected again");
    reset(peer);
    assert_broken(&this.events, libc::ECONNRESET);
    assert_eq!(state(), (true, false, false), "broken");
}

#[test]
fn a_bind_leaves_the_connection_before_it_to_post_its_last_event_first() {
    let listener = listen_stalling();
    let (this, peer) = Fixture::connected(&listener);
    this.client.send(&pattern(0, OVERFLOW_BYTES), OperationId(70)).unwrap();
    peer.shutdown(Shutdown::Write).unwrap();
    expect!(this.events, ConnectionEvent::Ended);
    this.client.finish();
    this.client.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    this.start_connecting(listener.1).unwrap();
    assert_eq!(read_to_end(&peer).len(), OVERFLOW_BYTES);
    assert_eq!(completed(&this.events, OperationId(70)), Ok(()));
    expect!(this.events, ConnectionEvent::Closed(_));
    expect!(this.events, ConnectionEvent::Connected(_));
    assert_eq!(completed(&this.events, CONNECT), Ok(()));
}

/// Finishes its client from within `Ended`, as the contract of `EventSink` allows.
struct Finisher {
    client: OnceLock<Client>,
    closed: Sender<CloseReason>,
}

impl EventSink<ConnectionEvent> for Finisher {
    fn post(&self, event: ConnectionEvent) {
        match event {
            ConnectionEvent::Ended => self.client.wait().finish(),
            ConnectionEvent::Closed(reason) => drop(self.closed.send(reason)),
            _ => {}
        }
    }

    fn complete(&self, _: OperationId, _: Result<(), SocketError>) {}
}

#[test]
fn finish_within_the_ended_event_closes_the_connection() {
    let (listener, address) = listen();
    let (closed, reasons) = channel();
    let sink = Arc::new(Finisher { client: OnceLock::new(), closed });
    let client = sink.client.get_or_init(|| Client::new(sink.clone(), None, ClientOptions::default()));
    client.connect(Host::Address(address), DEADLINE, CONNECT).unwrap();
    drop(accept(&listener));
    assert_eq!(reasons.recv_timeout(DEADLINE), Ok(CloseReason::Remote));
}
