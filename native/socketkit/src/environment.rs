//! A JavaScript environment: its event queue, its objects, and its pending calls.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::iter;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use napi_ohos::bindgen_prelude::Unknown;
use napi_ohos::{Env, Result};
use socket_engine::{LinkId, OperationId, PollTarget, Readiness, SocketError};

use crate::broadcast::Broadcast;
use crate::error;
use crate::event_queue::{EventQueue, ObjectEvent, ObjectQueue, QueueItem};
use crate::limits;
use crate::node_api::{self, Builtins, JsWaker, Microtask, Microtasks, OnWake};
use crate::request_id;

thread_local! {
    /// Environments of this thread; one, unless the engine runs several on it.
    static ENVIRONMENTS: RefCell<Vec<Rc<Environment>>> = const { RefCell::new(Vec::new()) };
}

/// Handles the events of one object on the JavaScript thread.
pub trait EventTarget {
    /// Events of the object.
    type Event: ObjectEvent;

    /// Returns the queue of the events.
    fn queue(&self) -> &ObjectQueue<Self::Event>;

    /// Takes the result of sending the request whose answer `operation_id` waits for.
    fn take_request(&self, _operation_id: OperationId, _result: std::result::Result<(), SocketError>) {}

    /// Takes events and the readiness of a link, and delivers as far as possible.
    /// Returns the share of the turn that this takes, in bytes.
    fn deliver(&self, arrived: Arrived<'_, Self::Event>) -> usize;

    /// Closes the socket when the environment ends. Nothing is delivered afterwards.
    fn end(&self);
}

/// Input of one delivery of an object.
pub struct Arrived<'a, E> {
    /// New events, in order.
    pub events: &'a mut dyn Iterator<Item = E>,
    /// Readiness of a link, after the events.
    pub ready: Option<(LinkId, Readiness)>,
    /// Whether to deliver events of earlier deliveries even if nothing is new.
    pub is_due: bool,
}

/// A pending call.
pub trait Call {
    /// Reports the result.
    fn finish(self: Box<Self>, env: &Env, result: std::result::Result<(), SocketError>);

    /// Reports `value` as result.
    fn finish_with(self: Box<Self>, env: &Env, value: &Unknown<'_>);
}

/// Sends of one object that are written together.
pub trait Corked {
    /// Writes them.
    fn write(&self);

    /// Settles those that the kernel has. Call it without borrows: it may run JavaScript.
    fn settle(&self, environment: &Environment);
}

/// An event target of any event type.
pub trait Object {
    /// Takes up to `limit` pending events, and delivers what can be delivered.
    fn turn(&self, environment: &Environment, limit: usize) -> TurnCost;

    /// As [`Object::turn`], and then handles a ready link.
    fn ready(&self, environment: &Environment, limit: usize, ready: Ready) -> TurnCost;

    /// Requests a turn without a new event.
    fn request_turn(&self);

    /// Ends the object with its environment.
    fn end(&self);
}

/// Share of the environment's turn that one object has used.
pub struct TurnCost {
    events: usize,
    bytes: usize,
}

impl<R: EventTarget> Object for R {
    fn turn(&self, environment: &Environment, limit: usize) -> TurnCost {
        let items = self.queue().take(limit);
        TurnCost { events: items.len().max(1), bytes: environment.deliver(self, items, None) }
    }

    fn ready(&self, environment: &Environment, limit: usize, ready: Ready) -> TurnCost {
        let items = if self.queue().is_empty() { Vec::new() } else { self.queue().take(limit) };
        let ready =
            if self.queue().is_empty() || items.len() < limit { Some(ready) } else { environment.put_off(ready) };
        TurnCost { events: items.len() + 1, bytes: environment.deliver(self, items, ready) }
    }

    fn request_turn(&self) {
        self.queue().request_turn();
    }

