//! Tests of lookups that hang, of queued lookups, and of cancelled calls.

// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::net::{IpAddr, Ipv4Addr};
use std::pin::{Pin, pin};
use std::sync::mpsc::{Sender, channel};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::time::timeout;

use super::*;

/// Time limit of a lookup, which only a failing test reaches.
const DEADLINE: Duration = Duration::from_secs(10);

const FOUND: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 0);

/// A simulated system resolver; names that begin with `silent` wait for the test.
struct System {
    resolver: Arc<Resolver>,
    asked: Arc<Mutex<Vec<String>>>,
    /// Each message answers one silent name.
    answer: Sender<()>,
}

impl System {
    fn new(threads: usize) -> Self {
        let (answer, answers) = channel();
        let (answers, asked) = (Mutex::new(answers), Arc::new(Mutex::new(Vec::new())));
        let log = Arc::clone(&asked);
        let ask = move |name: &str| {
            lock(&log).push(name.to_owned());
            if name.starts_with("silent") {
                lock(&answers).recv().expect("the test has ended");
            }
            vec![FOUND]
        };
        Self { resolver: Resolver::new(threads, Box::new(ask)), asked, answer }
    }

    /// Starts a lookup of `name`, and cancels the call before its answer.
    fn give_up(&self, name: &str) {
        assert_eq!(poll(pin!(self.resolver.look_up(name))), Poll::Pending);
    }

    async fn look_up(&self, name: &str) -> Vec<SocketAddr> {
        timeout(DEADLINE, self.resolver.look_up(name)).await.expect("no answer within the time limit").unwrap().to_vec()
    }

    fn asked(&self) -> Vec<String> {
        lock(&self.asked).clone()
    }
}

/// Polls once.
fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test]
async fn repeated_lookups_of_an_unanswered_name_keep_one_thread() {
    let system = System::new(2);
    let mut patient = pin!(system.look_up("silent"));
    assert_eq!(poll(patient.as_mut()), Poll::Pending);
    for _ in 0..100 {
        system.give_up("silent");
    }
    assert_eq!(system.look_up("other").await, [FOUND]);
    system.answer.send(()).unwrap();
    assert_eq!(patient.await, [FOUND]);
    assert_eq!(system.asked().iter().filter(|name| *name == "silent").count(), 1);
}

#[tokio::test]
async fn concurrent_lookups_of_one_name_share_the_answer() {
    let system = System::new(1);
    system.give_up("silent");
    let mut joined = pin!(system.look_up("silent"));
    assert_eq!(poll(joined.as_mut()), Poll::Pending);
    system.answer.send(()).unwrap();
    assert_eq!(joined.await, [FOUND]);
    assert_eq!(system.asked(), ["silent"]);
}

#[tokio::test]
async fn call_cancelled_before_it_gets_a_thread_starts_no_lookup() {
    let system = System::new(1);
    system.give_up("silent");
    for _ in 0..100 {
        system.give_up("forgotten");
    }
    let mut waiting = pin!(system.look_up("waiting"));
    assert_eq!(poll(waiting.as_mut()), Poll::Pending);
    system.answer.send(()).unwrap();
    assert_eq!(waiting.await, [FOUND]);
    assert_eq!(system.asked(), ["silent", "waiting"]);
}

#[tokio::test]
async fn two_calls_for_one_name_that_wait_for_a_thread_take_one() {
    let system = System::new(2);
    let threads = Arc::clone(&system.resolver.threads).acquire_many_owned(2).await.unwrap();
    let (mut one, mut two) = (pin!(system.look_up("silent")), pin!(system.look_up("silent")));
    let mut poll_both = || {
        assert_eq!(poll(one.as_mut()), Poll::Pending);
        assert_eq!(poll(two.as_mut()), Poll::Pending);
    };
    poll_both();
    drop(threads);
    poll_both();
    // One answer more than needed.
    system.answer.send(()).unwrap();
    system.answer.send(()).unwrap();
    assert_eq!((one.await, two.await), (vec![FOUND], vec![FOUND]));
    assert_eq!(system.asked(), ["silent"]);
}

#[tokio::test]
async fn answers_are_not_cached() {
    let system = System::new(1);
    for _ in 0..2 {
        assert_eq!(system.look_up("again").await, [FOUND]);
    }
    assert_eq!(system.asked(), ["again", "again"]);
}

#[tokio::test]
async fn system_resolver_accepts_addresses_that_rust_cannot_parse() {
    let found = Resolver::system().look_up("127.1").await.unwrap();
    assert_eq!(*found, [SocketAddr::from((Ipv4Addr::LOCALHOST, 0))]);
}
