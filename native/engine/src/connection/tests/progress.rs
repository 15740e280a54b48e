//! A peer that makes progress is alive, however slow it is.

use bytes::Bytes;
use socket2::SockRef;
use tokio::time::sleep;

use super::*;
use crate::limits::DRAIN_TIMEOUT;

/// More than the kernel's two buffers hold together.
const BULK_BYTES: usize = 24 * 1024 * 1024;

/// What a slow peer takes at a time: enough for the kernel to ask for more.
const SIP_BYTES: usize = 6 * 1024 * 1024;

/// The same of a peer whose kernel holds little.
const SMALL_SIP_BYTES: usize = 512 * 1024;

/// A length and the byte of the type.
const HEADER_BYTES: usize = 5;

const IDLE: Duration = Duration::from_secs(10);

fn bulk(protocol: Protocol) -> Protocol {
    Protocol { framing: Framing::length(4, false, BULK_BYTES).ok(), ..protocol }
}

fn idle(framing: Option<Framing>) -> Protocol {
    Protocol { framing, idle_timeout: Some(IDLE), ..Protocol::default() }
}

fn framings() -> [Option<Framing>; 3] {
    [None, Framing::length(4, false, BULK_BYTES).ok(), Framing::delimiter(Bytes::from_static(b"\n"), BULK_BYTES).ok()]
}

impl Fixture {
    /// Lets the peer's kernel hold little: what it holds it acknowledges, whether it is read or not.
    fn shrink_peer(&self) {
        SockRef::from(&self.peer).set_recv_buffer_size(256 * 1024).unwrap();
    }

    /// Takes at most so much of what has come, without waiting; false at the end of the stream.
    async fn sip(&mut self, most: usize, taken: &mut usize) -> bool {
        let mut buffer = vec![0; most];
        let (before, acknowledged) = (*taken, self.acknowledged_bytes());
        while *taken < before + most {
            match self.peer.try_read(&mut buffer[..before + most - *taken]) {
                Ok(0) => return false,
                Ok(count) => *taken += count,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
                Err(error) => panic!("{taken} bytes were taken, then: {error}"),
            }
            yield_now().await;
        }
        self.await_acknowledgement(acknowledged).await;
        settle().await;
        true
    }

    /// Takes `total` bytes, some of them each `pause`.
    async fn sip_slowly(&mut self, total: usize, pause: Duration) {
        let mut taken = 0;
        while taken < total {
            sleep(pause).await;
            assert!(self.sip(SIP_BYTES.min(total - taken), &mut taken).await, "the end came after {taken} bytes");
        }
    }

    fn send_bulk(&self) {
        assert_eq!(self.connection.send(&vec![7; BULK_BYTES], SEND), Ok(SendProgress::Queued));
    }

    /// What was told, apart from the success of what was sent.
    fn told_beside_sends(&mut self) -> Vec<String> {
        self.events.told().into_iter().filter(|told| told != "completed 1" && told != "drained").collect()
    }
}

#[tokio::test(start_paused = true)]
async fn heartbeat_keeps_a_peer_that_takes_bulk_data_slowly() {
    let mut this = Fixture::new(bulk(protocol(true, false))).await;
    this.shrink_peer();
    this.send_bulk();
    this.sip_slowly(HEADER_BYTES + BULK_BYTES, SECOND * 2).await;
    assert_eq!(this.told_beside_sends(), [""; 0]);
    assert!(this.connection.is_connected());
}

#[tokio::test(start_paused = true)]
async fn heartbeat_gives_up_a_peer_that_takes_no_bulk_data() {
    let mut this = Fixture::new(bulk(protocol(true, false))).await;
    this.send_bulk();
    this.events.assert_next(&format!("failed 1 {}", libc::ETIMEDOUT)).await;
    this.events.assert_next(&format!("broken {}", libc::ETIMEDOUT)).await;
    this.events.assert_next("closed Timeout").await;
}

/// As much as this side's kernel takes.
const PROMISED_BYTES: usize = 2 * 1024 * 1024;

