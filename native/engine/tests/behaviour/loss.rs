//! Without acknowledgement, over many cuts: what arrives is in order and comes once, and a rejected send never arrives.

use std::collections::HashMap;
use std::io::{ErrorKind, Read};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use socket_engine::{Client, ClientOptions, Framing, Host, OperationId, Protocol, Reconnect, SendProgress, Unsent};

use crate::events::{DEADLINE, Events, Told, recorder};
use crate::peer::{accept, listen_stalling, reset};

const CUTS: usize = 10;
const LAST: u32 = u32::MAX;

/// Sizes that fill the kernel's buffers, so that cuts find messages in every state.
fn message(number: u32) -> Vec<u8> {
    let mut data = number.to_be_bytes().to_vec();
    data.resize(4 + number as usize % 4_001, number as u8);
    data
}

/// Reads messages off one link, until it has read `most` or the stream ends; what is not whole does not count.
fn read_messages(mut peer: &TcpStream, most: usize) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    while messages.len() < most {
        let mut length = [0; 4];
        if let Err(error) = peer.read_exact(&mut length) {
            assert_ne!(error.kind(), ErrorKind::WouldBlock, "the last message never came");
            break;
        }
        let mut data = vec![0; u32::from_be_bytes(length) as usize];
        if peer.read_exact(&mut data).is_err() {
            break;
        }
        let is_last = data == LAST.to_be_bytes();
        messages.push(data);
        if is_last {
            break;
        }
    }
    messages
}

/// Takes one link after the other, and cuts it when the sender's queue is full and some of it was read.
fn take_and_cut(listener: &TcpListener, full: &Receiver<()>, over: &AtomicBool) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for cut in 1..=CUTS {
        let peer = accept(listener);
        full.recv_timeout(DEADLINE).expect("the queue was never full");
        all.extend(read_messages(&peer, (cut * 7_919) % 900));
        reset(peer);
    }
    over.store(true, Ordering::SeqCst);
    while all.last().is_none_or(|data: &Vec<u8>| *data != LAST.to_be_bytes()) {
        all.extend(read_messages(&accept(listener), usize::MAX));
    }
    all
}

/// What became of each send: true if it was fulfilled.
type Outcomes = HashMap<u64, bool>;

struct Sender {
    client: Client,
    events: Events,
    outcomes: Outcomes,
    full: SyncSender<()>,
}

fn run(unsent: Unsent) -> (Vec<Vec<u8>>, Outcomes) {
    let (listener, address) = listen_stalling();
    let (sink, events) = recorder();
    let framing = Framing::length(4, false, 10_000).ok();
    let protocol = Protocol { framing, unsent, send_queue_limit_bytes: Some(1024 * 1024), ..Protocol::default() };
    let (min_delay, max_delay) = (Duration::ZERO, Duration::ZERO);
    let reconnect = Some(Reconnect { min_delay, max_delay, max_attempts: None });
    let client = Client::new(sink, None, ClientOptions { protocol, reconnect });
    client.connect(Host::Address(address), DEADLINE, OperationId(u64::MAX)).unwrap();
    let (full, is_full) = sync_channel(1);
    let over = AtomicBool::new(false);
    let mut sender = Sender { client, events, outcomes: HashMap::new(), full };
    let received = std::thread::scope(|scope| {
        let over = &over;
        let peer = scope.spawn(move || take_and_cut(&listener, &is_full, over));
        let mut number = 0;
        while !over.load(Ordering::SeqCst) {
            sender.send(number, &message(number));
            number += 1;
        }
        while !sender.send_to_the_end(LAST, &LAST.to_be_bytes()) {}
        while sender.outcomes.len() < number as usize + 2 {
            sender.hear("result of every send");
        }
        peer.join().unwrap()
    });
    (received, sender.outcomes)
}

impl Sender {
    /// Sends as soon as it is taken: a send that is refused, because of the queue or of the missing link, was not made.
    fn send(&mut self, number: u32, data: &[u8]) {
        loop {
            match self.client.send(data, OperationId(number.into())) {
                Ok(SendProgress::Sent) => return self.note(number.into(), true),
                Ok(SendProgress::Queued | SendProgress::Gathered) => return,
                Err(error) if error.errno == libc::ENOBUFS => {
                    // One that was not heard yet is enough.
                    let _ = self.full.try_send(());
                }
                Err(error) => assert!([libc::ENOTCONN, libc::ECONNRESET, libc::EPIPE].contains(&error.errno)),
            }
            self.hear("room or a link");
        }
    }

    /// Sends and waits for the outcome; returns it, and forgets a bad one.
    fn send_to_the_end(&mut self, number: u32, data: &[u8]) -> bool {
        self.send(number, data);
        while !self.outcomes.contains_key(&number.into()) {
            self.hear("the result of the last send");
        }
        self.outcomes[&number.into()] || self.outcomes.remove(&number.into()).is_none()
    }

    fn hear(&mut self, wanted: &str) {
        if let Told::Completed(OperationId(operation_id), result) = self.events.next(wanted) {
            self.note(operation_id, result.is_ok());
        }
    }

    fn note(&mut self, operation_id: u64, fulfilled: bool) {
        assert!(self.outcomes.insert(operation_id, fulfilled).is_none(), "{operation_id} was completed twice");
    }
}

fn assert_in_order_and_once(received: &[Vec<u8>]) -> Vec<u32> {
    let number = |data: &Vec<u8>| u32::from_be_bytes(data[..4].try_into().unwrap());
    let numbers: Vec<u32> = received.iter().map(number).collect();
    let broken = numbers.windows(2).find(|pair| pair[0] >= pair[1]);
    assert_eq!(broken, None, "not in order, or twice");
    let whole = |data: &&Vec<u8>| number(data) == LAST || **data == message(number(data));
    assert_eq!(received.iter().filter(whole).count(), received.len(), "other bytes");
    numbers
}

#[test]
fn a_rejected_send_never_arrives_and_what_arrives_is_in_order_without_repeats() {
    let (received, outcomes) = run(Unsent::Reject);
    let numbers = assert_in_order_and_once(&received);
    let arrived_though_rejected = numbers.iter().find(|number| !outcomes[&u64::from(**number)]);
    assert_eq!(arrived_though_rejected, None);
    assert!(outcomes.values().any(|fulfilled| !fulfilled), "no cut found a message that was not sent");
}

#[test]
fn what_is_kept_over_a_cut_is_in_order_without_repeats_and_never_rejected() {
    let (received, outcomes) = run(Unsent::Keep);
    assert_in_order_and_once(&received);
    assert!(outcomes.values().all(|fulfilled| *fulfilled));
}
