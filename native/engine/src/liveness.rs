//! When a connection has to ask its peer whether it is there, and when it has to end.

use std::time::Duration;

use tokio::time::Instant;

use crate::protocol::{Heartbeat, Protocol};

/// What the time asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nothing before the next deadline.
    Nothing,
    /// To ask the peer whether it is there.
    Ask,
    /// To tell the peer, whose questions are not being read, that this side is there.
    Reassure,
    /// To give the peer up.
    PeerGone,
    /// To close, for there was no message for long.
    Idle,
}

/// The clocks of one link. Does no I/O and owns no timer.
#[derive(Debug)]
pub(crate) struct Liveness {
    heartbeat: Option<Heartbeat>,
    /// How often the peer wants to hear something.
    peer_interval: Option<Duration>,
    idle_timeout: Option<Duration>,
    heard: Instant,
    /// Whether the peer was asked since it was heard.
    asked: bool,
    /// While nothing is read: when this side told its peer last that it is there.
    deaf_since: Option<Instant>,
    /// When this side began to read, for the first time or again.
    listens_since: Instant,
}

impl Liveness {
    /// The clocks of a link that begins `now`.
    pub(crate) fn new(protocol: &Protocol, peer_interval: Option<Duration>, now: Instant) -> Self {
        let Protocol { heartbeat, idle_timeout, .. } = *protocol;
        Self { heartbeat, peer_interval, idle_timeout, heard: now, asked: false, deaf_since: None, listens_since: now }
    }

    /// Something came from the peer.
    pub(crate) fn hear(&mut self, now: Instant) {
        self.heard = now;
        self.asked = false;
    }

    /// Says whether the link is being read. Silence counts only while it is: what the peer says otherwise is not heard.
    pub(crate) fn listen(&mut self, listens: bool, now: Instant) {
        match (listens, self.deaf_since) {
            (true, Some(_)) => {
                self.deaf_since = None;
                self.listens_since = now;
                self.hear(now);
            }
            (false, None) => self.deaf_since = Some(now),
            _ => {}
        }
    }

    /// One of the two sides sends no more: it cannot ask or answer, and its silence says nothing.
    pub(crate) fn stop_asking(&mut self) {
        self.heartbeat = None;
    }

    /// What is due `now`, when the last message, in either direction, was at `active`.
    pub(crate) fn due(&mut self, now: Instant, active: Instant) -> Due {
        if self.idle_deadline(active).is_some_and(|deadline| now >= deadline) {
            return Due::Idle;
        }
        if let Some(since) = self.deaf_since {
            let due = self.peer_interval.is_some_and(|interval| now >= since + interval);
            self.deaf_since = if due { Some(now) } else { Some(since) };
            return if due { Due::Reassure } else { Due::Nothing };
        }
        match self.heartbeat {
            Some(heartbeat) if now >= self.heard + heartbeat.timeout => Due::PeerGone,
            Some(heartbeat) if !self.asked && now >= self.heard + heartbeat.interval => {
                self.asked = true;
                Due::Ask
            }
            _ => Due::Nothing,
        }
    }

    /// While messages wait unread the connection is not idle, though none goes through.
    fn idle_deadline(&self, active: Instant) -> Option<Instant> {
        let limit = self.idle_timeout.filter(|_| self.deaf_since.is_none())?;
        Some(active.max(self.listens_since) + limit)
    }

    /// When `due` has to be asked next; `None`: never.
    pub(crate) fn deadline(&self, active: Instant) -> Option<Instant> {
        let idle = self.idle_deadline(active);
        let life = match (self.deaf_since, self.heartbeat) {
            (Some(since), _) => self.peer_interval.map(|interval| since + interval),
            (None, Some(heartbeat)) if self.asked => Some(self.heard + heartbeat.timeout),
            (None, Some(heartbeat)) => Some(self.heard + heartbeat.interval),
            (None, None) => None,
        };
        [idle, life].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whoever asks at every deadline gets something to do, or a later deadline: it never spins.
        #[test]
        fn a_deadline_that_has_come_does_not_come_again(steps in vec((0..4_u8, 0..3_000_u64), 0..60)) {
            let (mut clocks, start) = liveness(Some(SECOND * 7));
            let (mut now, mut active) = (start, start);
            for (step, wait_ms) in steps {
                now += Duration::from_millis(wait_ms);
                match step {
                    0 => clocks.hear(now),
                    1 => clocks.listen(wait_ms % 2 == 0, now),
                    2 => active = now,
                    _ => clocks.stop_asking(),
                }
                let Some(deadline) = clocks.deadline(active) else { continue };
                now = now.max(deadline);
                match clocks.due(now, active) {
                    Due::PeerGone | Due::Idle => return Ok(()),
                    Due::Nothing | Due::Ask | Due::Reassure => {
                        prop_assert!(clocks.deadline(active).is_none_or(|next| next > deadline));
                    }
                }
            }
        }
    }

