//! Connections on random schedules, beside a model of what their owner was promised.

use std::collections::VecDeque;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::wire::Frame;

#[derive(Clone, Copy, Debug)]
enum Step {
    Send,
    Gather,
    Flush,
    End,
    Close,
    Abort,
    Suspend,
    Resume,
    /// The peer sends a message.
    Message,
    /// The peer acknowledges everything that it has.
    Acknowledge,
    Ping,
    Bye,
    /// The peer closes its side without a word.
    Fin,
    /// The link breaks.
    Cut,
    /// There is another link, for the one that was lost.
    Relink,
    Wait,
}

const STEPS: [Step; 16] = [
    Step::Send,
    Step::Gather,
    Step::Flush,
    Step::End,
    Step::Close,
    Step::Abort,
    Step::Suspend,
    Step::Resume,
    Step::Message,
    Step::Acknowledge,
    Step::Ping,
    Step::Bye,
    Step::Fin,
    Step::Cut,
    Step::Relink,
    Step::Wait,
];

/// Rare ends, so that something happens before them.
fn any_step() -> impl Strategy<Value = Step> {
    let often = prop_oneof![
        Just(Step::Send),
        Just(Step::Gather),
        Just(Step::Message),
        Just(Step::Acknowledge),
        Just(Step::Relink)
    ];
    prop_oneof![3 => often, 2 => proptest::sample::select(&STEPS[..])]
}

/// What the owner did, and was told.
#[derive(Default)]
struct Model {
    acknowledge: bool,
    operation_ids: u64,
    /// Calls whose result is outstanding: sends in their order, and the others.
    sends: VecDeque<u64>,
    /// Those of them that were gathered, and not flushed.
    gathered: Vec<u64>,
    others: Vec<u64>,
    /// Messages of accepted sends in their order, and how many of them the peer has acknowledged.
    accepted: Vec<u64>,
    acknowledged: usize,
    /// What the peer has sent, and how much of it was told.
    said: u8,
    heard: u8,
    /// What the peer has of this side in this session.
    peer_has: Vec<u64>,
    told_end: bool,
    failed: bool,
    closed: bool,
    /// This side has said that it closes.
    closing: bool,
    ended: bool,
}

impl Model {
    fn operation_id(&mut self) -> OperationId {
        // Each message is one byte: the number of its call.
        self.operation_ids += 1;
        OperationId(self.operation_ids)
    }

    /// Checks what was told against everything that came before.
    fn tell(&mut self, told: &Told) {
        match told {
            Told::Event(event) => self.tell_event(event),
            Told::Completed(operation_id, result) => self.complete(operation_id.0, result.is_ok()),
        }
    }

    fn tell_event(&mut self, event: &ConnectionEvent) {
        assert!(!self.closed, "{event:?} comes after the end");
        match event {
            ConnectionEvent::Message(data) => {
                self.heard += 1;
                assert_eq!(&data[..], [self.heard], "a message is missing, repeated or out of order");
                assert!(!self.told_end && !self.failed, "a message comes behind the end");
            }
            ConnectionEvent::Ended => assert!(!std::mem::replace(&mut self.told_end, true), "it ends twice"),
            ConnectionEvent::Failed(_) => assert!(!std::mem::replace(&mut self.failed, true), "it fails twice"),
            ConnectionEvent::Closed(_) => self.closed = true,
            ConnectionEvent::Connected(_) | ConnectionEvent::Reconnecting(_) => {}
            ConnectionEvent::Drained | ConnectionEvent::Stalled | ConnectionEvent::Recovered => {}
            ConnectionEvent::Received(_)
            | ConnectionEvent::ReadClosed
            | ConnectionEvent::PingTaken
            | ConnectionEvent::Corrupt(_) => panic!("{event:?} comes of a framed stream whose messages are all taken"),
        }
    }

