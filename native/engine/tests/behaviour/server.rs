//! Listening, accepting, and giving ports back.

use std::io::Write;
use std::net::TcpListener;

use socket_engine::limits::PENDING_CONNECTIONS;
use socket_engine::{
    CloseReason, Closing, ConnectionEvent, Connections, Operation, OperationId, Server, ServerEvent, ServerOptions,
    SocketState,
};

use crate::events::{Told, recorder};
use crate::pair::{
    CLOSE, Listening, Pair, assert_alive, assert_broken, assert_closed, assert_silent, completed, errno, received,
    started,
};
use crate::peer::{
    ANY_PORT, OTHER_MACHINE, deaf_socket, dial, new_socket, own_address, read_to_end, reset, wait_for_end,
};

#[test]
fn a_listening_server_reports_its_port_and_accepts_connections() {
    let pair = Pair::new();
    assert_ne!(pair.listening.address.port(), 0);
    assert_eq!(pair.listening.server.local_address(), Ok(pair.listening.address));
    assert_eq!(pair.connection.peer(), Some(pair.peer.local_addr().unwrap()));
    assert_eq!(pair.connection.remote_address(), Ok(pair.peer.local_addr().unwrap()));
    assert_eq!(pair.connection.local_address(), Ok(pair.peer.peer_addr().unwrap()));
    assert_alive(&pair.connection, &pair.events, &pair.peer);
}

#[test]
fn a_port_is_free_when_close_completes() {
    for _ in 0..50 {
        let listening = Listening::new();
        listening.close();
        let bound = new_socket().bind(&listening.address.into());
        assert!(bound.is_ok(), "{bound:?}");
    }
}

#[test]
fn a_server_listens_on_several_ports_and_frees_all_of_them() {
    let listening = Listening::new();
    let second = listening.server.listen(own_address()).unwrap();
    assert_eq!(listening.server.local_address(), Ok(second));
    for address in [listening.address, second] {
        let peer = dial(address);
        let pending = listening.accepted();
        assert_eq!(pending.peer(), peer.local_addr().unwrap());
        // Reset, so that no connection in TIME_WAIT holds the port.
        reset(peer);
    }
    listening.close();
    for address in [listening.address, second] {
        new_socket().bind(&address.into()).unwrap();
    }
}

#[test]
fn more_ports_than_connections_may_wait_are_all_served() {
    let listening = Listening::new();
    let mut newest = listening.address;
    for _ in 0..PENDING_CONNECTIONS {
        newest = listening.server.listen(ANY_PORT).unwrap();
    }
    for address in [newest, listening.address] {
        let peer = dial(address);
        assert_eq!(listening.accepted().peer(), peer.local_addr().unwrap());
    }
}

#[test]
fn connections_outlive_their_listener_and_the_port_can_be_listened_on_beside_them() {
    let pair = Pair::new();
    pair.listening.close();
    let again = pair.listening.server.listen(pair.listening.address);
    assert_eq!(again, Ok(pair.listening.address));
    assert_alive(&pair.connection, &pair.events, &pair.peer);
    let peer = dial(pair.listening.address);
    assert_eq!(pair.listening.accepted().peer(), peer.local_addr().unwrap());
}

#[test]
fn a_server_that_listens_on_an_address_already_goes_on_and_counts_it_as_the_newest() {
    let listening = Listening::new();
    let other = listening.server.listen(ANY_PORT).unwrap();
    assert_eq!(listening.server.local_address(), Ok(other));
    let descriptor = listening.server.descriptor();
    assert_eq!(listening.server.listen(listening.address), Ok(listening.address));
    assert_eq!(listening.server.local_address(), Ok(listening.address));
    assert_ne!(listening.server.descriptor(), descriptor);
    for address in [listening.address, other] {
        let peer = dial(address);
        assert_eq!(listening.accepted().peer(), peer.local_addr().unwrap());
    }
    listening.close();
    TcpListener::bind(listening.address).unwrap();
}

#[test]
fn listen_on_a_port_in_use_fails() {
    let foreign = TcpListener::bind(ANY_PORT).unwrap();
    let (_deaf, unlistened) = deaf_socket();
    let own = Listening::new();
    for taken in [foreign.local_addr().unwrap(), unlistened, own.address] {
        let (sink, _events) = recorder();
        let server = Server::new(sink, ServerOptions::default());
        let error = server.listen(taken).unwrap_err();
        assert_eq!((error.operation, error.address, error.errno), (Operation::Listen, Some(taken), libc::EADDRINUSE));
        assert_eq!(server.state(), SocketState::default());
    }
}

#[test]
fn an_address_of_another_machine_is_refused() {
    let (sink, _events) = recorder();
    let refused = Server::new(sink, ServerOptions::default()).listen(OTHER_MACHINE);
    assert_eq!(errno(refused), libc::EADDRNOTAVAIL);
}

