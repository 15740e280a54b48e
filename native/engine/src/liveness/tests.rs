//! When a peer is asked and given up, and what stops of this process change in that.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

proptest! {
    /// Each check at a deadline returns something to do, or a later deadline: the task never spins.
    #[test]
    fn a_deadline_that_has_come_does_not_come_again(steps in vec((0..4_u8, 0..3_000_u64), 0..60)) {
        let (mut clocks, start) = liveness(Some(SECOND * 7));
        let (mut now, mut active) = (start, start);
        for (step, wait_ms) in steps {
            now += Duration::from_millis(wait_ms);
            match step {
                0 => {
                    clocks.on_traffic(now);
                }
                1 => clocks.listen(wait_ms % 2 == 0, now),
                2 => active = now,
                _ => clocks.stop_asking(),
            }
            let Some(deadline) = clocks.deadline(active) else { continue };
            now = now.max(deadline);
            match clocks.due(now, active, quiet) {
                Due::PeerGone | Due::Idle => return Ok(()),
                Due::Nothing | Due::Ask | Due::SendPong | Due::Stalled => {
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

/// What is due at `time`. Asks at each deadline before, too, when nothing is due.
fn due_at(clocks: &mut Liveness, time: Instant, active: Instant, look: impl Fn(Instant) -> LinkView) -> Due {
    while let Some(deadline) = clocks.deadline(active).filter(|deadline| *deadline < time) {
        let before = time - deadline;
        assert_eq!(clocks.due(deadline, active, || look(deadline)), Due::Nothing, "{before:?} before");
    }
    clocks.due(time, active, || look(time))
}

/// Asks at each deadline until something is due. Returns what, and when.
fn next_due(clocks: &mut Liveness, active: Instant, look: impl Fn() -> LinkView) -> Option<(Instant, Due)> {
    loop {
        let deadline = clocks.deadline(active)?;
        let due = clocks.due(deadline, active, &look);
        if due != Due::Nothing {
            return Some((deadline, due));
        }
    }
}

/// What was a silent peer's progress each second, and what was due then.
fn dues(clocks: &mut Liveness, start: Instant, views: &[LinkView]) -> Vec<Due> {
    let look = |time: Instant| views[(time - start).as_secs() as usize];
    (0..views.len() as u32).map(|second| due_at(clocks, start + SECOND * second, start, look)).collect()
}

/// What is due at each half second while the peer sends, and this side's kernel has taken so many bytes by then.
fn dues_while_hearing(clocks: &mut Liveness, start: Instant, written: &[u64]) -> Vec<Due> {
    let due = |(step, written): (usize, &u64)| {
        let now = start + SECOND * (step as u32 + 1) / 2;
        clocks.on_traffic(now);
        clocks.due(now, start, || view(0, 0, SentMarks { written: *written, ..SentMarks::default() }))
    };
    written.iter().enumerate().map(due).collect()
}

#[test]
fn a_side_that_only_receives_tells_its_peer_twice_an_interval_that_it_is_there() {
    let (mut clocks, start) = liveness(None);
    let dues = dues_while_hearing(&mut clocks, start, &[0, 0, 0, 0, 0]);
    assert_eq!(dues, [Due::Nothing, Due::SendPong, Due::Nothing, Due::SendPong, Due::Nothing]);
}

#[test]
fn a_side_that_sends_as_well_says_nothing_more() {
    let (mut clocks, start) = liveness(None);
    let dues = dues_while_hearing(&mut clocks, start, &[9, 9, 9, 18, 18, 18]);
    let mut wanted = vec![Due::Nothing; 5];
    wanted.push(Due::SendPong);
    assert_eq!(dues, wanted);
}

#[test]
fn a_side_that_has_answered_a_ping_says_nothing_more() {
    let (mut clocks, start) = liveness(None);
    for second in 1..20 {
        clocks.on_traffic(start + SECOND * second);
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
    assert_eq!(clocks.due(late, start, || view(8, 0, BULK)), Due::Nothing);
    let dues = [1, 2, 3].map(|second| due_at(&mut clocks, late + SECOND * second, start, |_| view(8, 0, BULK)));
    assert_eq!(dues, [Due::Ask, Due::Nothing, Due::PeerGone]);
}

#[test]
fn a_peer_that_was_not_asked_is_not_given_up() {
    let (mut clocks, start) = liveness(None);
    let late = start + SECOND * 60;
    assert_eq!(clocks.due(late, start, quiet), Due::Ask);
    assert_eq!(next_due(&mut clocks, start, quiet), Some((late + SECOND * 2, Due::PeerGone)));
}

#[test]
fn a_peer_that_was_asked_before_this_process_was_stopped_is_asked_again() {
    for (is_local, expected) in [(false, Due::PeerGone), (true, Due::Stalled)] {
        let (mut clocks, start) = liveness_of(None, None, is_local);
        assert_eq!(clocks.due(start + SECOND, start, quiet), Due::Ask);
        let late = start + SECOND * 3 + limits::STOPPED_TIME;
        assert_eq!(clocks.due(late, start, quiet), Due::Ask);
        assert_eq!(next_due(&mut clocks, start, quiet), Some((late + SECOND * 2, expected)));
    }
}

#[test]
fn time_in_which_this_process_was_stopped_is_not_idle() {
    let (mut clocks, start) = liveness(Some(SECOND * 4));
    clocks.stop_asking();
    let late = start + SECOND * 60;
    assert_eq!(clocks.due(late, start, quiet), Due::Nothing);
    assert_eq!(next_due(&mut clocks, start, quiet), Some((late + SECOND * 4, Due::Idle)));
}

#[test]
fn time_in_which_this_process_was_stopped_does_not_count_for_a_stalled_peer() {
    let (mut clocks, start) = liveness_of(None, Some(SECOND * 5), true);
    assert_eq!(clocks.due(start + SECOND, start, quiet), Due::Ask);
    assert_eq!(next_due(&mut clocks, start, quiet), Some((start + SECOND * 3, Due::Stalled)));
    let late = start + SECOND * 60;
    assert_eq!(clocks.due(late, start, quiet), Due::Nothing);
    assert_eq!(next_due(&mut clocks, start, quiet), Some((late + SECOND * 2, Due::PeerGone)));
}

/// The end of the first slice of a wait of so many seconds, and the first moment that tells of a stop.
fn slice_and_stop(begin: Instant, seconds: u32) -> (Instant, Instant) {
    let end = begin + slice_of(SECOND * seconds);
    (end, end + limits::STOPPED_TIME)
}

#[test]
fn peer_asked_just_before_a_stop_that_ends_before_the_timeout_is_asked_again() {
    for (is_local, expected) in [(false, Due::PeerGone), (true, Due::Stalled)] {
        let (mut clocks, start) = liveness_of(None, None, is_local);
        assert_eq!(clocks.due(start + SECOND, start, quiet), Due::Ask);
        let (slice, stopped) = slice_and_stop(start + SECOND, 2);
        assert_eq!(clocks.deadline(start), Some(slice));
        // It would be asked after an interval.
        assert_eq!(clocks.due(stopped, start, quiet), Due::Ask);
        assert_eq!(next_due(&mut clocks, start, quiet), Some((stopped + SECOND * 2, expected)));
    }
}

#[test]
fn stop_shorter_than_a_slice_and_a_delay_counts_as_time() {
    let (mut clocks, start) = liveness(None);
    assert_eq!(clocks.due(start + SECOND, start, quiet), Due::Ask);
    let (_, stopped) = slice_and_stop(start + SECOND, 2);
    assert_eq!(clocks.due(stopped - Duration::from_millis(1), start, quiet), Due::Nothing);
    assert_eq!(next_due(&mut clocks, start, quiet), Some((start + SECOND * 3, Due::PeerGone)));
}

#[test]
fn stop_that_ends_before_the_idle_timeout_begins_it_anew() {
    for active in [Duration::ZERO, SECOND] {
        let (mut clocks, start) = liveness(Some(SECOND * 4));
        clocks.stop_asking();
        let active = start + active;
        let (slice, stopped) = slice_and_stop(active, 4);
        assert_eq!(clocks.deadline(active), Some(slice));
        assert_eq!(clocks.due(stopped, active, quiet), Due::Nothing);
        assert_eq!(next_due(&mut clocks, active, quiet), Some((stopped + SECOND * 4, Due::Idle)));
    }
}

#[test]
fn stop_at_the_end_of_the_stalled_timeout_gives_the_peer_time_to_answer() {
    let (mut clocks, start) = liveness_of(None, Some(SECOND * 16), true);
    assert_eq!(clocks.due(start + SECOND, start, quiet), Due::Ask);
    assert_eq!(next_due(&mut clocks, start, quiet), Some((start + SECOND * 3, Due::Stalled)));
    assert_eq!(due_at(&mut clocks, start + SECOND * 15, start, |_| quiet()), Due::Nothing);
    // Its slice has ended 17 seconds after the start, and the time ends after 19.
    let late = start + SECOND * 18;
    assert_eq!(clocks.due(late, start, quiet), Due::Nothing);
    assert_eq!(next_due(&mut clocks, start, quiet), Some((late + SECOND * 2, Due::PeerGone)));
}

#[test]
fn peer_that_has_answered_is_looked_at_once_an_interval() {
    let (mut clocks, start) = liveness(None);
    assert!(!clocks.waits_for_answer());
    assert_eq!(clocks.due(start + SECOND, start, quiet), Due::Ask);
    assert!(clocks.waits_for_answer());
    clocks.on_traffic(start + SECOND);
    clocks.say(None, start + SECOND);
    assert!(!clocks.waits_for_answer());
    assert_eq!(clocks.deadline(start), Some(start + SECOND * 2));
}

#[test]
fn silent_peer_is_looked_at_eight_times_until_it_is_given_up() {
    let (mut clocks, start) = liveness_of(None, Some(SECOND * 600), true);
    assert_eq!(clocks.due(start + SECOND, start, quiet), Due::Ask);
    for (seconds, expected) in [(2, Due::Stalled), (600, Due::PeerGone)] {
        let mut dues = Vec::new();
        while dues.last().is_none_or(|due| *due == Due::Nothing) {
            let deadline = clocks.deadline(start).unwrap_or(start);
            dues.push(clocks.due(deadline, start, quiet));
        }
        assert_eq!((dues.len(), dues.last()), (8, Some(&expected)), "{seconds} seconds");
    }
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
            assert_eq!(next_due(&mut clocks, start, look), Some((silent, Due::PeerGone)));
            continue;
        };
        assert_eq!(next_due(&mut clocks, start, look), Some((silent, Due::Stalled)));
        assert_eq!(due_at(&mut clocks, silent + SECOND, start, |_| look()), Due::Nothing);
        assert_eq!(next_due(&mut clocks, start, look), Some((silent + SECOND * seconds, Due::PeerGone)));
    }
}

#[test]
fn a_stalled_peer_that_takes_what_waits_before_the_ping_is_not_given_up() {
    let (mut clocks, start) = liveness_of(None, Some(SECOND * 5), false);
    let mut before = 0;
    let mut due = |seconds: u32, acknowledged| {
        let (time, earlier) = (start + SECOND * seconds, std::mem::replace(&mut before, acknowledged));
        due_at(&mut clocks, time, start, |at| view(0, if at < time { earlier } else { acknowledged }, BULK))
    };
    assert_eq!([due(1, 0), due(2, 0), due(3, 0)], [Due::Ask, Due::Nothing, Due::Stalled]);
    assert_eq!([due(8, 300), due(13, 600), due(18, 600)], [Due::Nothing, Due::Nothing, Due::PeerGone]);
}

#[test]
fn a_stalled_peer_recovers_when_it_is_heard() {
    let (mut clocks, start) = liveness_of(None, None, true);
    assert!(!clocks.on_traffic(start));
    assert_eq!(clocks.due(start + SECOND, start, quiet), Due::Ask);
    assert_eq!(next_due(&mut clocks, start, quiet), Some((start + SECOND * 3, Due::Stalled)));
    assert!(clocks.on_traffic(start + SECOND * 60));
    assert!(!clocks.on_traffic(start + SECOND * 61));
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
        assert_eq!(due_at(&mut clocks, now, start, |_| view), Due::Nothing);
        assert_eq!(clocks.due_deadline(start), Some(now + SECOND * 4));
    }
    let idle = next_due(&mut clocks, start, || view(0, 900, BULK));
    assert_eq!(idle, Some((start + SECOND * 16, Due::Idle)));
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
    assert_eq!(due_at(&mut clocks, start + SECOND * 4, start, |_| view), Due::Nothing);
    assert_eq!(clocks.due_deadline(start), Some(start + SECOND * 7));
}

#[test]
fn a_silent_peer_is_asked_once_and_then_given_up() {
    let (mut clocks, start) = liveness(None);
    assert_eq!(clocks.deadline(start), Some(start + SECOND));
    assert_eq!(clocks.due(start + SECOND / 2, start, quiet), Due::Nothing);
    assert_eq!(clocks.due(start + SECOND, start, quiet), Due::Ask);
    assert_eq!(clocks.due(start + SECOND, start, quiet), Due::Nothing);
    assert_eq!(next_due(&mut clocks, start, quiet), Some((start + SECOND * 3, Due::PeerGone)));
}

#[test]
fn whatever_comes_from_the_peer_begins_the_silence_anew() {
    let (mut clocks, start) = liveness(None);
    assert_eq!(clocks.due(start + SECOND, start, quiet), Due::Ask);
    clocks.on_traffic(start + SECOND * 2);
    clocks.say(None, start + SECOND * 2);
    assert_eq!(clocks.deadline(start), Some(start + SECOND * 3));
    assert_eq!(clocks.due(start + SECOND * 3, start, quiet), Due::Ask);
}

#[test]
fn a_side_that_does_not_read_says_that_it_is_there_and_gives_nobody_up() {
    let (mut clocks, start) = liveness(None);
    clocks.listen(false, start);
    assert_eq!(clocks.deadline(start), Some(start + SECOND * 2));
    assert_eq!(clocks.due(start + SECOND * 2, start, quiet), Due::SendPong);
    assert_eq!(clocks.due(start + SECOND * 3, start, quiet), Due::Nothing);
    assert_eq!(clocks.due(start + SECOND * 4, start, quiet), Due::SendPong);
    clocks.listen(true, start + SECOND * 5);
    assert_eq!(clocks.due(start + SECOND * 5, start, quiet), Due::Nothing);
    assert_eq!(clocks.deadline(start), Some(start + SECOND * 6));
}

#[test]
fn the_idle_time_counts_messages_only() {
    let (mut clocks, start) = liveness(Some(SECOND * 2));
    clocks.on_traffic(start + SECOND);
    assert_eq!(due_at(&mut clocks, start + SECOND, start, |_| quiet()), Due::SendPong);
    assert_eq!(next_due(&mut clocks, start, quiet), Some((start + SECOND * 2, Due::Idle)));
    let active = start + SECOND;
    assert_eq!(clocks.due(start + SECOND * 2, active, quiet), Due::Ask);
    assert_eq!(clocks.due_deadline(active), Some(start + SECOND * 3));
}

#[test]
fn the_idle_time_does_not_count_while_messages_wait_unread() {
    let (mut clocks, start) = liveness(Some(SECOND * 2));
    clocks.listen(false, start + SECOND);
    clocks.peer_interval = None;
    assert_eq!(clocks.deadline(start), None);
    assert_eq!(clocks.due(start + SECOND * 9, start, quiet), Due::Nothing);
    clocks.listen(true, start + SECOND * 9);
    assert_eq!(next_due(&mut clocks, start, quiet), Some((start + SECOND * 10, Due::Ask)));
    assert_eq!(next_due(&mut clocks, start, quiet), Some((start + SECOND * 11, Due::Idle)));
}

#[test]
fn a_plain_connection_has_no_deadline() {
    let start = Instant::now();
    assert_eq!(Liveness::new(&Protocol::default(), None, true, start).deadline(start), None);
}

/// Returns how often clocks are asked, each time half a second behind their deadline, until that gives `end`.
fn late_checks_until(clocks: &mut Liveness, end: Due, mut active: impl FnMut(Instant) -> Instant) -> u32 {
    let mut now = Instant::now();
    for checks in 0..1_000 {
        let at = active(now);
        now = clocks.deadline(at).unwrap() + SECOND / 2;
        if clocks.due(now, at, quiet) == end {
            return checks;
        }
    }
    panic!("{end:?} never comes");
}

#[test]
fn process_that_is_stopped_again_and_again_gives_up_a_silent_peer() {
    for (stalled_timeout, is_local) in [(None, false), (Some(SECOND * 20), true)] {
        let (mut clocks, start) = liveness_of(None, stalled_timeout, is_local);
        assert!(late_checks_until(&mut clocks, Due::PeerGone, |_| start) > limits::STOP_EXCUSES);
        // Messages that this side sends say nothing of the peer.
        let (mut clocks, _) = liveness_of(Some(SECOND * 1_000), stalled_timeout, is_local);
        late_checks_until(&mut clocks, Due::PeerGone, |now| now);
    }
}

#[test]
fn process_that_is_stopped_again_and_again_ends_an_idle_connection() {
    let (mut clocks, start) = liveness(Some(SECOND * 4));
    clocks.stop_asking();
    assert!(late_checks_until(&mut clocks, Due::Idle, |_| start) > limits::STOP_EXCUSES);
}

#[test]
fn peer_that_is_heard_between_stops_is_never_given_up() {
    let (mut clocks, start) = liveness_of(None, None, false);
    for _ in 0..100 {
        let now = clocks.deadline(start).unwrap() + SECOND / 2;
        assert_ne!(clocks.due(now, start, quiet), Due::PeerGone);
        let now = clocks.deadline(start).unwrap() + SECOND / 2;
        assert_ne!(clocks.due(now, start, quiet), Due::PeerGone);
        clocks.on_traffic(now);
    }
}
