//! A producer that has stopped is woken, in whatever order things happen.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used)]

use loom::sync::{Arc, Notify, mpsc};
use loom::thread;
use races::credit::Credit;

#[test]
fn a_producer_is_never_left_asleep() {
    const MESSAGES: usize = 3;
    loom::model(|| {
        let (credit, changed) = (Arc::new(Credit::new(2, 0)), Arc::new(Notify::new()));
        let (sender, receiver) = mpsc::channel();
        let consumer = thread::spawn({
            let (credit, changed) = (Arc::clone(&credit), Arc::clone(&changed));
            move || {
                for _ in 0..MESSAGES {
                    receiver.recv().unwrap();
                    if credit.give_back(1) {
                        changed.notify();
                    }
                }
            }
        });
        for _ in 0..MESSAGES {
            while !credit.may_take() {
                changed.wait();
            }
            credit.take(1);
            assert!(credit.used_bytes() <= 2, "more was handed over than there is credit for");
            sender.send(()).unwrap();
        }
        consumer.join().unwrap();
        assert_eq!(credit.used_bytes(), 0);
    });
}