    fn end(&self) {
        self.queue().close();
        EventTarget::end(self);
    }
}

/// A ready link and its object.
#[derive(Clone, Copy)]
pub struct Ready {
    object: u64,
    link: LinkId,
    readiness: Readiness,
}

/// What is served next.
enum Next {
    /// An object in the queue.
    Object(u64),
    Ready(Ready),
}

/// State of this module in one JavaScript environment.
/// Created on first use, cleared when the environment ends.
pub struct Environment {
    env: Env,
    event_queue: Arc<EventQueue>,
    builtins: RefCell<Option<Rc<Builtins>>>,
    microtasks: RefCell<Option<Rc<Microtasks>>>,
    objects: RefCell<HashMap<u64, Weak<dyn Object>>>,
    calls: RefCell<HashMap<OperationId, Box<dyn Call>>>,
    /// Broadcast of each part.
    parts: RefCell<HashMap<OperationId, Rc<RefCell<Broadcast>>>>,
    last_object: Cell<u64>,
    last_operation_id: Cell<u64>,
    /// Ready links that were not read yet.
    ready: RefCell<VecDeque<Ready>>,
    /// Whether a queued object goes before a ready link: they alternate.
    is_for_line: Cell<bool>,
    /// Number of turns.
    turns: Cell<u64>,
    bursts: Bursts,
    /// Objects that must be in the next turn.
    next_turn: RefCell<Vec<u64>>,
    /// Number of open sockets and pending calls, which keep a Node process alive.
    keep_alives: Cell<usize>,
    ended: Cell<bool>,
}

/// Times of writing gathered sends, and the objects with such sends.
#[derive(Default)]
struct Bursts {
    number: Cell<u64>,
    /// Whether a turn is running, at whose end they are written.
    /// Otherwise a microtask writes them.
    has_turn: Cell<bool>,
    /// Whether something was sent outside of a turn.
    needs_flush: Cell<bool>,
    awaits_flush: Cell<bool>,
    corked: RefCell<Vec<Rc<dyn Corked>>>,
}

impl Environment {
    /// Returns the environment of `env`.
    pub fn of(env: &Env) -> Result<Rc<Self>> {
        if let Some(environment) = find(env) {
            return Ok(environment);
        }
        let builtins = Builtins::new(env)?;
        let microtasks = Microtasks::new::<Self>(env, &builtins)?;
        let environment = Rc::new(Self {
            env: *env,
            builtins: RefCell::new(Some(Rc::new(builtins))),
            microtasks: RefCell::new(Some(Rc::new(microtasks))),
            event_queue: EventQueue::new(JsWaker::new::<Self>(env)?),
            objects: RefCell::default(),
            calls: RefCell::default(),
            parts: RefCell::default(),
            last_object: Cell::new(0),
            last_operation_id: Cell::new(0),
            ready: RefCell::default(),
            is_for_line: Cell::new(false),
            turns: Cell::new(0),
            bursts: Bursts::default(),
            next_turn: RefCell::default(),
            keep_alives: Cell::new(0),
            ended: Cell::new(false),
        });
        let ending = Rc::clone(&environment);
        // Added after the waker, so that it runs before the engine removes the waker.
        node_api::on_environment_end(env, move || ending.end())?;
        ENVIRONMENTS.with_borrow_mut(|environments| environments.push(Rc::clone(&environment)));
        Ok(environment)
    }

    /// Handle for Node-API calls on this thread.
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// Returns the saved functions of the engine.
    pub fn builtins(&self) -> Result<Rc<Builtins>> {
        self.builtins.borrow().clone().ok_or_else(|| error::internal("the environment has ended"))
    }

    /// Creates a queue for a new object.
    pub fn new_queue<E>(&self) -> Arc<ObjectQueue<E>> {
        self.event_queue.object_queue(next_of(&self.last_object))
    }

    /// Creates an operation id for a pending call.
    pub fn new_operation_id(&self) -> OperationId {
        OperationId(next_of(&self.last_operation_id))
    }

    /// Returns the poll target for the links of object `id`.
    pub fn poll_target(&self, id: u64) -> PollTarget {
        self.event_queue.poller().target(id)
    }

    /// Registers `object` for the turns of `id` as long as it lives.
    pub fn register(&self, id: u64, object: Weak<dyn Object>) {
        self.objects.borrow_mut().insert(id, object);
    }

