//! How much may wait to be sent.

use tokio::time::advance;

use super::*;
use crate::limits::{DRAIN_TIMEOUT, EVENT_OVERHEAD_BYTES, SEND_QUEUE_LIMIT_BYTES, SEND_QUEUE_MOST_BYTES};

const MIB: usize = 1024 * 1024;

/// More than the limit, and than the kernel takes beside it.
const EXCESS: usize = SEND_QUEUE_LIMIT_BYTES + 16 * MIB;

/// A connection whose peer reads nothing, and of which more than the limit waits.
async fn exceeding(protocol: Protocol) -> Fixture {
    let this = Fixture::new(protocol).await;
    assert_eq!(this.connection.send(&vec![0; EXCESS], OperationId(1)), Ok(SendProgress::Queued));
    assert!(this.connection.queued_bytes() > SEND_QUEUE_LIMIT_BYTES);
    fill_peer(&this).await;
    this
}

/// Waits until the peer's kernel takes no more, and has acknowledged what it has.
async fn fill_peer(this: &Fixture) {
    let mut before = None;
    loop {
        settle().await;
        let (is_unanswered, acknowledged) = (this.info().unwrap().is_unanswered(), this.acknowledged_bytes());
        if !is_unanswered && acknowledged == before {
            return;
        }
        before = acknowledged;
    }
}

/// The errno of another send, or 0.
fn send(this: &Fixture, bytes: usize) -> i32 {
    this.connection.send(&vec![0; bytes], OperationId(2)).map_or_else(|error| error.errno, |_| 0)
}

#[tokio::test(start_paused = true)]
async fn plain_stream_exceeds_the_limit_as_long_as_its_peer_takes_something() {
    let mut this = exceeding(Protocol::default()).await;
    assert_eq!(send(&this, MIB), 0);
    advance(DRAIN_TIMEOUT - Duration::from_millis(1)).await;
    assert_eq!(send(&this, MIB), 0);
    advance(Duration::from_millis(1)).await;
    assert_eq!(send(&this, MIB), libc::ENOBUFS);
    let before = this.connection.queued_bytes();
    while this.connection.queued_bytes() == before {
        this.peer.read_exact(&mut vec![0; MIB]).await.unwrap();
        yield_now().await;
    }
    assert!(this.connection.queued_bytes() > SEND_QUEUE_LIMIT_BYTES);
    assert_eq!(send(&this, MIB), 0);
}

/// This side's kernel takes no more until a good part of its buffer is free, which lasts with a slow peer.
#[tokio::test(start_paused = true)]
async fn what_the_peer_acknowledges_counts_before_the_kernel_takes_more() {
    let mut this = exceeding(Protocol::default()).await;
    assert_eq!(send(&this, MIB), 0);
    let before = this.connection.queued_bytes();
    advance(DRAIN_TIMEOUT).await;
    while send(&this, 1) == libc::ENOBUFS {
        this.peer.read_exact(&mut vec![0; MIB / 16]).await.unwrap();
        yield_now().await;
    }
    assert!(this.connection.queued_bytes() > before, "the kernel has taken more");
}

#[tokio::test(start_paused = true)]
async fn plain_stream_is_bounded_also_while_its_peer_takes_something() {
    let this = exceeding(Protocol::default()).await;
    let most = SEND_QUEUE_MOST_BYTES - this.connection.queued_bytes();
    assert_eq!(send(&this, most), libc::ENOBUFS);
    assert_eq!(send(&this, most - 2 * EVENT_OVERHEAD_BYTES), 0);
}

#[tokio::test(start_paused = true)]
async fn limit_of_its_own_and_that_of_frames_hold_at_once() {
    let framing = Framing::length(4, false, EXCESS).ok();
    let limited = Protocol { send_queue_limit_bytes: Some(SEND_QUEUE_LIMIT_BYTES), ..Protocol::default() };
    for protocol in [limited, Protocol { framing, ..Protocol::default() }] {
        assert_eq!(send(&exceeding(protocol).await, 1), libc::ENOBUFS);
    }
}
