//! Events reach the thread they are for, in whatever order threads run.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::Arc;

use bytes::Bytes;
use loom::model::Builder;
use loom::thread;
use races::Env;
use races::event_loop::EventLoop;
use races::event_queue::{EventQueue, ObjectQueue, QueueItem};
use races::node_api::{JsWaker, OnWake};
use socket_engine::{ConnectionEvent, EventSink};

type Events = ObjectQueue<ConnectionEvent>;

struct Turns;

impl OnWake for Turns {
    fn on_wake(_: Env) {}
}

fn event_queue() -> (Arc<EventLoop>, Arc<EventQueue>) {
    let event_loop = Arc::new(EventLoop::default());
    let waker = JsWaker::new::<Turns>(&Env::new(&event_loop)).unwrap();
    (event_loop, EventQueue::new(waker))
}

fn message(number: u8) -> ConnectionEvent {
    ConnectionEvent::Message(Bytes::from(vec![number]))
}

/// Takes turns, each of at most `limit` events for each queue, until it has `count` events; returns their numbers for
/// each of `queues`.
fn take(
    event_loop: &EventLoop,
    event_queue: &EventQueue,
    queues: &[Arc<Events>],
    limit: usize,
    count: usize,
) -> Vec<Vec<u8>> {
    let mut taken = vec![Vec::new(); queues.len()];
    while taken.iter().map(Vec::len).sum::<usize>() < count {
        event_loop.wait();
        assert_eq!(event_loop.wakeups(), 0, "it was woken while it was awake");
        if let Some(object) = event_queue.next() {
            for item in queues[object as usize].take(limit) {
                if let QueueItem::Event(ConnectionEvent::Message(data)) = item {
                    taken[object as usize].extend(data.iter());
                }
            }
        }
        event_queue.end_turn(false);
    }
    taken
}

fn post(queue: &Arc<Events>, numbers: &'static [u8]) -> thread::JoinHandle<()> {
    let queue = Arc::clone(queue);
    thread::spawn(move || numbers.iter().for_each(|number| queue.post(message(*number))))
}

#[test]
fn every_event_of_two_connections_is_taken_in_order() {
    let mut orders = Builder::new();
    // Three threads have more orders than anybody can wait for; no lost event has needed more switches than this.
    orders.preemption_bound = Some(2);
    orders.check(|| {
        let (event_loop, event_queue) = event_queue();
        let queues = [event_queue.object_queue(0), event_queue.object_queue(1)];
        let [first, second] = &queues;
        let posting = [post(first, &[1, 2]), post(second, &[3])];
        let taken = take(&event_loop, &event_queue, &queues, 1, 3);
        posting.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(taken, [vec![1, 2], vec![3]]);
        assert!(event_queue.next().is_none());
    });
}

#[test]
fn the_caller_thread_and_the_worker_may_post_at_once() {
    loom::model(|| {
        let (event_loop, event_queue) = event_queue();
        let queue = event_queue.object_queue(0);
        let posting = post(&queue, &[1, 2]);
        queue.request_turn();
        let taken = take(&event_loop, &event_queue, &[queue], 1, 2);
        posting.join().unwrap();
        assert_eq!(taken, [vec![1, 2]]);
    });
}

#[test]
fn a_readable_socket_and_a_posted_event_wake_the_thread_once() {
    loom::model(|| {
        let (event_loop, event_queue) = event_queue();
        let queue = event_queue.object_queue(0);
        let posting = post(&queue, &[1]);
        let watch = thread::spawn({
            let event_queue = Arc::clone(&event_queue);
            move || event_queue.wake()
        });
        let taken = take(&event_loop, &event_queue, &[queue], 1, 1);
        posting.join().unwrap();
        watch.join().unwrap();
        assert_eq!(taken, [vec![1]]);
        assert!(event_loop.wakeups() <= 1, "it was woken while it was awake");
    });
}

#[test]
fn close_drops_events_and_later_wakes_have_no_effect() {
    loom::model(|| {
        let (event_loop, event_queue) = event_queue();
        let queue = event_queue.object_queue(0);
        let held = Arc::new(());
        let posting = thread::spawn({
            let (queue, held) = (Arc::clone(&queue), Arc::clone(&held));
            move || {
                (0..2).for_each(|_| queue.post(ConnectionEvent::Message(Bytes::from_owner(Held(Arc::clone(&held))))))
            }
        });
        event_queue.close();
        queue.close();
        let wakeups = event_loop.wakeups();
        event_queue.wake();
        posting.join().unwrap();
        assert_eq!(event_loop.wakeups(), wakeups, "it was woken after the end");
        assert!(event_queue.next().is_none());
        assert!(queue.take(2).is_empty());
        assert_eq!(Arc::strong_count(&held), 1, "an event outlives its environment");
    });
}

/// Bytes that show whether they are still there.
struct Held(#[allow(dead_code, reason = "it is counted")] Arc<()>);

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &[]
    }
}
