//! When a connection has to ask its peer whether it is there, and when it has to end.

use std::time::Duration;

use tokio::time::Instant;

use crate::limits;
use crate::progress::{Progress, SentMarks};
use crate::protocol::{Heartbeat, Protocol};

/// What the time asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nothing before the next deadline.
    Nothing,
    /// To ask the peer whether it is there.
    Ask,
    /// To tell the peer that this side is there: its questions are not being read, or they wait behind what it sends.
    Reassure,
    /// To say that the peer is silent although its kernel answers.
    Stalled,
    /// To give the peer up.
    PeerGone,
    /// To close, for there was no message for long.
    Idle,
}

/// What is known of a link when a deadline has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinkView {
    pub(crate) progress: Progress,
    pub(crate) marks: SentMarks,
}

/// A question to the peer that has no answer yet.
#[derive(Clone, Copy, Debug)]
struct Question {
    /// [`Progress::arrived`] when it was asked.
    arrived: u64,
    /// When the link was looked at last.
    looked_at: Instant,
    /// Whether the peer's kernel has it.
    is_there: bool,
}

/// The clocks of one link. Does no I/O and owns no timer.
#[derive(Debug)]
pub(crate) struct Liveness {
    heartbeat: Option<Heartbeat>,
    /// How long a peer may stay stalled.
    stalled_timeout: Duration,
    /// How often the peer wants to hear something.
    peer_interval: Option<Duration>,
    idle_timeout: Option<Duration>,
    /// When the peer was heard last, or its kernel took something of what waits before a question.
    heard: Instant,
    question: Option<Question>,
    stalled_since: Option<Instant>,
    /// [`Progress::acknowledged`] when the link was looked at last.
    acknowledged: u64,
    /// When the peer's kernel took bytes of messages, as far as that is known.
    taken_at: Instant,
    /// [`SentMarks::written`] when the peer was last known to hear from this side.
    said: u64,
    /// When that was.
    said_at: Instant,
    /// Whether something came since.
    owes_word: bool,
    /// While nothing is read: when this side told its peer last that it is there.
    deaf_since: Option<Instant>,
    /// When this side began to read, for the first time or again.
    listens_since: Instant,
}

impl Liveness {
    /// The clocks of a link that begins `now`. `is_local`: the peer is on this machine.
    pub(crate) fn new(protocol: &Protocol, peer_interval: Option<Duration>, is_local: bool, now: Instant) -> Self {
        let Protocol { heartbeat, idle_timeout, .. } = *protocol;
        Self {
            heartbeat,
            stalled_timeout: heartbeat.map_or(Duration::ZERO, |heartbeat| heartbeat.stalled_timeout(is_local)),
            peer_interval,
            idle_timeout,
            heard: now,
            question: None,
            stalled_since: None,
            acknowledged: 0,
            taken_at: now,
            said: 0,
            said_at: now,
            owes_word: false,
            deaf_since: None,
            listens_since: now,
        }
    }

    /// Something came from the peer. True when it was stalled before.
    pub(crate) fn hear(&mut self, now: Instant) -> bool {
        self.heard = now;
        self.question = None;
        self.owes_word = true;
        self.stalled_since.take().is_some()
    }

    /// The peer needs no word of this side for now: it got one, or sent nothing but an answer itself. `written` is what the kernel has taken, where that is known.
    pub(crate) fn say(&mut self, written: Option<u64>, now: Instant) {
        self.said = written.unwrap_or(self.said);
        self.said_at = now;
        self.owes_word = false;
    }

    /// Says whether the link is being read. Silence counts only while it is: what the peer says otherwise is not heard.
    pub(crate) fn listen(&mut self, listens: bool, now: Instant) {
        match (listens, self.deaf_since) {
            (true, Some(_)) => {
                self.deaf_since = None;
                self.listens_since = now;
                self.heard = now;
                self.question = None;
            }
            (false, None) => self.deaf_since = Some(now),
            _ => {}
        }
    }