    const SECOND: Duration = Duration::from_secs(1);

    fn liveness(idle_timeout: Option<Duration>) -> (Liveness, Instant) {
        let heartbeat = Some(Heartbeat { interval: SECOND, timeout: SECOND * 3 });
        let start = Instant::now();
        (Liveness::new(&Protocol { heartbeat, idle_timeout, ..Protocol::default() }, Some(SECOND * 2), start), start)
    }

    #[test]
    fn a_silent_peer_is_asked_once_and_then_given_up() {
        let (mut clocks, start) = liveness(None);
        assert_eq!(clocks.deadline(start), Some(start + SECOND));
        assert_eq!(clocks.due(start + SECOND / 2, start), Due::Nothing);
        assert_eq!(clocks.due(start + SECOND, start), Due::Ask);
        assert_eq!(clocks.due(start + SECOND, start), Due::Nothing);
        assert_eq!(clocks.deadline(start), Some(start + SECOND * 3));
        assert_eq!(clocks.due(start + SECOND * 3, start), Due::PeerGone);
    }

    #[test]
    fn whatever_comes_from_the_peer_begins_the_silence_anew() {
        let (mut clocks, start) = liveness(None);
        assert_eq!(clocks.due(start + SECOND, start), Due::Ask);
        clocks.hear(start + SECOND * 2);
        assert_eq!(clocks.deadline(start), Some(start + SECOND * 3));
        assert_eq!(clocks.due(start + SECOND * 3, start), Due::Ask);
    }

    #[test]
    fn a_side_that_does_not_read_says_that_it_is_there_and_gives_nobody_up() {
        let (mut clocks, start) = liveness(None);
        clocks.listen(false, start);
        assert_eq!(clocks.deadline(start), Some(start + SECOND * 2));
        assert_eq!(clocks.due(start + SECOND * 2, start), Due::Reassure);
        assert_eq!(clocks.due(start + SECOND * 3, start), Due::Nothing);
        assert_eq!(clocks.due(start + SECOND * 4, start), Due::Reassure);
        clocks.listen(true, start + SECOND * 5);
        assert_eq!(clocks.due(start + SECOND * 5, start), Due::Nothing);
        assert_eq!(clocks.deadline(start), Some(start + SECOND * 6));
    }

    #[test]
    fn the_idle_time_counts_messages_only() {
        let (mut clocks, start) = liveness(Some(SECOND * 2));
        clocks.hear(start + SECOND);
        assert_eq!(clocks.due(start + SECOND * 2, start), Due::Idle);
        let active = start + SECOND;
        assert_eq!(clocks.due(start + SECOND * 2, active), Due::Ask);
        assert_eq!(clocks.deadline(active), Some(start + SECOND * 3));
    }

    #[test]
    fn the_idle_time_does_not_count_while_messages_wait_unread() {
        let (mut clocks, start) = liveness(Some(SECOND * 2));
        clocks.listen(false, start + SECOND);
        clocks.peer_interval = None;
        assert_eq!(clocks.deadline(start), None);
        assert_eq!(clocks.due(start + SECOND * 9, start), Due::Nothing);
        clocks.listen(true, start + SECOND * 9);
        assert_eq!(clocks.due(start + SECOND * 10, start), Due::Ask);
        assert_eq!(clocks.due(start + SECOND * 11, start), Due::Idle);
    }

    #[test]
    fn a_plain_connection_has_no_deadline() {
        let start = Instant::now();
        assert_eq!(Liveness::new(&Protocol::default(), None, start).deadline(start), None);
    }
}
