//! A client that connects again by itself, on a clock that leaps whenever nothing is left to do, and in a network that
//! is as the test says.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod network;
mod random;

use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{Instant, sleep};

use super::opening::Previous;
use super::*;
use crate::address::Host;
use crate::connection::tests::{CLOSE, Events, OPEN, Recorder, SECOND, Told};
use crate::event::Reconnecting;
use crate::framing::Framing;
use crate::protocol::Heartbeat;
use crate::proxy::{Proxy, ProxyFault};
use network::Network;

/// How long one attempt may take.
const LIMIT: Duration = Duration::from_secs(5);

/// How long a server lets a handshake take.
const HANDSHAKE: Duration = Duration::from_secs(2);

/// Silence after which the peer counts as gone.
const GONE: Duration = Duration::from_secs(9);

/// What tokio's clock adds to a sleep: it counts whole milliseconds.
const TICK: Duration = Duration::from_millis(1);

struct Fixture {
    connection: Connection,
    events: Events,
    network: Network,
    /// When something happened last that the next attempt is counted from.
    since: Instant,
}

fn protocol() -> Protocol {
    let heartbeat = Some(Heartbeat { interval: GONE / 3, timeout: GONE, stalled_timeout: Some(Duration::ZERO) });
    let framing = Framing::length(1, false, 100).ok();
    Protocol { framing, heartbeat, acknowledge: true, handshake_timeout: HANDSHAKE, ..Protocol::default() }
}

fn reconnect(max_attempts: Option<u32>) -> Reconnect {
    Reconnect { min_delay: SECOND, max_delay: SECOND * 8, max_attempts }
}

impl Fixture {
    /// Begins to connect, as [`Client::connect`] does.
    fn new(network: Network, protocol: Protocol, reconnect: Reconnect) -> Self {
        let (sender, events) = unbounded_channel();
        let sink: Arc<dyn EventSink<ConnectionEvent>> = Arc::new(Recorder(sender));
        let shared = Shared {
            sink: Arc::clone(&sink),
            poller: None,
            protocol: Arc::new(protocol),
            reconnect: Some(reconnect),
            counters: Arc::default(),
            state: Mutex::default(),
        };
        let route = Host::Address(network.address).into();
        let protocol = Arc::clone(&shared.protocol);
        let opening = Opening { previous: Previous::default(), route, limit: LIMIT, protocol };
        let backoff = Backoff::new(reconnect);
        let reconnector = Reconnector {
            sink: Arc::clone(&sink),
            opening,
            bound: None,
            options: Box::new(SocketOptions::default),
            backoff,
            session: None,
            up_since: None,
        };
        let connection =
            Connection::open(shared.plan(sink, Some(Box::new(reconnector)), None), OPEN, &Handle::current());
        Self { connection, events: Events(events), network, since: Instant::now() }
    }

    /// An attempt has failed with `errno`, `after` so long, and the next one is number `attempt` and waits for
    /// `longest` at most, for half of it at least. Counts from that attempt on.
    async fn assert_fails(&mut self, after: Duration, errno: i32, attempt: u32, longest: Duration) {
        let Told::Event(ConnectionEvent::Reconnecting(told)) = self.events.next().await else {
            panic!("another attempt is due")
        };
        let Reconnecting { attempt: next, delay, error } = *told;
        assert_eq!((next, error.errno), (attempt, errno));
        self.assert_took(after);
        assert!((longest / 2..=longest).contains(&delay), "{delay:?} before attempt {next}, of {longest:?}");
        self.since = Instant::now() + delay;
    }

    /// So much time has gone by since the attempt began.
    fn assert_took(&self, wanted: Duration) {
        let took = self.since.elapsed();
        assert!((wanted..=wanted + 2 * TICK).contains(&took), "{took:?} and not {wanted:?}");
    }
}

/// The longest wait before the attempt of this number after the first.
fn longest(attempt: u32) -> Duration {
    (SECOND * 2_u32.saturating_pow(attempt)).min(SECOND * 8)
}