    /// One of the two sides sends no more: it cannot ask or answer, and its silence says nothing.
    pub(crate) fn stop_asking(&mut self) {
        self.heartbeat = None;
    }

    /// What is due `now`, when the last message, in either direction, was at `active`. Looks at the link before it ends anything.
    pub(crate) fn due(&mut self, now: Instant, active: Instant, look: impl FnOnce() -> LinkView) -> Due {
        let is_idle = |this: &Self| this.idle_deadline(active).is_some_and(|deadline| now >= deadline);
        let asks = self.deaf_since.is_none() && self.heartbeat.is_some_and(|one| now >= self.heard + one.interval);
        let owes_word = self.deaf_since.is_none() && self.word_deadline().is_some_and(|deadline| now >= deadline);
        let view = (is_idle(self) || asks || owes_word).then(look);
        let was_stopped = self.deadline(active).is_some_and(|deadline| now >= deadline + limits::STOPPED_TIME);
        if let Some(view) = &view {
            self.observe(now, view);
            if was_stopped {
                self.excuse(now);
            }
        }
        if is_idle(self) {
            return Due::Idle;
        }
        match (self.deaf_since, self.heartbeat, view) {
            (Some(since), ..) => self.reassure(since, now),
            (None, Some(heartbeat), Some(view)) => {
                let word = if owes_word { self.give_word(now, &view) } else { Due::Nothing };
                match self.ask(heartbeat, now, &view) {
                    Due::Nothing => word,
                    due => due,
                }
            }
            _ => Due::Nothing,
        }
    }

    /// When the peer is told that this side is there, which hears it and says nothing. A proxy between them takes what the peer sends,
    /// and its ping behind that: without a word it would take this side for gone while it still receives.
    fn word_deadline(&self) -> Option<Instant> {
        let interval = self.peer_interval.filter(|_| self.heartbeat.is_some())?;
        self.owes_word.then(|| self.said_at + interval / 2)
    }

    fn give_word(&mut self, now: Instant, view: &LinkView) -> Due {
        let has_spoken = view.marks.written > self.said;
        self.say(Some(view.marks.written), now);
        if has_spoken { Due::Nothing } else { Due::Reassure }
    }

    /// Takes note of what the peer's kernel has acknowledged, and of what has arrived and was not read yet.
    fn observe(&mut self, now: Instant, view: &LinkView) {
        let LinkView { progress, marks } = view;
        let before = self.acknowledged;
        self.acknowledged = progress.acknowledged;
        let advances = progress.acknowledged > before;
        if advances && before < marks.message_end {
            self.taken_at = now.checked_sub(progress.acknowledged_ago).unwrap_or(now);
        }
        let Some(question) = &mut self.question else { return };
        if progress.arrived > question.arrived {
            self.heard = now;
            self.question = None;
            self.stalled_since = self.stalled_since.map(|_| now);
            return;
        }
        question.looked_at = now;
        if advances && !question.is_there {
            self.heard = now;
            self.stalled_since = self.stalled_since.map(|_| now);
        }
        question.is_there |= marks.ping_end.is_some_and(|end| progress.acknowledged >= end);
    }

    /// This process was stopped, and perhaps its peer as well, which then had no time to send or to answer: the idle time begins anew, and
    /// the peer is asked again, or, where it is stalled, has as long as an answer may take.
    fn excuse(&mut self, now: Instant) {
        self.listens_since = now;
        let Some(heartbeat) = self.heartbeat else { return };
        let answer_time = heartbeat.timeout.saturating_sub(heartbeat.interval);
        let least = now.checked_sub(self.stalled_timeout.saturating_sub(answer_time)).unwrap_or(now);
        match &mut self.stalled_since {
            Some(since) => *since = least.max(*since),
            None => self.question = None,
        }
    }

    fn reassure(&mut self, since: Instant, now: Instant) -> Due {
        let due = self.peer_interval.is_some_and(|interval| now >= since + interval);
        self.deaf_since = if due { Some(now) } else { Some(since) };
        if due { Due::Reassure } else { Due::Nothing }
    }

