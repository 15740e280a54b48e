//! Connections whose driver has no task, because nothing is left for it to do.

use std::fs::File;
use std::os::fd::OwnedFd;

use super::reading::OwnReader;
use super::*;
use crate::arrivals::Arrivals;

/// Tasks of the test's runtime.
fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

fn plan(sink: Arc<dyn EventSink>, protocol: Protocol) -> Plan {
    Plan {
        sink,
        protocol: Arc::new(protocol),
        counters: Counters::default(),
        options: SocketOptions::default(),
        guard: None,
        restorer: None,
    }
}

/// What an accepted connection has whose owner knows of it.
async fn accepted(protocol: Protocol) -> Fixture {
    let (sender, events) = unbounded_channel();
    let sink = OwnReader { recorder: Recorder(sender), arrivals: Arrivals::new(|| {}) };
    let (stream, peer) = link().await;
    let address = stream.peer_addr().unwrap();
    let first = FirstLink { stream: stream.into_std().unwrap(), peer: address, peer_interval: None, is_known: true };
    let connection = Connection::start(plan(Arc::new(sink), protocol), first, &Handle::current()).unwrap();
    Fixture { connection, events: Events(events), peer, links: mpsc::channel(1).0 }
}

/// One whose peer has ended it, which its owner knows.
async fn ended() -> Fixture {
    let mut this = accepted(Protocol::default()).await;
    this.peer.shutdown().await.unwrap();
    settle().await;
    assert_eq!(this.reader().await.read(&mut [0]), Piece::NOTHING);
    assert_eq!(this.told(), ["ended"]);
    this
}

#[tokio::test(start_paused = true)]
async fn reading_and_sending_what_the_kernel_takes_need_no_task() {
    let mut this = accepted(Protocol::default()).await;
    this.hear(b"in").await;
    assert_eq!(this.reader().await.read(&mut [0; 8]).bytes, 2);
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
async fn one_that_nobody_keeps_is_closed() {
    let mut this = accepted(Protocol::default()).await;
    drop(this.connection);
    this.events.assert_next("closed Local").await;
    assert_eq!(this.peer.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn one_that_its_peer_has_ended_is_closed_at_once() {
    let mut this = ended().await;
    this.connection.finish();
    assert_eq!((this.told(), tasks()), (vec!["closed Remote".to_owned()], 0));
    assert!(*this.connection.ended().borrow());
    this.assert_hears_end().await;
    this.connection.finish();
    assert!(this.told().is_empty(), "it is over once");
}

#[tokio::test(start_paused = true)]
async fn one_with_a_time_limit_has_a_task_that_minds_it() {
    let mut this = accepted(Protocol { idle_timeout: Some(SECOND), ..Protocol::default() }).await;
    this.events.assert_next("closed Idle").await;
}

#[tokio::test(start_paused = true)]
async fn one_that_is_to_be_reset_when_it_closes_is() {
    let mut this = ended().await;
    this.connection.set_options(&SocketOptions { linger: Some(Some(Duration::ZERO)), ..Default::default() }).unwrap();
    this.connection.finish();
    assert_eq!(this.told(), ["closed Remote"]);
    let reset = this.peer.read(&mut [0]).await.unwrap_err();
    assert_eq!(reset.raw_os_error(), Some(libc::ECONNRESET));
}

#[tokio::test(start_paused = true)]
async fn nobody_is_blocked_by_one_that_lingers() {
    const LINGER: Duration = Duration::from_secs(60);
    const MESSAGE_BYTES: usize = 256 * 1024;
    let mut this = ended().await;
    socket2::SockRef::from(&this.peer).set_recv_buffer_size(32 * 1024).unwrap();
    let options =
        SocketOptions { linger: Some(Some(LINGER)), send_buffer_bytes: Some(1 << 20), ..SocketOptions::default() };
    this.connection.set_options(&options).unwrap();
    let sent = this.connection.send(&vec![7; MESSAGE_BYTES], SEND);
    assert_eq!(sent, Ok(SendProgress::Sent), "the kernel has more than the peer takes");
    let start = std::time::Instant::now();
    this.connection.finish();
    assert!(start.elapsed() < LINGER / 2);
    let mut all = Vec::new();
    this.peer.read_to_end(&mut all).await.unwrap();
    assert_eq!(all.len(), MESSAGE_BYTES);
}

#[tokio::test(start_paused = true)]
async fn one_that_cannot_be_watched_fails_with_what_the_kernel_said() {
    let (sender, events) = unbounded_channel();
    let sink = OwnReader { recorder: Recorder(sender), arrivals: Arrivals::new(|| {}) };
    // Whatever may be watched, a file may not.
    let stream = Arc::new(std::net::TcpStream::from(OwnedFd::from(File::open("/dev/null").unwrap())));
    let transport = Transport::new(Arc::clone(&stream), &Protocol::default(), None);
    let runtime = Handle::current();
    let _connection =
        plan(Arc::new(sink), Protocol::default()).run(Link::Open(stream), None, Some(transport), true, None, &runtime);
    let mut events = Events(events);
    events.assert_next(&format!("broken {}", libc::EPERM)).await;
    events.assert_next("closed Reset").await;
}
