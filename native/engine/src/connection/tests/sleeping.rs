//! Connections whose driver has no task, because nothing is left for it to do.

use std::fs::File;
use std::os::fd::OwnedFd;

use super::*;

/// Tasks of the test's runtime.
fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

fn config(sender: UnboundedSender<Told>, protocol: Protocol) -> ConnectionConfig {
    ConnectionConfig {
        sink: Arc::new(Recorder(sender)),
        poller: Some(Poller::new(|| {}).target(TARGET)),
        protocol: Arc::new(protocol),
        counters: Counters::default(),
        options: SocketOptions::default(),
        guard: None,
        link_source: None,
    }
}

/// What an accepted connection has whose owner knows of it.
async fn accepted(protocol: Protocol) -> Fixture {
    let (sender, events) = unbounded_channel();
    let (stream, peer) = link().await;
    let address = stream.peer_addr().unwrap();
    let initial = InitialLink {
        stream: stream.into_std().unwrap(),
        peer: address,
        peer_interval: None,
        ciphers: None,
        is_known: true,
    };
    let connection = Connection::start(config(sender, protocol), initial, &Handle::current()).unwrap();
    let links = mpsc::channel(1).0;
    Fixture { connection, events: Events(events), peer, links, stream: Weak::new(), peer_ciphers: None }
}

#[tokio::test(start_paused = true)]
async fn reading_and_sending_what_the_kernel_takes_need_no_task() {
    let mut this = accepted(Protocol::default()).await;
    this.hear(b"in").await;
    let link = this.readable();
    assert_eq!(this.connection.try_read(link, &mut [0; 8]).bytes, 2);
    assert_eq!(this.connection.send(b"out", SEND), Ok(SendProgress::Sent));
    let mut out = [0; 3];
    this.peer.read_exact(&mut out).await.unwrap();
    assert_eq!((&out, tasks()), (b"out", 0));
}

#[tokio::test(start_paused = true)]
async fn what_the_kernel_does_not_take_is_sent_by_a_task() {
    const MESSAGE_BYTES: usize = 24 * 1024 * 1024;
    let mut this = accepted(Protocol::default()).await;
    assert_eq!(this.connection.send(&vec![7; MESSAGE_BYTES], SEND), Ok(SendProgress::Queued));
    assert_eq!(tasks(), 1);
    this.peer.read_exact(&mut vec![0; MESSAGE_BYTES]).await.unwrap();
    this.events.assert_next("completed 1").await;
}

#[tokio::test(start_paused = true)]
async fn closing_is_the_work_of_a_task() {
    let mut this = accepted(Protocol::default()).await;
    this.connection.close(Some(CLOSE)).unwrap();
    this.events.assert_next("closed Local").await;
    this.events.assert_next("completed 3").await;
    this.assert_hears_end().await;
}

#[tokio::test(start_paused = true)]
async fn dropping_the_handle_closes_the_connection() {
    let mut this = accepted(Protocol::default()).await;
    drop(this.connection);
    this.events.assert_next("closed Local").await;
    assert_eq!(this.peer.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn one_that_its_peer_has_ended_is_closed_when_its_owner_has_finished() {
    let mut this = accepted(Protocol::default()).await;
    this.peer.shutdown().await.unwrap();
    settle().await;
    let link = this.readable();
    assert_eq!(this.connection.try_read(link, &mut [0]), ReadOutcome::NOTHING);
    assert_eq!((this.told(), tasks()), (vec!["ended".to_owned()], 0));
    this.connection.finish();
    this.events.assert_next("closed Remote").await;
    this.assert_hears_end().await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_left_of_one_that_is_over() {
    let mut this = accepted(Protocol::default()).await;
    let weak = this.connection.downgrade();
    weak.abort();
    this.events.assert_next("closed Local").await;
    drop(this.connection);
    settle().await;
    assert!(!weak.is_there());
}

#[tokio::test(start_paused = true)]
async fn one_with_a_time_limit_has_a_task_that_minds_it() {
    let mut this = accepted(Protocol { idle_timeout: Some(SECOND), ..Protocol::default() }).await;
    this.events.assert_next("closed Idle").await;
}

#[tokio::test(start_paused = true)]
async fn one_that_cannot_be_watched_fails_with_what_the_kernel_said() {
    let (sender, events) = unbounded_channel();
    // Whatever may be watched, a file may not.
    let stream = std::net::TcpStream::from(OwnedFd::from(File::open("/dev/null").unwrap()));
    let peer = ([127, 0, 0, 1], 1).into();
    let initial = InitialLink { stream, peer, peer_interval: None, ciphers: None, is_known: true };
    let runtime = Handle::current();
    let _connection = Connection::serve(config(sender, Protocol::default()), initial, None, &runtime);
    let mut events = Events(events);
    events.assert_next(&format!("broken {}", libc::EPERM)).await;
    events.assert_next("closed Reset").await;
}
