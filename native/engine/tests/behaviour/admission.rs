//! Who is let in, who is turned away, and what both sides hear of it.

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use socket_engine::limits::{HANDSHAKE_STEP_TIMEOUT, PENDING_CONNECTIONS, PENDING_HANDSHAKES};
use socket_engine::{
    Client, ClientOptions, CloseReason, ConnectionEvent, Connections, Host, Key, OperationId, Protocol, RejectReason,
    ServerEvent, ServerOptions,
};

use crate::events::{DEADLINE, Events, recorder};
use crate::pair::{CLOSE, Listening, assert_silent, completed, started};
use crate::peer::{dial, read_to_end, reset, wait_for_end};
use crate::wire_peer::{CHALLENGE, HELLO, PROOF, REFUSED, Session, WELCOME, WirePeer, acknowledged, framed, opening};

const CONNECT: OperationId = OperationId(900);

fn keyed(key: u8) -> Protocol {
    Protocol { key: Key::from_bytes(&[key; 16]).ok().map(Arc::new), ..framed() }
}

fn listening(protocol: Protocol, max_connections: Option<usize>) -> Listening {
    Listening::with(ServerOptions { protocol, max_connections, ..ServerOptions::default() })
}

fn connecting(protocol: Protocol, listening: &Listening) -> (Client, Events) {
    let (sink, events) = recorder();
    let client = Client::new(sink, None, ClientOptions { protocol, reconnect: None });
    client.connect(Host::Address(listening.address), DEADLINE, CONNECT).unwrap();
    (client, events)
}

fn connected(protocol: Protocol, listening: &Listening) -> (Client, Events) {
    let (client, events) = connecting(protocol, listening);
    expect!(events, ConnectionEvent::Connected(_));
    assert_eq!(completed(&events, CONNECT), Ok(()));
    (client, events)
}

fn assert_rejected(listening: &Listening, wanted: RejectReason) {
    assert_eq!(expect!(listening.events, ServerEvent::Rejected(_, reason) => reason), wanted);
    listening.server.consume_rejection();
}

#[test]
fn two_sides_with_the_same_key_exchange_messages() {
    let listening = listening(keyed(1), None);
    let (client, events) = connected(keyed(1), &listening);
    let (connection, server_events) = started(listening.accepted());
    client.send(b"to the server", OperationId(1)).unwrap();
    connection.send(b"to the client", OperationId(1)).unwrap();
    assert_eq!(&expect!(server_events, ConnectionEvent::Message(message) => message)[..], b"to the server");
    assert_eq!(&expect!(events, ConnectionEvent::Message(message) => message)[..], b"to the client");
    client.close(CLOSE).unwrap();
    expect!(server_events, ConnectionEvent::Ended);
}

#[test]
fn a_client_with_another_key_is_turned_away_and_never_seen() {
    let listening = listening(keyed(1), None);
    let (_client, events) = connecting(keyed(2), &listening);
    assert_eq!(completed(&events, CONNECT), Err(libc::EACCES));
    assert_rejected(&listening, RejectReason::Key);
    assert_silent(&listening.events);
}

#[test]
fn sides_with_other_terms_do_not_connect() {
    let listening = listening(keyed(1), None);
    let (_client, events) = connecting(acknowledged(), &listening);
    assert_eq!(completed(&events, CONNECT), Err(libc::EPROTO));
    assert_rejected(&listening, RejectReason::Protocol);
}

#[test]
fn a_peer_with_another_protocol_is_rejected() {
    let listening = listening(keyed(1), None);
    let mut peer = dial(listening.address);
    peer.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    wait_for_end(&peer);
    assert_rejected(&listening, RejectReason::Protocol);
    reset(dial(listening.address));
    assert_rejected(&listening, RejectReason::Protocol);
    assert_silent(&listening.events);
}

#[test]
fn a_silent_peer_is_rejected_at_the_timeout() {
    let listening = listening(Protocol { handshake_timeout: Duration::from_millis(20), ..keyed(1) }, None);
    let peer = dial(listening.address);
    assert_rejected(&listening, RejectReason::Timeout);
    assert_eq!(read_to_end(&peer), b"");
}

#[test]
fn silent_peers_are_rejected_after_one_second_while_others_wait() {
    let listening = listening(keyed(1), None);
    let silent: Vec<TcpStream> = (0..PENDING_HANDSHAKES).map(|_| dial(listening.address)).collect();
    let start = Instant::now();
    let (_client, _events) = connected(keyed(1), &listening);
    assert!(start.elapsed() >= HANDSHAKE_STEP_TIMEOUT - Duration::from_millis(100), "{:?}", start.elapsed());
    assert_rejected(&listening, RejectReason::Limit);
    assert_eq!(read_to_end(&silent[0]), b"");
}

#[test]
fn the_handshake_timeout_is_stopped_while_no_connections_are_started() {
    let protocol = Protocol { handshake_timeout: Duration::from_millis(500), ..acknowledged() };
    let listening = listening(protocol, None);
    let enter = |_| {
        let mut peer = WirePeer { stream: dial(listening.address) };
        peer.say(HELLO, &opening());
        assert_eq!(peer.next().0, CHALLENGE);
        peer.say(PROOF, &Session::default().fields());
        peer
    };
    let mut peers: Vec<WirePeer> = (0..=PENDING_CONNECTIONS).map(enter).collect();
    let pending: Vec<_> = (0..PENDING_CONNECTIONS).map(|_| listening.accepted()).collect();
    // Somebody else's time is over, so that of the last one would be.
    let silent = dial(listening.address);
    let rejected = expect!(listening.events, ServerEvent::Rejected(peer, RejectReason::Timeout) => peer);
    assert_eq!(rejected, silent.local_addr().unwrap());
    drop(pending);
    assert_eq!(peers.pop().unwrap().next().0, WELCOME);
    listening.accepted();
}

