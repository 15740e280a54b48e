//! Tests that one peer can decrypt what an encrypted queue writes, in any order of calls.

use bytes::BytesMut;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::noise::{LinkCiphers, Opener, tests::any_link};

#[derive(Clone, Debug)]
enum Step {
    /// Sends at once as far as the kernel takes it, if the queue is empty; queues the rest.
    Send(usize),
    Gather(usize),
    Control,
    Last,
    /// The kernel takes this many bytes, in pieces of this size.
    Write(usize, usize),
    Cut,
}

fn any_step() -> impl Strategy<Value = Step> {
    let size = prop_oneof![8 => 1..40_usize, 1 => 60_000..140_000_usize];
    prop_oneof![
        4 => (size.clone()).prop_map(Step::Send),
        1 => size.prop_map(Step::Gather),
        1 => Just(Step::Control),
        1 => Just(Step::Last),
        4 => ((0..100_000_usize), (1..70_000_usize)).prop_map(|(bytes, piece)| Step::Write(bytes, piece)),
        1 => Just(Step::Cut),
    ]
}

/// One link: the bytes that its kernel has taken, and the opener of its records.
struct Link {
    opener: Opener,
    taken: BytesMut,
    read: Vec<u8>,
}

impl Link {
    fn begin(queue: &mut SendQueue) -> Self {
        let (LinkCiphers { sealer, .. }, LinkCiphers { opener, .. }) = any_link();
        queue.encrypt_with(Some(sealer));
        Self { opener, taken: BytesMut::new(), read: Vec::new() }
    }

    /// Simulates a kernel with room for `bytes` more.
    fn kernel(&mut self, mut bytes: usize, piece: usize) -> impl FnMut(&[IoSlice<'_>]) -> io::Result<usize> + '_ {
        move |slices| {
            let data: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
            let count = data.len().min(bytes).min(piece);
            if count == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            bytes -= count;
            self.taken.extend_from_slice(&data[..count]);
            Ok(count)
        }
    }

    /// Reads complete records. A record out of order would fail, because nonces count up.
    fn read(&mut self) -> &[u8] {
        while let Some(plaintext) = self.opener.open(&mut self.taken).unwrap() {
            self.read.extend_from_slice(&plaintext);
        }
        &self.read
    }

    /// Returns the messages that the peer has.
    fn messages(&mut self) -> Vec<u64> {
        numbers(self.read()).into_iter().filter(|number| *number < CONTROLS).collect()
    }
}

/// The peer over several links: what it has, and whether it acknowledges that.
struct Peer {
    link: Link,
    before: Vec<u64>,
    answers: bool,
}

impl Peer {
    fn received(&mut self) -> Vec<u64> {
        [&self.before[..], &self.link.messages()].concat()
    }

    /// Reads after a step, and acknowledges all of it.
    fn answer(&mut self, queue: &mut SendQueue) {
        let count = self.received().len() as u64;
        if self.answers {
            assert!(queue.acknowledge(count).is_some(), "the peer has {count} messages, the queue sent less");
        }
    }

    fn cut(&mut self, queue: &mut SendQueue) {
        self.before = self.received();
        queue.rewind();
        queue.send_again();
        self.link = Link::begin(queue);
    }
}

/// Builds a frame that contains its length and its number.
fn frame(number: u64, size: usize) -> Bytes {
    let head = [&number.to_be_bytes()[..], &(size as u64).to_be_bytes()].concat();
    [head, vec![number as u8; size]].concat().into()
}

/// Returns the numbers of the complete frames in `bytes`.
fn numbers(mut bytes: &[u8]) -> Vec<u64> {
    let mut numbers = Vec::new();
    while let Some((head, rest)) = bytes.split_at_checked(16) {
        let number = u64::from_be_bytes(head[..8].try_into().unwrap());
        let size = u64::from_be_bytes(head[8..].try_into().unwrap()) as usize;
        let Some((body, rest)) = rest.split_at_checked(size) else { break };
        assert!(body.iter().all(|byte| *byte == number as u8), "a frame is incomplete");
        numbers.push(number);
        bytes = rest;
    }
    numbers
}

const CONTROLS: u64 = 1 << 40;

/// Performs `step`, which sends frame `number`.
/// The connection's lock serialises steps, whatever their thread.
fn perform(queue: &mut SendQueue, peer: &mut Peer, step: &Step, number: u64) {
    let link = &mut peer.link;
    match *step {
        Step::Send(size) => {
            let frame = frame(number, size);
            let written = if queue.has_unsent() {
                0
            } else {
                queue.send_encrypted([&frame, b"", b""], link.kernel(size / 2 + 70, 50_000)).unwrap().unwrap()
            };
            // Without acknowledgement, a message that the kernel has taken is finished.
            if written < frame.len() || queue.acknowledges {
                queue.push(QueuedFrame { frame, written, operation_id: OperationId(number) });
            }
        }
        Step::Gather(_) if queue.has_unsent() && queue.gathered() == 0 => {}
        Step::Gather(size) => {
            queue.gather(QueuedFrame { frame: frame(number, size), written: 0, operation_id: OperationId(number) });
        }
        Step::Control => queue.push_control(Kind::Ping, frame(CONTROLS + number, 1)),
        Step::Last => queue.push_last(Kind::Bye, frame(CONTROLS + number, 2)),
        Step::Write(bytes, piece) => drop(queue.write_with(link.kernel(bytes, piece))),
        Step::Cut => peer.cut(queue),
    }
    peer.answer(queue);
}

/// Performs all `steps`: with acknowledgement, without it, and with acknowledgements that never arrive.
fn perform_all<'a>(steps: impl IntoIterator<Item = &'a Step> + Clone) {
    for (acknowledges, answers) in [(true, true), (false, false), (true, false)] {
        perform_with(acknowledges, answers, steps.clone());
    }
}

/// Performs all `steps`; checks that every message arrives once, in order. Without answers it arrives on the last link.
fn perform_with<'a>(acknowledges: bool, answers: bool, steps: impl IntoIterator<Item = &'a Step>) {
    let mut queue = SendQueue::new(acknowledges);
    let mut peer = Peer { link: Link::begin(&mut queue), before: Vec::new(), answers };
    let mut sent = Vec::new();
    for (step, number) in steps.into_iter().zip(0_u64..) {
        let is_skipped = matches!(step, Step::Gather(_)) && queue.has_unsent() && queue.gathered() == 0;
        if matches!(step, Step::Send(_) | Step::Gather(_)) && !is_skipped {
            sent.push(number);
        }
        perform(&mut queue, &mut peer, step, number);
    }
    while queue.has_unsent() {
        queue.write_with(peer.link.kernel(usize::MAX, usize::MAX));
    }
    peer.answer(&mut queue);
    assert!(peer.link.taken.is_empty(), "the last record is incomplete");
    let received = if acknowledges && !answers { peer.link.messages() } else { peer.received() };
    assert_eq!(received, sent, "every message arrives once, in order");
}

