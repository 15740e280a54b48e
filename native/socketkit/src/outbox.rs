//! What waits for the JavaScript thread: one outbox for each environment, one mailbox for each object.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use socket_engine::{ConnectionEvent, EventSink, LinkId, Poller, Readiness, ServerEvent, SocketError, Ticket};

use crate::node_api::Doorbell;
use crate::sync::{AtomicBool, AtomicU64, AtomicUsize, Mutex, Ordering, lock};

/// The objects of one environment whose turn it is, and the doorbell that says so.
///
/// The number of bytes is bounded by the credit of each connection, the number of accepted connections by their
/// server; the rest is one event for each call or connection.
pub struct Outbox {
    doorbell: Doorbell,
    poller: Arc<Poller>,
    line: Mutex<Line>,
    /// How many objects stand in line. Written under its lock.
    waiting: AtomicUsize,
}

#[derive(Default)]
struct Line {
    /// Each stands in it once.
    objects: VecDeque<u64>,
    /// The doorbell was rung and its turn has not ended.
    awake: bool,
    /// Nobody will take anything any more.
    closed: bool,
}

/// What one object is told, in order.
pub struct Mailbox<E> {
    /// Names the object in its environment.
    pub id: u64,
    closes: AtomicU64,
    connects: AtomicU64,
    /// Whether the object was told nothing that it has not taken. Written under the lock of the contents.
    is_empty: AtomicBool,
    outbox: Arc<Outbox>,
    contents: Mutex<Contents<E>>,
}

/// An event of one kind of object.
pub trait ObjectEvent: Send + 'static {
    /// Whether the object is closed.
    fn is_close(&self) -> bool;

    /// Whether the object has another link.
    fn is_connect(&self) -> bool {
        false
    }
}

impl ObjectEvent for ConnectionEvent {
    fn is_close(&self) -> bool {
        matches!(self, Self::Closed(_))
    }

    fn is_connect(&self) -> bool {
        matches!(self, Self::Connected(_))
    }
}

impl ObjectEvent for ServerEvent {
    fn is_close(&self) -> bool {
        matches!(self, Self::Closed)
    }
}

/// What an object is told.
pub enum Told<E> {
    /// Something happened to it.
    Event(E),
    /// A call of it is finished.
    Completed(Ticket, Result<(), SocketError>),
}

struct Contents<E> {
    told: VecDeque<Told<E>>,
    /// The object stands in line.
    ready: bool,
    /// Nobody will take anything any more.
    closed: bool,
}

impl Outbox {
    /// An empty outbox whose thread `doorbell` wakes.
    pub fn new(doorbell: Doorbell) -> Arc<Self> {
        Arc::new_cyclic(|me: &Weak<Self>| {
            let me = Weak::clone(me);
            let wake = move || me.upgrade().into_iter().for_each(|outbox| outbox.wake());
            Self { doorbell, poller: Poller::new(wake), line: Mutex::default(), waiting: AtomicUsize::new(0) }
        })
    }

    /// The doorbell.
    pub fn doorbell(&self) -> &Doorbell {
        &self.doorbell
    }

    /// Where this thread learns of what streams bring: it reads them itself, into the ArrayBuffer that the listener gets.
    pub fn poller(&self) -> &Arc<Poller> {
        &self.poller
    }

    /// Takes the doorbell away. No object has a turn any more.
    pub fn close(&self) {
        self.doorbell.remove();
        self.poller.close();
        let mut line = lock(&self.line);
        line.closed = true;
        line.objects.clear();
        self.waiting.store(0, Ordering::SeqCst);
    }

