//! How a connection that loses its link goes on with the next one.

use super::*;
use crate::limits::{EVENT_OVERHEAD_BYTES, RECEIVE_HIGH_BYTES};

fn rejecting() -> Protocol {
    Protocol { unsent: crate::protocol::Unsent::Reject, ..protocol(false, true) }
}

impl Fixture {
    /// Loses the link.
    async fn cut(&mut self) {
        drop(std::mem::replace(&mut self.peer, link().await.0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_suspended_connection_lets_its_link_go_and_resumes_with_the_session() {
    let mut this = Fixture::reconnecting(protocol(false, true), true).await;
    this.connection.suspend(SUSPEND).unwrap();
    this.events.assert_next("completed 5").await;
    this.assert_hears_end().await;
    this.send(b"kept", SEND);
    this.relink(Some(0)).await;
    settle().await;
    assert!(this.events.told().is_empty(), "nobody asked for a link");
    this.connection.resume();
    this.events.assert_next("connected").await;
    this.assert_hears(Kind::Data, b"kept").await;
}

#[tokio::test(start_paused = true)]
async fn resuming_right_after_suspending_makes_another_link() {
    let mut this = Fixture::reconnecting(protocol(false, true), true).await;
    this.connection.suspend(SUSPEND).unwrap();
    this.connection.resume();
    let again = this.connection.suspend(OperationId(9)).unwrap_err();
    assert_eq!(again.errno, libc::EALREADY);
    this.events.assert_next("completed 5").await;
    this.relink(Some(0)).await;
    this.events.assert_next("connected").await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_both_sides_have_ended_gets_no_other_link_when_it_is_resumed() {
    let mut this = Fixture::reconnecting(protocol(true, false), true).await;
    this.connection.end(END).unwrap();
    this.events.assert_next("completed 2").await;
    this.say(Kind::Bye, &[]).await;
    this.events.assert_next("ended").await;
    this.connection.suspend(SUSPEND).unwrap();
    this.connection.resume();
    this.relink(None).await;
    this.events.assert_next("completed 5").await;
    settle().await;
    assert!(this.events.told().is_empty(), "it was over");
    this.connection.finish();
    this.events.assert_next("closed Remote").await;
}

#[tokio::test(start_paused = true)]
async fn closing_right_after_suspending_answers_both_calls() {
    let mut this = Fixture::reconnecting(protocol(false, true), true).await;
    this.connection.suspend(SUSPEND).unwrap();
    this.connection.close(Some(CLOSE)).unwrap();
    this.events.assert_next(&format!("failed 5 {}", libc::ECANCELED)).await;
    this.events.assert_next("closed Local").await;
    this.events.assert_next("completed 3").await;
}

#[tokio::test(start_paused = true)]
async fn closing_a_connection_that_waits_for_a_link_fails_what_waits() {
    let mut this = Fixture::reconnecting(protocol(false, true), true).await;
    this.cut().await;
    settle().await;
    this.send(b"late", SEND);
    this.connection.suspend(SUSPEND).unwrap();
    this.connection.close(Some(CLOSE)).unwrap();
    this.events.assert_next(&format!("failed 1 {}", libc::ECONNABORTED)).await;
    this.events.assert_next(&format!("failed 5 {}", libc::ECANCELED)).await;
    this.events.assert_next("closed Local").await;
    this.events.assert_next("completed 3").await;
    assert_eq!(this.connection.queued_bytes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_drop_without_a_link_closes() {
    let Fixture { connection, mut events, peer, links: _links, .. } =
        Fixture::reconnecting(protocol(false, true), true).await;
    connection.suspend(SUSPEND).unwrap();
    events.assert_next("completed 5").await;
    drop((connection, peer));
    events.assert_next("closed Local").await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_replaced_fails_with_what_ended_the_link() {
    let Fixture { connection, mut events, peer, links, .. } = Fixture::reconnecting(protocol(false, true), true).await;
    connection.send(b"lost", SEND).unwrap();
    connection.suspend(SUSPEND).unwrap();
    events.assert_next("completed 5").await;
    drop((links, peer));
    connection.resume();
    events.assert_next(&format!("failed 1 {}", libc::ETIMEDOUT)).await;
    events.assert_next(&format!("broken {}", libc::ETIMEDOUT)).await;
    events.assert_next("closed Timeout").await;
}

#[tokio::test(start_paused = true)]
async fn unsent_messages_are_rejected_where_that_is_wanted_and_sent_ones_wait() {
    let mut this = Fixture::reconnecting(rejecting(), true).await;
    this.send(b"sent", SEND);
    this.assert_hears(Kind::Data, b"sent").await;
    this.cut().await;
    settle().await;
    let refused = this.connection.send(b"late", OperationId(9)).unwrap_err();
    assert_eq!(refused.errno, libc::ENOTCONN);
    this.relink(Some(0)).await;
    this.events.assert_next("connected").await;
    this.assert_hears(Kind::Data, b"sent").await;
    this.say(Kind::Acknowledge, &1_u64.to_be_bytes()).await;
    this.events.assert_next("completed 1").await;
}

#[tokio::test(start_paused = true)]
async fn drained_is_reported_when_the_queue_is_lost_with_its_link() {
    let mut this = Fixture::reconnecting(Protocol { acknowledge: false, heartbeat: None, ..rejecting() }, true).await;
    let data = vec![7; 90];
    let mut queued = 0;
    while queued == 0 {
        queued = usize::from(this.connection.send(&data, SEND).unwrap() == SendProgress::Queued);
    }
    this.cut().await;
    this.events.assert_next(&format!("failed 1 {}", libc::ECONNRESET)).await;
    this.relink(None).await;
    this.events.assert_next("connected").await;
    this.events.assert_next("drained").await;
}

#[tokio::test(start_paused = true)]
async fn drained_is_reported_when_the_next_link_acknowledges() {
    let mut this = Fixture::reconnecting(protocol(false, true), true).await;
    this.send(b"sent", SEND);
    this.assert_hears(Kind::Data, b"sent").await;
    this.cut().await;
    this.relink(Some(1)).await;
    this.events.assert_next("connected").await;
    this.events.assert_next("completed 1").await;
    this.events.assert_next("drained").await;
}

#[tokio::test(start_paused = true)]
async fn an_end_is_said_again_on_the_next_link_and_once_on_each() {
    let mut this = Fixture::reconnecting(protocol(false, true), true).await;
    this.connection.end(END).unwrap();
    this.events.assert_next("completed 2").await;
    this.assert_hears(Kind::Bye, &[]).await;
    this.cut().await;
    this.relink(Some(0)).await;
    this.events.assert_next("connected").await;
    this.assert_hears(Kind::Bye, &[]).await;
    this.connection.close(Some(CLOSE)).unwrap();
    this.assert_hears_end().await;
}

#[tokio::test(start_paused = true)]
async fn fin_is_said_again_on_the_next_link() {
    let mut this = Fixture::reconnecting(Protocol { acknowledge: false, ..protocol(false, true) }, true).await;
    this.connection.end(END).unwrap();
    this.events.assert_next("completed 2").await;
    this.assert_hears_end().await;
    this.peer.set_zero_linger().unwrap();
    this.cut().await;
    this.relink(None).await;
    this.events.assert_next("connected").await;
    this.assert_hears_end().await;
}

#[tokio::test(start_paused = true)]
async fn an_end_without_a_link_is_said_behind_what_waits() {
    let mut this = Fixture::reconnecting(protocol(false, true), true).await;
    this.cut().await;
    settle().await;
    this.send(b"kept", SEND);
    this.connection.end(END).unwrap();
    this.relink(Some(0)).await;
    this.events.assert_next("connected").await;
    this.assert_hears(Kind::Data, b"kept").await;
    this.assert_hears(Kind::Bye, &[]).await;
    this.connection.close(Some(CLOSE)).unwrap();
    this.say(Kind::Acknowledge, &1_u64.to_be_bytes()).await;
    this.assert_hears_end().await;
}

#[tokio::test(start_paused = true)]
async fn close_right_after_end_sends_one_bye() {
    let mut this = Fixture::new(protocol(false, true)).await;
    this.connection.end(END).unwrap();
    this.connection.close(Some(CLOSE)).unwrap();
    this.assert_hears(Kind::Bye, &[]).await;
    this.assert_hears_end().await;
    this.events.assert_next("completed 2").await;
    this.events.assert_next("closed Local").await;
    this.events.assert_next("completed 3").await;
}

#[tokio::test(start_paused = true)]
async fn a_count_that_cannot_be_ends_the_connection_before_it_is_up_again() {
    let mut this = Fixture::reconnecting(protocol(false, true), false).await;
    this.cut().await;
    this.relink(Some(1)).await;
    this.events.assert_next(&format!("broken {}", libc::EPROTO)).await;
    this.events.assert_next("closed Protocol").await;
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_said_goodbye_and_was_cut_is_not_waited_for() {
    let mut this = Fixture::reconnecting(protocol(false, true), false).await;
    this.say(Kind::Bye, &[]).await;
    this.events.assert_next("ended").await;
    this.peer.set_zero_linger().unwrap();
    this.cut().await;
    this.events.assert_next(&format!("broken {}", libc::ECONNRESET)).await;
    this.events.assert_next("closed Reset").await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_both_sides_have_ended_gets_no_other_link() {
    for acknowledge in [true, false] {
        let mut this = Fixture::reconnecting(Protocol { acknowledge, ..protocol(true, true) }, true).await;
        this.connection.end(END).unwrap();
        this.events.assert_next("completed 2").await;
        this.assert_hears(Kind::Bye, &[]).await;
        this.say(Kind::Bye, &[]).await;
        this.events.assert_next("ended").await;
        this.connection.finish();
        this.events.assert_next("closed Remote").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_ends_on_purpose_is_left_for_the_next_one() {
    let mut this = Fixture::reconnecting(protocol(false, true), true).await;
    this.say(Kind::Bye, &[]).await;
    this.cut().await;
    this.relink(None).await;
    this.events.assert_next("connected").await;
}

#[tokio::test(start_paused = true)]
async fn a_new_session_fails_what_the_old_one_sent_and_counts_from_the_beginning() {
    let mut this = Fixture::reconnecting(protocol(false, true), true).await;
    this.say(Kind::Data, b"old").await;
    this.events.assert_next("message old").await;
    this.assert_hears(Kind::Acknowledge, &1_u64.to_be_bytes()).await;
    this.send(b"sent", SEND);
    this.assert_hears(Kind::Data, b"sent").await;
    this.cut().await;
    settle().await;
    this.send(b"kept", OperationId(9));
    this.relink(None).await;
    this.events.assert_next("connected").await;
    this.events.assert_next(&format!("failed 1 {}", libc::ECONNRESET)).await;
    this.assert_hears(Kind::Data, b"kept").await;
    this.say(Kind::Data, b"new").await;
    this.events.assert_next("message new").await;
    this.assert_hears(Kind::Acknowledge, &1_u64.to_be_bytes()).await;
    this.say(Kind::Acknowledge, &1_u64.to_be_bytes()).await;
    this.events.assert_next("completed 9").await;
}

#[tokio::test(start_paused = true)]
async fn a_link_that_fails_during_backpressure_is_replaced_at_once() {
    let mut this = Fixture::reconnecting(protocol(false, true), true).await;
    let messages = RECEIVE_HIGH_BYTES / EVENT_OVERHEAD_BYTES + 1;
    this.peer.write_all(&frame(Kind::Data, &[]).repeat(messages)).await.unwrap();
    settle().await;
    let received = this.events.told().len();
    assert!(received <= messages);
    this.peer.set_zero_linger().unwrap();
    this.cut().await;
    this.send(b"kept", SEND);
    this.relink(Some(0)).await;
    this.events.assert_next("connected").await;
    this.assert_hears(Kind::Data, b"kept").await;
}

#[tokio::test(start_paused = true)]
async fn a_broken_link_that_is_going_to_be_replaced_takes_no_other_connect_and_keeps_options() {
    let this = Fixture::reconnecting(protocol(false, true), true).await;
    lock(&this.connection.shared.state).phase.break_with(libc::EPIPE);
    assert_eq!(this.connection.connect_conflict(), Some(libc::EALREADY));
    assert_eq!(this.connection.set_options(&SocketOptions::default()), Ok(()));
    let ended = Fixture::new(protocol(false, true)).await;
    lock(&ended.connection.shared.state).phase.break_with(libc::EPIPE);
    assert_eq!(ended.connection.connect_conflict(), None);
    let refused = ended.connection.set_options(&SocketOptions::default());
    assert_eq!(refused.map_err(|error| error.errno), Err(libc::EPIPE));
}

#[tokio::test(start_paused = true)]
async fn the_first_link_answers_the_call_that_asked_for_it() {
    let (sender, events) = unbounded_channel();
    let (_links, links) = mpsc::channel(1);
    let link_source: Box<dyn LinkSource> = Box::new(Links { links, outlives_peer: true });
    let (protocol, counters) = (Arc::new(protocol(false, true)), Counters::default());
    let (sink, options) = (Arc::new(Recorder(sender)), SocketOptions::default());
    let config = ConnectionConfig {
        sink,
        poller: None,
        protocol,
        counters,
        options,
        guard: None,
        link_source: Some(link_source),
    };
    let connection = Connection::open(config, OPEN, &Handle::current());
    let mut events = Events(events);
    assert_eq!(connection.connect_conflict(), Some(libc::EALREADY));
    connection.send(b"kept", SEND).unwrap();
    connection.suspend(SUSPEND).unwrap();
    connection.close(Some(CLOSE)).unwrap();
    events.assert_next(&format!("failed 4 {}", libc::ECANCELED)).await;
    events.assert_next(&format!("failed 1 {}", libc::ECONNABORTED)).await;
    events.assert_next(&format!("failed 5 {}", libc::ECANCELED)).await;
    events.assert_next("closed Local").await;
    events.assert_next("completed 3").await;
}

#[tokio::test]
async fn nothing_that_is_sent_while_suspending_goes_behind_bye() {
    for round in 0..200 {
        let mut this = Fixture::reconnecting(Protocol { acknowledge: false, ..protocol(true, false) }, true).await;
        let shared = Arc::clone(&this.connection.shared);
        settle().await;
        this.connection.suspend(SUSPEND).unwrap();
        let sender = std::thread::spawn(move || {
            for _ in 0..200 {
                lock(&shared.state).send(&Message::new(b"x"), SEND).unwrap();
            }
        });
        let all = this.read_to_end_awake().await;
        sender.join().unwrap();
        assert!(all.ends_with(&frame(Kind::Bye, &[])), "round {round}: {:?}", &all[all.len().saturating_sub(20)..]);
    }
}
