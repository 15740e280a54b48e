//! Tests of the size of a write turn.

use super::*;

const FRAME_BYTES: usize = 10_000;
const FRAMES: usize = 2 * WRITE_TURN_BYTES / FRAME_BYTES;

/// Builds a queue that takes several turns even if the kernel takes everything.
fn long_queue() -> SendQueue {
    let mut queue = SendQueue::new(false);
    for operation_id in 0..FRAMES as u64 {
        queue.push(QueuedFrame {
            frame: Bytes::from(vec![0; FRAME_BYTES]),
            written: 0,
            operation_id: OperationId(operation_id),
        });
    }
    queue
}

#[test]
fn turn_ends_at_its_byte_limit_while_the_kernel_takes_more() {
    const WRITE_BYTES: usize = 1_000;
    let mut queue = long_queue();
    let mut taken = 0;
    let written = queue.write_with(|_| {
        taken += WRITE_BYTES;
        Ok(WRITE_BYTES)
    });
    assert_eq!(taken, WRITE_TURN_BYTES.next_multiple_of(WRITE_BYTES));
    assert!(written.error.is_none() && queue.has_unsent());
    assert_eq!(written.done.len(), taken / FRAME_BYTES);
}

#[test]
fn many_gathered_messages_leave_in_one_write() {
    const MESSAGES: u64 = 1_000;
    let mut queue = SendQueue::new(false);
    let frame = |operation_id: u64| Bytes::from(operation_id.to_string());
    for operation_id in 0..MESSAGES {
        queue.gather(QueuedFrame { frame: frame(operation_id), written: 0, operation_id: OperationId(operation_id) });
    }
    assert_eq!(queue.gathered(), 1_000);
    let (mut taken, mut writes) = (Vec::new(), 0);
    let written = queue.write_with(|slices| {
        writes += 1;
        slices.iter().for_each(|slice| taken.extend_from_slice(slice));
        Ok(slices.iter().map(|slice| slice.len()).sum())
    });
    assert_eq!((written.done.len(), writes, queue.gathered()), (1_000, 1, 0));
    assert_eq!(taken, (0..MESSAGES).flat_map(frame).collect::<Vec<_>>());
}

#[test]
fn has_gathered_enough_at_the_limit() {
    let mut queue = SendQueue::new(false);
    for operation_id in 0..=GATHER_BYTES as u64 / FRAME_BYTES as u64 {
        assert!(!queue.has_gathered_enough());
        queue.gather(QueuedFrame {
            frame: Bytes::from(vec![0; FRAME_BYTES]),
            written: 0,
            operation_id: OperationId(operation_id),
        });
    }
    assert!(queue.has_gathered_enough());
}

#[test]
fn one_write_gets_at_most_the_batch_limit_of_messages() {
    let mut queue = long_queue();
    let written = queue.write_with(|slices| {
        assert!(slices.len() <= WRITE_BATCH_MESSAGES, "{} messages at once", slices.len());
        Ok(slices.iter().map(|slice| slice.len()).sum())
    });
    let turn_bytes = written.done.len() * FRAME_BYTES;
    assert!((WRITE_TURN_BYTES..WRITE_TURN_BYTES + WRITE_BATCH_MESSAGES * FRAME_BYTES).contains(&turn_bytes));
    assert!(queue.has_unsent());
}
