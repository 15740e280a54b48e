//! One JavaScript environment: its outbox, its objects, and the calls whose result comes later.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use napi_ohos::{Env, Result};
use socket_engine::{Arrivals, SocketError, Ticket};

use crate::broadcast::Broadcast;
use crate::error;
use crate::limits;
use crate::node_api::{self, Doorbell, Promises, Ring};
use crate::outbox::{Mailbox, ObjectEvent, Outbox, Told};

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

    /// Hands a number over, as the result.
    fn finish_with(self: Box<Self>, env: &Env, number: i32);
}

/// A recipient, whatever its events.
pub trait Object {
    /// Takes up to `limit` of what waits, and delivers what can be delivered.
    fn turn(&self, environment: &Environment, limit: usize) -> Spent;

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
        Spent { events: told.len().max(1), bytes: environment.deliver(self, told) }
    }

    fn request_turn(&self) {
        self.mailbox().request_turn();
    }

    fn end(&self) {
        self.mailbox().close();
        Recipient::end(self);
    }
}

/// What this module has in one JavaScript environment. Made on first use, emptied when the environment ends.
pub struct Environment {
    env: Env,
    outbox: Arc<Outbox>,
    promises: RefCell<Option<Rc<Promises>>>,
    objects: RefCell<HashMap<u64, Weak<dyn Object>>>,
    calls: RefCell<HashMap<Ticket, Box<dyn Call>>>,
    /// The broadcast that a part belongs to.
    parts: RefCell<HashMap<Ticket, Rc<RefCell<Broadcast>>>>,
    last_id: Cell<u64>,
    /// How many turns there were.
    turns: Cell<u64>,
    /// Objects that are to have the next turn, whatever comes.
    next_turn: RefCell<Vec<u64>>,
    /// What keeps the process of a Node alive: open sockets and calls under way.
    leases: Cell<usize>,
    ended: Cell<bool>,
}

impl Environment {
    /// The environment behind `env`.
    pub fn of(env: &Env) -> Result<Rc<Self>> {
        if let Some(environment) = find(env) {
            return Ok(environment);
        }
        let environment = Rc::new(Self {
            env: *env,
            promises: RefCell::new(Some(Rc::new(Promises::new(env)?))),
            outbox: Outbox::new(Doorbell::new::<Self>(env)?),
            objects: RefCell::default(),
            calls: RefCell::default(),
            parts: RefCell::default(),
            last_id: Cell::new(0),
            turns: Cell::new(0),
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
        self.outbox.mailbox(self.new_id())
    }

    /// A name for a call whose result comes later.
    pub fn new_ticket(&self) -> Ticket {
        Ticket(self.new_id())
    }

    /// Where this thread learns of what streams bring.
    pub fn arrivals(&self) -> Arc<Arrivals> {
        Arc::clone(self.outbox.arrivals())
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

    fn new_id(&self) -> u64 {
        let id = self.last_id.get() + 1;
        self.last_id.set(id);
        id
    }

    /// Takes a bounded part of what waits. The outbox rings again for the rest.
    fn turn(&self) {
        let _end = TurnEnd(self);
        self.turns.set(self.turns.get() + 1);
        self.outbox.gather();
        let mut events = limits::TURN_EVENTS;
        let mut bytes = limits::TURN_BYTES;
        while events > 0 && bytes > 0 && !self.ended.get() {
            let Some(id) = self.outbox.next() else {
                return;
            };
            let spent = self.turn_of(id, events);
            events = events.saturating_sub(spent.events);
            bytes = bytes.saturating_sub(spent.bytes);
            node_api::report_pending(&self.env);
        }
        // So that it waits for the next turn, and nobody has to wake this thread for it.
        self.outbox.gather();
    }

    fn object(&self, id: u64) -> Option<Rc<dyn Object>> {
        self.objects.borrow().get(&id).and_then(Weak::upgrade)
    }

    /// Lets the object `id` have its turn, unless it is no more.
    fn turn_of(&self, id: u64, limit: usize) -> Spent {
        // Upgraded before the call, because the object may unregister itself in it.
        let Some(object) = self.object(id) else { return Spent { events: 1, bytes: 0 } };
        node_api::with_handle_scope(&self.env, || object.turn(self, limit)).unwrap_or_else(|error| {
            error::report("events could not be delivered", &error);
            Spent { events: 1, bytes: 0 }
        })
    }

    /// Hands events to their object; between them, results to the calls that wait for them. Returns what that
    /// takes of a turn, in bytes.
    fn deliver<R: Recipient>(&self, recipient: &R, told: Vec<Told<R::Event>>) -> usize {
        let mut cost = 0;
        // What is left of the turn before, too. A delivery for each result would give a stream as many shares of a turn.
        let mut is_due = true;
        for told in told {
            match told {
                Told::Completed(ticket, result) => {
                    if std::mem::take(&mut is_due) {
                        cost += recipient.deliver();
                    }
                    self.complete(ticket, result);
                }
                Told::Event(event) => is_due |= recipient.take(event),
            }
        }
        if is_due {
            cost += recipient.deliver();
        }
        cost
    }

    fn complete(&self, ticket: Ticket, result: std::result::Result<(), SocketError>) {
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
        let call = self.calls.borrow_mut().remove(&ticket);
        if let Some(call) = call {
            call.finish_with(&self.env, reached);
        }
    }

    /// Closes every socket and lets go of everything that belongs to JavaScript; nothing is called any more. Does not
    /// wait for finalizers: OpenHarmony does not run them when an environment ends.
    fn end(&self) {
        self.ended.set(true);
        for object in self.objects.take().into_values().filter_map(|object| object.upgrade()) {
            object.end();
        }
        self.outbox.close();
        self.calls.take();
        self.parts.take();
        self.next_turn.take();
        self.promises.take();
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

/// Ends a turn, also one that panics.
struct TurnEnd<'a>(&'a Environment);

impl Drop for TurnEnd<'_> {
    fn drop(&mut self) {
        self.0.next_turn.take().into_iter().filter_map(|id| self.0.object(id)).for_each(|object| object.request_turn());
        self.0.outbox.end_turn();
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

fn find(env: &Env) -> Option<Rc<Environment>> {
    ENVIRONMENTS.with_borrow(|environments| {
        environments.iter().find(|environment| environment.env.raw() == env.raw()).map(Rc::clone)
    })
}