#[test]
fn one_connection_too_many_is_turned_away_until_another_one_ends() {
    let listening = listening(keyed(1), Some(1));
    let (first, first_events) = connected(keyed(1), &listening);
    let (connection, server_events) = started(listening.accepted());
    let (_second, second_events) = connecting(keyed(1), &listening);
    assert_eq!(completed(&second_events, CONNECT), Err(libc::EUSERS));
    assert_rejected(&listening, RejectReason::Limit);
    first.close(CLOSE).unwrap();
    expect!(first_events, ConnectionEvent::Closed(_));
    expect!(server_events, ConnectionEvent::Ended);
    connection.close(None).unwrap();
    expect!(server_events, ConnectionEvent::Closed(CloseReason::Remote));
    let (_third, _events) = connected(keyed(1), &listening);
    listening.accepted();
}

#[test]
fn a_plain_server_turns_one_too_many_away_as_well() {
    let listening = listening(Protocol::default(), Some(1));
    let _first = dial(listening.address);
    let pending = listening.accepted();
    let second = dial(listening.address);
    assert_rejected(&listening, RejectReason::Limit);
    assert_eq!(read_to_end(&second), b"");
    drop(pending);
    let _third = dial(listening.address);
    listening.accepted();
}

#[test]
fn a_peer_that_starts_anew_is_let_in_though_its_old_session_waits() {
    let listening = listening(acknowledged(), Some(1));
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let (peer, resumed, _) = WirePeer::enter(listening.address, Session::default());
        assert!(!resumed);
        let (connection, events) = started(listening.accepted());
        peer.cut();
        expect!(events, ConnectionEvent::Reconnecting(_));
        waiting.push((connection, events));
    }
    // As many sessions may wait as there may be connections.
    for (_, events) in &waiting[..2] {
        assert_eq!(expect!(events, ConnectionEvent::Failed(error) => error.errno), libc::ETIMEDOUT);
        assert_eq!(expect!(events, ConnectionEvent::Closed(reason) => reason), CloseReason::Timeout);
    }
    assert_silent(&waiting[2].1);
}

#[test]
fn resuming_a_session_of_a_full_server_is_rejected_and_the_session_kept() {
    let listening = listening(acknowledged(), Some(2));
    let (first, _, session) = WirePeer::enter(listening.address, Session::default());
    let (_connection, events) = started(listening.accepted());
    first.cut();
    expect!(events, ConnectionEvent::Reconnecting(_));
    let (second, _, _) = WirePeer::enter(listening.address, Session::default());
    let (_second_connection, second_events) = started(listening.accepted());
    let _third = WirePeer::enter(listening.address, Session::default());
    let _third_connection = started(listening.accepted());
    let mut returning = WirePeer { stream: dial(listening.address) };
    returning.say(HELLO, &opening());
    assert_eq!(returning.next().0, CHALLENGE);
    returning.say(PROOF, &session.fields());
    returning.assert_hears(REFUSED, &[3]);
    assert_rejected(&listening, RejectReason::Limit);
    second.cut();
    expect!(second_events, ConnectionEvent::Reconnecting(_));
    assert!(WirePeer::enter(listening.address, session).1);
    expect!(events, ConnectionEvent::Connected(_));
}

#[test]
fn a_burst_of_peers_with_the_key_is_admitted_before_connections_are_started() {
    let listening = listening(acknowledged(), None);
    let dialled: Vec<TcpStream> = (0..PENDING_HANDSHAKES + 32).map(|_| dial(listening.address)).collect();
    let mut peers: Vec<WirePeer> = dialled.into_iter().map(|stream| WirePeer { stream }).collect();
    for peer in &mut peers {
        peer.say(HELLO, &opening());
    }
    let mut pending = Vec::new();
    for peer in &mut peers {
        assert_eq!(peer.next().0, CHALLENGE);
        peer.say(PROOF, &Session::default().fields());
        assert_eq!(peer.next().0, WELCOME);
        pending.push(listening.accepted());
        if pending.len() == PENDING_CONNECTIONS {
            pending.clear();
        }
    }
}

#[test]
fn an_authenticated_peer_is_not_rejected_while_no_connections_are_started() {
    let listening = listening(acknowledged(), None);
    let enter = |_| {
        let mut peer = WirePeer { stream: dial(listening.address) };
        peer.say(HELLO, &opening());
        assert_eq!(peer.next().0, CHALLENGE);
        peer.say(PROOF, &Session::default().fields());
        peer
    };
    let mut proved: Vec<WirePeer> = (0..PENDING_CONNECTIONS + PENDING_HANDSHAKES).map(enter).collect();
    let crowd: Vec<TcpStream> = (0..PENDING_HANDSHAKES).map(|_| dial(listening.address)).collect();
    for peer in &mut proved {
        drop(listening.accepted());
        assert_eq!(peer.next().0, WELCOME);
    }
    drop(crowd);
}

#[test]
fn closing_the_server_ends_the_handshakes_under_way() {
    let listening = listening(keyed(1), None);
    let peer = dial(listening.address);
    let (_client, _events) = connected(keyed(1), &listening);
    listening.accepted();
    listening.server.close(Connections::Keep, CLOSE).unwrap();
    assert_eq!(read_to_end(&peer), b"");
    expect!(listening.events, ServerEvent::Closed);
    assert_eq!(completed(&listening.events, CLOSE), Ok(()));
    assert_silent(&listening.events);
}

#[test]
fn dropping_the_server_ends_the_handshakes_under_way() {
    let Listening { server, events, address } = listening(keyed(1), None);
    let peer = dial(address);
    drop(server);
    wait_for_end(&peer);
    drop(events);
}
