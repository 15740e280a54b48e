//! Connections that the peer breaks.

use std::io::Write;
use std::time::Instant;

use socket_engine::{CloseReason, Connection, ConnectionEvent, Operation, OperationId};

use crate::events::{DEADLINE, Told};
use crate::flood::{FLOOD_BYTES, flood_until_stopped};
use crate::pair::{OVERFLOW_BYTES, Pair, assert_broken, assert_silent, completed, errno, overflow, received};
use crate::peer::{assert_same_bytes, pattern, reset, write_and_end};

#[test]
fn what_was_received_before_a_reset_comes_first_and_closed_last() {
    let Pair { events, peer, connection, .. } = Pair::new();
    let remote = peer.local_addr().unwrap();
    (&peer).write_all(b"last words").unwrap();
    reset(peer);
    let (data, failed) = received(&events);
    assert_eq!(data, b"last words");
    let Told::Event(ConnectionEvent::Failed(error)) = failed else {
        panic!("{failed:?} came");
    };
    assert_eq!((error.operation, error.address, error.errno), (Operation::Receive, Some(remote), libc::ECONNRESET));
    expect!(events, ConnectionEvent::Closed(CloseReason::Reset));
    assert_silent(&events);
    assert!(!connection.is_open());
}

#[test]
fn what_the_kernel_held_when_a_reset_came_is_received_although_reading_had_stopped() {
    let pair = Pair::new();
    let data = pattern(0, FLOOD_BYTES);
    let unconsumed = flood_until_stopped(&pair, &data);
    let mut got = unconsumed.data;
    let before = got.len();
    reset(pair.peer);
    for size in unconsumed.sizes {
        pair.connection.consume(size);
    }
    let failed = loop {
        match pair.events.next("Received or Failed") {
            Told::Event(ConnectionEvent::Received(bytes)) => {
                pair.connection.consume(bytes.len());
                got.extend_from_slice(&bytes);
            }
            other => break other,
        }
    };
    assert!(
        matches!(&failed, Told::Event(ConnectionEvent::Failed(error)) if error.errno == libc::ECONNRESET),
        "{failed:?}"
    );
    assert!(got.len() > before);
    assert_same_bytes(&got, &data[..got.len()]);
}

#[test]
fn a_reset_fails_the_queued_sends_in_order_before_the_connection() {
    let Pair { events, peer, connection, .. } = Pair::stalling();
    overflow(&connection, OperationId(1), &pattern(0, OVERFLOW_BYTES));
    overflow(&connection, OperationId(2), b"x");
    reset(peer);
    assert_eq!(completed(&events, OperationId(1)), Err(libc::ECONNRESET));
    assert_eq!(completed(&events, OperationId(2)), Err(libc::ECONNRESET));
    assert_broken(&events, libc::ECONNRESET);
    assert_eq!(connection.queued_bytes(), 0);
    assert_eq!(errno(connection.send(b"y", OperationId(3))), libc::EBADF);
}

#[test]
fn sending_to_a_peer_that_closed_in_order_is_a_broken_pipe() {
    let Pair { events, peer, connection, .. } = Pair::new();
    drop(peer);
    expect!(events, ConnectionEvent::Ended);
    assert_eq!(send_until_refused(&connection), libc::EPIPE);
    assert_broken(&events, libc::EPIPE);
}

#[test]
fn sending_to_a_peer_that_closed_with_unread_bytes_is_a_reset() {
    let Pair { events, peer, connection, .. } = Pair::new();
    connection.send(b"never read", OperationId(1)).unwrap();
    peer.peek(&mut [0]).unwrap();
    drop(peer);
    assert_broken(&events, libc::ECONNRESET);
    assert_eq!(errno(connection.send(b"x", OperationId(2))), libc::EBADF);
    assert_eq!(errno(connection.close(Some(OperationId(3)))), libc::EBADF);
}

#[test]
fn a_peer_that_ended_and_then_vanished_fails_the_queued_sends() {
    let Pair { events, peer, connection, .. } = Pair::stalling();
    write_and_end(&peer, b"request");
    expect!(events, ConnectionEvent::Received(_));
    expect!(events, ConnectionEvent::Ended);
    overflow(&connection, OperationId(1), &pattern(0, OVERFLOW_BYTES));
    reset(peer);
    assert_eq!(completed(&events, OperationId(1)), Err(libc::EPIPE));
    assert_broken(&events, libc::EPIPE);
}

/// Sends until the kernel has learned that nobody is there.
fn send_until_refused(connection: &Connection) -> i32 {
    let start = Instant::now();
    while start.elapsed() < DEADLINE {
        if let Err(error) = connection.send(b"x", OperationId(1)) {
            return error.errno;
        }
    }
    panic!("every send was taken");
}
