//! Sends that leave together.

use super::*;
use crate::limits::GATHER_BYTES;

const GATHERED: Result<SendProgress, SocketError> = Ok(SendProgress::Gathered);

/// Gathers messages of these operation ids and sizes.
fn gather(this: &Fixture, messages: &[(u64, usize)]) {
    for (operation_id, bytes) in messages {
        let message = vec![*operation_id as u8; *bytes];
        assert_eq!(this.connection.gather(&Message::new(&message), OperationId(*operation_id)), GATHERED);
    }
}

/// What the peer has by now.
async fn arrived(this: &Fixture) -> usize {
    settle().await;
    let mut buffer = vec![0; 4 * GATHER_BYTES];
    let mut count = 0;
    while let Ok(more) = this.peer.try_read(&mut buffer) {
        count += more;
    }
    count
}

#[tokio::test(start_paused = true)]
async fn gathered_messages_leave_with_a_flush_and_complete_no_second_time() {
    let mut this = Fixture::new(Protocol::default()).await;
    gather(&this, &[(11, 3), (12, 4)]);
    assert_eq!((arrived(&this).await, this.connection.queued_bytes()), (0, 7));
    assert!(this.connection.flush());
    assert_eq!((arrived(&this).await, this.connection.queued_bytes()), (7, 0));
    assert!(!this.connection.flush(), "nothing was gathered since");
    assert_eq!(this.events.told(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn gathered_messages_leave_when_they_are_many_and_complete_in_order() {
    let mut this = Fixture::new(Protocol::default()).await;
    gather(&this, &[(11, GATHER_BYTES / 2), (12, GATHER_BYTES / 2)]);
    assert_eq!(arrived(&this).await, GATHER_BYTES);
    assert_eq!(this.events.told(), ["completed 11", "completed 12"]);
    assert!(!this.connection.flush());
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_is_written_before_a_gathered_message_is_refused() {
    let protocol = Protocol { send_queue_limit_bytes: Some(1_000), ..Protocol::default() };
    let mut this = Fixture::new(protocol).await;
    gather(&this, &[(11, 500), (12, 500), (13, 500)]);
    assert_eq!(arrived(&this).await, 1_000);
    assert_eq!(this.events.told(), ["completed 11", "completed 12"]);
    assert!(this.connection.flush());
    assert_eq!(arrived(&this).await, 500);
}

#[tokio::test(start_paused = true)]
async fn what_the_kernel_does_not_take_of_gathered_messages_completes_later() {
    const SIZE: usize = GATHER_BYTES - 1;
    let mut this = Fixture::new(Protocol::default()).await;
    let mut operation_ids = 10;
    loop {
        operation_ids += 1;
        let message = vec![0; SIZE];
        let progress = this.connection.gather(&Message::new(&message), OperationId(operation_ids)).unwrap();
        if progress == SendProgress::Queued {
            break;
        }
        // The one that fills the kernel's buffer.
        let _ = this.connection.flush();
    }
    let mut left = (operation_ids - 10) as usize * SIZE;
    while left > 0 {
        left -= this.peer.read(&mut vec![0; SIZE]).await.unwrap();
    }
    settle().await;
    let told = this.events.told();
    assert_eq!(told.iter().filter(|told| *told == "drained").count(), 1);
    assert_eq!(told.iter().rev().nth(1), Some(&format!("completed {operation_ids}")), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn closing_writes_gathered_messages() {
    let mut this = Fixture::new(Protocol::default()).await;
    gather(&this, &[(11, 3), (12, 4)]);
    this.connection.close(Some(CLOSE)).unwrap();
    assert!(!this.connection.flush(), "the task has them");
    let mut all = Vec::new();
    this.peer.read_to_end(&mut all).await.unwrap();
    assert_eq!(all.len(), 7);
    this.events.assert_next("completed 11").await;
    this.events.assert_next("completed 12").await;
    this.events.assert_next("closed Local").await;
    this.events.assert_next("completed 3").await;
}

#[tokio::test(start_paused = true)]
async fn gathered_messages_of_a_broken_link_fail() {
    let mut this = Fixture::new(Protocol::default()).await;
    gather(&this, &[(11, 3)]);
    this.peer.set_zero_linger().unwrap();
    this.peer = link().await.0;
    assert!(!this.connection.flush());
    this.events.assert_next(&format!("failed 11 {}", libc::ECONNRESET)).await;
    this.events.assert_next(&format!("broken {}", libc::ECONNRESET)).await;
    this.events.assert_next("closed Reset").await;
}