    fn ask(&mut self, heartbeat: Heartbeat, now: Instant, view: &LinkView) -> Due {
        if let Some(since) = self.stalled_since {
            return if now >= since + self.stalled_timeout { Due::PeerGone } else { Due::Nothing };
        }
        if self.question.is_none() {
            return self.begin_asking(heartbeat, now, view);
        }
        if now >= self.heard + heartbeat.timeout {
            let since_asked = heartbeat.timeout.saturating_sub(heartbeat.interval).max(limits::DELAYED_ACK_MAX);
            let stalls = view.progress.has_answered_within(since_asked) && !self.stalled_timeout.is_zero();
            self.stalled_since = stalls.then_some(now);
            return if stalls { Due::Stalled } else { Due::PeerGone };
        }
        Due::Nothing
    }

    /// Asks the peer when it has been silent for an interval. Where this process was stopped it has been silent for longer: it was not
    /// asked.
    fn begin_asking(&mut self, heartbeat: Heartbeat, now: Instant, view: &LinkView) -> Due {
        let LinkView { progress, marks } = view;
        if now < self.heard + heartbeat.interval {
            return Due::Nothing;
        }
        self.heard = now.checked_sub(heartbeat.interval).unwrap_or(self.heard);
        // A ping that waits behind nothing is there at once.
        let is_there = progress.acknowledged >= marks.written;
        self.question = Some(Question { arrived: progress.arrived, looked_at: now, is_there });
        self.say(None, now);
        Due::Ask
    }

    /// While messages wait unread the connection is not idle, though none goes through.
    fn idle_deadline(&self, active: Instant) -> Option<Instant> {
        let limit = self.idle_timeout.filter(|_| self.deaf_since.is_none())?;
        Some(active.max(self.listens_since).max(self.taken_at) + limit)
    }

    /// When `due` has to be asked next; `None`: never.
    pub(crate) fn deadline(&self, active: Instant) -> Option<Instant> {
        let life = match (self.deaf_since, self.heartbeat) {
            (Some(since), _) => self.peer_interval.map(|interval| since + interval),
            (None, Some(heartbeat)) => {
                let life = self.life_deadline(heartbeat);
                Some(self.word_deadline().map_or(life, |word| word.min(life)))
            }
            (None, None) => None,
        };
        [self.idle_deadline(active), life].into_iter().flatten().min()
    }

