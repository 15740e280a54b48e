//! Order, bounds and completion of sends.

use std::thread;

use socket_engine::limits::{EVENT_OVERHEAD_BYTES, SEND_QUEUE_LIMIT_BYTES};

use crate::events::Told;
use socket_engine::{CloseReason, ConnectionEvent, OperationId, SendProgress};

use crate::pair::{
    OVERFLOW_BYTES, Pair, assert_closed, assert_silent, completed, errno, let_the_worker_catch_up, overflow,
};
use crate::peer::{assert_same_bytes, pattern, read_bytes, read_to_end, write_and_end};

const MIB_BYTES: usize = 1024 * 1024;

#[test]
fn a_send_that_the_kernel_takes_is_done_at_once_and_completes_no_second_time() {
    let pair = Pair::new();
    // The kernel has said by then that there is room.
    let_the_worker_catch_up();
    assert_eq!(pair.connection.send(b"hello", OperationId(1)), Ok(SendProgress::Sent));
    assert_eq!(pair.connection.queued_bytes(), 0);
    assert_eq!(read_bytes(&pair.peer, 5), b"hello");
    pair.close();
    assert_closed(&pair.events, CloseReason::Local);
}

#[test]
fn sends_to_a_stalled_peer_arrive_and_complete_in_order() {
    let pair = Pair::stalling();
    let mut all = pattern(0, OVERFLOW_BYTES);
    overflow(&pair.connection, OperationId(0), &all);
    for operation_id in 1..=200 {
        let message = pattern(operation_id, 1 + 97 * operation_id as usize);
        overflow(&pair.connection, OperationId(operation_id.into()), &message);
        all.extend_from_slice(&message);
    }
    assert_same_bytes(&read_bytes(&pair.peer, all.len()), &all);
    for operation_id in 0..=200 {
        assert_eq!(completed(&pair.events, OperationId(operation_id)), Ok(()));
    }
    assert_eq!(pair.connection.queued_bytes(), 0);
}

#[test]
fn sends_to_a_stalled_peer_stay_queued_and_complete_nothing() {
    let pair = Pair::stalling();
    overflow(&pair.connection, OperationId(0), &pattern(0, OVERFLOW_BYTES));
    let_the_worker_catch_up();
    let before = pair.connection.queued_bytes();
    overflow(&pair.connection, OperationId(1), &pattern(1, MIB_BYTES));
    let_the_worker_catch_up();
    // The kernel may have made a little room meanwhile.
    assert!(pair.connection.queued_bytes() > before);
    assert_silent(&pair.events);
}

#[test]
fn a_full_queue_refuses_a_send_of_which_nothing_is_sent_and_nothing_else_is_lost() {
    let pair = Pair::limited();
    let mut all = pattern(0, OVERFLOW_BYTES);
    overflow(&pair.connection, OperationId(0), &all);
    let mut operation_ids = 1;
    loop {
        let message = pattern(operation_ids, MIB_BYTES);
        match pair.connection.send(&message, OperationId(operation_ids.into())) {
            Ok(_) => all.extend_from_slice(&message),
            Err(error) => break assert_eq!(error.errno, libc::ENOBUFS),
        }
        operation_ids += 1;
        assert!(all.len() <= SEND_QUEUE_LIMIT_BYTES + OVERFLOW_BYTES, "the queue is bounded");
    }
    let too_large = vec![0xEE; SEND_QUEUE_LIMIT_BYTES];
    let error = errno(pair.connection.send(&too_large, OperationId(999)));
    assert_eq!(error, libc::ENOBUFS);
    pair.close();
    assert_same_bytes(&read_to_end(&pair.peer), &all);
    for operation_id in 0..operation_ids {
        assert_eq!(completed(&pair.events, OperationId(operation_id.into())), Ok(()));
    }
    assert_closed(&pair.events, CloseReason::Local);
}

#[test]
fn the_queue_is_bounded_for_sends_without_bytes_too() {
    let pair = Pair::limited();
    overflow(&pair.connection, OperationId(0), &pattern(0, OVERFLOW_BYTES));
    let most = (SEND_QUEUE_LIMIT_BYTES / EVENT_OVERHEAD_BYTES) as u64;
    let refused = (1..=most).find_map(|operation_id| pair.connection.send(b"", OperationId(operation_id)).err());
    assert_eq!(refused.map(|error| error.errno), Some(libc::ENOBUFS));
}

