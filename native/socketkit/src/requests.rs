//! Pending requests of one connection, and matching of their answers.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::mem;
use std::result;
use std::sync::Arc;
use std::time::{Duration, Instant};

use socket_engine::limits::{EVENT_OVERHEAD_BYTES, SEND_QUEUE_LIMIT_BYTES};
use socket_engine::{Alarm, ConnectionEvent, Operation, OperationId, SendProgress, SocketError};

use crate::convert::Read;
use crate::delivery_handler::{DeliveryHandler, Sent};
use crate::emitter::Emitter;
use crate::environment::Environment;
use crate::error::ArgumentError;
use crate::request_id;
use crate::request_options::{Matching, RequestOptions};

/// Placeholder for a request that was not sent, and gets no answer.
const NOBODY: OperationId = OperationId(0);

/// A time that is never reached, in milliseconds.
const NEVER_MS: u64 = 1 << 40;

/// Pending requests of one connection.
pub struct Requests {
    options: RequestOptions,
    open: RefCell<Open>,
    born: Instant,
    /// Created for the first deadline.
    alarm: RefCell<Option<Alarm>>,
    /// Time of its wake-up, in milliseconds after `born`.
    alarm_ms: Cell<u64>,
}

/// Pending requests. May contain requests whose calls have ended; these are skipped.
#[derive(Default)]
struct Open {
    /// Requests by field value.
    by_field: HashMap<u64, Request>,
    /// Requests in the order of sending, if answers have the same order.
    in_order: VecDeque<Request>,
    /// Unsent requests, if only one at a time is allowed.
    line: VecDeque<(OperationId, Duration, Box<[u8]>)>,
    line_bytes: usize,
    /// Requests to reject, each with an errno.
    ended: Vec<(OperationId, i32)>,
    /// Last field value.
    last_value: u64,
    /// Requests by the number of link changes before they were made.
    made: Marks,
    /// Requests by the number of link changes before the kernel took them.
    sent: Marks,
    /// Last gathered request.
    gathered: OperationId,
    /// Number of link changes that were taken from the queue.
    taken_changes: u64,
    /// Number of those that have ended their requests.
    told_changes: u64,
    /// Silence is required until this time, in milliseconds, before the next request.
    quiet_until_ms: Option<u64>,
}

#[derive(Clone, Copy)]
struct Request {
    operation_id: OperationId,
    /// Deadline, in milliseconds.
    end_ms: u64,
}

/// Last request of each number of link changes, in order.
#[derive(Default)]
struct Marks(VecDeque<(u64, OperationId)>);

impl Marks {
    /// Adds a request after this number of `changes`.
    fn add(&mut self, changes: u64, operation_id: OperationId) {
        let place = self.0.partition_point(|(number, _)| *number < changes);
        match self.0.get_mut(place) {
            Some((number, last)) if *number == changes => *last = operation_id.max(*last),
            _ => self.0.insert(place, (changes, operation_id)),
        }
    }

    /// Returns the last request after at most this number of `changes`, which never decreases.
    fn until(&mut self, changes: u64) -> OperationId {
        while self.0.get(1).is_some_and(|(number, _)| *number <= changes) {
            self.0.pop_front();
        }
        self.0.front().filter(|(number, _)| *number <= changes).map_or(NOBODY, |(_, last)| *last)
    }
}

/// Requests that a link change ends.
pub enum Lost {
    Nothing,
    /// The sent ones, unless the session continues.
    Sent,
    All,
}

/// Classification of a message.
pub enum Claim {
    /// An ordinary message.
    Message,
    /// The answer for the call with this operation id.
    Answer(OperationId),
    /// The answer to a request that has timed out.
    Late,
}

impl Requests {
    /// Creates an empty list.
    pub fn new(options: RequestOptions) -> Self {
        let alarm_ms = Cell::new(NEVER_MS);
        Self { options, open: RefCell::default(), born: Instant::now(), alarm: RefCell::default(), alarm_ms }
    }

    /// Returns the default time-out.
    pub fn timeout(&self) -> Duration {
        self.options.timeout
    }

    fn is_single(&self) -> bool {
        matches!(self.options.matching, Matching::Single { .. })
    }

    /// Returns the time after `time` in milliseconds, rounded up.
    fn ms_after(&self, time: Duration) -> u64 {
        (self.born.elapsed() + time).as_millis() as u64 + 1
    }

