//! What a close from this side sends, leaves behind and answers.

use std::io::Write;
use std::net::Shutdown;
use std::thread;

use socket_engine::limits::LINGER_TIMEOUT;
use socket_engine::{CloseReason, ConnectionEvent, OperationId, SocketState};

use crate::pair::{
    CLOSE, OVERFLOW_BYTES, Pair, assert_alive, assert_closed, assert_reset_while_closing, assert_silent, completed,
    errno, overflow,
};
use crate::peer::{assert_same_bytes, ends_within, pattern, read_to_end, reset, write_and_end};

#[test]
fn the_fin_goes_out_at_once_though_the_peer_stays_open() {
    let pair = Pair::new();
    pair.close();
    assert!(ends_within(&pair.peer, LINGER_TIMEOUT / 2), "the peer must not wait for the lingering");
    assert_closed(&pair.events, CloseReason::Local);
}

#[test]
fn the_fin_follows_everything_that_was_queued() {
    let pair = Pair::stalling();
    let data = pattern(0, OVERFLOW_BYTES);
    overflow(&pair.connection, OperationId(1), &data);
    overflow(&pair.connection, OperationId(2), b"the end");
    pair.close();
    let got = read_to_end(&pair.peer);
    assert_same_bytes(&got[..data.len()], &data);
    assert_eq!(&got[data.len()..], b"the end");
    assert_eq!(completed(&pair.events, OperationId(1)), Ok(()));
    assert_eq!(completed(&pair.events, OperationId(2)), Ok(()));
    assert_closed(&pair.events, CloseReason::Local);
}

#[test]
fn a_close_is_not_answered_before_the_queue_is_sent() {
    let pair = Pair::stalling();
    overflow(&pair.connection, OperationId(1), &pattern(0, OVERFLOW_BYTES));
    pair.close();
    assert_silent(&pair.events);
    read_to_end(&pair.peer);
    assert_eq!(completed(&pair.events, OperationId(1)), Ok(()));
    assert_closed(&pair.events, CloseReason::Local);
}

#[test]
fn a_peer_that_only_ended_its_own_side_gets_the_replies_queued_before_the_close() {
    let pair = Pair::stalling();
    write_and_end(&pair.peer, b"request");
    expect!(pair.events, ConnectionEvent::Received(_));
    expect!(pair.events, ConnectionEvent::Ended);
    let reply = pattern(0, OVERFLOW_BYTES);
    overflow(&pair.connection, OperationId(1), &reply);
    pair.close();
    assert_same_bytes(&read_to_end(&pair.peer), &reply);
    assert_eq!(completed(&pair.events, OperationId(1)), Ok(()));
    assert_closed(&pair.events, CloseReason::Remote);
}

#[test]
fn closing_with_unread_bytes_does_not_destroy_what_was_sent_before() {
    let pair = Pair::new();
    // More than is received without being consumed, so that the kernel holds unread bytes.
    let unread = pattern(0, OVERFLOW_BYTES);
    thread::scope(|scope| {
        scope.spawn(|| write_and_end(&pair.peer, &unread));
        expect!(pair.events, ConnectionEvent::Received(_));
        pair.connection.send(b"answer", OperationId(1)).unwrap();
        pair.close();
    });
    assert_eq!(read_to_end(&pair.peer), b"answer");
}

#[test]
fn what_arrives_after_a_close_is_not_reported() {
    let pair = Pair::new();
    pair.close();
    assert_eq!(read_to_end(&pair.peer), b"");
    write_and_end(&pair.peer, b"too late");
    assert_closed(&pair.events, CloseReason::Local);
    assert_silent(&pair.events);
}

#[test]
fn a_closed_peer_that_never_stops_sending_is_reset_and_blocks_no_other() {
    let pair = Pair::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            let chunk = pattern(0, 1024 * 1024);
            while (&pair.peer).write_all(&chunk).is_ok() {}
        });
        expect!(pair.events, ConnectionEvent::Received(_));
        pair.close();
        let other = Pair::new();
        assert_alive(&other.connection, &other.events, &other.peer);
    });
}

#[test]
fn everything_but_consuming_is_refused_after_a_close() {
    let pair = Pair::new();
    pair.close();
    assert_eq!(errno(pair.connection.close(Some(OperationId(2)))), libc::EBADF);
    assert_closed(&pair.events, CloseReason::Local);
    assert_eq!(errno(pair.connection.close(Some(OperationId(3)))), libc::EBADF);
    assert_eq!(errno(pair.connection.send(b"x", OperationId(4))), libc::EBADF);
    assert_eq!(errno(pair.connection.remote_address()), libc::EBADF);
    assert_eq!(errno(pair.connection.local_address()), libc::EBADF);
    assert_eq!(pair.connection.peer(), Some(pair.peer.local_addr().unwrap()));
    assert_silent(&pair.events);
}

