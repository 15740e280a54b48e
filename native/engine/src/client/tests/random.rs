//! Links that are lost, and attempts that fail, in random order.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tokio::runtime::Builder;

use super::*;

/// What the network does to one attempt.
#[derive(Clone, Copy, Debug)]
enum Weather {
    /// Nobody listens.
    Refuses,
    /// Packets are lost.
    Swallows,
    /// The peer says nothing.
    Mute,
    /// The link is cut in the handshake.
    Cuts,
    /// The peer has no place.
    Full,
}

const WEATHERS: [Weather; 5] = [Weather::Refuses, Weather::Swallows, Weather::Mute, Weather::Cuts, Weather::Full];

/// How a link is lost.
#[derive(Clone, Copy, Debug)]
enum LinkLost {
    Reset,
    Silence,
}

impl Fixture {
    /// Has the next attempt fail, and returns how long it takes and what comes out.
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

    /// The next attempt succeeds, when it is due.
    async fn connects(&mut self) -> network::PeerLink {
        self.network.listen();
        let link = self.network.welcome(&protocol()).await;
        self.events.assert_next("connected").await;
        self.assert_took(Duration::ZERO);
        link
    }
}

/// Loses a link in each of these ways, and then has these attempts fail.
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
            // Such a link has lasted long enough for a success.
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
    fn whatever_the_network_does_each_attempt_comes_when_it_is_due(
        lives in vec((select(&[LinkLost::Reset, LinkLost::Silence][..]), vec(select(&WEATHERS[..]), 0..6)), 1..4)
    ) {
        let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(live(lives));
    }
}
