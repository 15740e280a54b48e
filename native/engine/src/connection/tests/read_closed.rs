//! The end of the peer's stream (EOF or reset) behind bytes that the credit does not allow to read.

use super::*;
use crate::limits::{EVENT_OVERHEAD_BYTES, READ_TO_END_BYTES, RECEIVE_HIGH_BYTES};

/// More than the credit allows to read. So little of it stays in the kernel that its window is open for the end behind it.
const SENT_BYTES: usize = RECEIVE_HIGH_BYTES + 4 * PIECE_BYTES;

/// Read at once.
const PIECE_BYTES: usize = 1024;

impl Fixture {
    /// Reads until the credit does not allow more. Returns how many bytes it was.
    async fn read_up_to_credit(&self, link: LinkId) -> usize {
        let (mut all, mut piece) = (0, vec![0; PIECE_BYTES]);
        while self.connection.has_room() {
            all += self.connection.try_read(link, &mut piece).bytes;
            yield_now().await;
        }
        all
    }

    /// Waits until the kernel has the end of the peer's stream: a paused clock does not wait for that.
    async fn await_end(&self) {
        let start = std::time::Instant::now();
        while self.info().is_some_and(|info| !info.is_read_closed()) {
            assert!(start.elapsed() < Duration::from_secs(10), "no end comes");
            yield_now().await;
        }
        settle().await;
    }
}