    /// Removes the object `id`.
    pub fn unregister(&self, id: u64) {
        self.objects.borrow_mut().remove(&id);
    }

    /// Stores `call` until the result of `operation_id` arrives.
    pub fn await_completion(&self, operation_id: OperationId, call: Box<dyn Call>) {
        self.calls.borrow_mut().insert(operation_id, call);
    }

    /// Stores `broadcast` until all its parts are finished.
    /// Returns its result if they already are.
    pub fn await_parts(&self, broadcast: Broadcast) -> Option<i32> {
        if broadcast.parts().is_empty() {
            return Some(broadcast.reached());
        }
        let broadcast = Rc::new(RefCell::new(broadcast));
        for part in broadcast.borrow().parts() {
            self.parts.borrow_mut().insert(*part, Rc::clone(&broadcast));
        }
        None
    }

    /// Number of the current turn.
    /// Code after an `await` of a JavaScript value runs before the next turn.
    pub fn turn_number(&self) -> u64 {
        self.turns.get()
    }

    /// Puts the object `id` into the next turn, without a new event.
    pub fn await_next_turn(&self, id: u64) {
        self.next_turn.borrow_mut().push(id);
    }

    /// Number of the current burst.
    pub fn burst(&self) -> u64 {
        self.bursts.number.get()
    }

    /// As [`Environment::burst`], for a send that is written at once.
    /// Schedules the end of the burst.
    pub fn begin_burst(&self) -> u64 {
        self.bursts.needs_flush.set(true);
        self.bursts.number.get()
    }

    /// Writes the sends of `corked` at the end of the burst.
    pub fn add_corked(&self, corked: Rc<dyn Corked>) {
        self.bursts.needs_flush.set(true);
        self.bursts.corked.borrow_mut().push(corked);
    }

    /// Ensures that the burst ends after something was added. May run JavaScript.
    pub fn await_flush(&self) {
        if self.bursts.needs_flush.take() && !self.bursts.has_turn.get() {
            self.queue_flush();
        }
    }

    fn queue_flush(&self) {
        if self.bursts.awaits_flush.replace(true) {
            return;
        }
        let microtasks = self.microtasks.borrow().clone();
        let queued = microtasks.map(|microtasks| microtasks.queue(&self.env));
        if let Some(Err(error)) = queued {
            error::report("sends cannot be gathered", &error);
            self.flush();
        }
    }

    /// Ends the burst: writes the gathered sends.
    fn write_gathered(&self) {
        self.bursts.number.set(self.bursts.number.get() + 1);
        let corked = self.bursts.corked.borrow().clone();
        corked.iter().for_each(|corked| corked.write());
    }

    /// Ends the burst of a turn. Sends that the kernel has are settled in a microtask.
    ///
    /// On OpenHarmony, settling a promise in a turn would run the continuation at once.
    fn end_burst(&self) {
        self.bursts.has_turn.set(false);
        self.write_gathered();
        if !self.bursts.corked.borrow().is_empty() {
            self.queue_flush();
        }
    }

    /// Ends the burst, and settles the sends that the kernel has.
    fn flush(&self) {
        self.bursts.awaits_flush.set(false);
        self.write_gathered();
        let corked = self.bursts.corked.take();
        corked.iter().for_each(|corked| corked.settle(self));
    }

    /// Handles a limited number of events. The event queue requests another turn for the rest.
    fn turn(&self) {
        let _end = TurnEnd(self);
        self.turns.set(self.turns.get() + 1);
        self.bursts.has_turn.set(true);
        self.poll();
        self.is_for_line.set(false);
        let mut events = limits::TURN_EVENTS;
        let mut bytes = limits::TURN_BYTES;
        while events > 0 && bytes > 0 && !self.ended.get() {
            let Some(next) = self.next().or_else(|| self.next_that_comes()) else { return };
            let cost = self.turn_of(next, events);
            events = events.saturating_sub(cost.events);
            bytes = bytes.saturating_sub(cost.bytes);
            node_api::report_pending(&self.env);
        }
        self.write_gathered();
        // Otherwise the bytes would wait for the next turn, or need a wake-up of this thread.
        self.poll();
    }