    /// Returns `data` with a field value that no pending request has.
    pub fn with_field<'a>(&self, data: &'a [u8], environment: &Environment) -> Read<(Cow<'a, [u8]>, u64)> {
        let Matching::Field(field) = self.options.matching else { return Ok((data.into(), 0)) };
        let short = || ArgumentError::parameter("options.data", "must reach to the end of the field of requests");
        let value = field.read(data).ok_or_else(short)?;
        let mut open = self.open.borrow_mut();
        if !field.is_written {
            let is_taken = open.has(value, environment);
            let refused = || ArgumentError::parameter("options.data", "has the field of a request that is open");
            return if is_taken { Err(refused()) } else { Ok((data.into(), value)) };
        }
        for _ in 0..=open.by_field.len() {
            let value = field.after(open.last_value);
            open.last_value = value;
            if !open.has(value, environment) {
                let mut data = data.to_vec();
                field.write(&mut data, value);
                return Ok((data.into(), value));
            }
        }
        Err(ArgumentError::parameter("requests.fieldBytes", "has no value that no open request has"))
    }

    /// Sends a request with `send`, or queues it.
    pub fn begin(
        &self,
        emitter: &Emitter<ConnectionEvent>,
        data: &[u8],
        value: u64,
        (operation_id, timeout): (OperationId, Duration),
        send: &dyn Fn(bool, &[u8], OperationId) -> Sent,
    ) -> result::Result<(), SocketError> {
        let changes = emitter.queue().link_changes();
        let must_wait = {
            let mut open = self.open.borrow_mut();
            open.made.add(changes, operation_id);
            !open.may_send() || !open.line.is_empty()
        };
        if self.is_single() && must_wait {
            return self.open.borrow_mut().stand_in_line(operation_id, timeout, data);
        }
        let progress = send(self.is_single(), data, request_id::sending(operation_id))?;
        let request = self.timed(operation_id, timeout, emitter);
        let mut open = self.open.borrow_mut();
        if matches!(self.options.matching, Matching::Field(_)) {
            open.by_field.insert(value, request);
        } else {
            open.in_order.push_back(request);
        }
        open.note(progress, emitter, operation_id);
        Ok(())
    }

    /// Creates a request and starts its time-out.
    fn timed(&self, operation_id: OperationId, timeout: Duration, emitter: &Emitter<ConnectionEvent>) -> Request {
        let end_ms = self.ms_after(timeout);
        self.wake_at(emitter, end_ms);
        Request { operation_id, end_ms }
    }

    /// Records that the kernel has all gathered requests.
    pub fn take_written(&self, emitter: &Emitter<ConnectionEvent>) {
        let mut open = self.open.borrow_mut();
        let gathered = open.gathered;
        open.note(SendProgress::Sent, emitter, gathered);
    }

    /// Records that the kernel has the request whose answer has `operation_id`, or never will.
    pub fn take_result(
        &self,
        environment: &Environment,
        operation_id: OperationId,
        result: result::Result<(), SocketError>,
    ) {
        let mut open = self.open.borrow_mut();
        if result.is_ok() {
            let changes = open.taken_changes;
            open.sent.add(changes, operation_id);
            return;
        }
        if let Some(request) = open.in_order.iter_mut().find(|request| request.operation_id == operation_id) {
            request.operation_id = NOBODY;
        }
        drop(open);
        environment.complete(operation_id, result);
    }

    /// Classifies a received `message`.
    pub fn claim(&self, message: &[u8], environment: &Environment) -> Claim {
        if self.options.mark.is_some_and(|mark| !mark.is_in(message)) {
            return Claim::Message;
        }
        let mut open = self.open.borrow_mut();
        let is_open = |request: &Request| environment.has_call(request.operation_id);
        // A message of an earlier link answers no later request.
        let told = open.told_changes;
        let last = open.made.until(told);
        let is_earlier = |request: &Request| request.operation_id <= last;
        let request = match self.options.matching {
            Matching::Field(field) => {
                let value = field.read(message);
                let value = value.filter(|value| open.by_field.get(value).is_some_and(is_earlier));
                value.and_then(|value| open.by_field.remove(&value)).filter(is_open)
            }
            Matching::Single { quiet } if open.quiet_until_ms.is_some() => {
                self.wait_for_quiet(&mut open, quiet);
                return Claim::Late;
            }
            Matching::Order | Matching::Single { .. } => open.next_in_order(last),
        };
        match request {
            None => Claim::Message,
            Some(request) if is_open(&request) => Claim::Answer(request.operation_id),
            Some(_) => Claim::Late,
        }
    }

    /// Ends all requests after this side has closed the connection.
    pub fn give_up(&self) {
        let mut open = self.open.borrow_mut();
        open.told_changes = open.taken_changes;
        open.end_until(OperationId(u64::MAX), libc::ECONNABORTED);
    }

    /// Ends the request with this operation id, whose answer is dropped.
    pub fn give_up_answer(&self, operation_id: OperationId) {
        self.open.borrow_mut().ended.push((operation_id, libc::ECONNABORTED));
    }

    /// Rejects the ended requests.
    pub fn reject_ended(&self, environment: &Environment) {
        let ended = mem::take(&mut self.open.borrow_mut().ended);
        for (operation_id, errno) in ended {
            environment.complete(operation_id, Err(error(errno)));
        }
    }

    /// Counts a link change; if `is_dropped`, it is one of a connection that this side has closed.
    pub fn take_link_change(&self, is_dropped: bool) {
        let mut open = self.open.borrow_mut();
        open.taken_changes += 1;
        if is_dropped {
            open.told_changes = open.taken_changes;
        }
    }

    /// Returns the number of link changes that were taken and not told.
    pub fn untold(&self) -> usize {
        let open = self.open.borrow();
        (open.taken_changes - open.told_changes) as usize
    }

    /// Handles the next link change, which ends the `lost` requests before it.
    pub fn change_link(&self, lost: Lost, errno: i32) {
        let mut open = self.open.borrow_mut();
        let before = open.told_changes;
        open.told_changes += 1;
        let (made, sent) = (open.made.until(before), open.sent.until(before));
        match lost {
            Lost::All => open.end_until(made, errno),
            Lost::Sent if !self.options.outlive_links => open.end_until(sent, errno),
            Lost::Sent | Lost::Nothing => {}
        }
    }

    /// Ends the requests that were made before the last `behind` link changes.
    pub fn end(&self, behind: usize, errno: i32) {
        let mut open = self.open.borrow_mut();
        let changes = open.taken_changes - behind as u64;
        let last = open.made.until(changes);
        open.end_until(last, errno);
    }

    /// Rejects timed-out requests, after all received data was handled, and sends the next one.
    pub fn mind_time(&self, handler: &dyn DeliveryHandler) {
        let emitter = handler.emitter();
        let now_ms = self.born.elapsed().as_millis() as u64;
        if self.alarm_ms.get() <= now_ms {
            self.alarm_ms.set(NEVER_MS);
            let due = self.take_due(handler, now_ms);
            fail(emitter.environment(), due, libc::ETIMEDOUT);
        }
        self.send_next(handler);
    }

    /// Removes requests that have timed out, and sets the alarm for the next one.
    fn take_due(&self, handler: &dyn DeliveryHandler, now_ms: u64) -> Vec<OperationId> {
        let mut open = self.open.borrow_mut();
        let mut due = open.take_from_field(&|request| request.end_ms <= now_ms);
        open.quiet_until_ms = open.quiet_until_ms.filter(|until_ms| *until_ms > now_ms);
        if let Matching::Single { quiet } = self.options.matching
            && open.in_order.front().is_some_and(|request| request.end_ms <= now_ms)
        {
            due.extend(open.in_order.pop_front().map(|request| request.operation_id));
            self.wait_for_quiet(&mut open, quiet);
            if quiet.is_none() {
                handler.fail(libc::ETIMEDOUT);
            }
        }
        let mut next_ms = open.quiet_until_ms.unwrap_or(NEVER_MS);
        for request in open.in_order.iter().chain(open.by_field.values()) {
            if request.end_ms > now_ms {
                next_ms = next_ms.min(request.end_ms);
            } else if handler.emitter().environment().has_call(request.operation_id) {
                due.push(request.operation_id);
            }
        }
        self.wake_at(handler.emitter(), next_ms);
        due
    }

    /// Sends nothing until the device was silent for `quiet`; `None`: for the rest of this link.
    fn wait_for_quiet(&self, open: &mut Open, quiet: Option<Duration>) {
        open.quiet_until_ms = Some(quiet.map_or(NEVER_MS, |quiet| self.ms_after(quiet)));
    }

    /// Sends the next request in the queue.
    fn send_next(&self, handler: &dyn DeliveryHandler) {
        let environment = handler.emitter().environment();
        loop {
            let next = self.open.borrow_mut().leave_line();
            let Some((operation_id, timeout, data)) = next else { return };
            match handler.send_alone(&data, request_id::sending(operation_id)) {
                Ok(progress) => {
                    let request = self.timed(operation_id, timeout, handler.emitter());
                    let mut open = self.open.borrow_mut();
                    open.in_order.push_back(request);
                    open.note(progress, handler.emitter(), operation_id);
                }
                Err(error) => environment.complete(operation_id, Err(error)),
            }
        }
    }

    /// Requests a turn of the object at that time.
    fn wake_at(&self, emitter: &Emitter<ConnectionEvent>, ms: u64) {
        if ms >= self.alarm_ms.get() {
            return;
        }
        self.alarm_ms.set(ms);
        let mut alarm = self.alarm.borrow_mut();
        if alarm.is_none() {
            let queue = Arc::clone(emitter.queue());
            // The engine's thread already runs, because something was sent.
            *alarm = Alarm::new(Box::new(move || queue.request_turn())).ok();
        }
        alarm.iter().for_each(|alarm| alarm.set(Some(self.born + Duration::from_millis(ms))));
    }
}