#[test]
fn is_open_reports_the_state_of_a_connection() {
    let pair = Pair::new();
    assert!(pair.connection.is_open() && pair.connection.is_connected());
    pair.close();
    assert!(!pair.connection.is_open() && !pair.connection.is_connected());
}

#[test]
fn dropping_a_connection_sends_what_was_queued_and_ends_it() {
    let Pair { connection, events, peer, listening } = Pair::stalling();
    let data = pattern(0, OVERFLOW_BYTES);
    overflow(&connection, OperationId(1), &data);
    drop(connection);
    assert_same_bytes(&read_to_end(&peer), &data);
    assert_eq!(completed(&events, OperationId(1)), Ok(()));
    assert_eq!(expect!(events, ConnectionEvent::Closed(reason) => reason), CloseReason::Local);
    let still_listening = SocketState { is_bound: true, ..SocketState::default() };
    assert_eq!(listening.server.state(), still_listening);
}

#[test]
fn a_peer_that_resets_while_the_queue_drains_fails_the_sends_and_the_close() {
    let Pair { connection, events, peer, .. } = Pair::stalling();
    overflow(&connection, OperationId(1), &pattern(0, OVERFLOW_BYTES));
    overflow(&connection, OperationId(2), b"x");
    connection.close(Some(CLOSE)).unwrap();
    reset(peer);
    for operation_id in [OperationId(1), OperationId(2)] {
        let result = completed(&events, operation_id);
        assert!([Err(libc::ECONNRESET), Err(libc::EPIPE)].contains(&result), "{result:?}");
    }
    assert_reset_while_closing(&events);
}

#[test]
fn end_sends_fin_after_the_queue_and_receives_on() {
    let Pair { connection, events, peer, .. } = Pair::stalling();
    let data = pattern(0, OVERFLOW_BYTES);
    overflow(&connection, OperationId(1), &data);
    connection.end(OperationId(2)).unwrap();
    assert_eq!(errno(connection.send(b"late", OperationId(3))), libc::EPIPE);
    assert_eq!(errno(connection.end(OperationId(4))), libc::EPIPE);
    assert_same_bytes(&read_to_end(&peer), &data);
    assert_eq!(completed(&events, OperationId(1)), Ok(()));
    assert_eq!(completed(&events, OperationId(2)), Ok(()));
    events.assert_drained();
    (&peer).write_all(b"reply").unwrap();
    assert_eq!(expect!(events, ConnectionEvent::Received(bytes) => bytes), "reply");
}

#[test]
fn an_abort_resets_the_peer_and_fails_what_was_queued() {
    let Pair { connection, events, peer, .. } = Pair::stalling();
    overflow(&connection, OperationId(1), &pattern(0, OVERFLOW_BYTES));
    connection.abort(CLOSE).unwrap();
    assert_eq!(completed(&events, OperationId(1)), Err(libc::ECONNABORTED));
    assert_closed(&events, CloseReason::Local);
    // What the kernel had taken may be read before the reset.
    let received = std::io::copy(&mut (&peer), &mut std::io::sink());
    assert!(received.is_err() || received.is_ok_and(|bytes| bytes < OVERFLOW_BYTES as u64));
}

#[test]
fn a_close_of_the_owner_is_answered_by_the_close_that_the_end_of_the_peer_began() {
    let Pair { connection, events, peer, .. } = Pair::stalling();
    overflow(&connection, OperationId(1), &pattern(0, OVERFLOW_BYTES));
    peer.shutdown(Shutdown::Write).unwrap();
    expect!(events, ConnectionEvent::Ended);
    connection.finish();
    connection.close(Some(CLOSE)).unwrap();
    assert_eq!(errno(connection.close(Some(OperationId(9)))), libc::EBADF);
    assert_eq!(read_to_end(&peer).len(), OVERFLOW_BYTES);
    assert_eq!(completed(&events, OperationId(1)), Ok(()));
    assert_closed(&events, CloseReason::Remote);
}

#[test]
fn finishing_does_nothing_before_the_peer_has_ended() {
    let Pair { connection, events, peer, .. } = Pair::new();
    connection.finish();
    assert!(connection.is_open());
    (&peer).write_all(b"x").unwrap();
    expect!(events, ConnectionEvent::Received(_));
}
