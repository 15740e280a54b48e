//! A sink that keeps what it is told, and receiving that fails by name instead of hanging.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use socket_engine::{Event, EventSink};

/// Longest wait for anything. Long, for emulated processors: only a test that fails ever waits for it.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// `Drained` comes beside the others: it depends on how fast the kernel takes what was sent. `Listening` comes with every
/// `listen`, and a test that wants to see it has a sink of its own.
struct Recorder {
    events: Sender<Event>,
    drained: Sender<()>,
}

impl EventSink for Recorder {
    fn post(&self, event: Event) {
        // A test that has seen enough has dropped its end.
        let _ = match event {
            Event::Drained => self.drained.send(()).is_ok(),
            Event::Listening(_) => true,
            event => self.events.send(event).is_ok(),
        };
    }
}

/// The events of one object.
pub(crate) struct Events {
    events: Receiver<Event>,
    drained: Receiver<()>,
}

/// A sink and the events that it takes.
pub(crate) fn recorder() -> (Arc<dyn EventSink>, Events) {
    let (events, received) = channel();
    let (drained, drains) = channel();
    (Arc::new(Recorder { events, drained }), Events { events: received, drained: drains })
}

impl Events {
    /// The next event; panics with the name of what was `wanted` when none comes.
    pub(crate) fn next(&self, wanted: &str) -> Event {
        self.events.recv_timeout(DEADLINE).unwrap_or_else(|_| panic!("no {wanted} came within {DEADLINE:?}"))
    }

    /// Waits for `Drained`.
    #[allow(dead_code, reason = "not every test program sends")]
    pub(crate) fn assert_drained(&self) {
        assert!(self.drained.recv_timeout(DEADLINE).is_ok(), "no Drained came within {DEADLINE:?}");
    }

    /// Panics when an event is there, or comes within `time`.
    #[allow(dead_code, reason = "not every test program waits for nothing")]
    pub(crate) fn assert_silent_for(&self, time: Duration) {
        if let Ok(event) = self.events.recv_timeout(time) {
            panic!("nothing was due, but {event:?} came");
        }
    }
}

/// The next event, which must match; panics with the name of what came instead.
macro_rules! expect {
    ($events:expr, $pattern:pat) => {
        expect!($events, $pattern => ())
    };
    ($events:expr, $pattern:pat => $value:expr) => {
        match $events.next(stringify!($pattern)) {
            $pattern => $value,
            other => panic!("{} was due, but {other:?} came", stringify!($pattern)),
        }
    };
}