    fn complete(&mut self, operation_id: u64, succeeded: bool) {
        if let Some(index) = self.others.iter().position(|other| *other == operation_id) {
            self.others.remove(index);
            return;
        }
        let index = self.sends.iter().position(|send| *send == operation_id);
        let index = index.unwrap_or_else(|| panic!("{operation_id} completes twice, or was never called"));
        assert!(!succeeded || index == 0, "{operation_id} overtakes {:?}", self.sends);
        self.sends.remove(index);
        if succeeded && self.acknowledge {
            let covered = self.accepted.iter().take(self.acknowledged).any(|accepted| *accepted == operation_id);
            assert!(covered, "{operation_id} was not acknowledged");
        }
    }
}

struct Schedule {
    this: Fixture,
    model: Model,
    /// What the peer has read of a frame that is not whole.
    partial: Vec<u8>,
    reconnects: bool,
    /// The peer has said `Bye` on this link: it keeps to what may follow.
    bye: bool,
}

impl Schedule {
    async fn new(acknowledge: bool, reconnects: bool) -> Self {
        let protocol = protocol(true, acknowledge);
        let this = if reconnects { Fixture::reconnecting(protocol, true).await } else { Fixture::new(protocol).await };
        Self { this, model: Model { acknowledge, ..Model::default() }, partial: Vec::new(), reconnects, bye: false }
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Send => self.send(|connection, data, operation_id| connection.send(data, operation_id)),
            Step::Gather => {
                self.send(|connection, data, operation_id| connection.gather(&Message::new(data), operation_id))
            }
            Step::Flush => self.flush(),
            Step::End => self.end(),
            Step::Close | Step::Abort => self.close(matches!(step, Step::Abort)),
            Step::Suspend if self.reconnects => self.suspend(),
            Step::Resume if self.reconnects => self.this.connection.resume(),
            Step::Suspend | Step::Resume => {}
            Step::Message | Step::Ping | Step::Bye if self.bye => {}
            Step::Message => {
                if self.write(&frame(Kind::Data, &[self.model.said + 1])) {
                    self.model.said += 1;
                }
            }
            Step::Acknowledge if self.model.acknowledge => {
                self.hear();
                let count = self.model.peer_has.len();
                if self.write(&frame(Kind::Acknowledge, &(count as u64).to_be_bytes())) {
                    self.model.acknowledged = self.model.acknowledged.max(count);
                }
            }
            Step::Acknowledge => {}
            Step::Ping => drop(self.write(&frame(Kind::Ping, &[]))),
            Step::Bye => self.bye = self.write(&frame(Kind::Bye, &[])),
            Step::Fin => drop(self.this.peer.shutdown().await),
            Step::Cut => {
                let _ = self.this.peer.set_zero_linger();
                self.this.peer = link().await.0;
                self.partial.clear();
            }
            Step::Relink => self.relink().await,
            Step::Wait => tokio::time::sleep(SECOND).await,
        }
        self.settle().await;
    }

    fn send(&mut self, send: fn(&Connection, &[u8], OperationId) -> Result<SendProgress, SocketError>) {
        let OperationId(operation_id) = self.model.operation_id();
        match send(&self.this.connection, &[operation_id as u8], OperationId(operation_id)) {
            Ok(progress) => {
                assert!(!self.model.closed && !self.model.closing && !self.model.ended, "a closed connection sends");
                self.model.accepted.push(operation_id);
                if progress != SendProgress::Sent {
                    self.model.sends.push_back(operation_id);
                }
                if progress == SendProgress::Gathered {
                    self.model.gathered.push(operation_id);
                }
            }
            Err(error) if self.model.closed || self.model.closing => assert_eq!(error.errno, libc::EBADF),
            Err(error) if self.model.ended => assert_ne!(error.errno, libc::EBADF),
            Err(_) => assert!(!self.reconnects, "a connection that replaces its links refuses a message"),
        }
    }

    /// What was completed already, the engine has written by itself.
    fn flush(&mut self) {
        let is_written = self.this.connection.flush();
        for operation_id in std::mem::take(&mut self.model.gathered) {
            if is_written && self.model.sends.contains(&operation_id) {
                self.model.complete(operation_id, true);
            }
        }
    }

    fn end(&mut self) {
        let operation_id = self.model.operation_id();
        if self.this.connection.end(operation_id).is_ok() {
            assert!(!std::mem::replace(&mut self.model.ended, true), "it ends its half twice");
            self.model.others.push(operation_id.0);
        }
    }

    fn close(&mut self, aborts: bool) {
        let operation_id = self.model.operation_id();
        let connection = &self.this.connection;
        let result = if aborts { connection.abort(operation_id) } else { connection.close(Some(operation_id)) };
        match result {
            Ok(()) => {
                assert!(!std::mem::replace(&mut self.model.closing, true), "it closes twice");
                self.model.others.push(operation_id.0);
            }
            Err(error) => {
                assert_eq!(error.errno, libc::EBADF);
                assert!(self.model.closing || self.model.closed, "an open connection cannot be closed");
            }
        }
    }

    fn suspend(&mut self) {
        let operation_id = self.model.operation_id();
        if self.this.connection.suspend(operation_id).is_ok() {
            self.model.others.push(operation_id.0);
        }
    }

    /// Whether the peer could say it.
    fn write(&mut self, bytes: &[u8]) -> bool {
        self.this.peer.try_write(bytes).is_ok_and(|count| count == bytes.len())
    }

    /// The next link, if one is wanted. What the peer had not read of the one before is lost; what it said and nobody
    /// heard it says again.
    async fn relink(&mut self) {
        let connection = &self.this.connection;
        let wanted = self.reconnects && connection.is_open() && !connection.is_connected();
        if !wanted || self.this.links.capacity() == 0 {
            return;
        }
        let count = self.model.peer_has.len();
        let received = self.model.acknowledge.then_some(count as u64);
        self.partial.clear();
        self.bye = false;
        self.this.relink(received).await;
        self.model.said = self.model.heard;
        self.model.acknowledged = self.model.acknowledged.max(count);
    }

    async fn settle(&mut self) {
        settle().await;
        while let Ok(event) = self.this.events.0.try_recv() {
            self.model.tell(&event);
        }
    }

    /// The peer reads what there is.
    fn hear(&mut self) {
        let mut buffer = [0; 4096];
        while let Ok(count) = self.this.peer.try_read(&mut buffer) {
            if count == 0 {
                break;
            }
            self.partial.extend_from_slice(&buffer[..count]);
        }
        while let Some(length) = self.partial.first().map(|length| usize::from(*length))
            && self.partial.len() > length
        {
            let body: Vec<u8> = self.partial.drain(..=length).skip(1).collect();
            if let Frame::Data(data) = Frame::parse(body.into()).expect("what the peer hears is a frame") {
                self.model.peer_has.push(u64::from(data[0]));
            }
        }
    }

    /// Whatever happened, an abort ends it, and nobody waits any more.
    async fn finish(mut self) {
        self.flush();
        self.close(true);
        self.settle().await;
        while !self.model.closed || !self.model.others.is_empty() || !self.model.sends.is_empty() {
            let event = self.this.events.next().await;
            self.model.tell(&event);
        }
        assert!(!self.this.connection.is_open() && self.this.connection.queued_bytes() == 0);
        let in_order = self.model.peer_has.is_sorted_by(|earlier, later| earlier < later);
        assert!(in_order, "the peer has {:?}", self.model.peer_has);
        if self.model.acknowledge {
            assert!(self.model.accepted.starts_with(&self.model.peer_has), "the peer has {:?}", self.model.peer_has);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn an_owner_gets_what_was_promised_on_every_schedule(
        (acknowledge, reconnects) in (any::<bool>(), any::<bool>()),
        steps in vec(any_step(), 0..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut schedule = Schedule::new(acknowledge, reconnects).await;
            for step in steps {
                schedule.take(step).await;
            }
            schedule.finish().await;
        });
    }
}
