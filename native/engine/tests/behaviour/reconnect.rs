//! What a client that connects again by itself does with messages, sessions and ends.

use socket_engine::{
    Client, ClientOptions, CloseReason, ConnectionEvent, Host, OperationId, Protocol, SendProgress, SocketOptions,
    Unsent,
};

use crate::events::{DEADLINE, recorder};
use crate::pair::{OVERFLOW_BYTES, assert_silent, completed, errno, socket};
use crate::peer::{accept, assert_same_bytes, listen, listen_stalling, pattern, read_bytes, reset};
use crate::reconnecting::{CONNECT, Fixture, OTHER_SESSION, SESSION, SUSPEND};
use crate::wire_peer::{BYE, CHALLENGE, DATA, Session, WirePeer, acknowledged, framed, opening};

#[test]
fn a_plain_client_is_up_again_after_its_peer_ended_or_reset_the_link() {
    let this = Fixture::new(Protocol::default());
    for round in 0..4 {
        let peer = accept(&this.listener);
        if round == 0 {
            this.assert_connects();
        } else {
            this.assert_reconnects();
        }
        this.send(b"hello", round);
        assert_eq!(read_bytes(&peer, 5), b"hello");
        if round % 2 == 0 { reset(peer) } else { drop(peer) }
    }
}

#[test]
fn a_message_that_was_partly_written_is_sent_again_as_a_whole_behind_what_was_finished() {
    let this = Fixture::with(Protocol::default(), None, listen_stalling());
    let first = accept(&this.listener);
    this.assert_connects();
    let data = pattern(1, OVERFLOW_BYTES);
    assert_eq!(this.send(&data, 1), SendProgress::Queued);
    assert_eq!(this.send(b"next", 2), SendProgress::Queued);
    read_bytes(&first, 1_000);
    reset(first);
    this.assert_reconnects();
    let second = accept(&this.listener);
    assert_same_bytes(&read_bytes(&second, data.len()), &data);
    assert_eq!(read_bytes(&second, 4), b"next");
    assert_eq!(completed(&this.events, OperationId(1)), Ok(()));
    assert_eq!(completed(&this.events, OperationId(2)), Ok(()));
    assert_eq!(this.client.queued_bytes(), 0);
}

#[test]
fn what_was_not_written_is_rejected_where_that_is_wanted() {
    let protocol = Protocol { unsent: Unsent::Reject, ..Protocol::default() };
    let this = Fixture::with(protocol, None, listen_stalling());
    let first = accept(&this.listener);
    this.assert_connects();
    assert_eq!(this.send(&pattern(1, OVERFLOW_BYTES), 1), SendProgress::Queued);
    assert_eq!(this.send(b"next", 2), SendProgress::Queued);
    reset(first);
    assert_eq!(completed(&this.events, OperationId(1)), Err(libc::ECONNRESET));
    assert_eq!(completed(&this.events, OperationId(2)), Err(libc::ECONNRESET));
    this.assert_reconnects();
    this.send(b"new", 3);
    assert_eq!(read_bytes(&accept(&this.listener), 3), b"new");
}

#[test]
fn a_client_with_acknowledge_resumes_its_session() {
    let (this, mut peer) = Fixture::entered();
    peer.say(DATA, b"a");
    expect!(this.events, ConnectionEvent::Message(_));
    peer.assert_hears_count(1);
    this.send(b"b", 1);
    this.send(b"c", 2);
    peer.assert_hears(DATA, b"b");
    peer.cut();
    let (mut peer, asked) = WirePeer::greet(&this.listener);
    assert_eq!(asked, Session { received: 1, ..SESSION });
    peer.welcome(true, Session { received: 1, ..SESSION });
    this.assert_reconnects();
    assert_eq!(completed(&this.events, OperationId(1)), Ok(()));
    peer.assert_hears(DATA, b"c");
    peer.acknowledge(2);
    assert_eq!(completed(&this.events, OperationId(2)), Ok(()));
}

#[test]
fn an_attempt_that_the_handshake_did_not_survive_changes_nothing() {
    let (this, mut peer) = Fixture::entered();
    this.send(b"a", 1);
    peer.assert_hears(DATA, b"a");
    peer.cut();
    WirePeer::greet(&this.listener).0.cut();
    let (mut peer, asked) = WirePeer::greet(&this.listener);
    assert_eq!(asked, SESSION);
    peer.welcome(true, SESSION);
    assert_eq!(this.reconnecting().attempt, 1);
    assert_eq!(this.reconnecting().attempt, 2);
    expect!(this.events, ConnectionEvent::Connected(_));
    peer.assert_hears(DATA, b"a");
}

#[test]
fn a_server_that_has_lost_the_session_fails_what_may_have_arrived_and_gets_the_rest() {
    let (this, mut peer) = Fixture::entered();
    this.send(b"a", 1);
    peer.assert_hears(DATA, b"a");
    peer.cut();
    let (mut peer, _) = WirePeer::greet(&this.listener);
    this.send(b"b", 2);
    peer.welcome(false, OTHER_SESSION);
    this.assert_reconnects();
    assert_eq!(completed(&this.events, OperationId(1)), Err(libc::ECONNRESET));
    peer.assert_hears(DATA, b"b");
    peer.acknowledge(1);
    assert_eq!(completed(&this.events, OperationId(2)), Ok(()));
    peer.cut();
    assert_eq!(WirePeer::greet(&this.listener).1, OTHER_SESSION);
}

