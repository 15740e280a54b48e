//! What waits for the JavaScript thread: one outbox for each environment, one mailbox for each object.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use socket_engine::{ConnectionEvent, EventSink, Poller, ServerEvent, SocketError, Ticket};

use crate::node_api::Doorbell;
use crate::sync::{AtomicU64, Mutex, Ordering, lock};

/// The objects of one environment whose turn it is, and the doorbell that says so.
///
/// The number of bytes is bounded by the credit of each connection, the number of accepted connections by their
/// server; the rest is one event for each call or connection.
pub struct Outbox {
    doorbell: Doorbell,
    poller: Arc<Poller>,
    line: Mutex<Line>,
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
            Self { doorbell, poller: Poller::new(wake), line: Mutex::default() }
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
    }

    /// A mailbox for the object `id`.
    pub fn mailbox<E>(self: &Arc<Self>, id: u64) -> Arc<Mailbox<E>> {
        let contents = Contents { told: VecDeque::new(), ready: false, closed: false };
        let (closes, connects) = (AtomicU64::new(0), AtomicU64::new(0));
        Arc::new(Mailbox { id, closes, connects, outbox: Arc::clone(self), contents: Mutex::new(contents) })
    }

    /// Lets what has come stand in line behind what waits. False when nothing has.
    pub fn gather(&self) -> bool {
        self.poller.post()
    }

    /// The next object in line.
    pub fn next(&self) -> Option<u64> {
        lock(&self.line).objects.pop_front()
    }

    /// Ends a turn: goes to sleep when everything was taken, otherwise rings for another turn.
    pub fn end_turn(&self) {
        let mut line = lock(&self.line);
        line.awake = !line.objects.is_empty();
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
        drop(line);
        self.wake();
    }
}

impl<E> Mailbox<E> {
    /// Takes up to `limit` of what the object was told; what remains comes again after the other objects.
    pub fn take(&self, limit: usize) -> Vec<Told<E>> {
        let mut contents = lock(&self.contents);
        let count = contents.told.len().min(limit);
        let taken = contents.told.drain(..count).collect();
        contents.ready = !contents.told.is_empty();
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