    /// Polls for ready links. Returns false if none is.
    fn poll(&self) -> bool {
        let mut waiting = self.ready.borrow_mut();
        // Those that wait would be reported again.
        if !waiting.is_empty() {
            return true;
        }
        self.event_queue.poll(|object, link, readiness| waiting.push_back(Ready { object, link, readiness }))
    }

    /// Keeps a ready link for later if its object has earlier events.
    fn put_off(&self, ready: Ready) -> Option<Ready> {
        self.ready.borrow_mut().push_back(ready);
        None
    }

    /// Returns the next queued object or ready link, alternately.
    fn next(&self) -> Option<Next> {
        let in_line = || self.event_queue.next().map(Next::Object);
        let ready = || self.ready.borrow_mut().pop_front().map(Next::Ready);
        let is_for_line = self.is_for_line.replace(!self.is_for_line.get());
        if is_for_line { in_line().or_else(ready) } else { ready().or_else(in_line) }
    }

    /// Returns the next item.
    /// Answers that wait for the end of the burst are written before the poll, as peers may reply at once.
    fn next_that_comes(&self) -> Option<Next> {
        self.write_gathered();
        if self.poll() { self.next() } else { None }
    }

    fn object(&self, id: u64) -> Option<Rc<dyn Object>> {
        self.objects.borrow().get(&id).and_then(Weak::upgrade)
    }

    /// Gives an object its turn, if it still exists.
    fn turn_of(&self, next: Next, limit: usize) -> TurnCost {
        let (Next::Object(id) | Next::Ready(Ready { object: id, .. })) = next;
        // Upgraded before the call, because the object may unregister itself in it.
        let Some(object) = self.object(id) else { return TurnCost { events: 1, bytes: 0 } };
        let turn = || match next {
            Next::Object(_) => object.turn(self, limit),
            Next::Ready(ready) => object.ready(self, limit, ready),
        };
        node_api::with_handle_scope(&self.env, turn).unwrap_or_else(|error| {
            error::report("events could not be delivered", &error);
            TurnCost { events: 1, bytes: 0 }
        })
    }

    /// Passes events to their object, results to their calls, and finally a ready link.
    ///
    /// Returns the share of the turn that this takes, in bytes.
    fn deliver<R: EventTarget>(&self, target: &R, items: Vec<QueueItem<R::Event>>, ready: Option<Ready>) -> usize {
        let mut items = VecDeque::from(items);
        let mut cost = 0;
        // Includes the rest of the previous turn. A delivery for each result would give a stream as many shares of a turn.
        let mut is_due = true;
        loop {
            let has_result = items.iter().any(|item| matches!(item, QueueItem::Completed(..)));
            let ready = ready.filter(|_| !has_result).map(|Ready { link, readiness, .. }| (link, readiness));
            let mut completed = None;
            let mut events = iter::from_fn(|| match items.pop_front()? {
                QueueItem::Event(event) => Some(event),
                QueueItem::Completed(operation_id, result) => {
                    completed = Some((operation_id, result));
                    None
                }
            });
            cost += target.deliver(Arrived { events: &mut events, ready, is_due });
            is_due = false;
            let Some((operation_id, result)) = completed else { return cost };
            match request_id::answered_by(operation_id) {
                Some(answer) => target.take_request(answer, result),
                None => self.complete(operation_id, result),
            }
        }
    }

    /// Passes the result of `operation_id` to its call.
    pub fn complete(&self, operation_id: OperationId, result: std::result::Result<(), SocketError>) {
        // The call waits for the answer, not for the send.
        if request_id::answered_by(operation_id).is_some() {
            return;
        }
        let is_known =
            self.calls.borrow().contains_key(&operation_id) || self.parts.borrow().contains_key(&operation_id);
        if !is_known {
            // For gathered sends that the engine has written itself.
            self.write_gathered();
        }
        let part = self.parts.borrow_mut().remove(&operation_id);
        if let Some(broadcast) = part {
            let finished = broadcast.borrow_mut().finish(result.is_ok());
            if finished {
                let (operation_id, reached) = (broadcast.borrow().operation_id(), broadcast.borrow().reached());
                self.finish_broadcast(operation_id, reached);
            }
            return;
        }
        let call = self.calls.borrow_mut().remove(&operation_id);
        if let Some(call) = call {
            call.finish(&self.env, result);
        }
    }