#[test]
fn a_full_queue_takes_sends_again_after_the_peer_has_read() {
    let pair = Pair::limited();
    let all = pattern(0, OVERFLOW_BYTES);
    overflow(&pair.connection, OperationId(0), &all);
    let too_large = vec![0; SEND_QUEUE_LIMIT_BYTES];
    assert_eq!(errno(pair.connection.send(&too_large, OperationId(1))), libc::ENOBUFS);
    assert_same_bytes(&read_bytes(&pair.peer, all.len()), &all);
    assert_eq!(completed(&pair.events, OperationId(0)), Ok(()));
    assert_eq!(pair.connection.send(b"next", OperationId(2)), Ok(SendProgress::Sent));
    assert_eq!(read_bytes(&pair.peer, 4), b"next");
}

#[test]
fn one_send_larger_than_the_queue_is_taken_when_nothing_waits() {
    let pair = Pair::stalling();
    let data = pattern(0, SEND_QUEUE_LIMIT_BYTES + OVERFLOW_BYTES);
    overflow(&pair.connection, OperationId(1), &data);
    assert_same_bytes(&read_bytes(&pair.peer, data.len()), &data);
    assert_eq!(completed(&pair.events, OperationId(1)), Ok(()));
}

#[test]
fn an_empty_send_completes_in_its_turn() {
    let pair = Pair::stalling();
    assert_eq!(pair.connection.send(b"", OperationId(0)), Ok(SendProgress::Sent));
    let data = pattern(0, OVERFLOW_BYTES);
    overflow(&pair.connection, OperationId(1), &data);
    overflow(&pair.connection, OperationId(2), b"");
    overflow(&pair.connection, OperationId(3), b"!");
    assert_same_bytes(&read_bytes(&pair.peer, data.len()), &data);
    assert_eq!(read_bytes(&pair.peer, 1), b"!");
    for operation_id in 1..=3 {
        assert_eq!(completed(&pair.events, OperationId(operation_id)), Ok(()));
    }
}

#[test]
fn sends_of_two_threads_are_not_mixed() {
    const MESSAGES: usize = 100;
    const MESSAGE_BYTES: usize = 50_000;
    let pair = Pair::stalling();
    let connection = &pair.connection;
    let data = thread::scope(|scope| {
        for letter in [b'a', b'b'] {
            scope.spawn(move || {
                for operation_id in 0..MESSAGES {
                    let message = [letter; MESSAGE_BYTES];
                    connection.send(&message, OperationId(operation_id as u64)).unwrap();
                }
            });
        }
        read_bytes(&pair.peer, 2 * MESSAGES * MESSAGE_BYTES)
    });
    for message in data.chunks(MESSAGE_BYTES) {
        let mixed = message.iter().any(|byte| *byte != message[0]);
        assert!(!mixed, "a message arrived in pieces");
    }
}

#[test]
fn both_directions_carry_bulk_at_the_same_time() {
    let pair = Pair::stalling();
    let data = pattern(0, OVERFLOW_BYTES);
    overflow(&pair.connection, OperationId(1), &data);
    let got = thread::scope(|scope| {
        scope.spawn(|| write_and_end(&pair.peer, &data));
        scope.spawn(|| assert_same_bytes(&read_bytes(&pair.peer, data.len()), &data));
        let mut got = Vec::new();
        loop {
            match pair.events.next("Received, Completed or Ended") {
                Told::Event(ConnectionEvent::Received(bytes)) => {
                    pair.connection.consume(bytes.len());
                    got.extend_from_slice(&bytes);
                }
                Told::Completed(operation_id, result) => {
                    assert_eq!((operation_id, result), (OperationId(1), Ok(())));
                }
                Told::Event(ConnectionEvent::Ended) => break got,
                other => panic!("{other:?} came"),
            }
        }
    });
    assert_same_bytes(&got, &data);
}
