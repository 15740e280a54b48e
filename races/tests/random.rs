//! An event queue on random schedules of one thread, beside the plainest one that there could be.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use races::Env;
use races::event_loop::EventLoop;
use races::event_queue::{EventQueue, ObjectQueue, QueueItem};
use races::node_api::{JsWaker, OnWake};
use socket_engine::{ConnectionEvent, EventSink};

const MAILBOXES: usize = 3;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// An event for this queue.
    Post(usize),
    /// The object of this queue asks for a turn.
    Request(usize),
    /// A turn that looks at so many queues, and takes so many events of each.
    Turn(usize, usize),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..MAILBOXES).prop_map(Step::Post),
        1 => (0..MAILBOXES).prop_map(Step::Request),
        2 => (0..4_usize, 1..4_usize).prop_map(|(queues, limit)| Step::Turn(queues, limit)),
    ]
}

struct Turns;

impl OnWake for Turns {
    fn on_wake(_: Env) {}
}

/// The real one, what it should hold, and whether its thread was woken.
struct Fixture {
    event_loop: Arc<EventLoop>,
    event_queue: Arc<EventQueue>,
    queues: Vec<Arc<ObjectQueue<ConnectionEvent>>>,
    waiting: Vec<VecDeque<u32>>,
    /// Mailboxes that are due, in their order.
    line: VecDeque<usize>,
    posted: u32,
}

impl Fixture {
    fn new() -> Self {
        let event_loop = Arc::new(EventLoop::default());
        let event_queue = EventQueue::new(JsWaker::new::<Turns>(&Env::new(&event_loop)).unwrap());
        let queues = (0..MAILBOXES as u64).map(|id| event_queue.object_queue(id)).collect();
        let waiting = vec![VecDeque::new(); MAILBOXES];
        Self { event_loop, event_queue, queues, waiting, line: VecDeque::new(), posted: 0 }
    }

    fn perform(&mut self, step: Step) {
        match step {
            Step::Post(queue) => {
                self.posted += 1;
                self.waiting[queue].push_back(self.posted);
                self.queues[queue].post(ConnectionEvent::Message(Bytes::from(self.posted.to_be_bytes().to_vec())));
                self.stand_in_line(queue);
            }
            Step::Request(queue) => {
                self.queues[queue].request_turn();
                self.stand_in_line(queue);
            }
            Step::Turn(queues, limit) => self.turn(queues, limit),
        }
        assert_eq!(self.event_loop.wakeups(), usize::from(!self.line.is_empty()), "woken once while something waits");
    }

    fn turn(&mut self, queues: usize, limit: usize) {
        // Without a wake-up there is no turn.
        if self.line.is_empty() {
            return;
        }
        self.event_loop.wait();
        for _ in 0..queues {
            let due = self.line.pop_front();
            let next = self.event_queue.next();
            assert_eq!(next.map(|object| object as usize), due);
            let Some(due) = due else { break };
            let count = self.waiting[due].len().min(limit);
            let wanted: Vec<u32> = self.waiting[due].drain(..count).collect();
            assert_eq!(numbers(&self.queues[due].take(limit)), wanted);
            if !self.waiting[due].is_empty() {
                self.stand_in_line(due);
            }
        }
        self.event_queue.end_turn(false);
    }

    fn stand_in_line(&mut self, queue: usize) {
        if !self.line.contains(&queue) {
            self.line.push_back(queue);
        }
    }

    /// Nothing comes after the end, and nothing is kept.
    fn close(&mut self) {
        self.event_queue.close();
        let wakeups = self.event_loop.wakeups();
        for queue in &self.queues {
            queue.close();
            queue.post(ConnectionEvent::Drained);
            queue.request_turn();
            assert!(queue.take(usize::MAX).is_empty());
        }
        assert!(self.event_queue.next().is_none());
        assert_eq!(self.event_loop.wakeups(), wakeups, "woken after the end");
    }
}

fn numbers(items: &[QueueItem<ConnectionEvent>]) -> Vec<u32> {
    let number = |item: &QueueItem<ConnectionEvent>| match item {
        QueueItem::Event(ConnectionEvent::Message(data)) => u32::from_be_bytes(data[..].try_into().unwrap()),
        _ => panic!("something else was posted"),
    };
    items.iter().map(number).collect()
}

proptest! {
    #[test]
    fn an_outbox_hands_out_what_was_posted_in_order_and_rings_once_for_it(steps in vec(any_step(), 0..60)) {
        // The sources lock with loom's locks, which live in a model; with one thread it has one order.
        loom::model(move || {
            let mut this = Fixture::new();
            steps.iter().for_each(|step| this.perform(*step));
            this.close();
        });
    }
}
