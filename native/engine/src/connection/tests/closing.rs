//! How long a closing connection waits, on a clock that leaps whenever nothing is left to do.

use std::io::{ErrorKind, Read};
use std::net::TcpStream as Peer;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::time::{Instant, advance, sleep};

use super::*;
use crate::limits::{DRAIN_TIMEOUT, RECEIVE_HIGH_BYTES, STOP_EXCUSES};

/// More than the kernel's two buffers hold together.
const QUEUED_BYTES: usize = 24 * 1024 * 1024;

/// What a slow peer takes at a time: enough for the kernel to ask for more.
const SIP_BYTES: usize = 6 * 1024 * 1024;

/// What the kernel takes at once, and that of a peer that does not read does not.
const SENT_BYTES: usize = 1024 * 1024;

const SEND: OperationId = OperationId(1);
const CLOSE: OperationId = OperationId(2);

struct Recorder(Sender<Told>);

impl EventSink<ConnectionEvent> for Recorder {
    fn post(&self, event: ConnectionEvent) {
        self.0.send(Told::Event(event)).unwrap();
    }

    fn complete(&self, operation_id: OperationId, result: Result<(), SocketError>) {
        self.0.send(Told::Completed(operation_id, result)).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_is_reset_at_the_limit() {
    let (connection, events, mut peer) = closing().await;
    let start = Instant::now();
    connection.shared.reported().await;
    assert_eq!(start.elapsed().as_secs(), DRAIN_TIMEOUT.as_secs());
    assert_eq!(send_result(&events), Err(libc::ETIMEDOUT));
    tokio::task::yield_now().await;
    let error = peer.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[tokio::test(start_paused = true)]
async fn time_in_which_this_process_was_stopped_does_not_count_for_a_closing_connection() {
    for stop in [DRAIN_TIMEOUT * 3 / 4, DRAIN_TIMEOUT, DRAIN_TIMEOUT * 2] {
        let (connection, events, _peer) = closing().await;
        let start = Instant::now();
        sleep(Duration::from_secs(1)).await;
        advance(stop).await;
        connection.shared.reported().await;
        assert_eq!(start.elapsed().as_secs(), (Duration::from_secs(1) + stop + DRAIN_TIMEOUT).as_secs());
        assert_eq!(send_result(&events), Err(libc::ETIMEDOUT));
    }
}

#[tokio::test(start_paused = true)]
async fn process_that_is_stopped_again_and_again_resets_a_peer_that_takes_nothing() {
    let (connection, _events, _peer) = closing().await;
    let mut stops = 0;
    while tokio::time::timeout(DRAIN_TIMEOUT / 2, connection.shared.reported()).await.is_err() {
        advance(DRAIN_TIMEOUT).await;
        stops += 1;
        assert!(stops <= STOP_EXCUSES + 2, "it waits for ever");
    }
    assert!(stops >= STOP_EXCUSES);
}

#[tokio::test(start_paused = true)]
async fn a_slow_peer_that_takes_some_in_time_gets_everything() {
    let (connection, events, mut peer) = closing().await;
    let start = Instant::now();
    let mut taken = 0;
    while taken < QUEUED_BYTES {
        sleep(DRAIN_TIMEOUT - Duration::from_secs(1)).await;
        taken += sip(&mut peer).await;
    }
    connection.shared.reported().await;
    assert!(start.elapsed() > DRAIN_TIMEOUT * 2);
    assert_eq!(send_result(&events), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn lingering_bounds_how_long_acknowledgements_are_waited_for() {
    let mut this = Fixture::new(protocol(false, true)).await;
    this.connection.set_options(&SocketOptions { linger: Some(Some(SECOND * 5)), ..Default::default() }).unwrap();
    this.send(b"last", super::SEND);
    this.connection.close(Some(super::CLOSE)).unwrap();
    this.assert_hears(Kind::Data, b"last").await;
    this.assert_hears(Kind::Bye, &[]).await;
    this.assert_hears_end().await;
    let start = Instant::now();
    this.events.assert_next(&format!("failed 1 {}", libc::ETIMEDOUT)).await;
    this.events.assert_next("closed Timeout").await;
    this.events.assert_next(&format!("failed 3 {}", libc::ETIMEDOUT)).await;
    assert_eq!(start.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_linger_of_nothing_resets_an_acknowledged_connection_too() {
    let mut this = Fixture::new(protocol(false, true)).await;
    this.connection.set_options(&SocketOptions { linger: Some(Some(Duration::ZERO)), ..Default::default() }).unwrap();
    this.send(b"last", super::SEND);
    this.connection.close(Some(super::CLOSE)).unwrap();
    this.events.assert_next(&format!("failed 1 {}", libc::ECONNABORTED)).await;
    this.events.assert_next("closed Local").await;
}

#[tokio::test]
async fn a_reset_after_the_end_of_the_peer_is_told_where_something_was_lost() {
    for wanted in [&["closed Reset", "failed 3 104"], &["broken 104", "closed Reset"]] {
        let mut this = Fixture::new(Protocol::default()).await;
        this.peer.shutdown().await.unwrap();
        this.events.assert_next("ended").await;
        assert_eq!(this.connection.send(&vec![0; SENT_BYTES], super::SEND), Ok(SendProgress::Sent));
        if wanted[0].starts_with("closed") {
            this.connection.close(Some(super::CLOSE)).unwrap()
        } else {
            this.connection.finish()
        }
        this.peer.set_zero_linger().unwrap();
        drop(this.peer);
        this.events.assert_next(wanted[0]).await;
        this.events.assert_next(wanted[1]).await;
    }
}

#[tokio::test]
async fn a_peer_that_has_everything_may_leave_after_its_end() {
    let mut this = Fixture::new(Protocol::default()).await;
    this.peer.shutdown().await.unwrap();
    this.events.assert_next("ended").await;
    this.send(b"last", super::SEND);
    this.await_acknowledgement(Some(0)).await;
    this.peer.set_zero_linger().unwrap();
    drop(this.peer);
    this.connection.close(Some(super::CLOSE)).unwrap();
    this.events.assert_next("closed Remote").await;
    this.events.assert_next("completed 3").await;
}

#[tokio::test]
async fn a_close_that_a_reset_forestalls_fails_where_something_was_lost() {
    let mut this = Fixture::new(Protocol::default()).await;
    assert_eq!(this.connection.send(&vec![0; SENT_BYTES], super::SEND), Ok(SendProgress::Sent));
    this.connection.close(Some(super::CLOSE)).unwrap();
    this.connection.downgrade().abort();
    this.events.assert_next("closed Local").await;
    this.events.assert_next(&format!("failed 3 {}", libc::ECONNABORTED)).await;
}

#[tokio::test(start_paused = true)]
async fn a_close_while_suspending_fails_with_what_the_link_has_lost() {
    let mut this = Fixture::reconnecting(Protocol::default(), true).await;
    assert_eq!(this.connection.send(&vec![0; SENT_BYTES], super::SEND), Ok(SendProgress::Sent));
    this.connection.suspend(SUSPEND).unwrap();
    settle().await;
    this.connection.close(Some(super::CLOSE)).unwrap();
    this.events.assert_next(&format!("failed 5 {}", libc::ETIMEDOUT)).await;
    this.events.assert_next("closed Timeout").await;
    this.events.assert_next(&format!("failed 3 {}", libc::ETIMEDOUT)).await;
}

/// A closing connection whose peer has ended its side, too, and takes nothing: its socket is closed in both directions, which the
/// reactor reports without end. A connection that takes that for news keeps a thread busy, and this clock never leaps.
#[test]
fn waiting_for_a_peer_that_has_ended_its_side_uses_no_processor_time() {
    let (done, waiting) = channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        done.send(runtime.block_on(closing_after_end_of_peer())).unwrap();
    });
    assert_eq!(waiting.recv_timeout(SECOND * 10), Ok(DRAIN_TIMEOUT.as_secs()));
}

/// Returns after how many seconds such a connection is reset.
async fn closing_after_end_of_peer() -> u64 {
    let mut this = Fixture::new(Protocol::default()).await;
    this.peer.shutdown().await.unwrap();
    this.events.assert_next("ended").await;
    this.send(&[0; SENT_BYTES], super::SEND);
    this.connection.close(Some(super::CLOSE)).unwrap();
    let start = Instant::now();
    this.events.assert_next("closed Timeout").await;
    this.events.assert_next(&format!("failed 3 {}", libc::ETIMEDOUT)).await;
    start.elapsed().as_secs()
}

/// Its owner may never close it, for it has something unread: the sends must not wait for that.
#[tokio::test(start_paused = true)]
async fn sends_that_the_peer_can_no_longer_acknowledge_fail_before_the_close() {
    let kinds = [(false, false), (true, false), (false, true)];
    for ((reconnects, allow_half_open), is_keyed) in kinds.into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
        let protocol = Protocol { allow_half_open, ..protocol(false, true) };
        let protocol = if is_keyed { keyed(protocol) } else { protocol };
        let mut this = Fixture::with(protocol, reconnects.then_some(false)).await;
        this.send(b"before", super::SEND);
        this.say(Kind::Bye, &[]).await;
        this.peer.shutdown().await.unwrap();
        this.events.assert_next("ended").await;
        this.events.assert_next(&format!("failed 1 {}", libc::ECONNRESET)).await;
        this.send(b"after", super::SEND);
        this.events.assert_next(&format!("failed 1 {}", libc::ECONNRESET)).await;
        this.assert_hears(Kind::Data, b"before").await;
        this.assert_hears(Kind::Data, b"after").await;
        this.connection.close(Some(super::CLOSE)).unwrap();
        this.events.assert_next("closed Reset").await;
        this.events.assert_next(&format!("failed 3 {}", libc::ECONNRESET)).await;
    }
}

/// The kernel reports a reset once: what is read and acknowledged afterwards must not hide it.
#[tokio::test(start_paused = true)]
async fn close_behind_a_reset_fails_with_the_reset_also_when_frames_were_unread() {
    for protocol in [protocol(false, true), keyed(protocol(false, true))] {
        let mut this = Fixture::new(protocol).await;
        this.say(Kind::Data, b"unread").await;
        this.events.assert_next("message unread").await;
        this.assert_hears(Kind::Acknowledge, &1_u64.to_be_bytes()).await;
        this.connection.hold(RECEIVE_HIGH_BYTES);
        this.send(b"owed", super::SEND);
        this.say(Kind::Data, b"last").await;
        this.peer.set_zero_linger().unwrap();
        drop(std::mem::replace(&mut this.peer, link().await.0));
        this.events.assert_next(&format!("failed 1 {}", libc::ECONNRESET)).await;
        this.events.assert_next("read closed").await;
        this.connection.close(Some(super::CLOSE)).unwrap();
        this.events.assert_next("closed Reset").await;
        this.events.assert_next(&format!("failed 3 {}", libc::ECONNRESET)).await;
    }
}

/// A connection that is closing, though its peer has not taken what was sent.
async fn closing() -> (Connection, Receiver<Told>, Peer) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = Peer::connect(listener.local_addr().unwrap()).unwrap();
    peer.set_nonblocking(true).unwrap();
    let (stream, address) = listener.accept().await.unwrap();
    let (sender, events) = channel();
    let sink = Arc::new(Recorder(sender));
    let (protocol, counters) = (Arc::default(), Counters::default());
    let options = SocketOptions::default();
    let config = ConnectionConfig { sink, poller: None, protocol, counters, options, guard: None, link_source: None };
    let initial = InitialLink {
        stream: stream.into_std().unwrap(),
        peer: address,
        peer_interval: None,
        ciphers: None,
        is_known: false,
    };
    let connection = Connection::start(config, initial, &Handle::current()).unwrap();
    let progress = connection.send(&vec![0; QUEUED_BYTES], SEND);
    assert_eq!(progress, Ok(SendProgress::Queued));
    connection.close(Some(CLOSE)).unwrap();
    (connection, events, peer)
}

async fn sip(peer: &mut Peer) -> usize {
    let mut sip = vec![0; SIP_BYTES];
    let mut taken = 0;
    while taken < SIP_BYTES {
        match peer.read(&mut sip) {
            Ok(0) => break,
            Ok(count) => taken += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => panic!("{taken} bytes were taken, then: {error}"),
        }
        tokio::task::yield_now().await;
    }
    taken
}

fn send_result(events: &Receiver<Told>) -> Result<(), i32> {
    match events.recv().unwrap() {
        Told::Completed(SEND, result) => result.map_err(|error| error.errno),
        other => panic!("{other:?} came"),
    }
}