    /// A mailbox for the object `id`.
    pub fn mailbox<E>(self: &Arc<Self>, id: u64) -> Arc<Mailbox<E>> {
        let contents = Contents { told: VecDeque::new(), ready: false, closed: false };
        let (closes, connects, is_empty) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(true));
        Arc::new(Mailbox { id, closes, connects, is_empty, outbox: Arc::clone(self), contents: Mutex::new(contents) })
    }

    /// Calls `each` for the links that have something, with the ids of their objects. False when none has.
    pub fn poll(&self, each: impl FnMut(u64, LinkId, Readiness)) -> bool {
        self.poller.poll(each)
    }

    /// The next object in line. One that comes to stand in an empty line at this moment is left for the end of the turn.
    pub fn next(&self) -> Option<u64> {
        if self.waiting.load(Ordering::SeqCst) == 0 {
            return None;
        }
        let mut line = lock(&self.line);
        let next = line.objects.pop_front();
        self.waiting.store(line.objects.len(), Ordering::SeqCst);
        next
    }

    /// Ends a turn: goes to sleep when everything was taken, otherwise, or where something `is_left`, rings for another turn.
    pub fn end_turn(&self, is_left: bool) {
        let mut line = lock(&self.line);
        line.awake = is_left || !line.objects.is_empty();
        let awake = line.awake;
        drop(line);
        if awake { self.doorbell.ring() } else { self.poller.arm() }
    }

    /// Lets the thread have a turn, if it sleeps.
    pub fn wake(&self) {
        let mut line = lock(&self.line);
        let asleep = !line.closed && !std::mem::replace(&mut line.awake, true);
        drop(line);
        if asleep {
            self.doorbell.ring();
        }
    }

    fn add(&self, object: u64) {
        let mut line = lock(&self.line);
        if line.closed {
            return;
        }
        line.objects.push_back(object);
        self.waiting.store(line.objects.len(), Ordering::SeqCst);
        let asleep = !std::mem::replace(&mut line.awake, true);
        drop(line);
        if asleep {
            self.doorbell.ring();
        }
    }
}

impl<E> Mailbox<E> {
    /// Takes up to `limit` of what the object was told; what remains comes again after the other objects.
    pub fn take(&self, limit: usize) -> Vec<Told<E>> {
        let mut contents = lock(&self.contents);
        let count = contents.told.len().min(limit);
        let taken = contents.told.drain(..count).collect();
        contents.ready = !contents.told.is_empty();
        self.is_empty.store(!contents.ready, Ordering::SeqCst);
        let again = contents.ready;
        drop(contents);
        if again {
            self.outbox.add(self.id);
        }
        taken
    }

    /// Lets the object have a turn although nothing new has come.
    pub fn request_turn(&self) {
        let mut contents = lock(&self.contents);
        let asks = !contents.closed && !std::mem::replace(&mut contents.ready, true);
        drop(contents);
        if asks {
            self.outbox.add(self.id);
        }
    }

    /// Whether the object was told nothing that it has not taken.
    pub fn is_empty(&self) -> bool {
        self.is_empty.load(Ordering::SeqCst)
    }

    /// How many events said so far that the object is closed.
    pub fn closes(&self) -> u64 {
        self.closes.load(Ordering::SeqCst)
    }

    /// How many events said so far that the object has a link.
    pub fn connects(&self) -> u64 {
        self.connects.load(Ordering::SeqCst)
    }

    /// Drops what it has and what comes: there is no object any more.
    pub fn close(&self) {
        let mut contents = lock(&self.contents);
        contents.closed = true;
        self.is_empty.store(true, Ordering::SeqCst);
        let told = std::mem::take(&mut contents.told);
        drop(contents);
        drop(told);
    }

    fn add(&self, told: Told<E>) {
        let mut contents = lock(&self.contents);
        if contents.closed {
            return;
        }
        contents.told.push_back(told);
        self.is_empty.store(false, Ordering::SeqCst);
        let waiting = std::mem::replace(&mut contents.ready, true);
        drop(contents);
        if !waiting {
            self.outbox.add(self.id);
        }
    }
}

impl<E: ObjectEvent> EventSink<E> for Mailbox<E> {
    fn post(&self, event: E) {
        if event.is_close() {
            self.closes.fetch_add(1, Ordering::SeqCst);
        }
        if event.is_connect() {
            self.connects.fetch_add(1, Ordering::SeqCst);
        }
        self.add(Told::Event(event));
    }

    fn complete(&self, ticket: Ticket, result: Result<(), SocketError>) {
        self.add(Told::Completed(ticket, result));
    }
}
