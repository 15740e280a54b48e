//! When a peer is asked, answered and given up.

use tokio::time::{Instant, sleep};

use super::*;
use crate::limits::{EVENT_OVERHEAD_BYTES, RECEIVE_HIGH_BYTES};

#[tokio::test(start_paused = true)]
async fn an_acknowledgement_without_the_option_ends_the_connection() {
    let mut this = Fixture::new(protocol(true, false)).await;
    this.say(Kind::Acknowledge, &[0; 8]).await;
    this.events.assert_next(&format!("broken {}", libc::EPROTO)).await;
    this.events.assert_next("closed Protocol").await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_asked_after_the_interval_and_given_up_after_the_timeout() {
    let mut this = Fixture::new(protocol(true, false)).await;
    let start = Instant::now();
    this.assert_hears(Kind::Ping, &[]).await;
    assert_eq!(start.elapsed().as_secs(), 1);
    this.events.assert_next(&format!("broken {}", libc::ETIMEDOUT)).await;
    this.events.assert_next("closed Timeout").await;
    assert_eq!(start.elapsed().as_secs(), 3);
    this.assert_hears_end().await;
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_answers_is_kept_and_asked_again() {
    let mut this = Fixture::new(protocol(true, false)).await;
    let start = Instant::now();
    for _ in 0..20 {
        this.assert_hears(Kind::Ping, &[]).await;
        this.say(Kind::Pong, &[]).await;
    }
    assert_eq!(start.elapsed().as_secs(), 20);
    assert!(this.events.told().is_empty());
}

#[tokio::test(start_paused = true)]
async fn no_ping_follows_bye() {
    let mut this = Fixture::new(protocol(true, false)).await;
    this.connection.end(SEND).unwrap();
    // Due before the connection's task has seen that this side ends.
    lock(&this.connection.shared.state).push_ping();
    this.assert_hears(Kind::Bye, &[]).await;
    this.assert_hears_end().await;
}

#[tokio::test(start_paused = true)]
async fn a_question_is_answered_before_data_that_waits() {
    let mut this = Fixture::new(protocol(true, false)).await;
    this.say(Kind::Ping, &[]).await;
    this.assert_hears(Kind::Pong, &[]).await;
}

/// On the machine's clock: the other one would leap while the kernel is busy with the message.
#[tokio::test]
async fn an_answer_does_not_go_into_the_middle_of_a_message() {
    const MESSAGE_BYTES: usize = 24 * 1024 * 1024;
    let framing = Framing::length(4, false, MESSAGE_BYTES).ok();
    let heartbeat = Some(Heartbeat { interval: SECOND * 1_000, timeout: SECOND * 3_000, stalled_timeout: None });
    let mut this = Fixture::new(Protocol { framing, heartbeat, ..protocol(true, false) }).await;
    let progress = this.connection.send(&vec![7; MESSAGE_BYTES], SEND);
    assert_eq!(progress, Ok(SendProgress::Queued));
    // Before the connection's task has written any more of the message.
    lock(&this.connection.shared.state).push_control(Kind::Pong, &[]);
    let mut message = vec![0; 5 + MESSAGE_BYTES];
    this.peer.read_exact(&mut message).await.unwrap();
    assert!(message[5..].iter().all(|byte| *byte == 7));
    let mut answer = [0; 5];
    this.peer.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, [0, 0, 0, 1, Kind::Pong.byte()]);
}

#[tokio::test(start_paused = true)]
async fn half_a_frame_is_a_sign_of_life() {
    let mut this = Fixture::new(protocol(true, false)).await;
    sleep(SECOND / 2).await;
    let start = Instant::now();
    this.peer.write_all(&[9]).await.unwrap();
    this.assert_hears(Kind::Pong, &[]).await;
    this.assert_hears(Kind::Ping, &[]).await;
    assert_eq!(start.elapsed().as_secs(), 1);
}

/// A proxy between both has taken all that the peer sent, and its ping behind that.
#[tokio::test(start_paused = true)]
async fn a_side_that_only_receives_says_that_it_lives() {
    let mut this = Fixture::new(protocol(true, false)).await;
    for _ in 0..12 {
        this.say(Kind::Data, b"x").await;
        // A paused clock does not wait for the kernel.
        while this.events.told().is_empty() {
            yield_now().await;
        }
        sleep(SECOND / 2).await;
    }
    for _ in 0..5 {
        this.assert_hears(Kind::Pong, &[]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_side_with_paused_reads_keeps_its_peer_and_sends_pongs() {
    let mut this = Fixture::new(protocol(true, false)).await;
    let messages = RECEIVE_HIGH_BYTES / EVENT_OVERHEAD_BYTES + 1;
    this.peer.write_all(&frame(Kind::Data, &[]).repeat(messages)).await.unwrap();
    let start = Instant::now();
    for _ in 0..10 {
        this.assert_hears(Kind::Pong, &[]).await;
    }
    assert_eq!(start.elapsed().as_secs(), 20, "every interval of the peer's");
    let received = this.events.told();
    assert!(received.len() <= messages && received.iter().all(|event| event == "message "));
    for _ in received {
        this.connection.consume(0);
    }
    let start = Instant::now();
    this.assert_hears(Kind::Ping, &[]).await;
    assert_eq!(start.elapsed().as_secs(), 1, "silence counts anew");
}

#[tokio::test(start_paused = true)]
async fn no_ping_is_sent_after_bye() {
    let mut this = Fixture::new(protocol(true, true)).await;
    this.connection.end(END).unwrap();
    this.events.assert_next("completed 2").await;
    this.assert_hears(Kind::Bye, &[]).await;
    sleep(SECOND * 100).await;
    this.say(Kind::Ping, &[]).await;
    this.assert_hears(Kind::Pong, &[]).await;
    assert!(this.events.told().is_empty(), "who may not ask must not count silence");
}

#[tokio::test(start_paused = true)]
async fn a_question_that_comes_behind_fin_breaks_nothing() {
    let mut this = Fixture::new(protocol(true, false)).await;
    this.connection.end(END).unwrap();
    this.events.assert_next("completed 2").await;
    this.assert_hears(Kind::Bye, &[]).await;
    this.assert_hears_end().await;
    this.say(Kind::Ping, &[]).await;
    sleep(SECOND * 100).await;
    this.say(Kind::Data, b"late").await;
    this.events.assert_next("message late").await;
    assert!(this.connection.descriptor().is_some(), "nothing was written behind FIN");
    this.say(Kind::Bye, &[]).await;
    this.events.assert_next("ended").await;
    this.peer.shutdown().await.unwrap();
    settle().await;
    this.connection.finish();
    this.events.assert_next("closed Remote").await;
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_has_ended_its_half_is_not_given_up() {
    let mut this = Fixture::new(protocol(true, false)).await;
    this.say(Kind::Bye, &[]).await;
    this.peer.shutdown().await.unwrap();
    this.events.assert_next("ended").await;
    sleep(SECOND * 100).await;
    this.send(b"answer", SEND);
    this.assert_hears(Kind::Data, b"answer").await;
    assert!(this.events.told().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_link_that_died_in_silence_is_replaced() {
    let mut this = Fixture::reconnecting(protocol(true, true), false).await;
    this.assert_hears(Kind::Ping, &[]).await;
    let mut dead = std::mem::replace(&mut this.peer, link().await.0);
    let start = Instant::now();
    this.relink(Some(0)).await;
    this.events.assert_next("connected").await;
    assert_eq!(start.elapsed().as_secs(), 2);
    dead.read_to_end(&mut Vec::new()).await.unwrap();
    this.assert_hears(Kind::Ping, &[]).await;
}