impl Open {
    /// Returns whether a pending request has this field value.
    fn has(&self, value: u64, environment: &Environment) -> bool {
        self.by_field.get(&value).is_some_and(|request| environment.has_call(request.operation_id))
    }

    /// Returns whether a request may be sent, if only one at a time is allowed.
    fn may_send(&self) -> bool {
        self.in_order.is_empty() && self.quiet_until_ms.is_none()
    }

    fn stand_in_line(
        &mut self,
        operation_id: OperationId,
        timeout: Duration,
        data: &[u8],
    ) -> result::Result<(), SocketError> {
        let bytes = self.line_bytes + data.len() + EVENT_OVERHEAD_BYTES;
        if bytes > SEND_QUEUE_LIMIT_BYTES && !self.line.is_empty() {
            return Err(error(libc::ENOBUFS));
        }
        self.line_bytes = bytes;
        self.line.push_back((operation_id, timeout, data.into()));
        Ok(())
    }

    /// Removes the first queued request, if it may be sent.
    fn leave_line(&mut self) -> Option<(OperationId, Duration, Box<[u8]>)> {
        if self.may_send() { self.pop_line() } else { None }
    }

    fn pop_line(&mut self) -> Option<(OperationId, Duration, Box<[u8]>)> {
        let first = self.line.pop_front()?;
        self.line_bytes -= first.2.len() + EVENT_OVERHEAD_BYTES;
        Some(first)
    }