/// The peer takes all that comes, slowly, and talks meanwhile. Returns how many bytes it was.
async fn take_slowly_and_talk(this: &mut Fixture) -> usize {
    let mut taken = 0;
    loop {
        sleep(SECOND).await;
        // What it says may be of no interest to a side that ends the link, nor is the moment from when on.
        let _ = this.peer.try_write(b"\0\0\0\x01.");
        if !this.sip(SMALL_SIP_BYTES, &mut taken).await {
            return taken;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn close_delivers_everything_to_a_slow_peer_that_talks() {
    for protocol in [Protocol::default(), bulk(protocol(false, false))] {
        let overhead = if protocol.framing.is_some() { 4 } else { 0 };
        let mut this = Fixture::new(protocol).await;
        this.shrink_peer();
        this.connection.send(&vec![7; PROMISED_BYTES], SEND).unwrap();
        this.connection.close(Some(CLOSE)).unwrap();
        assert_eq!(take_slowly_and_talk(&mut this).await, PROMISED_BYTES + overhead);
    }
}

/// A connection that gets other links, and is being suspended before its peer has taken what its kernel has.
async fn suspending(protocol: Protocol) -> Fixture {
    let mut this = Fixture::reconnecting(protocol, true).await;
    this.shrink_peer();
    this.connection.send(&vec![7; PROMISED_BYTES], SEND).unwrap();
    settle().await;
    this.events.told();
    this.connection.suspend(SUSPEND).unwrap();
    this
}

#[tokio::test(start_paused = true)]
async fn suspend_sends_the_queue_to_a_slow_peer_and_receives_its_data() {
    for protocol in [Protocol::default(), bulk(protocol(false, false))] {
        let (overhead, heard) = if protocol.framing.is_some() { (4, "message .") } else { (0, "received \0\0\0\x01.") };
        let mut this = suspending(protocol).await;
        assert_eq!(take_slowly_and_talk(&mut this).await, PROMISED_BYTES + overhead);
        let told = this.told_beside_sends();
        assert!(told.contains(&heard.to_owned()) && told.contains(&"completed 5".to_owned()), "{told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn suspend_fails_when_the_peer_takes_nothing_and_suspends_all_the_same() {
    let mut this = suspending(Protocol::default()).await;
    let start = tokio::time::Instant::now();
    this.events.assert_next(&format!("failed 5 {}", libc::ETIMEDOUT)).await;
    assert_eq!(start.elapsed().as_secs(), DRAIN_TIMEOUT.as_secs());
    this.connection.resume();
    this.relink(None).await;
    this.events.assert_next("connected").await;
}

#[tokio::test(start_paused = true)]
async fn suspend_of_an_acknowledged_connection_waits_for_nothing() {
    let mut this = suspending(bulk(protocol(false, true))).await;
    let start = tokio::time::Instant::now();
    this.events.assert_next("completed 5").await;
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn abort_ends_a_suspend_that_waits_for_its_peer() {
    let mut this = suspending(Protocol::default()).await;
    settle().await;
    let start = tokio::time::Instant::now();
    this.connection.abort(CLOSE).unwrap();
    this.events.assert_next(&format!("failed 5 {}", libc::ECANCELED)).await;
    this.events.assert_next("closed Local").await;
    this.events.assert_next("completed 3").await;
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn close_fails_when_the_peer_takes_nothing() {
    let mut this = Fixture::new(Protocol::default()).await;
    this.send_bulk();
    this.connection.close(Some(CLOSE)).unwrap();
    this.events.assert_next(&format!("failed 1 {}", libc::ETIMEDOUT)).await;
    this.events.assert_next("closed Timeout").await;
    this.events.assert_next(&format!("failed 3 {}", libc::ETIMEDOUT)).await;
}

/// What a connection says whose peer resets it while it closes.
async fn told_of_a_reset_while_closing(sent_bytes: usize, taken_bytes: usize) -> Vec<String> {
    let mut this = Fixture::new(bulk(Protocol::default())).await;
    this.shrink_peer();
    this.connection.send(&vec![7; sent_bytes], SEND).unwrap();
    this.connection.close(Some(CLOSE)).unwrap();
    settle().await;
    let mut taken = 0;
    while taken < taken_bytes {
        assert!(this.sip(taken_bytes - taken, &mut taken).await, "the end came after {taken} bytes");
    }
    // What it says tells what it has as well.
    this.peer.write_all(b".").await.unwrap();
    settle().await;
    let peer = std::mem::replace(&mut this.peer, link().await.1);
    peer.set_zero_linger().unwrap();
    drop(peer);
    this.connection.shared.reported().await;
    this.told_beside_sends()
}

#[tokio::test(start_paused = true)]
async fn close_fails_when_the_peer_resets_what_it_has_not_taken() {
    // The first is with this side's kernel, the second waits.
    for sent_bytes in [2 * 1024 * 1024, BULK_BYTES] {
        let mut told = told_of_a_reset_while_closing(sent_bytes, 0).await;
        told.retain(|told| *told != format!("failed 1 {}", libc::ECONNRESET));
        assert_eq!(told, ["closed Reset", &format!("failed 3 {}", libc::ECONNRESET)]);
    }
}

#[tokio::test(start_paused = true)]
async fn close_succeeds_when_the_peer_resets_what_it_has_taken() {
    let told = told_of_a_reset_while_closing(2 * 1024 * 1024, 4 + 2 * 1024 * 1024).await;
    assert_eq!(told, ["closed Local", "completed 3"]);
}

/// Has the peer take so many bytes, and say `answer` then, as while this process is stopped: the runtime does not ask the kernel.
fn take_unseen(this: &Fixture, bytes: usize, answer: &[u8]) {
    let (start, mut buffer, mut taken) = (std::time::Instant::now(), vec![0; 1 << 20], 0);
    while taken < bytes || this.info().is_some_and(|info| !info.is_delivered()) {
        assert!(start.elapsed() < Duration::from_secs(10), "{taken} bytes came");
        taken += rustix::io::read(&this.peer, &mut buffer[..]).unwrap_or(0);
    }
    assert_eq!(rustix::io::write(&this.peer, answer), Ok(answer.len()));
}

#[tokio::test(start_paused = true)]
async fn abort_while_closing_does_not_reset_a_peer_that_has_everything() {
    let acknowledgement = frame(Kind::Acknowledge, &1_u64.to_be_bytes());
    let long = [&[0, 0, 0], &acknowledgement[..]].concat();
    for (protocol, overhead, answer) in
        [(Protocol::default(), 0, &[][..]), (bulk(protocol(false, true)), 2 * HEADER_BYTES, &long)]
    {
        let mut this = Fixture::new(protocol).await;
        this.shrink_peer();
        this.connection.send(&vec![7; PROMISED_BYTES], SEND).unwrap();
        this.connection.close(Some(CLOSE)).unwrap();
        settle().await;
        take_unseen(&this, PROMISED_BYTES + overhead, answer);
        this.connection.downgrade().abort();
        this.connection.shared.reported().await;
        assert_eq!(this.told_beside_sends(), ["closed Local", "completed 3"]);
        this.peer.read_to_end(&mut Vec::new()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn close_waits_for_a_slow_peer_to_acknowledge_a_large_message() {
    let mut this = Fixture::new(bulk(protocol(false, true))).await;
    this.send_bulk();
    this.connection.close(Some(CLOSE)).unwrap();
    this.sip_slowly(HEADER_BYTES + BULK_BYTES, DRAIN_TIMEOUT - SECOND).await;
    this.peer.write_all(&[&[0, 0, 0, 9, Kind::Acknowledge.byte()], &1_u64.to_be_bytes()[..]].concat()).await.unwrap();
    this.events.assert_next("completed 1").await;
    this.events.assert_next("drained").await;
    this.events.assert_next("closed Local").await;
    this.events.assert_next("completed 3").await;
}

#[tokio::test(start_paused = true)]
async fn idle_time_begins_anew_with_each_piece_of_an_arriving_message() {
    for framing in framings().into_iter().flatten() {
        let is_length = framing.plain_length().is_ok();
        let mut this = Fixture::new(idle(Some(framing))).await;
        let (head, tail): (&[u8], &[u8]) = if is_length { (&[0, 0, 0, 6], b"") } else { (b"", b"\n") };
        this.peer.write_all(head).await.unwrap();
        for piece in b"pieces" {
            this.peer.write_all(&[*piece]).await.unwrap();
            settle().await;
            sleep(IDLE - SECOND * 4).await;
        }
        this.peer.write_all(tail).await.unwrap();
        this.events.assert_next("message pieces").await;
        this.events.assert_next("closed Idle").await;
    }
}

#[tokio::test(start_paused = true)]
async fn idle_time_begins_anew_with_the_bytes_that_a_slow_peer_takes() {
    for framing in framings() {
        let mut this = Fixture::new(idle(framing)).await;
        this.send_bulk();
        this.sip_slowly(BULK_BYTES, IDLE - SECOND * 2).await;
        assert_eq!(this.told_beside_sends(), [""; 0]);
        assert!(this.connection.is_connected());
    }
}