    fn finish_broadcast(&self, operation_id: OperationId, reached: i32) {
        match node_api::to_js(&self.env, reached) {
            Ok(reached) => self.complete_with(operation_id, &reached),
            Err(error) => error::report("failed to settle the promise of a broadcast", &error),
        }
    }

    /// Settles the call of `operation_id` with `value`.
    pub fn complete_with(&self, operation_id: OperationId, value: &Unknown<'_>) {
        let call = self.calls.borrow_mut().remove(&operation_id);
        if let Some(call) = call {
            call.finish_with(&self.env, value);
        }
    }

    /// Returns whether a call waits for the result of `operation_id`.
    pub fn has_call(&self, operation_id: OperationId) -> bool {
        self.calls.borrow().contains_key(&operation_id)
    }

    /// Closes all sockets and releases all JavaScript values; no callback is called afterwards.
    ///
    /// Does not wait for finalizers: OpenHarmony does not run them when an environment ends.
    fn end(&self) {
        // These sends would already be with the kernel, had they not been gathered.
        self.write_gathered();
        self.ended.set(true);
        self.bursts.corked.take();
        for object in self.objects.take().into_values().filter_map(|object| object.upgrade()) {
            object.end();
        }
        self.event_queue.close();
        self.calls.take();
        self.parts.take();
        self.next_turn.take();
        self.ready.take();
        self.builtins.take();
        self.microtasks.take();
        node_api::finalize_all(&self.env);
        ENVIRONMENTS.with_borrow_mut(|environments| environments.retain(|environment| !environment.ended.get()));
    }

    fn change_keep_alives(&self, keep_alives: usize) {
        let before = self.keep_alives.replace(keep_alives);
        if (before == 0) == (keep_alives == 0) || self.ended.get() {
            return;
        }
        if let Err(error) = self.event_queue.waker().keep_process(&self.env, keep_alives > 0) {
            error::report("the process could not be kept alive or let go", &error);
        }
    }
}

impl OnWake for Environment {
    fn on_wake(env: Env) {
        if let Some(environment) = find(&env) {
            environment.turn();
        }
    }
}

impl Microtask for Environment {
    fn run(env: Env) {
        if let Some(environment) = find(&env) {
            environment.flush();
        }
    }
}

/// Ends a turn, even after a panic.
struct TurnEnd<'a>(&'a Environment);

impl Drop for TurnEnd<'_> {
    fn drop(&mut self) {
        self.0.end_burst();
        self.0.next_turn.take().into_iter().filter_map(|id| self.0.object(id)).for_each(|object| object.request_turn());
        let is_left = !self.0.ready.borrow().is_empty();
        self.0.event_queue.end_turn(is_left);
    }
}

/// Keeps a Node process alive until dropped.
pub struct KeepAlive(Rc<Environment>);

impl KeepAlive {
    /// Keeps the process of `environment` alive.
    pub fn new(environment: &Rc<Environment>) -> Self {
        environment.change_keep_alives(environment.keep_alives.get() + 1);
        Self(Rc::clone(environment))
    }
}

impl Drop for KeepAlive {
    fn drop(&mut self) {
        self.0.change_keep_alives(self.0.keep_alives.get().saturating_sub(1));
    }
}

/// Increments `last` and returns it.
fn next_of(last: &Cell<u64>) -> u64 {
    last.set(last.get() + 1);
    last.get()
}

fn find(env: &Env) -> Option<Rc<Environment>> {
    ENVIRONMENTS.with_borrow(|environments| {
        environments.iter().find(|environment| environment.env.raw() == env.raw()).map(Rc::clone)
    })
}
