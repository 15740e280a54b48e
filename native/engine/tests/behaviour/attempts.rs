//! How long a client goes on trying to connect.

use std::io::Write;

use socket_engine::{CloseReason, ConnectionEvent, Host, OperationId, Protocol, Proxy, ProxyFault, Route, SocketState};

use crate::events::{DEADLINE, Told};
use crate::pair::{CLOSE, assert_closed, completed, errno};
use crate::peer::{accept, deaf_socket, listen, read_bytes, reset};
use crate::reconnecting::{CONNECT, Fixture, SESSION, new_client};
use crate::wire_peer::{REFUSED, WirePeer, acknowledged, framed};

#[test]
fn a_first_connect_goes_on_until_somebody_listens() {
    let (deaf, address) = deaf_socket();
    let (client, events) = new_client(Protocol::default(), None);
    client.connect(Host::Address(address), DEADLINE, CONNECT).unwrap();
    for attempt in 2..=4 {
        let reconnecting = expect!(events, ConnectionEvent::Reconnecting(reconnecting) => reconnecting);
        assert_eq!((reconnecting.attempt, reconnecting.error.errno), (attempt, libc::ECONNREFUSED));
    }
    assert_eq!(errno(client.connect(Host::Address(address), DEADLINE, OperationId(1))), libc::EALREADY);
    deaf.listen(8).unwrap();
    loop {
        match events.next("Connected") {
            Told::Event(ConnectionEvent::Connected(_)) => break,
            event => assert!(matches!(event, Told::Event(ConnectionEvent::Reconnecting(_))), "{event:?}"),
        }
    }
    assert_eq!(completed(&events, CONNECT), Ok(()));
}

#[test]
fn a_first_connect_that_has_made_all_its_attempts_can_be_repeated_and_closed() {
    let (_deaf, address) = deaf_socket();
    let (client, events) = new_client(Protocol::default(), Some(2));
    for _ in 0..2 {
        client.connect(Host::Address(address), DEADLINE, CONNECT).unwrap();
        client.send(b"early", OperationId(1)).unwrap();
        assert_eq!(expect!(events, ConnectionEvent::Reconnecting(reconnecting) => reconnecting).attempt, 2);
        assert_eq!(completed(&events, OperationId(1)), Err(libc::ECONNREFUSED));
        assert_eq!(completed(&events, CONNECT), Err(libc::ECONNREFUSED));
        assert_eq!(client.state(), SocketState::default());
        assert_eq!(errno(client.send(b"late", OperationId(2))), libc::ENOTCONN);
    }
    client.close(CLOSE).unwrap();
    assert_closed(&events, CloseReason::Local);
}

#[test]
fn a_link_that_cannot_be_replaced_within_all_attempts_ends_the_connection() {
    let (listener, address) = listen();
    let this = Fixture::with(Protocol::default(), Some(1), (listener.try_clone().unwrap(), address));
    let peer = accept(&this.listener);
    this.assert_connects();
    let Fixture { client, events, listener: last, .. } = this;
    drop((listener, last));
    reset(peer);
    assert_eq!(expect!(events, ConnectionEvent::Reconnecting(reconnecting) => reconnecting).attempt, 1);
    assert_eq!(expect!(events, ConnectionEvent::Failed(error) => error.errno), libc::ECONNREFUSED);
    assert_eq!(expect!(events, ConnectionEvent::Closed(reason) => reason), CloseReason::Timeout);
    assert!(client.state().is_close);
}

#[test]
fn a_server_that_is_full_is_tried_again_and_rejects_in_the_end() {
    let this = Fixture::with(acknowledged(), Some(2), listen());
    let (mut peer, _) = WirePeer::greet(&this.listener);
    peer.welcome(false, SESSION);
    this.assert_connects();
    peer.cut();
    for attempt in 1..=2 {
        let (mut peer, _) = WirePeer::greet(&this.listener);
        peer.say(REFUSED, &[3]);
        assert_eq!(this.reconnecting().attempt, attempt);
    }
    assert_eq!(expect!(this.events, ConnectionEvent::Failed(error) => error.errno), libc::EUSERS);
    assert_eq!(expect!(this.events, ConnectionEvent::Closed(reason) => reason), CloseReason::Rejected);
}

#[test]
fn a_first_connect_ends_at_a_server_that_speaks_otherwise_or_has_another_key() {
    for (reason, errno) in [(1, libc::EPROTO), (2, libc::EACCES)] {
        let this = Fixture::new(acknowledged());
        let mut peer = WirePeer { stream: accept(&this.listener) };
        peer.next();
        peer.say(REFUSED, &[reason]);
        assert_eq!(completed(&this.events, CONNECT), Err(errno));
    }
}

