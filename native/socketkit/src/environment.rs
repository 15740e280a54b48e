//! One JavaScript environment: its outbox, its objects, and the calls whose result comes later.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::{Rc, Weak};
use std::sync::Arc;

use napi_ohos::bindgen_prelude::Unknown;
use napi_ohos::{Env, Result};
use socket_engine::{LinkId, PollTarget, Readiness, SocketError, Ticket};

use crate::broadcast::Broadcast;
use crate::error;
use crate::limits;
use crate::node_api::{self, Doorbell, Microtask, Microtasks, Promises, Ring};
use crate::outbox::{Mailbox, ObjectEvent, Outbox, Told};
use crate::request_ticket;

thread_local! {
    /// The environments of this thread; one, unless the engine runs several on it.
    static ENVIRONMENTS: RefCell<Vec<Rc<Environment>>> = const { RefCell::new(Vec::new()) };
}

/// Takes the events of one object on the JavaScript thread.
pub trait Recipient {
    /// What can happen to the object.
    type Event: ObjectEvent;

    /// Where they wait.
    fn mailbox(&self) -> &Mailbox<Self::Event>;

    /// Takes an event, which comes after all that came before. True when it is to be delivered.
    fn take(&self, event: Self::Event) -> bool;

    /// Takes what a link of it is ready for. True when it is to be delivered.
    fn take_ready(&self, _link: LinkId, _readiness: Readiness) -> bool {
        false
    }

    /// Takes the result of sending the request whose answer `ticket` waits for.
    fn take_request(&self, _ticket: Ticket, _result: std::result::Result<(), SocketError>) {}

    /// Delivers what was taken and can be delivered. Also called when the object asked for a turn. Returns what that
    /// takes of a turn, in bytes.
    fn deliver(&self) -> usize;

    /// The environment ends: closes the socket. Nothing is delivered any more.
    fn end(&self);
}

/// A call whose result comes later.
pub trait Call {
    /// Hands the result over.
    fn finish(self: Box<Self>, env: &Env, result: std::result::Result<(), SocketError>);

    /// Hands a value over, as the result.
    fn finish_with(self: Box<Self>, env: &Env, value: &Unknown<'_>);
}

/// The sends of one object that leave together.
pub trait Corked {
    /// Hands them to the kernel.
    fn write(&self);

    /// Settles those that the kernel has. Not while anything is borrowed: it may run JavaScript.
    fn settle(&self, environment: &Environment);
}

/// A recipient, whatever its events.
pub trait Object {
    /// Takes up to `limit` of what waits, and delivers what can be delivered.
    fn turn(&self, environment: &Environment, limit: usize) -> Spent;

    /// The same, and behind that what a link of it is ready for.
    fn ready(&self, environment: &Environment, limit: usize, ready: Ready) -> Spent;

    /// Asks for a turn although nothing new has come.
    fn request_turn(&self);

    /// The environment ends.
    fn end(&self);
}

/// What the turn of one object has taken of the environment's.
pub struct Spent {
    events: usize,
    bytes: usize,
}

impl<R: Recipient> Object for R {
    fn turn(&self, environment: &Environment, limit: usize) -> Spent {
        let told = self.mailbox().take(limit);
        Spent { events: told.len().max(1), bytes: environment.deliver(self, told, None) }
    }

    fn ready(&self, environment: &Environment, limit: usize, ready: Ready) -> Spent {
        let told = if self.mailbox().is_empty() { Vec::new() } else { self.mailbox().take(limit) };
        let ready =
            if self.mailbox().is_empty() || told.len() < limit { Some(ready) } else { environment.put_off(ready) };
        Spent { events: told.len() + 1, bytes: environment.deliver(self, told, ready) }
    }

    fn request_turn(&self) {
        self.mailbox().request_turn();
    }

