//! Frames of other protocols: with checksums, and those that nothing but time tells apart.

use bytes::Bytes;
use tokio::time::sleep;

use super::*;
use crate::framing::{Checksum, ChecksumKind, Decoded, Layout};

const GAP: Duration = Duration::from_millis(20);

/// `123456789` and its CRC-16/IBM-3740, which anything else does not have.
const INTACT: &[u8] = b"123456789\x29\xb1";
const CORRUPT: &[u8] = b"12345678x\x29\xb1";

fn gapped(max_message_bytes: usize) -> Protocol {
    let framing = Framing::new(Layout::IdleGap(GAP), None, Some(max_message_bytes)).ok();
    Protocol { framing, ..Protocol::default() }
}

fn checked(layout: Layout) -> Protocol {
    let checksum = Checksum { kind: ChecksumKind::Crc16Ccitt, little_endian: false };
    Protocol { framing: Framing::new(layout, Some(checksum), None).ok(), ..Protocol::default() }
}

#[tokio::test(start_paused = true)]
async fn a_gap_ends_a_message_and_a_shorter_pause_does_not() {
    let mut this = Fixture::new(gapped(100)).await;
    for piece in ["in ", "three ", "pieces"] {
        this.hear(piece.as_bytes()).await;
        sleep(GAP - Duration::from_millis(2)).await;
    }
    assert_eq!(this.events.told(), [""; 0]);
    this.events.assert_next("message in three pieces").await;
    this.hear(b"next").await;
    this.events.assert_next("message next").await;
}

#[tokio::test(start_paused = true)]
async fn eof_ends_the_message_before_a_gap() {
    let mut this = Fixture::new(gapped(100)).await;
    this.hear(b"last").await;
    this.peer.shutdown().await.unwrap();
    settle().await;
    assert_eq!(this.events.told(), ["message last", "ended"]);
}

#[tokio::test(start_paused = true)]
async fn bytes_without_a_gap_are_too_long_at_the_limit() {
    let mut this = Fixture::new(gapped(3)).await;
    this.hear(b"four").await;
    this.events.assert_next("broken 90").await;
    this.events.assert_next("closed Protocol").await;
}

#[tokio::test(start_paused = true)]
async fn the_task_reads_messages_of_gaps_also_where_the_owner_has_a_poller() {
    let mut this = Fixture::with_poller(Some(Poller::new(|| {})), gapped(100), None).await;
    this.hear(b"message").await;
    this.events.assert_next("message message").await;
}

#[tokio::test(start_paused = true)]
async fn a_wrong_checksum_with_idle_gaps_is_reported_and_the_next_message_is_delivered() {
    let mut this = Fixture::new(checked(Layout::IdleGap(GAP))).await;
    for (bytes, told) in
        [(CORRUPT, format!("{:?}", ConnectionEvent::Corrupt(CORRUPT.into()))), (INTACT, "message 123456789".into())]
    {
        this.hear(bytes).await;
        sleep(GAP * 2).await;
        assert_eq!(this.events.told(), [told]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_checksum_is_reported_between_the_messages_around_it() {
    let stream = [INTACT, CORRUPT, INTACT].concat();
    let mut this = Fixture::new(checked(Layout::Fixed(9))).await;
    this.hear(&stream).await;
    let corrupt = ConnectionEvent::Corrupt(CORRUPT.into());
    assert_eq!(this.events.told(), ["message 123456789", &format!("{corrupt:?}"), "message 123456789"]);

    let mut this = Fixture::with_poller(Some(Poller::new(|| {})), checked(Layout::Fixed(9)), None).await;
    this.hear(&stream).await;
    let link = this.readable();
    let mut read = Vec::new();
    this.connection.read_messages(link, &mut read);
    let intact = || Decoded::Message(Bytes::from_static(b"123456789"));
    assert_eq!(read, [intact(), Decoded::Corrupt(CORRUPT.into()), intact()]);
}

/// What is told of a corrupt message between two that are intact.
fn told_of_corrupt_between_intact() -> [String; 3] {
    let intact = || "message 123456789".to_owned();
    [intact(), format!("{:?}", ConnectionEvent::Corrupt(CORRUPT.into())), intact()]
}

#[tokio::test(start_paused = true)]
async fn suspend_delivers_a_wrong_checksum_that_its_owner_has_not_read() {
    let mut this = Fixture::with_poller(Some(Poller::new(|| {})), checked(Layout::Fixed(9)), Some(true)).await;
    this.hear(&[INTACT, CORRUPT, INTACT].concat()).await;
    this.connection.suspend(SUSPEND).unwrap();
    for told in told_of_corrupt_between_intact() {
        this.events.assert_next(&told).await;
    }
    this.events.assert_next("completed 5").await;
}

#[tokio::test(start_paused = true)]
async fn suspend_delivers_a_wrong_checksum_that_comes_while_the_peer_takes_the_rest() {
    let mut this = Fixture::reconnecting(checked(Layout::Fixed(9)), true).await;
    while this.connection.send(&INTACT[..9], SEND) == Ok(SendProgress::Sent) {}
    this.connection.suspend(SUSPEND).unwrap();
    settle().await;
    assert_eq!(this.events.told(), [""; 0], "the peer has not taken all");
    this.hear(&[INTACT, CORRUPT, INTACT].concat()).await;
    assert_eq!(this.events.told(), told_of_corrupt_between_intact());
    this.read_to_end_awake().await;
    this.events.assert_next("completed 5").await;
}
