//! When a connection has to ask its peer whether it is there, and when it has to end.

use std::time::Duration;

use tokio::time::Instant;

use crate::limits;
use crate::progress::{Progress, SentMarks};
use crate::protocol::{Heartbeat, Protocol};
use crate::timeout::{slice_of, was_stopped};

/// What the time asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nothing before the next deadline.
    Nothing,
    /// To ask the peer whether it is there.
    Ask,
    /// To tell the peer that this side is there: its questions are not being read, or they wait behind what it sends.
    SendPong,
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
    paused_since: Option<Instant>,
    /// When this side began to read, for the first time or again.
    resumed_at: Instant,
    /// When this process was last known to run: the clocks were asked, or a wait began.
    checked_at: Instant,
    /// Stops of this process since the peer was heard, for which it was asked again or stalled for longer.
    silent_stops: u32,
    /// Stops since the last message, at which the idle time began anew.
    idle_stops: u32,
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
            paused_since: None,
            resumed_at: now,
            checked_at: now,
            silent_stops: 0,
            idle_stops: 0,
        }
    }

    /// Something came from the peer. True when it was stalled before.
    pub(crate) fn on_traffic(&mut self, now: Instant) -> bool {
        self.heard = now;
        self.question = None;
        self.silent_stops = 0;
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
        match (listens, self.paused_since) {
            (true, Some(_)) => {
                self.paused_since = None;
                self.resumed_at = now;
                self.checked_at = now;
                self.heard = now;
                self.question = None;
            }
            (false, None) => self.paused_since = Some(now),
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
        let is_silent = |one: Heartbeat| self.question.is_some() || now >= self.heard + one.interval;
        let asks = self.paused_since.is_none() && self.heartbeat.is_some_and(is_silent);
        let owes_word = self.paused_since.is_none() && self.word_deadline().is_some_and(|deadline| now >= deadline);
        let view = (is_idle(self) || asks || owes_word).then(look);
        let was_stopped = self.deadline(active).is_some_and(|deadline| was_stopped(deadline, now));
        self.checked_at = now;
        if let Some(view) = &view {
            self.observe(now, view);
        }
        if was_stopped {
            self.excuse(now, active);
        }
        if is_idle(self) {
            return Due::Idle;
        }
        match (self.paused_since, self.heartbeat, view) {
            (Some(since), ..) => self.pong_while_paused(since, now),
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
        if has_spoken { Due::Nothing } else { Due::SendPong }
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
            self.silent_stops = 0;
            self.stalled_since = self.stalled_since.map(|_| now);
            return;
        }
        question.looked_at = now;
        if advances && !question.is_there {
            self.heard = now;
            self.silent_stops = 0;
            self.stalled_since = self.stalled_since.map(|_| now);
        }
        question.is_there |= marks.ping_end.is_some_and(|end| progress.acknowledged >= end);
    }

    /// This process was stopped, and perhaps its peer as well, which then had no time to send or to answer: the idle time begins anew, and
    /// the peer is asked again, or, where it is stalled, has as long as an answer may take. That holds for a number of stops in a row.
    fn excuse(&mut self, now: Instant, active: Instant) {
        if active.max(self.taken_at) > self.resumed_at {
            self.idle_stops = 0;
        }
        if self.idle_stops < limits::STOP_EXCUSES {
            self.idle_stops += 1;
            self.resumed_at = now;
        }
        let waits = self.question.is_some() || self.stalled_since.is_some();
        let Some(heartbeat) = self.heartbeat.filter(|_| waits && self.silent_stops < limits::STOP_EXCUSES) else {
            return;
        };
        self.silent_stops += 1;
        let answer_time = heartbeat.answer_time();
        let least = now.checked_sub(self.stalled_timeout.saturating_sub(answer_time)).unwrap_or(now);
        match &mut self.stalled_since {
            Some(since) => *since = least.max(*since),
            None => self.question = None,
        }
    }

    fn pong_while_paused(&mut self, since: Instant, now: Instant) -> Due {
        let due = self.peer_interval.is_some_and(|interval| now >= since + interval);
        self.paused_since = if due { Some(now) } else { Some(since) };
        if due { Due::SendPong } else { Due::Nothing }
    }

    fn ask(&mut self, heartbeat: Heartbeat, now: Instant, view: &LinkView) -> Due {
        if let Some(since) = self.stalled_since {
            return if now >= since + self.stalled_timeout { Due::PeerGone } else { Due::Nothing };
        }
        if self.question.is_none() {
            return self.begin_asking(heartbeat, now, view);
        }
        if now >= self.heard + heartbeat.timeout {
            let since_asked = heartbeat.answer_time().max(limits::DELAYED_ACK_MAX);
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
        let limit = self.idle_timeout.filter(|_| self.paused_since.is_none())?;
        Some(self.idle_since(active) + limit)
    }

    fn idle_since(&self, active: Instant) -> Instant {
        active.max(self.resumed_at).max(self.taken_at)
    }

    /// When `due` has to be asked next; `None`: never.
    pub(crate) fn deadline(&self, active: Instant) -> Option<Instant> {
        [self.due_deadline(active), self.check_deadline(active)].into_iter().flatten().min()
    }

    /// Whether the peer owes an answer. Until it comes the clocks are asked more often.
    pub(crate) fn waits_for_answer(&self) -> bool {
        self.answer_limit().is_some()
    }

    /// How long the peer has for what it owes.
    fn answer_limit(&self) -> Option<Duration> {
        let heartbeat = self.heartbeat.filter(|_| self.paused_since.is_none())?;
        match (self.stalled_since, self.question) {
            (Some(_), _) => Some(self.stalled_timeout),
            (None, Some(_)) => Some(heartbeat.answer_time()),
            (None, None) => None,
        }
    }

    /// While a wait can end the connection: when to check whether this process was stopped.
    fn check_deadline(&self, active: Instant) -> Option<Instant> {
        let answer = self.answer_limit().map(|limit| self.checked_at + slice_of(limit));
        let idle_limit = self.idle_timeout.filter(|_| self.paused_since.is_none());
        let idle = idle_limit.map(|limit| self.checked_at.max(self.idle_since(active)) + slice_of(limit));
        [answer, idle].into_iter().flatten().min()
    }

    /// When something is due, as far as that is known; `None`: never.
    fn due_deadline(&self, active: Instant) -> Option<Instant> {
        let life = match (self.paused_since, self.heartbeat) {
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
mod tests;
