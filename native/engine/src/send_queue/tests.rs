//! Tests of order, completion, and link loss.

// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod encrypted;
mod random;
mod turn;

use super::*;

fn message(text: &'static str, operation_id: u64) -> QueuedFrame {
    QueuedFrame { frame: Bytes::from_static(text.as_bytes()), written: 0, operation_id: OperationId(operation_id) }
}

fn queue(acknowledges: bool, texts: &[&'static str]) -> SendQueue {
    let mut queue = SendQueue::new(acknowledges);
    for (index, text) in texts.iter().enumerate() {
        queue.push(message(text, index as u64));
    }
    queue
}

/// Simulates a kernel that takes `sizes` bytes in turn and then blocks.
fn kernel<'a>(taken: &'a mut Vec<u8>, sizes: &'a [usize]) -> impl FnMut(&[IoSlice<'_>]) -> io::Result<usize> + 'a {
    let mut sizes = sizes.iter();
    move |slices| {
        let size = sizes.next().ok_or(io::ErrorKind::WouldBlock)?;
        let flat: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).take(*size).collect();
        taken.extend_from_slice(&flat);
        Ok(flat.len())
    }
}

fn written(queue: &mut SendQueue, size: usize) -> (String, Written) {
    let mut taken = Vec::new();
    let result = queue.write_with(kernel(&mut taken, &[size]));
    (String::from_utf8(taken).unwrap_or_default(), result)
}

#[test]
fn partial_writes_keep_order_and_complete_each_send_at_its_last_byte() {
    let mut queue = queue(false, &["abc", "def", "g"]);
    let mut taken = Vec::new();
    let result = queue.write_with(kernel(&mut taken, &[2, 3]));
    assert_eq!((result.done.as_slice(), result.messages), ([OperationId(0)].as_slice(), 1));
    assert_eq!(result.error.map(|error| error.kind()), Some(io::ErrorKind::WouldBlock));
    assert_eq!(queue.bytes(), 2);
    let result = queue.write_with(kernel(&mut taken, &[100]));
    assert_eq!(result.done, [OperationId(1), OperationId(2)]);
    assert!(result.error.is_none() && queue.is_empty() && queue.bytes() == 0);
    assert_eq!(taken, b"abcdefg");
}

#[test]
fn interrupted_write_is_repeated() {
    let mut queue = queue(false, &["a"]);
    let mut calls = 0;
    let result = queue.write_with(|_| {
        calls += 1;
        if calls == 1 { Err(io::ErrorKind::Interrupted.into()) } else { Ok(1) }
    });
    assert_eq!((result.done.len(), result.error.is_none(), calls), (1, true, 2));
}

#[test]
fn clear_returns_the_id_of_each_dropped_send() {
    for acknowledges in [false, true] {
        let mut queue = queue(acknowledges, &["a", "b"]);
        let (_, result) = written(&mut queue, 1);
        assert_eq!(result.done.len(), usize::from(!acknowledges));
        let lost = if acknowledges { vec![OperationId(0), OperationId(1)] } else { vec![OperationId(1)] };
        assert_eq!(queue.clear(), lost);
        assert!(queue.is_empty() && queue.bytes() == 0);
    }
}

#[test]
fn control_frame_overtakes_whole_messages_but_no_partly_written_one() {
    let mut queue = queue(false, &["abc", "def"]);
    assert_eq!(written(&mut queue, 1).0, "a");
    queue.push_control(Kind::Ping, Bytes::from_static(b"1"));
    queue.push_control(Kind::Acknowledge, Bytes::from_static(b"2"));
    queue.push_control(Kind::Ping, Bytes::from_static(b"3"));
    queue.push_last(Kind::Bye, Bytes::from_static(b"4"));
    assert_eq!(queue.bytes(), 5);
    assert_eq!(written(&mut queue, 100).0, "bc32def4");
    assert!(queue.is_empty() && queue.bytes() == 0);
}

#[test]
fn acknowledgement_finishes_a_message() {
    let mut queue = queue(true, &["a", "b", "c"]);
    let (_, result) = written(&mut queue, 2);
    assert_eq!((result.done.len(), result.messages, queue.bytes()), (0, 2, 3));
    assert_eq!(queue.acknowledge(1), Some(vec![OperationId(0)]));
    assert_eq!(queue.acknowledge(1), Some(vec![]));
    assert_eq!(queue.acknowledge(3), None, "c was not sent");
    assert_eq!(queue.acknowledge(0), None, "an acknowledgement cannot be reverted");
    assert_eq!(queue.acknowledge(2), Some(vec![OperationId(1)]));
    assert_eq!((queue.is_empty(), queue.bytes()), (false, 1));
}

#[test]
fn link_loss_resends_unacknowledged_messages_from_their_first_byte() {
    let mut queue = queue(true, &["ab", "cd", "ef"]);
    written(&mut queue, 5);
    queue.push_control(Kind::Pong, Bytes::from_static(b"p"));
    queue.rewind();
    assert_eq!(queue.acknowledge(1), Some(vec![OperationId(0)]));
    queue.send_again();
    assert_eq!(queue.bytes(), 4);
    assert_eq!(written(&mut queue, 100).0, "cdef");
    assert_eq!(queue.acknowledge(3), Some(vec![OperationId(1), OperationId(2)]));
    assert!(queue.is_empty() && queue.bytes() == 0);
}

#[test]
fn link_loss_without_acknowledgement_resends_only_the_partly_written_message() {
    let mut queue = queue(false, &["ab", "cd"]);
    written(&mut queue, 3);
    queue.rewind();
    assert_eq!(queue.bytes(), 2);
    assert_eq!(written(&mut queue, 100).0, "cd");
    assert_eq!(queue.bytes(), 0);
}

#[test]
fn new_session_drops_sent_messages_and_keeps_unsent_ones() {
    let mut queue = queue(true, &["a", "b", "c"]);
    written(&mut queue, 1);
    assert_eq!(queue.acknowledge(1), Some(vec![OperationId(0)]));
    written(&mut queue, 1);
    queue.rewind();
    assert_eq!(queue.forget_session(), [OperationId(1)]);
    assert_eq!(written(&mut queue, 1).0, "c");
    assert_eq!(queue.acknowledge(1), Some(vec![OperationId(2)]), "a new session counts from 0");
    assert_eq!(queue.bytes(), 0);
}

#[test]
fn drop_unsent_keeps_messages_that_the_kernel_has_taken() {
    let mut queue = queue(true, &["a", "b"]);
    written(&mut queue, 1);
    assert_eq!(queue.drop_unsent(), [OperationId(1)]);
    assert_eq!((queue.bytes(), queue.acknowledge(1)), (1, Some(vec![OperationId(0)])));
}
