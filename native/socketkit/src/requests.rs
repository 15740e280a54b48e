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
    /// Requests of a connection that this side has closed.
    given_up: Vec<OperationId>,
    /// Last field value.
    last_value: u64,
    /// Last request that the kernel has taken for the link that the owner knows.
    sent: OperationId,
    /// Last request that it has taken for a link that the owner does not know yet.
    sent_later: OperationId,
    /// Last gathered request.
    gathered: OperationId,
    /// Number of links that the owner knows.
    links: u64,
    /// Silence is required until this time, in milliseconds, before the next request.
    quiet_until_ms: Option<u64>,
}

#[derive(Clone, Copy)]
struct Request {
    operation_id: OperationId,
    /// Deadline, in milliseconds.
    end_ms: u64,
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
        let must_wait = {
            let open = self.open.borrow();
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
        open.note(progress, operation_id, emitter);
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
        open.note(SendProgress::Sent, gathered, emitter);
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
            open.sent = open.sent.max(operation_id);
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
        let request = match self.options.matching {
            Matching::Field(field) => {
                field.read(message).and_then(|value| open.by_field.remove(&value)).filter(is_open)
            }
            Matching::Single { quiet } if open.quiet_until_ms.is_some() => {
                self.wait_for_quiet(&mut open, quiet);
                return Claim::Late;
            }
            Matching::Order | Matching::Single { .. } => open.next_in_order(),
        };
        match request {
            None => Claim::Message,
            Some(request) if is_open(&request) => Claim::Answer(request.operation_id),
            Some(_) => Claim::Late,
        }
    }

    /// Marks all pending requests as failed after this side has closed the connection.
    pub fn give_up(&self) {
        let mut open = self.open.borrow_mut();
        let all = open.take_all();
        open.given_up.extend(all);
    }

    /// Rejects the requests marked by [`Requests::give_up`].
    pub fn end_given_up(&self, environment: &Environment) {
        let given_up = mem::take(&mut self.open.borrow_mut().given_up);
        fail(environment, given_up, libc::ECONNABORTED);
    }

    /// Rejects all requests: no answers can arrive.
    pub fn fail_all(&self, environment: &Environment, errno: i32) {
        let all = self.open.borrow_mut().take_all();
        fail(environment, all, errno);
    }

    /// Handles the loss of a link: rejects the sent requests, unless the session continues.
    pub fn lose_link(&self, environment: &Environment, errno: i32) {
        if !self.options.outlive_links {
            let lost = self.open.borrow_mut().take_sent();
            fail(environment, lost, errno);
        }
    }

    /// Handles a new link.
    pub fn connected(&self, emitter: &Emitter<ConnectionEvent>) {
        self.lose_link(emitter.environment(), libc::ECONNRESET);
        let mut open = self.open.borrow_mut();
        open.links += 1;
        if open.links == emitter.queue().connects() {
            open.sent = open.sent.max(open.sent_later);
        }
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
                    open.note(progress, operation_id, handler.emitter());
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
        let first = if self.may_send() { self.line.pop_front() } else { None }?;
        self.line_bytes -= first.2.len() + EVENT_OVERHEAD_BYTES;
        Some(first)
    }

    /// Returns the request whose answer is next.
    fn next_in_order(&mut self) -> Option<Request> {
        loop {
            let request = self.in_order.pop_front()?;
            if request.operation_id != NOBODY {
                return Some(request);
            }
        }
    }

    /// Records the progress of sending this request.
    fn note(&mut self, progress: SendProgress, operation_id: OperationId, emitter: &Emitter<ConnectionEvent>) {
        let last = match progress {
            SendProgress::Queued => return,
            SendProgress::Gathered => &mut self.gathered,
            SendProgress::Sent if emitter.queue().connects() == self.links => &mut self.sent,
            SendProgress::Sent => &mut self.sent_later,
        };
        *last = operation_id.max(*last);
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

    /// Removes the requests that were sent.
    fn take_sent(&mut self) -> Vec<OperationId> {
        let sent = self.sent;
        self.quiet_until_ms = None;
        let mut taken = self.take_from_field(&|request| request.operation_id <= sent);
        while self.in_order.front().is_some_and(|request| request.operation_id <= sent) {
            taken.extend(self.in_order.pop_front().map(|request| request.operation_id));
        }
        taken
    }

    fn take_all(&mut self) -> Vec<OperationId> {
        let sent = mem::replace(&mut self.sent, OperationId(u64::MAX));
        let mut all = self.take_sent();
        self.sent = sent;
        self.line_bytes = 0;
        all.extend(mem::take(&mut self.line).into_iter().map(|(operation_id, ..)| operation_id));
        all
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
