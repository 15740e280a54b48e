//! Tests of a client that reconnects, with tokio's paused clock and a simulated network.

// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod network;
mod random;

use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{Instant, sleep};

use super::connector::DrainingConnections;
use super::*;
use crate::address::Host;
use crate::connection::tests::{CLOSE, Events, OPEN, Recorder, SECOND, Told};
use crate::event::Reconnecting;
use crate::framing::Framing;
use crate::protocol::Heartbeat;
use crate::proxy::{Proxy, ProxyFault};
use network::Network;

/// Time limit of one attempt.
const LIMIT: Duration = Duration::from_secs(5);

/// Time limit of a handshake.
const HANDSHAKE: Duration = Duration::from_secs(2);

/// Heartbeat timeout.
const GONE: Duration = Duration::from_secs(9);

/// Resolution of tokio's clock.
const TICK: Duration = Duration::from_millis(1);

struct Fixture {
    connection: Connection,
    events: Events,
    network: Network,
    /// Start of the current attempt or wait.
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
    /// Starts to connect, as [`Client::connect`] does.
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
        let connector = Connector { draining: DrainingConnections::default(), route, limit: LIMIT, protocol };
        let backoff = Backoff::new(reconnect);
        let reconnector = Reconnector {
            sink: Arc::clone(&sink),
            connector,
            bound: None,
            options: Box::new(SocketOptions::default),
            backoff,
            session: None,
            up_since: None,
        };
        let connection = Connection::open(
            shared.connection_config(sink, Some(Box::new(reconnector)), None),
            OPEN,
            &Handle::current(),
        );
        Self { connection, events: Events(events), network, since: Instant::now() }
    }

    /// Expects that an attempt failed with `errno` `after` this time, and that attempt number `attempt` follows after a delay between
    /// half of `longest` and `longest`. Measures from that attempt on.
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

    /// Expects that the attempt took the `wanted` time.
    fn assert_took(&self, wanted: Duration) {
        let took = self.since.elapsed();
        assert!((wanted..=wanted + 2 * TICK).contains(&took), "{took:?} and not {wanted:?}");
    }
}

/// Returns the maximum delay after this many failed repetitions.
fn longest(attempt: u32) -> Duration {
    (SECOND * 2_u32.saturating_pow(attempt)).min(SECOND * 8)
}

#[tokio::test(start_paused = true)]
async fn refused_attempts_repeat_with_doubling_delays_and_end_with_the_last_error() {
    let network = Network::new().await;
    let mut this = Fixture::new(network, protocol(), reconnect(Some(7)));
    for attempt in 2..=7 {
        this.assert_fails(Duration::ZERO, libc::ECONNREFUSED, attempt, longest(attempt - 2)).await;
    }
    this.events.assert_next(&format!("failed 4 {}", libc::ECONNREFUSED)).await;
    this.assert_took(Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn delay_follows_the_time_limit_of_an_unanswered_attempt() {
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
async fn handshake_may_take_the_time_limit_of_the_attempt() {
    let mut network = Network::new().await;
    network.listen();
    let mut this = Fixture::new(network, protocol(), reconnect(Some(1)));
    sleep(HANDSHAKE * 2).await;
    let _link = this.network.welcome(&protocol()).await;
    this.events.assert_next("connected").await;
}

#[tokio::test(start_paused = true)]
async fn close_during_a_delay_or_an_attempt_completes_at_once() {
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
async fn delays_double_while_links_last_at_most_the_maximum_delay() {
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
async fn delays_restart_after_a_link_that_lasted_longer_than_the_maximum_delay() {
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

/// Returns a local endpoint at the address of the target: the kernel may choose it if the target has no listener.
fn endpoint_at(address: SocketAddr) -> LocalEndpoint {
    let options = SocketOptions::default();
    LocalEndpoint { bound: Some(Arc::new(Bound::new(address, &options).unwrap())), options }
}

async fn follow(endpoint: LocalEndpoint, via_proxy: bool) -> Result<(), SocketError> {
    let itself = endpoint.local().unwrap();
    let proxy = via_proxy.then_some(Proxy { host: Host::Address(itself), credentials: None });
    Route { target: Host::Address(itself), proxy }.follow(endpoint).await.map(drop)
}

#[tokio::test]
async fn connect_to_itself_is_refused() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let address = address.parse().unwrap();
        let error = follow(endpoint_at(address), false).await.unwrap_err();
        assert_eq!((error.operation, error.errno), (Operation::Connect, libc::ECONNREFUSED));
        let error = follow(endpoint_at(address), true).await.unwrap_err();
        assert_eq!(error.proxy.map(|proxy| proxy.fault), Some(ProxyFault::Unreachable));
    }
}

#[tokio::test]
async fn a_refused_connect_to_itself_leaves_the_port_free() {
    let endpoint = endpoint_at("127.0.0.1:0".parse().unwrap());
    let itself = endpoint.local().unwrap();
    follow(endpoint, false).await.unwrap_err();
    // Without SO_REUSEADDR, a port in TIME_WAIT cannot be bound.
    std::net::TcpListener::bind(itself).unwrap();
    let bound = Bound::new(itself, &SocketOptions::default());
    assert!(bound.is_ok());
}

#[tokio::test]
async fn client_bound_to_its_target_connects_to_itself() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let free = endpoint_at(address.parse().unwrap()).local().unwrap();
        follow(endpoint_at(free), false).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn heartbeat_timeout_of_a_dead_link_reconnects() {
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