    fn end(&self) {
        self.mailbox().close();
        Recipient::end(self);
    }
}

/// A link that is ready, and the object that has it.
#[derive(Clone, Copy)]
pub struct Ready {
    object: u64,
    link: LinkId,
    readiness: Readiness,
}

/// Whose turn it is.
enum Next {
    /// An object that stands in line.
    Object(u64),
    Ready(Ready),
}

/// What this module has in one JavaScript environment. Made on first use, emptied when the environment ends.
pub struct Environment {
    env: Env,
    outbox: Arc<Outbox>,
    promises: RefCell<Option<Rc<Promises>>>,
    microtasks: RefCell<Option<Rc<Microtasks>>>,
    objects: RefCell<HashMap<u64, Weak<dyn Object>>>,
    calls: RefCell<HashMap<Ticket, Box<dyn Call>>>,
    /// The broadcast that a part belongs to.
    parts: RefCell<HashMap<Ticket, Rc<RefCell<Broadcast>>>>,
    last_object: Cell<u64>,
    last_ticket: Cell<u64>,
    /// Links that are ready, and were not read since.
    ready: RefCell<VecDeque<Ready>>,
    /// Whether an object in line goes before a link that is ready: they take turns.
    is_for_line: Cell<bool>,
    /// How many turns there were.
    turns: Cell<u64>,
    bursts: Bursts,
    /// Objects that are to have the next turn, whatever comes.
    next_turn: RefCell<Vec<u64>>,
    /// What keeps the process of a Node alive: open sockets and calls under way.
    leases: Cell<usize>,
    ended: Cell<bool>,
}

/// When sends leave together, and those that wait for that.
#[derive(Default)]
struct Bursts {
    number: Cell<u64>,
    /// There is a turn, at whose end they leave. Otherwise a microtask lets them.
    has_turn: Cell<bool>,
    /// Something was sent outside of a turn.
    needs_flush: Cell<bool>,
    awaits_flush: Cell<bool>,
    corked: RefCell<Vec<Rc<dyn Corked>>>,
}

impl Environment {
    /// The environment behind `env`.
    pub fn of(env: &Env) -> Result<Rc<Self>> {
        if let Some(environment) = find(env) {
            return Ok(environment);
        }
        let promises = Promises::new(env)?;
        let microtasks = Microtasks::new::<Self>(env, &promises)?;
        let environment = Rc::new(Self {
            env: *env,
            promises: RefCell::new(Some(Rc::new(promises))),
            microtasks: RefCell::new(Some(Rc::new(microtasks))),
            outbox: Outbox::new(Doorbell::new::<Self>(env)?),
            objects: RefCell::default(),
            calls: RefCell::default(),
            parts: RefCell::default(),
            last_object: Cell::new(0),
            last_ticket: Cell::new(0),
            ready: RefCell::default(),
            is_for_line: Cell::new(false),
            turns: Cell::new(0),
            bursts: Bursts::default(),
            next_turn: RefCell::default(),
            leases: Cell::new(0),
            ended: Cell::new(false),
        });
        let ending = Rc::clone(&environment);
        // Added after the doorbell was made, so that it runs before the engine tears the doorbell down.
        node_api::on_environment_end(env, move || ending.end())?;
        ENVIRONMENTS.with_borrow_mut(|environments| environments.push(Rc::clone(&environment)));
        Ok(environment)
    }

    /// The handle for Node-API calls on this thread.
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// What makes promises of what is known already.
    pub fn promises(&self) -> Result<Rc<Promises>> {
        self.promises.borrow().clone().ok_or_else(|| error::internal("the environment has ended"))
    }

    /// A mailbox for a new object.
    pub fn new_mailbox<E>(&self) -> Arc<Mailbox<E>> {
        self.outbox.mailbox(next_of(&self.last_object))
    }

    /// A name for a call whose result comes later.
    pub fn new_ticket(&self) -> Ticket {
        Ticket(next_of(&self.last_ticket))
    }

    /// Where this thread learns of what the links of the object `id` bring.
    pub fn poll_target(&self, id: u64) -> PollTarget {
        self.outbox.poller().target(id)
    }

    /// Lets `object` have the turns of `id`, for as long as it lives.
    pub fn register(&self, id: u64, object: Weak<dyn Object>) {
        self.objects.borrow_mut().insert(id, object);
    }

    /// Forgets the object `id`.
    pub fn unregister(&self, id: u64) {
        self.objects.borrow_mut().remove(&id);
    }

    /// Keeps `call` until the result of `ticket` comes.
    pub fn await_completion(&self, ticket: Ticket, call: Box<dyn Call>) {
        self.calls.borrow_mut().insert(ticket, call);
    }

    /// Keeps `broadcast` until all its parts are finished. Returns its result when they are already.
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

    /// Number of the turn that there is now. What a listener awaits of JavaScript alone goes on before the next one.
    pub fn turn_number(&self) -> u64 {
        self.turns.get()
    }

    /// Lets the object `id` have the next turn although nothing new has come.
    pub fn await_next_turn(&self, id: u64) {
        self.next_turn.borrow_mut().push(id);
    }

    /// Number of the burst that sends belong to now.
    pub fn burst(&self) -> u64 {
        self.bursts.number.get()
    }

