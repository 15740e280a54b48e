//! Event queues for the JavaScript thread.
//! An event queue for each environment, an object queue for each object.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use socket_engine::{ConnectionEvent, EventSink, LinkId, OperationId, Poller, Readiness, ServerEvent, SocketError};

use crate::node_api::JsWaker;
use crate::sync::{AtomicBool, AtomicU64, AtomicUsize, Mutex, Ordering, lock};

/// Objects of one environment that have events, and the waker that wakes its thread.
///
/// The number of bytes is limited by the credit of each connection, the number of accepted connections by their server; otherwise
/// there is one event for each call or connection.
pub struct EventQueue {
    waker: JsWaker,
    poller: Arc<Poller>,
    line: Mutex<Line>,
    /// Number of queued objects. Written under the lock.
    waiting: AtomicUsize,
}

#[derive(Default)]
struct Line {
    /// Each object is in it at most once.
    objects: VecDeque<u64>,
    /// Whether the thread was woken and its turn has not ended.
    awake: bool,
    /// Whether the event queue is closed.
    closed: bool,
}

/// Events of one object, in order.
pub struct ObjectQueue<E> {
    /// Identifies the object in its environment.
    pub id: u64,
    closes: AtomicU64,
    connects: AtomicU64,
    link_changes: AtomicU64,
    /// Whether there are no events. Written under the lock of the contents.
    is_empty: AtomicBool,
    event_queue: Arc<EventQueue>,
    contents: Mutex<Contents<E>>,
}

/// Event of one kind of object.
pub trait ObjectEvent: Send + 'static {
    /// Returns whether the object is closed.
    fn is_close(&self) -> bool;

    /// Returns whether the object has a new link.
    fn is_connect(&self) -> bool {
        false
    }

    /// Returns whether a link of the object has begun or ended.
    fn is_link_change(&self) -> bool {
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

    fn is_link_change(&self) -> bool {
        use ConnectionEvent::{Closed, Connected, Ended, Failed, Reconnecting};
        matches!(self, Connected(_) | Reconnecting(_) | Ended | Failed(_) | Closed(_))
    }
}

impl ObjectEvent for ServerEvent {
    fn is_close(&self) -> bool {
        matches!(self, Self::Closed)
    }
}

/// Content of a queue.
pub enum QueueItem<E> {
    /// An event of the object.
    Event(E),
    /// The result of a call.
    Completed(OperationId, Result<(), SocketError>),
}

struct Contents<E> {
    items: VecDeque<QueueItem<E>>,
    /// Whether the object is queued.
    ready: bool,
    /// Whether the queue is closed.
    closed: bool,
}

impl EventQueue {
    /// Creates an empty event queue whose thread `waker` wakes.
    pub fn new(waker: JsWaker) -> Arc<Self> {
        Arc::new_cyclic(|me: &Weak<Self>| {
            let me = Weak::clone(me);
            let wake = move || me.upgrade().into_iter().for_each(|event_queue| event_queue.wake());
            Self { waker, poller: Poller::new(wake), line: Mutex::default(), waiting: AtomicUsize::new(0) }
        })
    }

    /// Returns the waker.
    pub fn waker(&self) -> &JsWaker {
        &self.waker
    }

    /// Returns the poller of this thread, which reads streams into the listener's ArrayBuffer.
    pub fn poller(&self) -> &Arc<Poller> {
        &self.poller
    }

    /// Removes the waker. No object gets a turn afterwards.
    pub fn close(&self) {
        self.waker.remove();
        self.poller.close();
        let mut line = lock(&self.line);
        line.closed = true;
        line.objects.clear();
        self.waiting.store(0, Ordering::SeqCst);
    }

    /// Creates a queue for the object `id`.
    pub fn object_queue<E>(self: &Arc<Self>, id: u64) -> Arc<ObjectQueue<E>> {
        let contents = Contents { items: VecDeque::new(), ready: false, closed: false };
        let (closes, connects, link_changes) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        Arc::new(ObjectQueue {
            id,
            closes,
            connects,
            link_changes,
            is_empty: AtomicBool::new(true),
            event_queue: Arc::clone(self),
            contents: Mutex::new(contents),
        })
    }

