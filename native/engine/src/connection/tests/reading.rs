//! Connections whose owner reads them itself.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tokio::sync::Notify;
use tokio::time::{Instant, advance, sleep};

use super::driver::Driver;
use super::link::Link;
use super::state::OwnerReads;
use super::*;
use crate::limits::{EVENT_OVERHEAD_BYTES, RECEIVE_HIGH_BYTES};
use crate::poller::Readiness;

impl Fixture {
    pub(super) async fn reading(protocol: Protocol, reconnects: Option<bool>) -> Self {
        Self::read_with(Poller::new(|| {}), protocol, reconnects).await
    }

    async fn read_with(poller: Arc<Poller>, protocol: Protocol, reconnects: Option<bool>) -> Self {
        Self::with_poller(Some(poller), protocol, reconnects).await
    }

    fn poller(&self) -> &Poller {
        self.connection.shared.poller.as_ref().expect("the driver reads").poller()
    }

    /// Everything that there is to tell.
    pub(super) fn told(&mut self) -> Vec<String> {
        let mut told = self.events.told();
        while self.poller().poll(|target, link, readiness| {
            assert_eq!(target, TARGET);
            let text = match readiness {
                Readiness::Readable => "readable",
                Readiness::ReadClosed => "read closed",
            };
            told.push(text.to_owned());
            // As an owner does that does not read now.
            self.connection.pause_reads(link);
        }) {}
        told
    }

    /// The peer sends it, and it arrives.
    pub(super) async fn hear(&mut self, data: &[u8]) {
        self.peer.write_all(data).await.unwrap();
        settle().await;
    }

    /// The link that has something.
    pub(super) fn readable(&mut self) -> LinkId {
        assert_eq!(self.events.told(), [""; 0], "it was due to be readable");
        let mut ready = Vec::new();
        self.poller().poll(|target, link, readiness| ready.push((target, link, readiness)));
        match ready[..] {
            [(TARGET, link, Readiness::Readable)] => {
                self.connection.pause_reads(link);
                link
            }
            _ => panic!("it was due to be readable, but is ready for {ready:?}"),
        }
    }

    /// Everything that is there, read in small pieces.
    pub(super) fn read_all(&self, link: LinkId) -> String {
        let mut all = Vec::new();
        let mut piece = [0; 4];
        loop {
            match self.connection.try_read(link, &mut piece).bytes {
                0 => return String::from_utf8(all).unwrap(),
                count => all.extend_from_slice(&piece[..count]),
            }
        }
    }

    pub(super) fn stream(&self) -> Arc<std::net::TcpStream> {
        match lock(&self.connection.shared.state).phase.link() {
            Some(LinkState::Up(stream)) => Arc::clone(stream),
            other => panic!("it is open, but its link is {other:?}"),
        }
    }

    /// The peer breaks the connection.
    pub(super) async fn reset(&mut self) {
        socket2::SockRef::from(&self.peer).set_linger(Some(Duration::ZERO)).unwrap();
        self.peer = link().await.0;
        settle().await;
    }
}

#[tokio::test(start_paused = true)]
async fn paused_reads_are_reported_again_when_everything_was_read() {
    let mut this = Fixture::reading(Protocol::default(), None).await;
    this.hear(b"early").await;
    let link = this.readable();
    this.hear(b" and late").await;
    assert!(this.told().is_empty(), "it was told");
    assert_eq!(this.connection.available_bytes(link), 14);
    assert_eq!(this.read_all(link), "early and late");
    assert_eq!(this.connection.available_bytes(link), 0);
    this.hear(b"again").await;
    let link = this.readable();
    assert_eq!(this.read_all(link), "again");
    assert_eq!(this.connection.statistics().received_bytes, 19);
}