#[tokio::test(start_paused = true)]
async fn where_nobody_listens_attempts_follow_at_waits_that_double_and_end_with_the_refusal() {
    let network = Network::new().await;
    let mut this = Fixture::new(network, protocol(), reconnect(Some(7)));
    for attempt in 2..=7 {
        this.assert_fails(Duration::ZERO, libc::ECONNREFUSED, attempt, longest(attempt - 2)).await;
    }
    this.events.assert_next(&format!("failed 4 {}", libc::ECONNREFUSED)).await;
    this.assert_took(Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn where_packets_vanish_each_attempt_has_its_limit_and_the_wait_comes_behind_it() {
    let mut network = Network::new().await;
    network.swallow().await;
    let mut this = Fixture::new(network, protocol(), reconnect(Some(4)));
    for attempt in 2..=4 {
        this.assert_fails(LIMIT, libc::ETIMEDOUT, attempt, longest(attempt - 2)).await;
    }
    this.events.assert_next(&format!("failed 4 {}", libc::ETIMEDOUT)).await;
    this.assert_took(LIMIT);
}

#[tokio::test(start_paused = true)]
async fn a_handshake_may_take_as_long_as_its_attempt() {
    let mut network = Network::new().await;
    network.listen();
    let mut this = Fixture::new(network, protocol(), reconnect(Some(1)));
    sleep(HANDSHAKE * 2).await;
    let _link = this.network.welcome(&protocol()).await;
    this.events.assert_next("connected").await;
}

#[tokio::test(start_paused = true)]
async fn closing_during_a_wait_or_an_attempt_does_not_wait_for_its_end() {
    for swallows in [false, true] {
        let mut network = Network::new().await;
        let mut this = if swallows {
            network.swallow().await;
            Fixture::new(network, protocol(), reconnect(None))
        } else {
            let mut this = Fixture::new(network, protocol(), reconnect(None));
            this.assert_fails(Duration::ZERO, libc::ECONNREFUSED, 2, SECOND).await;
            this
        };
        let start = Instant::now();
        this.connection.close(Some(CLOSE)).unwrap();
        this.events.assert_next(&format!("failed 4 {}", libc::ECANCELED)).await;
        this.events.assert_next("closed Local").await;
        this.events.assert_next("completed 3").await;
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}

#[tokio::test(start_paused = true)]
async fn waits_double_while_links_do_not_last_longer_than_the_longest_wait() {
    let mut network = Network::new().await;
    network.listen();
    let mut this = Fixture::new(network, protocol(), reconnect(Some(7)));
    let mut link = this.network.welcome(&protocol()).await;
    this.events.assert_next("connected").await;
    this.events.assert_next("completed 4").await;
    for attempt in 1..=7 {
        this.since = Instant::now();
        link.reset();
        this.assert_fails(Duration::ZERO, libc::ECONNRESET, attempt, longest(attempt - 1)).await;
        link = this.network.welcome(&protocol()).await;
        this.events.assert_next("connected").await;
        this.assert_took(Duration::ZERO);
    }
    link.reset();
    this.events.assert_next(&format!("broken {}", libc::ECONNRESET)).await;
    this.events.assert_next("closed Timeout").await;
}

#[tokio::test(start_paused = true)]
async fn waits_begin_anew_after_a_link_that_lasted_longer_than_the_longest_wait() {
    let protocol = Protocol { heartbeat: None, ..protocol() };
    let mut network = Network::new().await;
    network.listen();
    let mut this = Fixture::new(network, protocol.clone(), reconnect(Some(3)));
    let mut link = this.network.welcome(&protocol).await;
    this.events.assert_next("connected").await;
    this.events.assert_next("completed 4").await;
    for (lasts, attempt) in [(0, 1), (7, 2), (9, 1), (0, 2), (7, 3), (9, 1)] {
        tokio::time::sleep(SECOND * lasts).await;
        this.since = Instant::now();
        link.reset();
        this.assert_fails(Duration::ZERO, libc::ECONNRESET, attempt, longest(attempt - 1)).await;
        link = this.network.welcome(&protocol).await;
        this.events.assert_next("connected").await;
    }
}

/// What the kernel does by itself where nobody listens on a port of the range that it takes local ports from.
fn origin_at(address: SocketAddr) -> Origin {
    let options = SocketOptions::default();
    Origin { bound: Some(Arc::new(Bound::new(address, &options).unwrap())), options }
}

async fn follow(origin: Origin, via_proxy: bool) -> Result<(), SocketError> {
    let itself = origin.local().unwrap();
    let proxy = via_proxy.then_some(Proxy { host: Host::Address(itself), credentials: None });
    Route { target: Host::Address(itself), proxy }.follow(origin).await.map(drop)
}

#[tokio::test]
async fn connect_is_refused_where_the_peer_would_be_the_client_itself() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let address = address.parse().unwrap();
        let error = follow(origin_at(address), false).await.unwrap_err();
        assert_eq!((error.operation, error.errno), (Operation::Connect, libc::ECONNREFUSED));
        let error = follow(origin_at(address), true).await.unwrap_err();
        assert_eq!(error.proxy.map(|proxy| proxy.fault), Some(ProxyFault::Unreachable));
    }
}

#[tokio::test]
async fn a_refused_connect_to_itself_leaves_the_port_free() {
    let origin = origin_at("127.0.0.1:0".parse().unwrap());
    let itself = origin.local().unwrap();
    follow(origin, false).await.unwrap_err();
    // Without the option that takes a port over from a connection that has ended.
    std::net::TcpListener::bind(itself).unwrap();
    let bound = Bound::new(itself, &SocketOptions::default());
    assert!(bound.is_ok());
}

#[tokio::test]
async fn a_client_that_is_bound_to_its_peers_address_connects_to_itself() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let free = origin_at(address.parse().unwrap()).local().unwrap();
        follow(origin_at(free), false).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_that_died_without_a_word_is_replaced_when_the_heartbeat_has_missed_it() {
    let mut network = Network::new().await;
    network.listen();
    let mut this = Fixture::new(network, protocol(), reconnect(None));
    let link = this.network.welcome(&protocol()).await;
    this.events.assert_next("connected").await;
    this.events.assert_next("completed 4").await;
    this.since = Instant::now();
    this.assert_fails(GONE, libc::ETIMEDOUT, 1, SECOND).await;
    drop(link);
    let _link = this.network.welcome(&protocol()).await;
    this.events.assert_next("connected").await;
    this.assert_took(Duration::ZERO);
}