#[test]
fn the_last_attempt_gives_the_reason_of_the_close() {
    for (reason, errno, wanted) in [(1, libc::EPROTO, CloseReason::Protocol), (2, libc::EACCES, CloseReason::Rejected)]
    {
        let this = Fixture::with(acknowledged(), Some(1), listen());
        let (mut peer, _) = WirePeer::greet(&this.listener);
        peer.welcome(false, SESSION);
        this.assert_connects();
        peer.cut();
        let mut peer = WirePeer { stream: accept(&this.listener) };
        peer.next();
        peer.say(REFUSED, &[reason]);
        assert_eq!(this.reconnecting().attempt, 1);
        assert_eq!(expect!(this.events, ConnectionEvent::Failed(error) => error.errno), errno);
        assert_eq!(expect!(this.events, ConnectionEvent::Closed(reason) => reason), wanted);
    }
}

#[test]
fn a_stranger_whose_bytes_are_no_frames_is_one_more_lost_link() {
    let this = Fixture::new(framed());
    let first = accept(&this.listener);
    this.assert_connects();
    reset(first);
    this.assert_reconnects();
    let mut stranger = accept(&this.listener);
    // A length that nobody allows.
    stranger.write_all(b"HTTP/1.1 302 Found\r\n\r\n").unwrap();
    assert_eq!(this.reconnecting().error.errno, libc::EMSGSIZE);
    expect!(this.events, ConnectionEvent::Connected(_));
    let peer = accept(&this.listener);
    this.send(b"hello", 1);
    assert_eq!(read_bytes(&peer, 9), b"\0\0\0\x05hello");
}

#[test]
fn a_stranger_on_the_port_is_one_more_failed_attempt_once_there_was_a_link() {
    let (this, peer) = Fixture::entered();
    peer.cut();
    assert_eq!(this.reconnecting().attempt, 1);
    let refused = |reason| move |mut peer: WirePeer| peer.say(REFUSED, &[reason]);
    let garbage = |mut peer: WirePeer| peer.stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    let strangers: [(i32, &dyn Fn(WirePeer)); 4] = [
        (libc::EPROTO, &refused(1)),
        (libc::EACCES, &refused(2)),
        (libc::EPROTO, &garbage),
        (libc::ECONNRESET, &WirePeer::cut),
    ];
    for (attempt, (errno, answer)) in (2..).zip(strangers) {
        let mut stranger = WirePeer { stream: accept(&this.listener) };
        stranger.next();
        answer(stranger);
        let reconnecting = this.reconnecting();
        assert_eq!((reconnecting.attempt, reconnecting.error.errno), (attempt, errno));
    }
    let (mut peer, asked) = WirePeer::greet(&this.listener);
    assert_eq!(asked, SESSION);
    peer.welcome(true, SESSION);
    expect!(this.events, ConnectionEvent::Connected(_));
}

#[test]
fn a_proxy_that_is_away_is_tried_again() {
    let (_deaf, address) = deaf_socket();
    let (client, events) = new_client(Protocol::default(), Some(3));
    let proxy = Some(Proxy { host: Host::Address(address), credentials: None });
    client.connect(Route { target: Host::Address(address), proxy }, DEADLINE, CONNECT).unwrap();
    for attempt in 2..=3 {
        let reconnecting = expect!(events, ConnectionEvent::Reconnecting(reconnecting) => reconnecting);
        assert_eq!(reconnecting.attempt, attempt);
        assert_eq!(reconnecting.error.proxy.map(|proxy| proxy.fault), Some(ProxyFault::Unreachable));
    }
    assert_eq!(completed(&events, CONNECT), Err(libc::EPROTO));
}

#[test]
fn closing_or_dropping_gives_up_whatever_is_under_way() {
    let (_deaf, address) = deaf_socket();
    let (client, events) = new_client(Protocol::default(), None);
    client.connect(Host::Address(address), DEADLINE, CONNECT).unwrap();
    expect!(events, ConnectionEvent::Reconnecting(_));
    client.close(CLOSE).unwrap();
    let cancelled = loop {
        match events.next("Completed") {
            Told::Event(ConnectionEvent::Reconnecting(_)) => {}
            event => break event,
        }
    };
    assert!(matches!(cancelled, Told::Completed(CONNECT, Err(error)) if error.errno == libc::ECANCELED));
    assert_closed(&events, CloseReason::Local);

    let (this, peer) = Fixture::entered();
    peer.cut();
    let (peer, _) = WirePeer::greet(&this.listener);
    let Fixture { client, events, .. } = this;
    drop(client);
    expect!(events, ConnectionEvent::Reconnecting(_));
    assert_eq!(expect!(events, ConnectionEvent::Closed(reason) => reason), CloseReason::Local);
    peer.assert_hears_end();
}
