//! Property tests: lost links and failed attempts in random order.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tokio::runtime::Builder;

use super::*;

/// Behaviour of the network during one attempt.
#[derive(Clone, Copy, Debug)]
enum Weather {
    /// There is no listener.
    Refuses,
    /// SYNs are dropped.
    Swallows,
    /// The peer stays silent.
    Mute,
    /// The link is reset during the handshake.
    Cuts,
    /// The server has reached its connection limit.
    Full,
}

const WEATHERS: [Weather; 5] = [Weather::Refuses, Weather::Swallows, Weather::Mute, Weather::Cuts, Weather::Full];

/// Cause of a link loss.
#[derive(Clone, Copy, Debug)]
enum LinkLost {
    Reset,
    Silence,
}

impl Fixture {
    /// Lets the next attempt fail; returns its duration and its errno.
    async fn meet(&mut self, weather: Weather) -> (Duration, i32) {
        match weather {
            Weather::Refuses => {
                self.network.refuse();
                (Duration::ZERO, libc::ECONNREFUSED)
            }
            Weather::Swallows => {
                self.network.swallow().await;
                (LIMIT, libc::ETIMEDOUT)
            }
            Weather::Mute => {
                self.network.listen();
                self.network.accept_and_keep().await;
                (LIMIT, libc::ETIMEDOUT)
            }
            Weather::Cuts => {
                self.network.listen();
                let link = self.network.accept().await;
                link.hear().await;
                link.reset();
                (Duration::ZERO, libc::ECONNRESET)
            }
            Weather::Full => {
                self.network.listen();
                self.network.turn_away(&protocol()).await;
                (Duration::ZERO, libc::EUSERS)
            }
        }
    }

    /// Lets the next attempt succeed, without delay.
    async fn connects(&mut self) -> network::PeerLink {
        self.network.listen();
        let link = self.network.welcome(&protocol()).await;
        self.events.assert_next("connected").await;
        self.assert_took(Duration::ZERO);
        link
    }
}

/// Loses a link by each cause, and then lets the given attempts fail.
async fn live(lives: Vec<(LinkLost, Vec<Weather>)>) {
    let mut network = Network::new().await;
    network.listen();
    let mut this = Fixture::new(network, protocol(), reconnect(None));
    let mut link = this.connects().await;
    this.events.assert_next("completed 4").await;
    let mut failed = 0;
    for (loss, weathers) in lives {
        this.since = Instant::now();
        let (after, errno) = match loss {
            LinkLost::Reset => {
                link.reset();
                (Duration::ZERO, libc::ECONNRESET)
            }
            // This link has lasted longer than the maximum delay.
            LinkLost::Silence => {
                failed = 0;
                (GONE, libc::ETIMEDOUT)
            }
        };
        this.assert_fails(after, errno, failed + 1, longest(failed)).await;
        failed += 1;
        for weather in weathers {
            let (after, errno) = this.meet(weather).await;
            this.assert_fails(after, errno, failed + 1, longest(failed)).await;
            failed += 1;
        }
        link = this.connects().await;
    }
    this.connection.close(Some(CLOSE)).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn attempts_follow_the_backoff_after_any_failures_and_link_losses(
        lives in vec((select(&[LinkLost::Reset, LinkLost::Silence][..]), vec(select(&WEATHERS[..]), 0..6)), 1..4)
    ) {
        let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(live(lives));
    }
}
