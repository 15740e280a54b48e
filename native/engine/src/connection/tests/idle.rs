//! When a connection without messages is closed.

use tokio::time::{Instant, sleep};

use super::*;

fn idle(protocol: Protocol) -> Protocol {
    Protocol { idle_timeout: Some(SECOND * 10), ..protocol }
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_messages_is_closed_at_the_limit() {
    let mut this = Fixture::new(idle(Protocol::default())).await;
    let start = Instant::now();
    this.events.assert_next("closed Idle").await;
    assert_eq!(start.elapsed().as_secs(), 10);
    assert!(!this.connection.is_open());
    this.assert_hears_end().await;
}

#[tokio::test(start_paused = true)]
async fn messages_in_either_direction_count_and_heartbeats_do_not() {
    let mut this = Fixture::new(idle(protocol(true, false))).await;
    answer_for(&mut this, 8).await;
    this.say(Kind::Data, b"x").await;
    this.events.assert_next("message x").await;
    answer_for(&mut this, 8).await;
    let before = this.acknowledged_bytes();
    this.send(b"y", SEND);
    this.assert_hears(Kind::Data, b"y").await;
    // Before it asks the peer, whose answer would acknowledge this as well: one second later.
    this.await_acknowledgement(before).await;
    let start = Instant::now();
    answer_for(&mut this, 10).await;
    this.events.assert_next("closed Idle").await;
    // On this clock what the peer took counts from the next look at the link on.
    assert!(matches!(start.elapsed().as_secs(), 10 | 11));
}

/// The peer answers so many questions, which come each second.
async fn answer_for(this: &mut Fixture, seconds: usize) {
    for _ in 0..seconds {
        this.assert_hears(Kind::Ping, &[]).await;
        this.say(Kind::Pong, &[]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_waits_to_be_sent_goes_out_before_an_idle_connection_ends() {
    let mut this = Fixture::new(idle(Protocol::default())).await;
    let data = vec![7; 24 * 1024 * 1024];
    assert_eq!(this.connection.send(&data, SEND), Ok(SendProgress::Queued));
    // On this clock what the peer took counts from the next look at the link on.
    sleep(SECOND * 21).await;
    assert!(!this.connection.is_open());
    let got = this.read_to_end_awake().await;
    // Its kernel acknowledges the end with its own.
    this.peer.shutdown().await.unwrap();
    assert!(got == data, "{} bytes came", got.len());
    this.events.assert_next("completed 1").await;
    this.events.assert_next("closed Idle").await;
}

#[tokio::test(start_paused = true)]
async fn the_time_without_a_link_does_not_count() {
    let mut this = Fixture::reconnecting(idle(protocol(false, true)), true).await;
    drop(std::mem::replace(&mut this.peer, link().await.0));
    sleep(SECOND * 1_000).await;
    this.relink(Some(0)).await;
    this.events.assert_next("connected").await;
    let start = Instant::now();
    this.events.assert_next("closed Idle").await;
    assert_eq!(start.elapsed().as_secs(), 10);
}