#[tokio::test(start_paused = true)]
async fn unread_bytes_are_reported_until_reads_are_paused() {
    let mut this = Fixture::reading(Protocol::default(), None).await;
    this.hear(b"early").await;
    let mut ready = Vec::new();
    for _ in 0..3 {
        this.poller().poll(|_, link, readiness| ready.push((link, readiness)));
    }
    let [first, second, third] = ready[..] else { panic!("it was due to be readable, but is {ready:?}") };
    assert!(first == second && second == third && first.1 == Readiness::Readable);
    this.connection.pause_reads(first.0);
    assert_eq!(this.told(), [""; 0], "it is paused");
    this.hear(b" and late").await;
    assert_eq!(this.told(), [""; 0], "it is paused");
    assert_eq!(this.read_all(first.0), "early and late");
    this.hear(b"x").await;
    assert_eq!(this.told(), ["readable"]);
}

#[tokio::test(start_paused = true)]
async fn unread_bytes_of_a_closing_connection_are_not_reported() {
    let mut this = Fixture::reading(Protocol::default(), None).await;
    this.hear(b"early").await;
    this.connection.close(None).unwrap();
    // The task has not run since then.
    assert!(!this.poller().poll(|_, _, _| {}), "it was reported");
    settle().await;
    assert_eq!(this.told(), ["closed Local"]);
}

#[tokio::test(start_paused = true)]
async fn a_read_that_fills_its_buffer_is_not_the_last() {
    let mut this = Fixture::reading(Protocol::default(), None).await;
    this.hear(b"four").await;
    let link = this.readable();
    let mut buffer = [0; 4];
    assert_eq!(this.connection.try_read(link, &mut buffer), ReadOutcome { bytes: 4, is_last: false });
    this.hear(b"two").await;
    assert!(this.told().is_empty(), "it is still being read");
    assert_eq!(this.connection.try_read(link, &mut buffer), ReadOutcome { bytes: 3, is_last: true });
    assert_eq!(this.told(), [""; 0], "there is nothing");
    this.hear(b"x").await;
    assert_eq!(this.told(), ["readable"]);
}

#[tokio::test(start_paused = true)]
async fn data_after_urgent_data_is_reported() {
    let mut this = Fixture::reading(Protocol::default(), None).await;
    socket2::SockRef::from(&this.peer).send_out_of_band(b"before!").unwrap();
    this.hear(b" and behind").await;
    let link = this.readable();
    let mut buffer = [0; 64];
    let ReadOutcome { bytes, is_last } = this.connection.try_read(link, &mut buffer);
    assert_eq!((&buffer[..bytes], is_last), (&b"before"[..], true));
    assert_eq!(this.told(), ["readable"]);
    assert_eq!(this.read_all(link), " and behind");
}