    /// The same for a send that leaves at once, behind which the burst has to end.
    pub fn begin_burst(&self) -> u64 {
        self.bursts.needs_flush.set(true);
        self.bursts.number.get()
    }

    /// Lets the sends of `corked` leave when the burst ends.
    pub fn add_corked(&self, corked: Rc<dyn Corked>) {
        self.bursts.needs_flush.set(true);
        self.bursts.corked.borrow_mut().push(corked);
    }

    /// Sees to it that the burst ends to which something was added. May run JavaScript.
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

    /// Ends the burst: writes what was gathered.
    fn write_gathered(&self) {
        self.bursts.number.set(self.bursts.number.get() + 1);
        let corked = self.bursts.corked.borrow().clone();
        corked.iter().for_each(|corked| corked.write());
    }

    /// Ends the burst of a turn. What the kernel has is settled in a microtask, as on OpenHarmony JavaScript would go on
    /// behind each result that is settled in a turn.
    fn end_burst(&self) {
        self.bursts.has_turn.set(false);
        self.write_gathered();
        if !self.bursts.corked.borrow().is_empty() {
            self.queue_flush();
        }
    }

    /// Ends the burst, and settles what the kernel has.
    fn flush(&self) {
        self.bursts.awaits_flush.set(false);
        self.write_gathered();
        let corked = self.bursts.corked.take();
        corked.iter().for_each(|corked| corked.settle(self));
    }

