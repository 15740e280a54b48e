//! A sink that keeps what it is told, and receiving that fails by name instead of hanging.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use socket_engine::{ConnectionEvent, EventSink, OperationId, ServerEvent, SocketError};

/// Longest wait for anything. Long, for emulated processors: only a test that fails ever waits for it.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// What a sink was told.
#[derive(Debug)]
pub(crate) enum Told<E> {
    Event(E),
    #[allow(dead_code, reason = "not every test program waits for a result")]
    Completed(OperationId, Result<(), SocketError>),
}

/// Where a recorder puts an event.
pub(crate) enum Place {
    InOrder,
    Drained,
    Nowhere,
}

/// `Drained` comes beside the others: it depends on how fast the kernel takes what was sent. `ReadClosed` depends on how fast the owner
/// takes what was received. `Listening` comes with every `listen`, and a test that wants to see it has a sink of its own.
pub(crate) trait Recorded: Debug + Send + 'static {
    fn place(&self) -> Place;
}

impl Recorded for ConnectionEvent {
    fn place(&self) -> Place {
        match self {
            Self::Drained => Place::Drained,
            Self::ReadClosed => Place::Nowhere,
            _ => Place::InOrder,
        }
    }
}

impl Recorded for ServerEvent {
    fn place(&self) -> Place {
        if matches!(self, Self::Listening(_)) { Place::Nowhere } else { Place::InOrder }
    }
}

struct Recorder<E> {
    told: Sender<Told<E>>,
    drained: Sender<()>,
}

impl<E: Recorded> EventSink<E> for Recorder<E> {
    fn post(&self, event: E) {
        // A test that has seen enough has dropped its end.
        let _ = match event.place() {
            Place::InOrder => self.told.send(Told::Event(event)).is_ok(),
            Place::Drained => self.drained.send(()).is_ok(),
            Place::Nowhere => true,
        };
    }

    fn complete(&self, operation_id: OperationId, result: Result<(), SocketError>) {
        let _ = self.told.send(Told::Completed(operation_id, result));
    }
}

/// The events of one object, and the results of its calls.
pub(crate) struct Events<E = ConnectionEvent> {
    told: Receiver<Told<E>>,
    drained: Receiver<()>,
}

/// A sink and what it is told.
pub(crate) fn recorder<E: Recorded>() -> (Arc<dyn EventSink<E>>, Events<E>) {
    let (told, received) = channel();
    let (drained, drains) = channel();
    (Arc::new(Recorder { told, drained }), Events { told: received, drained: drains })
}

impl<E: Recorded> Events<E> {
    /// What comes next; panics with the name of what was `wanted` when nothing does.
    pub(crate) fn next(&self, wanted: &str) -> Told<E> {
        self.told.recv_timeout(DEADLINE).unwrap_or_else(|_| panic!("no {wanted} came within {DEADLINE:?}"))
    }

    /// Waits for `Drained`.
    #[allow(dead_code, reason = "not every test program sends")]
    pub(crate) fn assert_drained(&self) {
        assert!(self.drained.recv_timeout(DEADLINE).is_ok(), "no Drained came within {DEADLINE:?}");
    }

    /// Panics when something is there, or comes within `time`.
    #[allow(dead_code, reason = "not every test program waits for nothing")]
    pub(crate) fn assert_silent_for(&self, time: Duration) {
        if let Ok(told) = self.told.recv_timeout(time) {
            panic!("nothing was due, but {told:?} came");
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
            crate::events::Told::Event($pattern) => $value,
            other => panic!("{} was due, but {other:?} came", stringify!($pattern)),
        }
    };
}

/// The next result, which must come now and match; panics with what came instead.
#[allow(unused_macros, reason = "not every test program waits for a result")]
macro_rules! expect_result {
    ($events:expr, $operation_id:pat, $result:pat) => {
        expect_result!($events, $operation_id, $result => ())
    };
    ($events:expr, $operation_id:pat, $result:pat => $value:expr) => {
        match $events.next(concat!("result of ", stringify!($operation_id))) {
            crate::events::Told::Completed($operation_id, $result) => $value,
            other => panic!("{} of {} was due, but {other:?} came", stringify!($result), stringify!($operation_id)),
        }
    };
}