    fn life_deadline(&self, heartbeat: Heartbeat) -> Instant {
        let given_up = self.heard + heartbeat.timeout;
        match (self.stalled_since, self.question) {
            (Some(since), _) => since + self.stalled_timeout,
            (None, None) => self.heard + heartbeat.interval,
            (None, Some(question)) if question.is_there => given_up,
            (None, Some(question)) => given_up.min(question.looked_at + heartbeat.interval),
        }
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
                    0 => {
                        clocks.hear(now);
                    }
                    1 => clocks.listen(wait_ms % 2 == 0, now),
                    2 => active = now,
                    _ => clocks.stop_asking(),
                }
                let Some(deadline) = clocks.deadline(active) else { continue };
                now = now.max(deadline);
                match clocks.due(now, active, quiet) {
                    Due::PeerGone | Due::Idle => return Ok(()),
                    Due::Nothing | Due::Ask | Due::Reassure | Due::Stalled => {
                        prop_assert!(clocks.deadline(active).is_none_or(|next| next > deadline));
                    }
                }
            }
        }
    }

    const SECOND: Duration = Duration::from_secs(1);

    fn liveness(idle_timeout: Option<Duration>) -> (Liveness, Instant) {
        liveness_of(idle_timeout, None, false)
    }

    fn liveness_of(
        idle_timeout: Option<Duration>,
        stalled_timeout: Option<Duration>,
        is_local: bool,
    ) -> (Liveness, Instant) {
        let heartbeat = Some(Heartbeat { interval: SECOND, timeout: SECOND * 3, stalled_timeout });
        let start = Instant::now();
        let protocol = Protocol { heartbeat, idle_timeout, ..Protocol::default() };
        (Liveness::new(&protocol, Some(SECOND * 2), is_local, start), start)
    }

    /// Nothing has come, and nothing is under way.
    fn quiet() -> LinkView {
        view(0, 0, SentMarks::default())
    }

    fn view(arrived: u64, acknowledged: u64, marks: SentMarks) -> LinkView {
        let progress = Progress { arrived, acknowledged, is_answered: true, ..Progress::default() };
        LinkView { progress, marks }
    }

    /// Something is under way to the peer, whose kernel acknowledged so long ago.
    fn owes_an_answer(acknowledged_ago: Duration) -> LinkView {
        let mut view = quiet();
        view.progress.is_answered = false;
        view.progress.acknowledged_ago = acknowledged_ago;
        view
    }

    /// Megabytes wait, a ping behind them.
    const BULK: SentMarks = SentMarks { written: 900, message_end: 900, ping_end: None };

    /// What was a silent peer's progress each second, and what was due then.
    fn dues(clocks: &mut Liveness, start: Instant, views: &[LinkView]) -> Vec<Due> {
        let due = |(second, view): (usize, &LinkView)| clocks.due(start + SECOND * second as u32, start, || *view);
        views.iter().enumerate().map(due).collect()
    }

    /// What is due at each half second while the peer sends, and this side's kernel has taken so many bytes by then.
    fn dues_while_hearing(clocks: &mut Liveness, start: Instant, written: &[u64]) -> Vec<Due> {
        let due = |(step, written): (usize, &u64)| {
            let now = start + SECOND * (step as u32 + 1) / 2;
            clocks.hear(now);
            clocks.due(now, start, || view(0, 0, SentMarks { written: *written, ..SentMarks::default() }))
        };
        written.iter().enumerate().map(due).collect()
    }

    #[test]
    fn a_side_that_only_receives_tells_its_peer_twice_an_interval_that_it_is_there() {
        let (mut clocks, start) = liveness(None);
        let dues = dues_while_hearing(&mut clocks, start, &[0, 0, 0, 0, 0]);
        assert_eq!(dues, [Due::Nothing, Due::Reassure, Due::Nothing, Due::Reassure, Due::Nothing]);
    }

    #[test]
    fn a_side_that_sends_as_well_says_nothing_more() {
        let (mut clocks, start) = liveness(None);
        let dues = dues_while_hearing(&mut clocks, start, &[9, 9, 9, 18, 18, 18]);
        let mut wanted = vec![Due::Nothing; 5];
        wanted.push(Due::Reassure);
        assert_eq!(dues, wanted);
    }

    #[test]
    fn a_side_that_has_answered_a_ping_says_nothing_more() {
        let (mut clocks, start) = liveness(None);
        for second in 1..20 {
            clocks.hear(start + SECOND * second);
            clocks.say(None, start + SECOND * second);
            assert_eq!(clocks.due(start + SECOND * second, start, quiet), Due::Nothing);
        }
    }

    #[test]
    fn acknowledgements_count_until_the_peer_has_the_ping() {
        let (mut clocks, start) = liveness(None);
        let behind = SentMarks { written: 905, message_end: 900, ping_end: Some(905) };
        let views = [
            view(0, 0, BULK),
            view(0, 0, BULK),
            view(0, 300, BULK),
            view(0, 600, BULK),
            view(0, 600, BULK),
            view(0, 900, behind),
            // The kernel has the ping: what it takes behind that is no sign of the process.
            view(0, 905, SentMarks { written: 999, message_end: 999, ..behind }),
            view(0, 950, SentMarks { written: 999, message_end: 999, ..behind }),
            view(0, 999, SentMarks { written: 999, message_end: 999, ..behind }),
            view(0, 999, SentMarks { written: 999, message_end: 999, ..behind }),
        ];
        let mut wanted = vec![Due::Nothing, Due::Ask];
        wanted.extend([Due::Nothing; 7]);
        wanted.push(Due::PeerGone);
        assert_eq!(dues(&mut clocks, start, &views), wanted);
    }

    #[test]
    fn a_peer_whose_kernel_takes_nothing_more_of_bulk_data_is_given_up() {
        let (mut clocks, start) = liveness(None);
        let views = [0, 0, 300, 300, 300, 300].map(|acknowledged| view(0, acknowledged, BULK));
        let wanted = [Due::Nothing, Due::Ask, Due::Nothing, Due::Nothing, Due::Nothing, Due::PeerGone];
        assert_eq!(dues(&mut clocks, start, &views), wanted);
    }

    #[test]
    fn what_waits_in_the_kernel_is_heard_before_the_peer_is_given_up() {
        let (mut clocks, start) = liveness(None);
        assert_eq!(clocks.due(start + SECOND, start, || view(7, 0, BULK)), Due::Ask);
        let late = start + SECOND * 60;
        let dues = [0, 1, 2, 3].map(|second| clocks.due(late + SECOND * second, start, || view(8, 0, BULK)));
        assert_eq!(dues, [Due::Nothing, Due::Ask, Due::Nothing, Due::PeerGone]);
    }

    #[test]
    fn a_peer_that_was_not_asked_is_not_given_up() {
        let (mut clocks, start) = liveness(None);
        let late = start + SECOND * 60;
        assert_eq!(clocks.due(late, start, quiet), Due::Ask);
        assert_eq!(clocks.due(late + SECOND, start, quiet), Due::Nothing);
        assert_eq!(clocks.due(late + SECOND * 2, start, quiet), Due::PeerGone);
    }

    #[test]
    fn a_peer_that_was_asked_before_this_process_was_stopped_is_asked_again() {
        for (is_local, expected) in [(false, Due::PeerGone), (true, Due::Stalled)] {
            let (mut clocks, start) = liveness_of(None, None, is_local);
            assert_eq!(clocks.due(start + SECOND, start, quiet), Due::Ask);
            let late = start + SECOND * 3 + limits::STOPPED_TIME;
            assert_eq!(clocks.due(late, start, quiet), Due::Ask);
            assert_eq!(clocks.deadline(start), Some(late + SECOND * 2));
            assert_eq!(clocks.due(late + SECOND * 2, start, quiet), expected);
        }
    }

    #[test]
    fn time_in_which_this_process_was_stopped_is_not_idle() {
        let (mut clocks, start) = liveness(Some(SECOND * 4));
        clocks.stop_asking();
        let late = start + SECOND * 60;
        assert_eq!(clocks.due(late, start, quiet), Due::Nothing);
        assert_eq!(clocks.deadline(start), Some(late + SECOND * 4));
        assert_eq!(clocks.due(late + SECOND * 4, start, quiet), Due::Idle);
    }

    #[test]
    fn time_in_which_this_process_was_stopped_does_not_count_for_a_stalled_peer() {
        let (mut clocks, start) = liveness_of(None, Some(SECOND * 5), true);
        assert_eq!(clocks.due(start + SECOND, start, quiet), Due::Ask);
        assert_eq!(clocks.due(start + SECOND * 3, start, quiet), Due::Stalled);
        let late = start + SECOND * 60;
        assert_eq!(clocks.due(late, start, quiet), Due::Nothing);
        assert_eq!(clocks.deadline(start), Some(late + SECOND * 2));
        assert_eq!(clocks.due(late + SECOND * 2, start, quiet), Due::PeerGone);
    }

    #[test]
    fn a_silent_peer_stalls_once_where_its_kernel_answers() {
        let deaf_kernel = || owes_an_answer(SECOND * 2);
        // It delays its acknowledgements, and was sent something just now.
        let slow_kernel = || owes_an_answer(Duration::from_millis(1_900));
        for (stalled_timeout, is_local, look, stalls) in [
            (None, true, quiet as fn() -> LinkView, Some(600)),
            (None, false, quiet, None),
            (Some(SECOND * 5), true, quiet, Some(5)),
            (Some(SECOND * 5), false, quiet, Some(5)),
            (Some(Duration::ZERO), true, quiet, None),
            (None, true, deaf_kernel, None),
            (None, true, slow_kernel, Some(600)),
            (Some(SECOND * 5), false, slow_kernel, Some(5)),
        ] {
            let (mut clocks, start) = liveness_of(None, stalled_timeout, is_local);
            assert_eq!(clocks.due(start + SECOND, start, look), Due::Ask);
            let silent = start + SECOND * 3;
            let Some(seconds) = stalls else {
                assert_eq!(clocks.due(silent, start, look), Due::PeerGone);
                continue;
            };
            assert_eq!(clocks.due(silent, start, look), Due::Stalled);
            assert_eq!(clocks.due(silent + SECOND, start, look), Due::Nothing);
            let end = silent + SECOND * seconds;
            assert_eq!(clocks.deadline(start), Some(end));
            assert_eq!(clocks.due(end, start, look), Due::PeerGone);
        }
    }

    #[test]
    fn a_stalled_peer_that_takes_what_waits_before_the_ping_is_not_given_up() {
        let (mut clocks, start) = liveness_of(None, Some(SECOND * 5), false);
        let mut due =
            |seconds: u32, acknowledged| clocks.due(start + SECOND * seconds, start, || view(0, acknowledged, BULK));
        assert_eq!([due(1, 0), due(2, 0), due(3, 0)], [Due::Ask, Due::Nothing, Due::Stalled]);
        assert_eq!([due(8, 300), due(13, 600), due(18, 600)], [Due::Nothing, Due::Nothing, Due::PeerGone]);
    }

    #[test]
    fn a_stalled_peer_recovers_when_it_is_heard() {
        let (mut clocks, start) = liveness_of(None, None, true);
        assert!(!clocks.hear(start));
        assert_eq!(clocks.due(start + SECOND, start, quiet), Due::Ask);
        assert_eq!(clocks.due(start + SECOND * 3, start, quiet), Due::Stalled);
        assert!(clocks.hear(start + SECOND * 60));
        assert!(!clocks.hear(start + SECOND * 61));
        clocks.say(None, start + SECOND * 61);
        assert_eq!(clocks.deadline(start), Some(start + SECOND * 62));
    }

    #[test]
    fn a_delayed_acknowledgement_counts_as_an_answer_to_a_short_heartbeat() {
        let millis = Duration::from_millis;
        for (acknowledged_ago, expected) in [(millis(499), Due::Stalled), (millis(500), Due::PeerGone)] {
            let heartbeat = Some(Heartbeat { interval: millis(50), timeout: millis(150), stalled_timeout: None });
            let start = Instant::now();
            let mut clocks = Liveness::new(&Protocol { heartbeat, ..Protocol::default() }, None, true, start);
            let look = || owes_an_answer(acknowledged_ago);
            assert_eq!(clocks.due(start + millis(50), start, look), Due::Ask);
            assert_eq!(clocks.due(start + millis(150), start, look), expected, "{acknowledged_ago:?}");
        }
    }

    #[test]
    fn bytes_that_the_peer_takes_are_no_idleness() {
        let (mut clocks, start) = liveness(Some(SECOND * 4));
        clocks.stop_asking();
        let taken = |seconds: u32, acknowledged| (start + SECOND * seconds, view(0, acknowledged, BULK));
        for (now, view) in [taken(4, 300), taken(8, 600), taken(12, 900)] {
            assert_eq!(clocks.due(now, start, || view), Due::Nothing);
            assert_eq!(clocks.deadline(start), Some(now + SECOND * 4));
        }
        assert_eq!(clocks.due(start + SECOND * 16, start, || view(0, 900, BULK)), Due::Idle);
    }

    #[test]
    fn heartbeats_that_the_peer_takes_are_idleness() {
        let (mut clocks, start) = liveness(Some(SECOND * 4));
        let marks = SentMarks { written: 20, message_end: 0, ping_end: Some(20) };
        let dues = dues(&mut clocks, start, &[0, 10, 20, 30, 40].map(|arrived| view(arrived, 20, marks)));
        assert_eq!(dues, [Due::Nothing, Due::Ask, Due::Nothing, Due::Ask, Due::Idle]);
    }

    #[test]
    fn the_idle_time_begins_when_the_peer_took_the_last_byte() {
        let (mut clocks, start) = liveness(Some(SECOND * 4));
        clocks.stop_asking();
        let mut view = view(0, 900, BULK);
        view.progress.acknowledged_ago = SECOND;
        assert_eq!(clocks.due(start + SECOND * 4, start, || view), Due::Nothing);
        assert_eq!(clocks.deadline(start), Some(start + SECOND * 7));
    }

    #[test]
    fn a_silent_peer_is_asked_once_and_then_given_up() {
        let (mut clocks, start) = liveness(None);
        assert_eq!(clocks.deadline(start), Some(start + SECOND));
        assert_eq!(clocks.due(start + SECOND / 2, start, quiet), Due::Nothing);
        assert_eq!(clocks.due(start + SECOND, start, quiet), Due::Ask);
        assert_eq!(clocks.due(start + SECOND, start, quiet), Due::Nothing);
        assert_eq!(clocks.deadline(start), Some(start + SECOND * 3));
        assert_eq!(clocks.due(start + SECOND * 3, start, quiet), Due::PeerGone);
    }

    #[test]
    fn whatever_comes_from_the_peer_begins_the_silence_anew() {
        let (mut clocks, start) = liveness(None);
        assert_eq!(clocks.due(start + SECOND, start, quiet), Due::Ask);
        clocks.hear(start + SECOND * 2);
        clocks.say(None, start + SECOND * 2);
        assert_eq!(clocks.deadline(start), Some(start + SECOND * 3));
        assert_eq!(clocks.due(start + SECOND * 3, start, quiet), Due::Ask);
    }

    #[test]
    fn a_side_that_does_not_read_says_that_it_is_there_and_gives_nobody_up() {
        let (mut clocks, start) = liveness(None);
        clocks.listen(false, start);
        assert_eq!(clocks.deadline(start), Some(start + SECOND * 2));
        assert_eq!(clocks.due(start + SECOND * 2, start, quiet), Due::Reassure);
        assert_eq!(clocks.due(start + SECOND * 3, start, quiet), Due::Nothing);
        assert_eq!(clocks.due(start + SECOND * 4, start, quiet), Due::Reassure);
        clocks.listen(true, start + SECOND * 5);
        assert_eq!(clocks.due(start + SECOND * 5, start, quiet), Due::Nothing);
        assert_eq!(clocks.deadline(start), Some(start + SECOND * 6));
    }

    #[test]
    fn the_idle_time_counts_messages_only() {
        let (mut clocks, start) = liveness(Some(SECOND * 2));
        clocks.hear(start + SECOND);
        assert_eq!(clocks.due(start + SECOND, start, quiet), Due::Reassure);
        assert_eq!(clocks.due(start + SECOND * 2, start, quiet), Due::Idle);
        let active = start + SECOND;
        assert_eq!(clocks.due(start + SECOND * 2, active, quiet), Due::Ask);
        assert_eq!(clocks.deadline(active), Some(start + SECOND * 3));
    }

    #[test]
    fn the_idle_time_does_not_count_while_messages_wait_unread() {
        let (mut clocks, start) = liveness(Some(SECOND * 2));
        clocks.listen(false, start + SECOND);
        clocks.peer_interval = None;
        assert_eq!(clocks.deadline(start), None);
        assert_eq!(clocks.due(start + SECOND * 9, start, quiet), Due::Nothing);
        clocks.listen(true, start + SECOND * 9);
        assert_eq!(clocks.due(start + SECOND * 10, start, quiet), Due::Ask);
        assert_eq!(clocks.due(start + SECOND * 11, start, quiet), Due::Idle);
    }

    #[test]
    fn a_plain_connection_has_no_deadline() {
        let start = Instant::now();
        assert_eq!(Liveness::new(&Protocol::default(), None, true, start).deadline(start), None);
    }
}