#[test]
fn end_link_writes_its_frame_unless_another_is_partly_written() {
    let bye = frame(9, 1);
    for (written, numbers_read) in [(0, vec![9]), (30, vec![])] {
        let mut queue = SendQueue::new(false);
        let mut link = Link::begin(&mut queue);
        queue.gather(QueuedFrame { frame: frame(0, 20), written: 0, operation_id: OperationId(0) });
        if written > 0 {
            queue.write_with(link.kernel(written, 100));
        }
        queue.end_link(&bye, link.kernel(100, 100));
        assert_eq!((numbers(link.read()), link.taken.len()), (numbers_read, written));
    }
}

#[test]
fn end_link_without_cipher_writes_nothing() {
    let mut queue = SendQueue::new(false);
    let mut link = Link::begin(&mut queue);
    queue.clear();
    queue.end_link(b"bye", link.kernel(100, 100));
    assert!(link.taken.is_empty());
}

#[test]
fn control_frames_without_cipher_are_dropped() {
    let mut queue = SendQueue::new(false);
    let mut link = Link::begin(&mut queue);
    queue.clear();
    queue.push_control(Kind::Acknowledge, frame(CONTROLS, 1));
    queue.push_last(Kind::Bye, frame(CONTROLS, 2));
    assert!(queue.is_empty(), "they could never be written");
    assert!(queue.write_with(link.kernel(100, 100)).error.is_none());
}

/// Calls `with` with every interleaving of the rest of `threads`, after the steps `done`.
fn interleave<'a>(threads: [&'a [Step]; 3], done: &mut Vec<&'a Step>, with: &mut impl FnMut(&[&'a Step])) {
    if threads.iter().all(|steps| steps.is_empty()) {
        return with(done);
    }
    for thread in 0..threads.len() {
        let Some((step, rest)) = threads[thread].split_first() else { continue };
        let mut others = threads;
        others[thread] = rest;
        done.push(step);
        interleave(others, done, with);
        done.pop();
    }
}

#[test]
fn every_interleaving_of_senders_uses_each_nonce_once() {
    let sender = [Step::Send(10), Step::Send(70_000), Step::Gather(20)];
    let other = [Step::Gather(30), Step::Control, Step::Send(5)];
    let writer = [Step::Write(7, 3), Step::Write(70_100, 60_000)];
    let mut count = 0;
    interleave([&sender, &other, &writer], &mut Vec::new(), &mut |steps| {
        perform_all(steps.iter().copied());
        count += 1;
    });
    assert_eq!(count, 560);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]

    #[test]
    fn each_record_uses_the_next_nonce_and_frames_arrive_whole_in_order(steps in vec(any_step(), 1..40)) {
        perform_all(&steps);
    }
}
