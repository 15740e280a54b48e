//! A server that is closed together with its connections.

use std::net::TcpStream;
use std::time::Duration;

use socket_engine::{
    CloseReason, Connection, ConnectionEvent, Connections, OperationId, SendProgress, ServerEvent, ServerOptions,
};

use crate::events::Events;
use crate::pair::{
    CLOSE, Listening, OVERFLOW_BYTES, assert_alive, assert_reset_while_closing, assert_silent, completed, started,
};
use crate::peer::{assert_same_bytes, dial, dial_stalling, pattern, read_bytes, read_to_end, reset, wait_for_end};
use crate::wire_peer::{BYE, DATA, Session, WirePeer, acknowledged};

const DRAIN: Connections = Connections::Drain(None);

/// A connection that has sent more than the kernel takes.
fn overflowing(listening: &Listening) -> (Connection, Events, TcpStream, Vec<u8>) {
    let peer = dial_stalling(listening.address);
    let (connection, events) = started(listening.accepted());
    let data = pattern(1, OVERFLOW_BYTES);
    assert_eq!(connection.send(&data, OperationId(1)), Ok(SendProgress::Queued));
    (connection, events, peer, data)
}

fn assert_server_closed(listening: &Listening) {
    expect!(listening.events, ServerEvent::Closed);
    assert_eq!(completed(&listening.events, CLOSE), Ok(()));
    assert_silent(&listening.events);
}

#[test]
fn draining_sends_what_waits_before_it_ends_the_connections() {
    let listening = Listening::new();
    let (connection, events, peer, data) = overflowing(&listening);
    listening.server.close(DRAIN, CLOSE).unwrap();
    assert_silent(&listening.events);
    assert!(!connection.is_open());
    assert_same_bytes(&read_to_end(&peer), &data);
    assert_eq!(completed(&events, OperationId(1)), Ok(()));
    assert_eq!(expect!(events, ConnectionEvent::Closed(reason) => reason), CloseReason::Local);
    assert_server_closed(&listening);
}

#[test]
fn draining_resets_at_its_deadline_what_is_not_over() {
    let listening = Listening::new();
    let (_connection, events, peer, _) = overflowing(&listening);
    listening.server.close(Connections::Drain(Some(Duration::from_millis(20))), CLOSE).unwrap();
    assert_eq!(completed(&events, OperationId(1)), Err(libc::ECONNABORTED));
    assert_eq!(expect!(events, ConnectionEvent::Closed(reason) => reason), CloseReason::Local);
    assert_server_closed(&listening);
    wait_for_end(&peer);
}

#[test]
fn draining_fails_where_a_peer_resets_before_it_has_everything() {
    let listening = Listening::new();
    let (_kept, _, kept_peer, data) = overflowing(&listening);
    let (connection, events, peer, _) = overflowing(&listening);
    listening.server.close(DRAIN, CLOSE).unwrap();
    assert_silent(&listening.events);
    assert!(!connection.is_open());
    reset(peer);
    assert_eq!(completed(&events, OperationId(1)), Err(libc::ECONNRESET));
    assert_eq!(expect!(events, ConnectionEvent::Closed(reason) => reason), CloseReason::Reset);
    assert_silent(&listening.events);
    assert_same_bytes(&read_to_end(&kept_peer), &data);
    expect!(listening.events, ServerEvent::Closed);
    assert_eq!(completed(&listening.events, CLOSE), Err(libc::ECONNRESET));
}

#[test]
fn closing_a_server_does_not_fail_for_what_it_loses_on_purpose_or_was_lost_before() {
    for connections in [Connections::Abort, DRAIN] {
        let listening = Listening::new();
        let (connection, events, peer, _) = overflowing(&listening);
        connection.close(Some(CLOSE)).unwrap();
        reset(peer);
        assert_eq!(completed(&events, OperationId(1)), Err(libc::ECONNRESET));
        assert_reset_while_closing(&events);
        if matches!(connections, Connections::Abort) {
            let (_aborted, ..) = overflowing(&listening);
        }
        listening.server.close(connections, CLOSE).unwrap();
        assert_server_closed(&listening);
    }
}

#[test]
fn aborting_resets_at_once_also_what_is_closing_already() {
    let listening = Listening::new();
    let (first, first_events, first_peer, _) = overflowing(&listening);
    let (_second, second_events, second_peer, _) = overflowing(&listening);
    first.close(None).unwrap();
    listening.server.close(Connections::Abort, CLOSE).unwrap();
    for events in [first_events, second_events] {
        assert_eq!(completed(&events, OperationId(1)), Err(libc::ECONNABORTED));
        assert_eq!(expect!(events, ConnectionEvent::Closed(reason) => reason), CloseReason::Local);
    }
    assert_server_closed(&listening);
    wait_for_end(&first_peer);
    wait_for_end(&second_peer);
}

#[test]
fn keeping_leaves_the_connections_alone() {
    let listening = Listening::new();
    let peer = dial(listening.address);
    let (connection, events) = started(listening.accepted());
    listening.close();
    assert_alive(&connection, &events, &peer);
}

#[test]
fn a_connection_that_is_started_after_its_server_was_aborted_is_reset() {
    for connections in [Connections::Abort, DRAIN] {
        let listening = Listening::new();
        let peer = dial(listening.address);
        let pending = listening.accepted();
        listening.server.close(connections, CLOSE).unwrap();
        assert_server_closed(&listening);
        let (connection, events) = started(pending);
        assert_eq!(expect!(events, ConnectionEvent::Closed(reason) => reason), CloseReason::Local);
        assert!(!connection.is_open());
        wait_for_end(&peer);
    }
}

#[test]
fn a_server_that_listens_again_starts_connections_as_before() {
    let listening = Listening::new();
    listening.server.close(Connections::Abort, CLOSE).unwrap();
    assert_server_closed(&listening);
    let address = listening.server.listen(crate::peer::ANY_PORT).unwrap();
    let peer = dial(address);
    let (connection, events) = started(listening.accepted());
    assert_alive(&connection, &events, &peer);
}

#[test]
fn draining_waits_for_acknowledgements_and_not_for_peers_that_are_away() {
    let listening = Listening::with(ServerOptions {
        protocol: acknowledged(),
        return_timeout: Duration::from_secs(3_600),
        ..ServerOptions::default()
    });
    let (mut here, ..) = WirePeer::enter(listening.address, Session::default());
    let (connection, events) = started(listening.accepted());
    let (away, ..) = WirePeer::enter(listening.address, Session::default());
    let (_away, away_events) = started(listening.accepted());
    away.cut();
    expect!(away_events, ConnectionEvent::Reconnecting(_));
    connection.send(b"last", OperationId(1)).unwrap();
    listening.server.close(DRAIN, CLOSE).unwrap();
    assert_eq!(expect!(away_events, ConnectionEvent::Closed(reason) => reason), CloseReason::Local);
    here.assert_hears(DATA, b"last");
    here.assert_hears(BYE, &[]);
    assert_silent(&events);
    here.acknowledge(1);
    assert_eq!(completed(&events, OperationId(1)), Ok(()));
    assert_eq!(expect!(events, ConnectionEvent::Closed(reason) => reason), CloseReason::Local);
    assert_server_closed(&listening);
}

#[test]
fn a_dropped_server_leaves_its_connections_alone() {
    let listening = Listening::new();
    let peer = dial(listening.address);
    let (connection, connection_events) = started(listening.accepted());
    drop(listening.server);
    assert_alive(&connection, &connection_events, &peer);
    assert_eq!(read_bytes(&peer, 0), b"");
}
