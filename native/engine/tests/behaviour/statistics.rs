//! What went through, and what waits.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use socket_engine::{ConnectionEvent, OperationId, Protocol, ServerOptions, Statistics};

use crate::pair::{
    Listening, OVERFLOW_BYTES, Pair, assert_closed, completed, let_the_worker_catch_up, overflow, started,
};
use crate::peer::{dial, pattern, read_bytes};
use crate::wire_peer::{DATA, Session, WirePeer, acknowledged, framed};

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

fn without_time(statistics: Statistics) -> Statistics {
    Statistics { last_activity_ms: 0, ..statistics }
}

#[test]
fn messages_count_without_what_framing_adds_in_the_connection_and_in_its_server() {
    let listening = Listening::with(ServerOptions { protocol: framed(), ..ServerOptions::default() });
    let mut peer = dial(listening.address);
    let (connection, events) = started(listening.accepted());
    assert_eq!(connection.statistics(), Statistics::default());
    let before = now_ms();
    peer.write_all(b"\0\0\0\x03abc\0\0\0\x02de").unwrap();
    expect!(events, ConnectionEvent::Message(_));
    expect!(events, ConnectionEvent::Message(_));
    connection.send(b"1234", OperationId(1)).unwrap();
    read_bytes(&peer, 8);
    let wanted = Statistics {
        received_bytes: 5,
        received_messages: 2,
        sent_bytes: 4,
        sent_messages: 1,
        receive_queue_bytes: 5,
        ..Statistics::default()
    };
    assert_eq!(without_time(connection.statistics()), wanted);
    assert_eq!(without_time(listening.server.statistics()), wanted);
    assert!((before..=now_ms()).contains(&connection.statistics().last_activity_ms));
    connection.consume(3);
    assert_eq!(connection.statistics().receive_queue_bytes, 2);
    connection.consume(2);
    assert_eq!(connection.statistics().receive_queue_bytes, 0);
}

#[test]
fn what_waits_to_be_sent_shows_until_it_is_sent() {
    let pair = Pair::stalling();
    overflow(&pair.connection, OperationId(1), &pattern(1, OVERFLOW_BYTES));
    let_the_worker_catch_up();
    let statistics = pair.connection.statistics();
    assert_eq!(statistics.send_queue_bytes, pair.connection.queued_bytes() as u64);
    assert!(statistics.send_queue_bytes > 0);
    assert_eq!(pair.listening.server.statistics().send_queue_bytes, statistics.send_queue_bytes);
    read_bytes(&pair.peer, OVERFLOW_BYTES);
    assert_eq!(completed(&pair.events, OperationId(1)), Ok(()));
    assert_eq!(pair.connection.statistics().send_queue_bytes, 0);
}

#[test]
fn a_refused_send_counts_nothing() {
    let pair = Pair::new();
    pair.close();
    assert_closed(&pair.events, socket_engine::CloseReason::Local);
    pair.connection.send(b"late", OperationId(1)).unwrap_err();
    assert_eq!(pair.connection.statistics(), Statistics::default());
}

#[test]
fn a_message_that_is_sent_again_after_a_cut_counts_once() {
    let listening = Listening::with(ServerOptions { protocol: acknowledged(), ..ServerOptions::default() });
    let (mut peer, _, session) = WirePeer::enter(listening.address, Session::default());
    let (connection, events) = started(listening.accepted());
    connection.send(b"abc", OperationId(1)).unwrap();
    peer.assert_hears(DATA, b"abc");
    peer.cut();
    let (mut peer, ..) = WirePeer::enter(listening.address, session);
    peer.assert_hears(DATA, b"abc");
    peer.acknowledge(1);
    expect!(events, ConnectionEvent::Reconnecting(_));
    expect!(events, ConnectionEvent::Connected(_));
    assert_eq!(completed(&events, OperationId(1)), Ok(()));
    let Statistics { sent_bytes, sent_messages, send_queue_bytes, .. } = connection.statistics();
    assert_eq!((sent_bytes, sent_messages, send_queue_bytes), (3, 1, 0));
}

#[test]
fn a_server_goes_on_counting_what_ended_connections_did() {
    let listening = Listening::with(ServerOptions { protocol: Protocol::default(), ..ServerOptions::default() });
    for round in 1..=3 {
        let peer = dial(listening.address);
        let (connection, events) = started(listening.accepted());
        connection.send(b"x", OperationId(1)).unwrap();
        read_bytes(&peer, 1);
        drop(connection);
        expect!(events, ConnectionEvent::Closed(_));
        assert_eq!(listening.server.statistics().sent_messages, round);
    }
}
