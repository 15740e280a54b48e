//! An outbox on random schedules of one thread, beside the plainest one that there could be.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use races::Env;
use races::event_loop::EventLoop;
use races::node_api::{Doorbell, Ring};
use races::outbox::{Mailbox, Outbox, Told};
use socket_engine::{ConnectionEvent, EventSink};

const MAILBOXES: usize = 3;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// An event for this mailbox.
    Post(usize),
    /// The object of this mailbox asks for a turn.
    Request(usize),
    /// A turn that looks at so many mailboxes, and takes so many events of each.
    Turn(usize, usize),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..MAILBOXES).prop_map(Step::Post),
        1 => (0..MAILBOXES).prop_map(Step::Request),
        2 => (0..4_usize, 1..4_usize).prop_map(|(mailboxes, limit)| Step::Turn(mailboxes, limit)),
    ]
}

struct Turns;

impl Ring for Turns {
    fn rung(_: Env) {}
}

/// The real one, what it should hold, and whether its thread was rung.
struct Fixture {
    event_loop: Arc<EventLoop>,
    outbox: Arc<Outbox>,
    mailboxes: Vec<Arc<Mailbox<ConnectionEvent>>>,
    waiting: Vec<VecDeque<u32>>,
    /// Mailboxes that are due, in their order.
    line: VecDeque<usize>,
    posted: u32,
}

impl Fixture {
    fn new() -> Self {
        let event_loop = Arc::new(EventLoop::default());
        let outbox = Outbox::new(Doorbell::new::<Turns>(&Env::new(&event_loop)).unwrap());
        let mailboxes = (0..MAILBOXES as u64).map(|id| outbox.mailbox(id)).collect();
        let waiting = vec![VecDeque::new(); MAILBOXES];
        Self { event_loop, outbox, mailboxes, waiting, line: VecDeque::new(), posted: 0 }
    }

    fn perform(&mut self, step: Step) {
        match step {
            Step::Post(mailbox) => {
                self.posted += 1;
                self.waiting[mailbox].push_back(self.posted);
                self.mailboxes[mailbox].post(ConnectionEvent::Message(Bytes::from(self.posted.to_be_bytes().to_vec())));
                self.stand_in_line(mailbox);
            }
            Step::Request(mailbox) => {
                self.mailboxes[mailbox].request_turn();
                self.stand_in_line(mailbox);
            }
            Step::Turn(mailboxes, limit) => self.turn(mailboxes, limit),
        }
        assert_eq!(self.event_loop.rings(), usize::from(!self.line.is_empty()), "rung once while something waits");
    }

    fn turn(&mut self, mailboxes: usize, limit: usize) {
        // Without a ring there is no turn.
        if self.line.is_empty() {
            return;
        }
        self.event_loop.wait();
        for _ in 0..mailboxes {
            let due = self.line.pop_front();
            let next = self.outbox.next();
            assert_eq!(next.map(|object| object as usize), due);
            let Some(due) = due else { break };
            let count = self.waiting[due].len().min(limit);
            let wanted: Vec<u32> = self.waiting[due].drain(..count).collect();
            assert_eq!(numbers(&self.mailboxes[due].take(limit)), wanted);
            if !self.waiting[due].is_empty() {
                self.stand_in_line(due);
            }
        }
        self.outbox.end_turn(false);
    }

    fn stand_in_line(&mut self, mailbox: usize) {
        if !self.line.contains(&mailbox) {
            self.line.push_back(mailbox);
        }
    }

    /// Nothing comes after the end, and nothing is kept.
    fn close(&mut self) {
        self.outbox.close();
        let rings = self.event_loop.rings();
        for mailbox in &self.mailboxes {
            mailbox.close();
            mailbox.post(ConnectionEvent::Drained);
            mailbox.request_turn();
            assert!(mailbox.take(usize::MAX).is_empty());
        }
        assert!(self.outbox.next().is_none());
        assert_eq!(self.event_loop.rings(), rings, "rung after the end");
    }
}

fn numbers(told: &[Told<ConnectionEvent>]) -> Vec<u32> {
    let number = |told: &Told<ConnectionEvent>| match told {
        Told::Event(ConnectionEvent::Message(data)) => u32::from_be_bytes(data[..].try_into().unwrap()),
        _ => panic!("something else was posted"),
    };
    told.iter().map(number).collect()
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