/// Woken by another thread, so the clock is a real one.
#[tokio::test]
async fn a_sleeping_owner_is_woken_once_and_an_awake_owner_is_not() {
    let woken = Arc::new(Notify::new());
    let wakes = Arc::new(AtomicUsize::new(0));
    let wake = {
        let (woken, wakes) = (Arc::clone(&woken), Arc::clone(&wakes));
        move || {
            wakes.fetch_add(1, Ordering::SeqCst);
            woken.notify_one();
        }
    };
    let mut this = Fixture::read_with(Poller::new(wake), Protocol::default(), None).await;
    for round in 1..=3 {
        this.hear(b"first").await;
        woken.notified().await;
        this.hear(b" second").await;
        let link = this.readable();
        assert_eq!(this.read_all(link), "first second");
        this.hear(b" third").await;
        assert_eq!(this.told(), ["readable"]);
        assert_eq!(this.read_all(link), " third");
        assert_eq!(wakes.load(Ordering::SeqCst), round, "it was awake");
        this.poller().arm();
    }
    this.hear(b"last").await;
    woken.notified().await;
    assert_eq!(wakes.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn who_goes_to_sleep_while_there_is_something_is_woken_at_once() {
    let woken = Arc::new(Notify::new());
    let wake = Arc::clone(&woken);
    let mut this = Fixture::read_with(Poller::new(move || wake.notify_one()), Protocol::default(), None).await;
    this.hear(b"first").await;
    woken.notified().await;
    this.poller().arm();
    woken.notified().await;
}

#[tokio::test(start_paused = true)]
async fn the_end_comes_once_and_when_everything_was_read() {
    let mut this = Fixture::reading(Protocol::default(), None).await;
    this.hear(b"last words").await;
    this.peer.shutdown().await.unwrap();
    settle().await;
    let link = this.readable();
    assert!(this.told().is_empty(), "there is something to read");
    assert_eq!(this.read_all(link), "last words");
    assert_eq!(this.read_all(link), "");
    this.events.assert_next("ended").await;
    this.send(b"answer", SEND);
    this.connection.finish();
    this.events.assert_next("closed Remote").await;
    let mut answer = Vec::new();
    this.peer.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer, b"answer");
}

#[tokio::test(start_paused = true)]
async fn what_came_before_a_reset_can_be_read_and_then_the_error_comes() {
    let mut this = Fixture::reading(Protocol::default(), None).await;
    this.hear(b"last words").await;
    this.reset().await;
    let link = this.readable();
    assert!(this.told().is_empty(), "there is something to read");
    assert_eq!(this.read_all(link), "last words");
    this.events.assert_next(&format!("broken {}", libc::ECONNRESET)).await;
    this.events.assert_next("closed Reset").await;
}

#[tokio::test(start_paused = true)]
async fn what_came_before_sending_failed_can_be_read_as_well() {
    let mut this = Fixture::reading(Protocol::default(), None).await;
    this.hear(b"last words").await;
    this.reset().await;
    let link = this.readable();
    let refused = this.connection.send(b"x", SEND).unwrap_err();
    settle().await;
    assert!(this.told().is_empty(), "there is something to read");
    assert_eq!(this.read_all(link), "last words");
    this.events.assert_next(&format!("broken {}", refused.errno)).await;
    this.events.assert_next("closed Reset").await;
}

#[tokio::test(start_paused = true)]
async fn why_a_link_broke_is_why_sending_fails_although_the_owner_has_read_it() {
    let mut this = Fixture::reading(Protocol::default(), None).await;
    let cause = |this: &Fixture, errno| lock(&this.connection.shared.state).cause(errno);
    assert_eq!(cause(&this, libc::EPIPE), libc::EPIPE);
    this.reset().await;
    let link = this.readable();
    assert_eq!(this.connection.try_read(link, &mut [0]), ReadOutcome::NOTHING);
    assert_eq!(cause(&this, libc::EPIPE), libc::ECONNRESET);
    assert_eq!(cause(&this, libc::EHOSTUNREACH), libc::EHOSTUNREACH);
}

#[tokio::test(start_paused = true)]
async fn unread_data_stays_in_the_kernel_and_causes_backpressure() {
    let mut this = Fixture::reading(Protocol::default(), None).await;
    let piece = [7; 64 * 1024];
    while this.peer.try_write(&piece).is_ok() || timeout(SECOND, this.peer.writable()).await.is_ok() {}
    let link = this.readable();
    assert!(this.connection.available_bytes(link) > 0);
    assert_eq!(this.connection.statistics().receive_queue_bytes, 0);
    assert!(this.told().is_empty(), "nothing else is due");
}

#[tokio::test(start_paused = true)]
async fn who_reads_without_consuming_sees_where_the_credit_ends() {
    let mut this = Fixture::reading(Protocol::default(), None).await;
    let Fixture { connection, peer, .. } = &mut this;
    let write = async {
        peer.write_all(&vec![7; 2 * RECEIVE_HIGH_BYTES]).await.unwrap();
        std::future::pending().await
    };
    let read = async {
        let mut piece = vec![0; 64 * 1024];
        let mut sizes = Vec::new();
        loop {
            yield_now().await;
            let mut readable = None;
            connection.shared.poller.as_ref().unwrap().poller().poll(|_, link, _| readable = Some(link));
            let Some(link) = readable else { continue };
            while let count @ 1.. = connection.try_read(link, &mut piece).bytes {
                sizes.push(count);
                let cost = sizes.iter().sum::<usize>() + sizes.len() * EVENT_OVERHEAD_BYTES;
                assert_eq!(connection.has_room(), cost < RECEIVE_HIGH_BYTES, "{cost} bytes of credit are used");
                if !connection.has_room() {
                    connection.consume(count);
                    return assert!(connection.has_room());
                }
            }
        }
    };
    tokio::select! {
        () = read => {}
        () = write => {}
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_arrived_when_a_link_is_let_go_is_handed_over() {
    let mut this = Fixture::reading(Protocol::default(), Some(true)).await;
    this.hear(b"early").await;
    let link = this.readable();
    this.connection.suspend(SUSPEND).unwrap();
    this.events.assert_next("received early").await;
    this.events.assert_next("completed 5").await;
    assert_eq!(this.read_all(link), "");
    this.assert_hears_end().await;
}

#[tokio::test(start_paused = true)]
async fn each_link_has_its_own_reader() {
    let mut this = Fixture::reading(Protocol::default(), Some(true)).await;
    this.hear(b"first").await;
    let first = this.readable();
    let mut first_peer = std::mem::replace(&mut this.peer, link().await.0);
    first_peer.shutdown().await.unwrap();
    settle().await;
    assert_eq!(this.read_all(first), "first");
    this.relink(None).await;
    this.events.assert_next("connected").await;
    assert_eq!(first_peer.read(&mut [0]).await.unwrap(), 0, "its socket is closed");
    this.hear(b"second").await;
    assert_eq!(this.read_all(first), "");
    let second = this.readable();
    assert_eq!(this.read_all(second), "second");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_read_of_a_connection_that_is_closed_and_its_socket_goes() {
    let mut this = Fixture::reading(Protocol::default(), None).await;
    this.hear(b"unread").await;
    let link = this.readable();
    this.connection.close(Some(CLOSE)).unwrap();
    this.events.assert_next("closed Local").await;
    this.events.assert_next("completed 3").await;
    assert_eq!(this.read_all(link), "");
    this.hear(b"late").await;
    assert!(this.told().is_empty(), "it is over");
    this.assert_hears_end().await;
    sleep(SECOND * 11).await;
    // FIN alone would let the peer send.
    while this.peer.write_all(b"x").await.is_ok() {
        settle().await;
    }
}

#[tokio::test(start_paused = true)]
async fn data_for_a_dropped_link_is_not_reported() {
    let poller = Poller::new(|| {});
    let mut this = Fixture::read_with(Arc::clone(&poller), Protocol::default(), None).await;
    this.hear(b"x").await;
    let link = this.readable();
    assert_eq!(this.read_all(link), "x");
    assert_eq!(format!("{poller:?}"), "Poller { links: 1, .. }");
    this.connection.close(None).unwrap();
    this.events.assert_next("closed Local").await;
    this.hear(b"late").await;
    assert_eq!(this.told(), [""; 0]);
    assert_eq!(format!("{poller:?}"), "Poller { links: 0, .. }");
}

#[tokio::test(start_paused = true)]
async fn a_link_that_cannot_be_watched_fails_with_what_the_kernel_said() {
    let this = Fixture::reading(Protocol::default(), None).await;
    settle().await;
    let shared = &this.connection.shared;
    let stream = this.stream();
    shared.start_owner_reads(shared.poller.as_ref().unwrap(), &stream, None);
    let reads = &lock(&shared.state).reads;
    assert!(matches!(reads, OwnerReads::Failed(libc::EEXIST)), "it is watched already");
}

#[tokio::test(start_paused = true)]
async fn what_comes_for_a_closed_connection_is_discarded_also_when_it_has_waited_to_send() {
    const MESSAGE_BYTES: usize = 24 * 1024 * 1024;
    let mut this = Fixture::reading(Protocol::default(), None).await;
    let progress = this.connection.send(&vec![7; MESSAGE_BYTES], SEND);
    assert_eq!(progress, Ok(SendProgress::Queued));
    let mut message = vec![0; MESSAGE_BYTES];
    this.peer.read_exact(&mut message).await.unwrap();
    this.events.assert_next("completed 1").await;
    this.events.assert_next("drained").await;
    this.connection.close(None).unwrap();
    this.events.assert_next("closed Local").await;
    this.peer.write_all(&message).await.expect("the peer is not reset");
}

#[tokio::test(start_paused = true)]
async fn what_is_unread_keeps_a_connection_from_being_idle() {
    let protocol = Protocol { idle_timeout: Some(SECOND * 10), ..Protocol::default() };
    let mut this = Fixture::reading(protocol, None).await;
    this.hear(b"x").await;
    sleep(SECOND * 25).await;
    let link = this.readable();
    assert_eq!(this.read_all(link), "x");
    let start = Instant::now();
    this.events.assert_next("closed Idle").await;
    assert!(start.elapsed() <= SECOND * 10);
}

/// A timer is late where its thread was busy: the task has not seen meanwhile that it has to stop reading.
#[tokio::test(start_paused = true)]
async fn a_late_idle_timer_does_not_close_a_connection_whose_credit_is_used_up() {
    let protocol = Protocol { idle_timeout: Some(SECOND * 10), ..Protocol::default() };
    let mut this = Fixture::reading(protocol, None).await;
    settle().await;
    // As a read does.
    this.connection.shared.take_received(RECEIVE_HIGH_BYTES);
    advance(SECOND * 11).await;
    settle().await;
    assert_eq!(this.told(), [""; 0]);
    this.connection.consume(RECEIVE_HIGH_BYTES);
    let start = Instant::now();
    this.events.assert_next("closed Idle").await;
    assert_eq!(start.elapsed().as_secs(), 10);
}

/// Passes in every order of the two threads; in the wrong order of what the task asks, one of the rounds fails.
#[tokio::test(start_paused = true)]
async fn a_read_while_the_idle_timer_is_handled_keeps_the_connection_open() {
    const ROUNDS: usize = 500;
    let idle_after = |limit| Protocol { idle_timeout: Some(limit), ..Protocol::default() };
    let mut this = Fixture::reading(idle_after(SECOND * 1_000_000), None).await;
    settle().await;
    let (shared, stream, runtime) = (Arc::clone(&this.connection.shared), this.stream(), Handle::current());
    let mut driver = Driver::new(Arc::clone(&shared), None);
    let mut link = Link::new(Arc::clone(&stream), &idle_after(SECOND), None, None);
    for _ in 0..ROUNDS {
        this.hear(b"x").await;
        advance(SECOND * 2).await;
        let (start, state) = (Barrier::new(2), lock(&shared.state));
        thread::scope(|scope| {
            let task = scope.spawn(|| {
                let _clock = runtime.enter();
                start.wait();
                driver.on_timer(&mut link)
            });
            start.wait();
            // What `try_read` does under the lock.
            assert_eq!(rustix::io::read(&*stream, &mut [0; 1]), Ok(1));
            shared.take_received(1);
            drop(state);
            assert!(task.join().unwrap().is_none(), "it was closed as idle");
        });
        this.connection.consume(1);
    }
}

/// Passes in every order of the two threads; if bytes were counted after the lock, the other one would see it now and then.
#[tokio::test]
async fn under_the_lock_every_byte_is_either_unread_or_counted() {
    const BYTES: usize = 50_000;
    let mut this = Fixture::reading(Protocol::default(), None).await;
    this.hear(&[7; BYTES]).await;
    let link = this.readable();
    let (connection, stream) = (&this.connection, this.stream());
    assert_eq!(connection.available_bytes(link), BYTES, "not all is there");
    thread::scope(|scope| {
        let reader = scope.spawn(|| while connection.try_read(link, &mut [0]).bytes > 0 {});
        while !reader.is_finished() {
            let Ok(_state) = connection.shared.state.try_lock() else { continue };
            let counted = connection.shared.counters.statistics().received_bytes;
            let unread = rustix::io::ioctl_fionread(&*stream).unwrap();
            assert_eq!(counted + unread, BYTES as u64);
        }
    });
}

#[tokio::test(start_paused = true)]
async fn frames_are_read_by_the_driver_all_the_same() {
    let mut this = Fixture::reading(protocol(true, false), None).await;
    this.say(Kind::Data, b"x").await;
    this.events.assert_next("message x").await;
}