#[test]
fn a_suspended_client_keeps_its_session_and_what_is_not_sent() {
    let (this, peer) = Fixture::entered();
    this.client.suspend(SUSPEND).unwrap();
    assert_eq!(completed(&this.events, SUSPEND), Ok(()));
    peer.assert_hears_end();
    this.send(b"kept", 1);
    assert!(!this.client.state().is_connected && !this.client.state().is_close);
    this.client.restore();
    let (mut peer, asked) = WirePeer::greet(&this.listener);
    assert_eq!(asked, SESSION);
    peer.welcome(true, SESSION);
    expect!(this.events, ConnectionEvent::Connected(_));
    peer.assert_hears(DATA, b"kept");
    this.client.restore();
    assert_silent(&this.events);
}

#[test]
fn a_client_can_be_suspended_between_two_attempts_and_begins_anew() {
    let (this, peer) = Fixture::entered();
    peer.cut();
    let (peer, _) = WirePeer::greet(&this.listener);
    this.client.suspend(SUSPEND).unwrap();
    assert_eq!(this.reconnecting().attempt, 1);
    assert_eq!(completed(&this.events, SUSPEND), Ok(()));
    peer.assert_hears_end();
    this.client.restore();
    let (mut peer, asked) = WirePeer::greet(&this.listener);
    peer.welcome(true, asked);
    expect!(this.events, ConnectionEvent::Connected(_));
}

#[test]
fn only_a_client_that_reconnects_can_be_suspended() {
    let (sink, events) = recorder();
    let client = Client::new(sink, None, ClientOptions::default());
    assert_eq!(errno(client.suspend(SUSPEND)), libc::EBADF);
    let (listener, address) = listen();
    client.connect(Host::Address(address), DEADLINE, CONNECT).unwrap();
    let _peer = accept(&listener);
    expect!(events, ConnectionEvent::Connected(_));
    assert_eq!(completed(&events, CONNECT), Ok(()));
    assert_eq!(errno(client.suspend(SUSPEND)), libc::EOPNOTSUPP);
}

#[test]
fn a_client_and_a_peer_that_have_both_ended_are_done() {
    let (this, mut peer) = Fixture::entered();
    this.send(b"question", 1);
    this.client.end(OperationId(2)).unwrap();
    peer.assert_hears(DATA, b"question");
    peer.assert_hears(BYE, &[]);
    assert_eq!(completed(&this.events, OperationId(2)), Ok(()));
    peer.acknowledge(1);
    peer.say(DATA, b"answer");
    peer.say(BYE, &[]);
    assert_eq!(completed(&this.events, OperationId(1)), Ok(()));
    expect!(this.events, ConnectionEvent::Message(_));
    expect!(this.events, ConnectionEvent::Ended);
    this.client.finish();
    peer.assert_hears_count(1);
    peer.assert_hears_end();
    assert_eq!(expect!(this.events, ConnectionEvent::Closed(reason) => reason), CloseReason::Remote);
}

#[test]
fn a_plain_client_and_a_peer_that_have_both_ended_are_done() {
    let this = Fixture::new(framed());
    let peer = accept(&this.listener);
    this.assert_connects();
    this.client.end(OperationId(1)).unwrap();
    assert_eq!(completed(&this.events, OperationId(1)), Ok(()));
    drop(peer);
    expect!(this.events, ConnectionEvent::Ended);
}

#[test]
fn a_message_of_a_wrong_size_ends_a_client_that_reconnects_too() {
    let (this, mut peer) = Fixture::entered();
    peer.say(CHALLENGE, &opening());
    assert_eq!(expect!(this.events, ConnectionEvent::Failed(error) => error.errno), libc::EPROTO);
    assert_eq!(expect!(this.events, ConnectionEvent::Closed(reason) => reason), CloseReason::Protocol);
}

#[test]
fn options_that_come_during_an_attempt_are_those_of_its_link() {
    let this = Fixture::new(acknowledged());
    let (mut peer, _) = WirePeer::greet(&this.listener);
    this.client.set_options(SocketOptions { keep_alive: Some(true), ..SocketOptions::default() }).unwrap();
    peer.welcome(false, SESSION);
    this.assert_connects();
    assert!(socket(this.client.descriptor()).keepalive().unwrap());
    let options = SocketOptions { no_delay: Some(false), ..SocketOptions::default() };
    this.client.set_options(options).unwrap();
    peer.cut();
    let (mut peer, _) = WirePeer::greet(&this.listener);
    peer.welcome(true, SESSION);
    this.assert_reconnects();
    let socket = socket(this.client.descriptor());
    assert!(socket.keepalive().unwrap() && !socket.tcp_nodelay().unwrap());
}