    /// Takes a bounded part of what waits. The outbox rings again for the rest.
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
            let spent = self.turn_of(next, events);
            events = events.saturating_sub(spent.events);
            bytes = bytes.saturating_sub(spent.bytes);
            node_api::report_pending(&self.env);
        }
        self.write_gathered();
        // So that it waits for the next turn, and nobody has to wake this thread for it.
        self.poll();
    }

    /// Asks which links are ready. False when none is.
    fn poll(&self) -> bool {
        let mut waiting = self.ready.borrow_mut();
        self.outbox.poll(|object, link, readiness| waiting.push_back(Ready { object, link, readiness }))
    }

    /// Leaves a link that is ready for later: its object has more of what came before.
    fn put_off(&self, ready: Ready) -> Option<Ready> {
        self.ready.borrow_mut().push_back(ready);
        None
    }

    /// An object in line, and a link that is ready, by turns.
    fn next(&self) -> Option<Next> {
        let in_line = || self.outbox.next().map(Next::Object);
        let ready = || self.ready.borrow_mut().pop_front().map(Next::Ready);
        let is_for_line = self.is_for_line.replace(!self.is_for_line.get());
        if is_for_line { in_line().or_else(ready) } else { ready().or_else(in_line) }
    }

    /// The next object for which something comes: answers that wait for the end of the burst leave before that is asked, as their
    /// peers may answer at once.
    fn next_that_comes(&self) -> Option<Next> {
        self.write_gathered();
        if self.poll() { self.next() } else { None }
    }

    fn object(&self, id: u64) -> Option<Rc<dyn Object>> {
        self.objects.borrow().get(&id).and_then(Weak::upgrade)
    }

    /// Lets an object have its turn, unless it is no more.
    fn turn_of(&self, next: Next, limit: usize) -> Spent {
        let (Next::Object(id) | Next::Ready(Ready { object: id, .. })) = next;
        // Upgraded before the call, because the object may unregister itself in it.
        let Some(object) = self.object(id) else { return Spent { events: 1, bytes: 0 } };
        let turn = || match next {
            Next::Object(_) => object.turn(self, limit),
            Next::Ready(ready) => object.ready(self, limit, ready),
        };
        node_api::with_handle_scope(&self.env, turn).unwrap_or_else(|error| {
            error::report("events could not be delivered", &error);
            Spent { events: 1, bytes: 0 }
        })
    }

    /// Hands events to their object; between them, results to the calls that wait for them, and behind them what is ready. Returns
    /// what that takes of a turn, in bytes.
    fn deliver<R: Recipient>(&self, recipient: &R, told: Vec<Told<R::Event>>, ready: Option<Ready>) -> usize {
        let mut cost = 0;
        // What is left of the turn before, too. A delivery for each result would give a stream as many shares of a turn.
        let mut is_due = true;
        for told in told {
            match told {
                Told::Completed(ticket, result) => {
                    if std::mem::take(&mut is_due) {
                        cost += recipient.deliver();
                    }
                    match request_ticket::answered_by(ticket) {
                        Some(answer) => recipient.take_request(answer, result),
                        None => self.complete(ticket, result),
                    }
                }
                Told::Event(event) => is_due |= recipient.take(event),
            }
        }
        is_due |= ready.is_some_and(|Ready { link, readiness, .. }| recipient.take_ready(link, readiness));
        if is_due {
            cost += recipient.deliver();
        }
        cost
    }

    /// Hands the result of `ticket` to the call that waits for it.
    pub fn complete(&self, ticket: Ticket, result: std::result::Result<(), SocketError>) {
        // Its answer is what its call waits for.
        if request_ticket::answered_by(ticket).is_some() {
            return;
        }
        let is_known = self.calls.borrow().contains_key(&ticket) || self.parts.borrow().contains_key(&ticket);
        if !is_known {
            // A gathered send that the engine has written itself.
            self.write_gathered();
        }
        let part = self.parts.borrow_mut().remove(&ticket);
        if let Some(broadcast) = part {
            let finished = broadcast.borrow_mut().finish(result.is_ok());
            if finished {
                let (ticket, reached) = (broadcast.borrow().ticket(), broadcast.borrow().reached());
                self.finish_broadcast(ticket, reached);
            }
            return;
        }
        let call = self.calls.borrow_mut().remove(&ticket);
        if let Some(call) = call {
            call.finish(&self.env, result);
        }
    }

    fn finish_broadcast(&self, ticket: Ticket, reached: i32) {
        match node_api::to_js(&self.env, reached) {
            Ok(reached) => self.complete_with(ticket, &reached),
            Err(error) => error::report("failed to settle the promise of a broadcast", &error),
        }
    }

    /// Hands `value` to the call that waits for the result of `ticket`.
    pub fn complete_with(&self, ticket: Ticket, value: &Unknown<'_>) {
        let call = self.calls.borrow_mut().remove(&ticket);
        if let Some(call) = call {
            call.finish_with(&self.env, value);
        }
    }

    /// Whether a call waits for the result of `ticket`.
    pub fn has_call(&self, ticket: Ticket) -> bool {
        self.calls.borrow().contains_key(&ticket)
    }

    /// Closes every socket and lets go of everything that belongs to JavaScript; nothing is called any more. Does not
    /// wait for finalizers: OpenHarmony does not run them when an environment ends.
    fn end(&self) {
        // It would be with the kernel already, had it left alone.
        self.write_gathered();
        self.ended.set(true);
        self.bursts.corked.take();
        for object in self.objects.take().into_values().filter_map(|object| object.upgrade()) {
            object.end();
        }
        self.outbox.close();
        self.calls.take();
        self.parts.take();
        self.next_turn.take();
        self.ready.take();
        self.promises.take();
        self.microtasks.take();
        node_api::finalize_all(&self.env);
        ENVIRONMENTS.with_borrow_mut(|environments| environments.retain(|environment| !environment.ended.get()));
    }

    fn change_leases(&self, leases: usize) {
        let before = self.leases.replace(leases);
        if (before == 0) == (leases == 0) || self.ended.get() {
            return;
        }
        if let Err(error) = self.outbox.doorbell().keep_process(&self.env, leases > 0) {
            error::report("the process could not be kept alive or let go", &error);
        }
    }
}

impl Ring for Environment {
    fn rung(env: Env) {
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

/// Ends a turn, also one that panics.
struct TurnEnd<'a>(&'a Environment);

impl Drop for TurnEnd<'_> {
    fn drop(&mut self) {
        self.0.end_burst();
        self.0.next_turn.take().into_iter().filter_map(|id| self.0.object(id)).for_each(|object| object.request_turn());
        let is_left = !self.0.ready.borrow().is_empty();
        self.0.outbox.end_turn(is_left);
    }
}

/// Keeps the process of a Node alive until dropped.
pub struct Lease(Rc<Environment>);

impl Lease {
    /// Takes a lease of `environment`.
    pub fn new(environment: &Rc<Environment>) -> Self {
        environment.change_leases(environment.leases.get() + 1);
        Self(Rc::clone(environment))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.0.change_leases(self.0.leases.get().saturating_sub(1));
    }
}

/// The number after the last one.
fn next_of(last: &Cell<u64>) -> u64 {
    last.set(last.get() + 1);
    last.get()
}

fn find(env: &Env) -> Option<Rc<Environment>> {
    ENVIRONMENTS.with_borrow(|environments| {
        environments.iter().find(|environment| environment.env.raw() == env.raw()).map(Rc::clone)
    })
}