    /// Calls `each` for ready links, with the ids of their objects.
    /// Returns false if none is ready.
    pub fn poll(&self, each: impl FnMut(u64, LinkId, Readiness)) -> bool {
        self.poller.poll(each)
    }

    /// Returns the next queued object.
    /// One that enters an empty queue at this moment waits for the end of the turn.
    pub fn next(&self) -> Option<u64> {
        if self.waiting.load(Ordering::SeqCst) == 0 {
            return None;
        }
        let mut line = lock(&self.line);
        let next = line.objects.pop_front();
        self.waiting.store(line.objects.len(), Ordering::SeqCst);
        next
    }

    /// Ends a turn: sleeps if nothing is queued or `is_left`, otherwise requests another turn.
    pub fn end_turn(&self, is_left: bool) {
        let mut line = lock(&self.line);
        line.awake = is_left || !line.objects.is_empty();
        let awake = line.awake;
        drop(line);
        if awake { self.waker.wake() } else { self.poller.arm() }
    }

    /// Requests a turn if the thread sleeps.
    pub fn wake(&self) {
        let mut line = lock(&self.line);
        let asleep = !line.closed && !std::mem::replace(&mut line.awake, true);
        drop(line);
        if asleep {
            self.waker.wake();
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
            self.waker.wake();
        }
    }
}

impl<E> ObjectQueue<E> {
    /// Removes up to `limit` events; the rest follows after the other objects.
    pub fn take(&self, limit: usize) -> Vec<QueueItem<E>> {
        let mut contents = lock(&self.contents);
        let count = contents.items.len().min(limit);
        let taken = contents.items.drain(..count).collect();
        contents.ready = !contents.items.is_empty();
        self.is_empty.store(!contents.ready, Ordering::SeqCst);
        let again = contents.ready;
        drop(contents);
        if again {
            self.event_queue.add(self.id);
        }
        taken
    }

    /// Requests a turn for the object, without a new event.
    pub fn request_turn(&self) {
        let mut contents = lock(&self.contents);
        let asks = !contents.closed && !std::mem::replace(&mut contents.ready, true);
        drop(contents);
        if asks {
            self.event_queue.add(self.id);
        }
    }

    /// Returns whether there are no events.
    pub fn is_empty(&self) -> bool {
        self.is_empty.load(Ordering::SeqCst)
    }

    /// Returns the number of close events so far.
    pub fn closes(&self) -> u64 {
        self.closes.load(Ordering::SeqCst)
    }

    /// Returns the number of connect events so far.
    pub fn connects(&self) -> u64 {
        self.connects.load(Ordering::SeqCst)
    }

    /// Returns the number of link changes so far.
    pub fn link_changes(&self) -> u64 {
        self.link_changes.load(Ordering::SeqCst)
    }

    /// Drops all events, pending and later ones: the object no longer exists.
    pub fn close(&self) {
        let mut contents = lock(&self.contents);
        contents.closed = true;
        self.is_empty.store(true, Ordering::SeqCst);
        let items = std::mem::take(&mut contents.items);
        drop(contents);
        drop(items);
    }

    fn add(&self, item: QueueItem<E>) {
        let mut contents = lock(&self.contents);
        if contents.closed {
            return;
        }
        contents.items.push_back(item);
        self.is_empty.store(false, Ordering::SeqCst);
        let waiting = std::mem::replace(&mut contents.ready, true);
        drop(contents);
        if !waiting {
            self.event_queue.add(self.id);
        }
    }
}

impl<E: ObjectEvent> EventSink<E> for ObjectQueue<E> {
    fn post(&self, event: E) {
        if event.is_close() {
            self.closes.fetch_add(1, Ordering::SeqCst);
        }
        if event.is_connect() {
            self.connects.fetch_add(1, Ordering::SeqCst);
        }
        if event.is_link_change() {
            self.link_changes.fetch_add(1, Ordering::SeqCst);
        }
        self.add(QueueItem::Event(event));
    }

    fn complete(&self, operation_id: OperationId, result: Result<(), SocketError>) {
        self.add(QueueItem::Completed(operation_id, result));
    }
}