    /// Returns the request whose answer is next, up to the request `last`.
    fn next_in_order(&mut self, last: OperationId) -> Option<Request> {
        loop {
            self.in_order.front().filter(|request| request.operation_id <= last)?;
            let request = self.in_order.pop_front()?;
            if request.operation_id != NOBODY {
                return Some(request);
            }
        }
    }

    /// Records the progress of sending this request.
    ///
    /// The changes are counted after the send, which may have used a link that began meanwhile.
    fn note(&mut self, progress: SendProgress, emitter: &Emitter<ConnectionEvent>, operation_id: OperationId) {
        match progress {
            SendProgress::Queued => {}
            SendProgress::Gathered => self.gathered = operation_id,
            SendProgress::Sent => self.sent.add(emitter.queue().link_changes(), operation_id),
        }
    }

    fn take_from_field(&mut self, is_meant: &dyn Fn(&Request) -> bool) -> Vec<OperationId> {
        let mut taken = Vec::new();
        self.by_field.retain(|_, request| {
            let is_meant = is_meant(request);
            if is_meant {
                taken.push(request.operation_id);
            }
            !is_meant
        });
        taken
    }

    /// Ends the requests up to `last`.
    fn end_until(&mut self, last: OperationId, errno: i32) {
        self.quiet_until_ms = None;
        let mut ended = self.take_from_field(&|request| request.operation_id <= last);
        while self.in_order.front().is_some_and(|request| request.operation_id <= last) {
            ended.extend(self.in_order.pop_front().map(|request| request.operation_id));
        }
        while self.line.front().is_some_and(|(operation_id, ..)| *operation_id <= last) {
            ended.extend(self.pop_line().map(|(operation_id, ..)| operation_id));
        }
        self.ended.extend(ended.into_iter().map(|operation_id| (operation_id, errno)));
    }
}

/// Rejects the requests whose calls are pending.
fn fail(environment: &Environment, operation_ids: Vec<OperationId>, errno: i32) {
    for operation_id in operation_ids {
        environment.complete(operation_id, Err(error(errno)));
    }
}

fn error(errno: i32) -> SocketError {
    SocketError::new(Operation::Request, None, errno)
}
