//! Connections with frames whose owner reads them itself.

use bytes::Bytes;

use super::*;

const MESSAGE_MAX_BYTES: usize = 10;

/// Frames of one byte of length.
fn plain() -> Protocol {
    Protocol { framing: Framing::length(1, false, MESSAGE_MAX_BYTES).ok(), ..Protocol::default() }
}

impl Fixture {
    async fn reading_messages(reconnects: Option<bool>) -> Self {
        Self::with_poller(Some(Poller::new(|| {})), plain(), reconnects).await
    }

    /// The messages that one read brings, and whether it was the last.
    fn read_messages(&self, link: LinkId) -> (Vec<Bytes>, bool) {
        let mut messages = Vec::new();
        let outcome = self.connection.read_messages(link, &mut messages);
        (messages.iter().map(|message| message.bytes().clone()).collect(), outcome.is_last)
    }
}

#[tokio::test(start_paused = true)]
async fn plain_frames_are_cut_by_the_owner_wherever_they_are_split() {
    let mut this = Fixture::reading_messages(None).await;
    for (said, wanted) in
        [(&b"\x03one\x00\x03t"[..], vec![&b"one"[..], b""]), (b"wo\x01", vec![b"two"]), (b"3", vec![b"3"])]
    {
        this.hear(said).await;
        let link = this.readable();
        assert_eq!(this.read_messages(link), (wanted.into_iter().map(Bytes::from_static).collect(), true));
    }
    assert_eq!(this.connection.statistics().received_bytes, 7);
    assert_eq!(this.told(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn frames_before_a_reset_or_an_end_are_read_and_then_the_end_comes() {
    for (resets, told) in [(false, "ended"), (true, "broken 104")] {
        let mut this = Fixture::reading_messages(None).await;
        this.hear(b"\x04last").await;
        if resets {
            this.peer.set_zero_linger().unwrap();
            this.peer = link().await.0;
        } else {
            this.peer.shutdown().await.unwrap();
        }
        settle().await;
        let link = this.readable();
        assert_eq!(this.read_messages(link).0, [&b"last"[..]]);
        assert_eq!(this.read_messages(link), (Vec::new(), true));
        this.events.assert_next(told).await;
    }
}

#[tokio::test(start_paused = true)]
async fn too_long_a_frame_fails_the_connection_behind_the_messages_before_it() {
    let mut this = Fixture::reading_messages(None).await;
    this.hear(b"\x01a\x0b").await;
    let link = this.readable();
    assert_eq!(this.read_messages(link), (vec![Bytes::from_static(b"a")], true));
    this.events.assert_next(&format!("broken {}", libc::EMSGSIZE)).await;
    this.events.assert_next("closed Protocol").await;
}

#[tokio::test(start_paused = true)]
async fn an_end_within_a_frame_fails_the_connection() {
    let mut this = Fixture::reading_messages(None).await;
    this.hear(b"\x05half").await;
    this.peer.shutdown().await.unwrap();
    settle().await;
    let link = this.readable();
    while !this.read_messages(link).1 {}
    settle().await;
    if this.told() == ["readable"] {
        assert_eq!(this.read_messages(link), (Vec::new(), true));
    }
    this.events.assert_next(&format!("broken {}", libc::EPROTO)).await;
    this.events.assert_next("closed Protocol").await;
}

#[tokio::test(start_paused = true)]
async fn messages_that_have_arrived_are_handed_over_when_a_link_is_let_go() {
    let mut this = Fixture::reading_messages(Some(true)).await;
    this.hear(b"\x03one\x03t").await;
    let link = this.readable();
    assert_eq!(this.read_messages(link).0, [&b"one"[..]]);
    this.hear(b"wo\x01").await;
    this.connection.suspend(SUSPEND).unwrap();
    settle().await;
    let told = this.told().into_iter().filter(|told| told != "readable").collect::<Vec<_>>();
    assert_eq!(told, ["message two", "completed 5"]);
}

#[tokio::test(start_paused = true)]
async fn each_link_begins_with_a_frame_of_its_own() {
    let mut this = Fixture::reading_messages(Some(true)).await;
    this.hear(b"\x05half").await;
    let first = this.readable();
    assert_eq!(this.read_messages(first), (Vec::new(), true));
    this.peer.set_zero_linger().unwrap();
    this.peer = link().await.0;
    settle().await;
    assert_eq!(this.told(), ["readable"]);
    assert_eq!(this.read_messages(first), (Vec::new(), true));
    this.relink(None).await;
    this.events.assert_next("connected").await;
    this.hear(b"\x03new").await;
    let second = this.readable();
    assert_eq!(this.read_messages(second).0, [&b"new"[..]]);
    assert_eq!(this.read_messages(first), (Vec::new(), true));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_is_amidst_a_frame_does_not_keep_a_connection_from_closing() {
    let mut this = Fixture::reading_messages(None).await;
    this.hear(b"\x05ha").await;
    let link = this.readable();
    assert_eq!(this.read_messages(link), (Vec::new(), true));
    this.send(b"bye", SEND);
    this.connection.close(Some(CLOSE)).unwrap();
    this.hear(b"\xff\xff\xff").await;
    this.events.assert_next("closed Local").await;
    this.events.assert_next("completed 3").await;
    let mut all = Vec::new();
    this.peer.read_to_end(&mut all).await.unwrap();
    assert_eq!(all, b"\x03bye");
}

#[tokio::test(start_paused = true)]
async fn a_part_of_a_message_keeps_a_connection_from_being_idle() {
    let (protocol, poller) = (Protocol { idle_timeout: Some(SECOND * 10), ..plain() }, Poller::new(|| {}));
    let mut this = Fixture::with_poller(Some(poller), protocol, None).await;
    for byte in b"\x03on" {
        tokio::time::sleep(SECOND * 8).await;
        this.hear(&[*byte]).await;
        let link = this.readable();
        assert_eq!(this.read_messages(link), (Vec::new(), true));
    }
    this.events.assert_next("closed Idle").await;
}

#[tokio::test(start_paused = true)]
async fn what_comes_while_a_link_with_typed_frames_is_let_go_is_no_message() {
    let mut this = Fixture::reconnecting(protocol(true, false), true).await;
    settle().await;
    this.peer.try_write(&frame(Kind::Data, b"late")).unwrap();
    this.connection.suspend(SUSPEND).unwrap();
    settle().await;
    let told = this.events.told();
    assert!(!told.iter().any(|told| told.starts_with("received")), "{told:?}");
}
