//! What waits for the JavaScript thread: one outbox for each environment, one mailbox in it for each object.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use socket_engine::{Arrivals, Event, EventSink};

use crate::node_api::Doorbell;
use crate::sync::{AtomicU64, Mutex, Ordering, lock};

/// The mailboxes of one environment that have something, and the doorbell that says so.
///
/// The number of bytes is bounded by the credit of each connection, the number of accepted connections by their
/// server; the rest is one event for each call or connection.
pub struct Outbox {
    doorbell: Doorbell,
    arrivals: Arc<Arrivals>,
    ready: Mutex<Ready>,
}

#[derive(Default)]
struct Ready {
    mailboxes: VecDeque<Arc<Mailbox>>,
    /// The doorbell was rung and its turn has not ended.
    awake: bool,
    /// Nobody will take anything any more.
    closed: bool,
}

/// The events of one object, in order.
pub struct Mailbox {
    /// Names the object in its environment.
    pub id: u64,
    closes: AtomicU64,
    outbox: Arc<Outbox>,
    me: Weak<Mailbox>,
    contents: Mutex<Contents>,
}

#[derive(Default)]
struct Contents {
    events: VecDeque<Event>,
    /// It stands in the outbox.
    ready: bool,
}

impl Outbox {
    /// An empty outbox whose thread `doorbell` wakes.
    pub fn new(doorbell: Doorbell) -> Arc<Self> {
        Arc::new_cyclic(|me: &Weak<Self>| {
            let me = Weak::clone(me);
            let wake = move || me.upgrade().into_iter().for_each(|outbox| outbox.wake());
            Self { doorbell, arrivals: Arrivals::new(wake), ready: Mutex::default() }
        })
    }

    /// The doorbell.
    pub fn doorbell(&self) -> &Doorbell {
        &self.doorbell
    }

    /// Takes the doorbell away and drops everything that waits, now and later.
    pub fn close(&self) {
        self.doorbell.remove();
        self.arrivals.close();
        let mut ready = lock(&self.ready);
        ready.closed = true;
        let mailboxes = std::mem::take(&mut ready.mailboxes);
        drop(ready);
        mailboxes.iter().for_each(|mailbox| mailbox.clear());
    }

    /// A mailbox for the object `id`.
    pub fn mailbox(self: &Arc<Self>, id: u64) -> Arc<Mailbox> {
        let outbox = Arc::clone(self);
        Arc::new_cyclic(|me| Mailbox {
            id,
            closes: AtomicU64::new(0),
            outbox,
            me: Weak::clone(me),
            contents: Mutex::default(),
        })
    }

    /// Lets what has come stand in line behind what waits.
    pub fn gather(&self) {
        self.arrivals.post();
    }

    /// The next mailbox that has something.
    pub fn next(&self) -> Option<Arc<Mailbox>> {
        self.first().or_else(|| self.arrivals.post().then(|| self.first()).flatten())
    }

    fn first(&self) -> Option<Arc<Mailbox>> {
        lock(&self.ready).mailboxes.pop_front()
    }

    /// Ends a turn: goes to sleep when everything was taken, otherwise rings for another turn.
    pub fn end_turn(&self) {
        let mut ready = lock(&self.ready);
        ready.awake = !ready.mailboxes.is_empty();
        let awake = ready.awake;
        drop(ready);
        if awake { self.doorbell.ring() } else { self.arrivals.arm() }
    }

    /// Lets the thread have a turn, if it sleeps.
    pub fn wake(&self) {
        let mut ready = lock(&self.ready);
        let asleep = !ready.closed && !std::mem::replace(&mut ready.awake, true);
        drop(ready);
        if asleep {
            self.doorbell.ring();
        }
    }

    fn add(&self, mailbox: Arc<Mailbox>) {
        let mut ready = lock(&self.ready);
        if ready.closed {
            drop(ready);
            return mailbox.clear();
        }
        ready.mailboxes.push_back(mailbox);
        drop(ready);
        self.wake();
    }
}

impl Mailbox {
    /// Takes up to `limit` events; what remains comes again after the other mailboxes.
    pub fn take(&self, limit: usize) -> Vec<Event> {
        let mut contents = lock(&self.contents);
        let count = contents.events.len().min(limit);
        let taken = contents.events.drain(..count).collect();
        contents.ready = !contents.events.is_empty();
        let again = contents.ready;
        drop(contents);
        if again {
            self.stand_in_line();
        }
        taken
    }

    /// Lets the object have a turn although nothing new has come.
    pub fn request_turn(&self) {
        if !std::mem::replace(&mut lock(&self.contents).ready, true) {
            self.stand_in_line();
        }
    }

    /// How many `Closed` events were posted so far.
    pub fn closes(&self) -> u64 {
        self.closes.load(Ordering::SeqCst)
    }

    /// Drops what it has, outside its lock: a connection among it closes its socket.
    fn clear(&self) {
        let mut contents = lock(&self.contents);
        contents.ready = false;
        let events = std::mem::take(&mut contents.events);
        drop(contents);
        drop(events);
    }

    fn stand_in_line(&self) {
        if let Some(me) = self.me.upgrade() {
            self.outbox.add(me);
        }
    }
}

impl EventSink for Mailbox {
    /// Read on its thread, into the ArrayBuffer that the listener gets: bulk is not copied.
    fn arrivals(&self) -> Option<&Arc<Arrivals>> {
        Some(&self.outbox.arrivals)
    }

    fn post(&self, event: Event) {
        if matches!(event, Event::Closed(_)) {
            self.closes.fetch_add(1, Ordering::SeqCst);
        }
        let mut contents = lock(&self.contents);
        contents.events.push_back(event);
        let waiting = std::mem::replace(&mut contents.ready, true);
        drop(contents);
        if !waiting {
            self.stand_in_line();
        }
    }
}