/// What is told next: the kernel's state has the end of a stream shortly before the kernel tells of it.
async fn next_told(mut told: impl FnMut() -> Vec<String>) -> Vec<String> {
    let start = std::time::Instant::now();
    loop {
        let events = told();
        if !events.is_empty() {
            return events;
        }
        assert!(start.elapsed() < Duration::from_secs(10), "nothing is told");
        yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn eof_after_unread_bytes_is_reported_when_watched() {
    let mut this = Fixture::reading(Protocol::default(), None).await;
    this.hear(&vec![b'x'; SENT_BYTES]).await;
    let link = this.readable();
    let taken = this.read_up_to_credit(link).await;
    this.connection.watch_end(link);
    assert_eq!(this.told(), [""; 0], "the peer is there");
    this.peer.shutdown().await.unwrap();
    this.await_end().await;
    assert_eq!(next_told(|| this.told()).await, ["read closed"]);
    assert_eq!(this.told(), [""; 0], "it was told");
    assert_eq!(taken + this.read_all(link).len(), SENT_BYTES);
    assert_eq!(this.told(), ["ended"]);
}

#[tokio::test(start_paused = true)]
async fn reset_after_unread_bytes_is_reported_when_watched() {
    let mut this = Fixture::reading(Protocol::default(), None).await;
    this.hear(&vec![b'x'; SENT_BYTES]).await;
    let link = this.readable();
    this.read_up_to_credit(link).await;
    this.connection.watch_end(link);
    this.reset().await;
    this.await_end().await;
    assert_eq!(next_told(|| this.told()).await, ["read closed"]);
    this.read_all(link);
    settle().await;
    assert_eq!(this.told(), [&format!("broken {}", libc::ECONNRESET)[..], "closed Reset"]);
}

#[tokio::test(start_paused = true)]
async fn a_link_watched_for_eof_reports_bytes_again_after_a_read() {
    let mut this = Fixture::reading(Protocol::default(), None).await;
    this.hear(b"early").await;
    let link = this.readable();
    this.connection.watch_end(link);
    assert_eq!(this.read_all(link), "early");
    this.hear(b"late").await;
    assert_eq!(this.told(), ["readable"]);
}

fn half_open(protocol: Protocol) -> Protocol {
    Protocol { allow_half_open: true, ..protocol }
}

#[tokio::test(start_paused = true)]
async fn reset_of_a_half_open_link_with_unread_bytes_is_reported_and_the_bytes_are_read() {
    for ends_before in [true, false] {
        let mut this = Fixture::reading(half_open(Protocol::default()), None).await;
        this.hear(&vec![b'x'; SENT_BYTES]).await;
        let link = this.readable();
        let taken = this.read_up_to_credit(link).await;
        this.connection.watch_end(link);
        if ends_before {
            this.peer.shutdown().await.unwrap();
            this.await_end().await;
            assert_eq!(next_told(|| this.told()).await, ["read closed"]);
            assert!(this.connection.serves_peer(), "its peer may still read");
        }
        this.reset().await;
        next_told(|| this.events.told()).await;
        assert!(!this.connection.serves_peer());
        assert_eq!(taken + this.read_all(link).len(), SENT_BYTES);
        settle().await;
        // What Linux says of a reset behind EOF.
        let errno = if ends_before { libc::EPIPE } else { libc::ECONNRESET };
        assert_eq!(this.events.told(), [&format!("broken {errno}")[..], "closed Reset"]);
    }
}

#[tokio::test(start_paused = true)]
async fn reset_of_a_half_open_link_with_unread_bytes_fails_unfinished_sends() {
    let mut this = Fixture::reading(half_open(Protocol::default()), None).await;
    this.hear(&vec![b'x'; SENT_BYTES]).await;
    let link = this.readable();
    this.read_up_to_credit(link).await;
    this.connection.watch_end(link);
    this.peer.shutdown().await.unwrap();
    this.await_end().await;
    while this.connection.send(&[0; 64 * 1024], SEND).unwrap() == SendProgress::Sent {}
    this.reset().await;
    this.events.assert_next(&format!("failed 1 {}", libc::EPIPE)).await;
    this.events.assert_next("read closed").await;
}

/// So many messages without bytes use the credit up.
const MESSAGES: usize = RECEIVE_HIGH_BYTES / EVENT_OVERHEAD_BYTES + 4_000;

#[tokio::test(start_paused = true)]
async fn eof_after_unread_frames_is_reported_and_the_frames_are_read_when_there_is_credit() {
    let mut this = Fixture::new(protocol(true, false)).await;
    this.peer.write_all(&frame(Kind::Data, &[]).repeat(MESSAGES)).await.unwrap();
    settle().await;
    let early = this.events.told();
    assert!(early.len() < MESSAGES && early.iter().all(|told| told == "message "));
    this.peer.shutdown().await.unwrap();
    this.await_end().await;
    assert_eq!(next_told(|| this.events.told()).await, ["read closed"]);
    (0..early.len()).for_each(|_| this.connection.consume(0));
    settle().await;
    let mut late = this.events.told();
    assert_eq!(late.pop().as_deref(), Some("ended"));
    assert_eq!(early.len() + late.len(), MESSAGES);
}

#[tokio::test(start_paused = true)]
async fn reset_of_a_half_open_link_with_unread_frames_is_reported_and_the_frames_are_read() {
    let mut this = Fixture::new(half_open(protocol(true, false))).await;
    this.peer.write_all(&frame(Kind::Data, &[]).repeat(MESSAGES)).await.unwrap();
    settle().await;
    let early = this.events.told();
    this.peer.shutdown().await.unwrap();
    this.await_end().await;
    assert_eq!(next_told(|| this.events.told()).await, ["read closed"]);
    assert!(this.connection.serves_peer(), "its peer may still read");
    this.reset().await;
    assert_eq!(next_told(|| this.events.told()).await, ["read closed"]);
    assert!(!this.connection.serves_peer());
    (0..early.len()).for_each(|_| this.connection.consume(0));
    settle().await;
    let mut late = this.events.told();
    assert_eq!(late.split_off(late.len() - 2), [&format!("broken {}", libc::EPIPE)[..], "closed Reset"]);
    assert_eq!(early.len() + late.len(), MESSAGES);
}

#[tokio::test(start_paused = true)]
async fn acknowledgements_behind_bye_are_read_without_credit() {
    let mut this = Fixture::new(half_open(protocol(false, true))).await;
    this.say(Kind::Bye, &[]).await;
    this.events.assert_next("ended").await;
    this.connection.hold(RECEIVE_HIGH_BYTES);
    this.send(b"owed", SEND);
    this.assert_hears(Kind::Data, b"owed").await;
    this.say(Kind::Acknowledge, &1_u64.to_be_bytes()).await;
    this.events.assert_next("completed 1").await;
}

#[tokio::test(start_paused = true)]
async fn reset_behind_unread_messages_that_come_again_ends_the_link_at_once() {
    let mut this = Fixture::reconnecting(protocol(false, true), true).await;
    this.peer.write_all(&frame(Kind::Data, &[]).repeat(MESSAGES)).await.unwrap();
    settle().await;
    this.events.told();
    this.reset().await;
    this.relink(Some(0)).await;
    this.events.assert_next("connected").await;
}

/// `connect` to no address: the socket has an error and hangs up, and nothing says that the peer sends no more.
#[tokio::test(start_paused = true)]
async fn a_connection_that_the_system_reset_is_reported_as_readable() {
    let mut this = Fixture::reading(Protocol::default(), None).await;
    rustix::net::connect_unspec(&*this.stream()).unwrap();
    settle().await;
    let link = this.readable();
    assert_eq!(this.read_all(link), "");
    settle().await;
    assert_eq!(this.told(), [&format!("broken {}", libc::ECONNRESET)[..], "closed Reset"]);
}

#[tokio::test(start_paused = true)]
async fn lost_link_with_unread_frames_is_replaced_also_when_it_ends_without_a_reset() {
    let mut this = Fixture::reconnecting(protocol(false, true), true).await;
    this.peer.write_all(&frame(Kind::Data, &[]).repeat(MESSAGES)).await.unwrap();
    settle().await;
    let early = this.events.told();
    assert!(early.len() < MESSAGES, "all was read");
    this.send(b"owed", SEND);
    // A relay ends the link with FIN.
    this.peer.shutdown().await.unwrap();
    this.await_end().await;
    this.relink(Some(1)).await;
    let mut all = early;
    while all.last().is_none_or(|last| last != "completed 1") {
        all.push(text(&this.events.next().await));
    }
    let messages = all.iter().filter(|told| *told == "message ").count();
    assert_eq!(messages, MESSAGES, "the peer forgets what is acknowledged: nothing may be dropped");
    assert!(all.iter().any(|told| told == "connected"));
}

#[tokio::test(start_paused = true)]
async fn lost_links_are_read_to_their_end_up_to_a_limit() {
    let mut this = Fixture::reconnecting(protocol(false, true), true).await;
    this.connection.hold(READ_TO_END_BYTES);
    this.say(Kind::Data, b"unread").await;
    this.peer.shutdown().await.unwrap();
    this.await_end().await;
    this.events.assert_next("read closed").await;
    this.relink(Some(0)).await;
    settle().await;
    assert_eq!(this.events.told(), [""; 0], "memory could grow with each link");
    this.connection.consume(READ_TO_END_BYTES);
    this.events.assert_next("message unread").await;
    this.events.assert_next("connected").await;
}

#[tokio::test(start_paused = true)]
async fn reset_behind_unread_acknowledgements_is_no_fault_of_the_protocol() {
    let mut this = Fixture::new(protocol(false, true)).await;
    this.send(b"owed", SEND);
    let late = [frame(Kind::Acknowledge, &1_u64.to_be_bytes()), frame(Kind::Data, b"last")].concat();
    let sent = [frame(Kind::Data, &[]).repeat(MESSAGES), late].concat();
    this.peer.write_all(&sent).await.unwrap();
    settle().await;
    let early = this.events.told();
    this.reset().await;
    this.events.assert_next(&format!("failed 1 {}", libc::ECONNRESET)).await;
    this.events.assert_next("read closed").await;
    (0..early.len()).for_each(|_| this.connection.consume(0));
    settle().await;
    let late = this.events.told();
    assert_eq!(early.len() + late.len(), MESSAGES + 3);
    let end = format!("broken {}", libc::ECONNRESET);
    assert_eq!(late[late.len() - 3..], ["message last", &end, "closed Reset"]);
}

#[tokio::test(start_paused = true)]
async fn reset_behind_unread_frames_fails_unacknowledged_sends() {
    for ends_before in [true, false] {
        let mut this = Fixture::new(protocol(false, true)).await;
        this.peer.write_all(&frame(Kind::Data, &[]).repeat(MESSAGES)).await.unwrap();
        settle().await;
        this.events.told();
        this.send(b"owed", SEND);
        if ends_before {
            this.peer.shutdown().await.unwrap();
            this.await_end().await;
            this.events.assert_next("read closed").await;
        }
        this.peer.set_zero_linger().unwrap();
        drop(std::mem::replace(&mut this.peer, link().await.0));
        let mut told = [text(&this.events.next().await), String::new()];
        if !ends_before {
            told[1] = text(&this.events.next().await);
        }
        let errno = if ends_before { libc::EPIPE } else { libc::ECONNRESET };
        assert!(told.contains(&format!("failed 1 {errno}")), "{told:?}");
        assert!(!this.connection.is_connected());
    }
}