#[test]
fn a_server_that_does_not_listen_has_no_address() {
    let (sink, _events) = recorder();
    let unopened = Server::new(sink, ServerOptions::default());
    let closed = Listening::new();
    closed.close();
    for server in [&unopened, &closed.server] {
        assert_eq!(errno(server.local_address()), libc::EBADF);
    }
}

#[test]
fn closing_a_server_that_never_listened_is_over_at_once() {
    let (sink, events) = recorder();
    let server = Server::new(sink, ServerOptions::default());
    assert_eq!(server.close(Connections::Keep, CLOSE), Ok(Closing::Over));
    assert_silent(&events);
}

#[test]
fn only_so_many_connections_are_handed_over_before_one_is_started() {
    let listening = Listening::new();
    let peers: Vec<_> = (0..PENDING_CONNECTIONS + 3).map(|_| dial(listening.address)).collect();
    let mut pending: Vec<_> = (0..PENDING_CONNECTIONS).map(|_| listening.accepted()).collect();
    assert_silent(&listening.events);

    let (first, first_events) = started(pending.remove(0));
    assert_eq!(listening.accepted().peer(), peers[PENDING_CONNECTIONS].local_addr().unwrap());
    assert_alive(&first, &first_events, &peers[0]);
}

#[test]
fn a_connection_that_is_given_up_unstarted_ends_and_makes_room() {
    let listening = Listening::new();
    let peers: Vec<_> = (0..=PENDING_CONNECTIONS).map(|_| dial(listening.address)).collect();
    let mut pending: Vec<_> = (0..PENDING_CONNECTIONS).map(|_| listening.accepted()).collect();
    drop(pending.remove(0));
    assert_eq!(read_to_end(&peers[0]), b"");
    assert_eq!(listening.accepted().peer(), peers[PENDING_CONNECTIONS].local_addr().unwrap());
}

#[test]
fn data_sent_before_disconnect_is_delivered_after_start() {
    let listening = Listening::new();
    let mut peer = dial(listening.address);
    let pending = listening.accepted();
    peer.write_all(b"last words").unwrap();
    reset(peer);
    let (_connection, events) = started(pending);
    let (data, failed) = received(&events);
    assert_eq!(data, b"last words");
    assert!(
        matches!(&failed, Told::Event(ConnectionEvent::Failed(error)) if error.errno == libc::ECONNRESET),
        "{failed:?}"
    );
    assert_eq!(expect!(events, ConnectionEvent::Closed(reason) => reason), CloseReason::Reset);
}

#[test]
fn a_dropped_server_stops_listening_and_leaves_its_connections() {
    let pair = Pair::new();
    let unserved: Vec<_> = (0..PENDING_CONNECTIONS + 3).map(|_| dial(pair.listening.address)).collect();
    let _pending: Vec<_> = (0..PENDING_CONNECTIONS).map(|_| pair.listening.accepted()).collect();
    drop(pair.listening.server);
    wait_for_end(unserved.last().unwrap());
    assert_alive(&pair.connection, &pair.events, &pair.peer);
}

#[test]
fn the_state_follows_listeners_and_connections() {
    let (sink, events) = recorder();
    let server = Server::new(sink, ServerOptions::default());
    assert_eq!(server.state(), SocketState::default());
    assert!(!server.is_listening());

    let address = server.listen(ANY_PORT).unwrap();
    assert_eq!(server.state(), flags(true, false, false));
    assert!(server.is_listening());

    let _peer = dial(address);
    expect!(events, ServerEvent::Accepted);
    let (connection, connection_events) = started(server.accept().unwrap());
    assert_eq!(server.state(), flags(true, false, true));

    server.close(Connections::Keep, OperationId(1)).unwrap();
    expect!(events, ServerEvent::Closed);
    assert_eq!(completed(&events, OperationId(1)), Ok(()));
    assert_eq!(server.state(), flags(false, true, true));

    connection.close(Some(CLOSE)).unwrap();
    assert_closed(&connection_events, CloseReason::Local);
    assert_eq!(server.state(), flags(false, true, false));

    server.listen(address).unwrap();
    assert_eq!(server.state(), flags(true, false, false));
}

#[test]
fn a_broken_connection_is_no_longer_counted() {
    let Pair { listening, events, peer, connection } = Pair::new();
    assert!(listening.server.state().is_connected);
    reset(peer);
    assert_broken(&events, libc::ECONNRESET);
    assert!(!listening.server.state().is_connected);
    assert_eq!(errno(connection.close(None)), libc::EBADF);
}

fn flags(is_bound: bool, is_close: bool, is_connected: bool) -> SocketState {
    SocketState { is_bound, is_close, is_connected }
}
