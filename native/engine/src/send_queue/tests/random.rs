//! Property tests that compare the queue with a simple model.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Push(usize),
    Control,
    Write(usize),
    /// Acknowledges this many of the sent messages.
    Acknowledge(usize),
    /// Loses the link; a new one resumes the session.
    Cut,
    NewSession,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..20_usize).prop_map(Step::Push),
        1 => Just(Step::Control),
        4 => (0..40_usize).prop_map(Step::Write),
        2 => (0..4_usize).prop_map(Step::Acknowledge),
        1 => Just(Step::Cut),
        1 => Just(Step::NewSession),
    ]
}

/// Model of the queue.
/// All unfinished messages, with the number of bytes that the kernel has taken.
struct Model {
    acknowledges: bool,
    waiting: VecDeque<(u64, usize, usize)>,
    acknowledged: u64,
    /// Bytes that the peer reads on this link, as the number of their message.
    /// Without control frames.
    read: Vec<u64>,
}

impl Model {
    fn sent(&self) -> usize {
        self.waiting.iter().take_while(|(_, size, written)| size == written).count()
    }

    fn write(&mut self, mut bytes: usize) -> Vec<OperationId> {
        for (number, size, written) in &mut self.waiting {
            let taken = bytes.min(*size - *written);
            *written += taken;
            bytes -= taken;
            self.read.extend(std::iter::repeat_n(*number, taken));
        }
        if self.acknowledges { Vec::new() } else { self.finish(self.sent()) }
    }

    fn finish(&mut self, count: usize) -> Vec<OperationId> {
        self.waiting.drain(..count).map(|(number, ..)| OperationId(number)).collect()
    }

    /// Nothing of the messages has been written to the next link.
    fn rewind(&mut self) {
        self.waiting.iter_mut().for_each(|(_, _, written)| *written = 0);
    }

    fn bytes(&self) -> usize {
        let left = |(_, size, written): &(u64, usize, usize)| if self.acknowledges { *size } else { size - written };
        self.waiting.iter().map(left).sum()
    }
}

/// Writes `bytes` of the queue; returns them as in [`Model::read`].
fn read(queue: &mut SendQueue, bytes: usize) -> (Vec<u64>, Written) {
    let mut taken = Vec::new();
    let result = queue.write_with(kernel(&mut taken, &[bytes]));
    (taken.iter().filter(|byte| **byte != CONTROL).map(|byte| u64::from(*byte)).collect(), result)
}

const CONTROL: u8 = 255;

fn write(queue: &mut SendQueue, model: &mut Model, bytes: usize) -> TestCaseResult {
    let (read, result) = read(queue, bytes);
    let before = model.read.len();
    let done = model.write(read.len());
    prop_assert_eq!(&model.read[before..], &read[..]);
    prop_assert_eq!(result.done, done);
    Ok(())
}

fn acknowledge(queue: &mut SendQueue, model: &mut Model, count: usize) -> TestCaseResult {
    let possible = model.acknowledges && count <= model.sent();
    let count_of_session = model.acknowledged + count as u64;
    let done = queue.acknowledge(count_of_session);
    if possible {
        model.acknowledged = count_of_session;
        prop_assert_eq!(done, Some(model.finish(count)));
    } else if count > 0 {
        prop_assert_eq!(done, None);
    }
    Ok(())
}

fn begin_session(queue: &mut SendQueue, model: &mut Model) -> TestCaseResult {
    queue.rewind();
    let forgotten = queue.forget_session();
    let sent = if model.acknowledges { model.sent() } else { 0 };
    prop_assert_eq!(forgotten, model.finish(sent));
    model.rewind();
    model.acknowledged = 0;
    Ok(())
}

proptest! {
    #[test]
    fn queue_behaves_like_the_model(acknowledges in any::<bool>(), steps in vec(any_step(), 0..60)) {
        let mut queue = SendQueue::new(acknowledges);
        let mut model = Model { acknowledges, waiting: VecDeque::new(), acknowledged: 0, read: Vec::new() };
        for (step, number) in steps.into_iter().zip(0_u64..) {
            match step {
                Step::Push(size) => {
                    let frame = Bytes::from(vec![number as u8; size]);
                    queue.push(QueuedFrame { frame, written: 0, operation_id: OperationId(number) });
                    model.waiting.push_back((number, size, 0));
                }
                Step::Control => queue.push_control(Kind::Ping, Bytes::from_static(&[CONTROL])),
                Step::Write(bytes) => write(&mut queue, &mut model, bytes)?,
                Step::Acknowledge(count) => acknowledge(&mut queue, &mut model, count)?,
                Step::Cut => {
                    queue.rewind();
                    queue.send_again();
                    model.rewind();
                    model.read.clear();
                }
                Step::NewSession => begin_session(&mut queue, &mut model)?,
            }
            prop_assert_eq!(queue.bytes(), model.bytes());
            prop_assert_eq!(queue.has_messages(), !model.waiting.is_empty());
        }
        let left: Vec<OperationId> = model.waiting.iter().map(|(number, ..)| OperationId(*number)).collect();
        prop_assert_eq!(queue.clear(), left);
        prop_assert_eq!((queue.bytes(), queue.is_empty()), (0, true));
    }
}
