//! One JavaScript environment: its outbox, its objects, and the calls whose result comes later.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use napi_ohos::{Env, Result};
use socket_engine::{Event, SocketError, Ticket};

use crate::broadcast::Broadcast;
use crate::call::{PendingCall, Progress, Reply};
use crate::error;
use crate::limits;
use crate::node_api::{self, Doorbell, Promises, Ring};
use crate::outbox::{Mailbox, Outbox};

thread_local! {
    /// The environments of this thread; one, unless the engine runs several on it.
    static ENVIRONMENTS: RefCell<Vec<Rc<Environment>>> = const { RefCell::new(Vec::new()) };
}

/// Takes the events of one object on the JavaScript thread.
pub trait Recipient {
    /// Takes an event, which comes after all that came before.
    fn take(&self, event: Event);

    /// Delivers what was taken and can be delivered. Also called when the object asked for a turn. Returns what that
    /// takes of a turn, in bytes.
    fn deliver(&self) -> usize;

    /// The environment ends: closes the socket. Nothing is delivered any more.
    fn end(&self);
}

/// What this module has in one JavaScript environment. Made on first use, emptied when the environment ends.
pub struct Environment {
    env: Env,
    outbox: Arc<Outbox>,
    promises: RefCell<Option<Rc<Promises>>>,
    recipients: RefCell<HashMap<u64, Weak<dyn Recipient>>>,
    calls: RefCell<HashMap<Ticket, PendingCall>>,
    /// The broadcast that a part belongs to.
    parts: RefCell<HashMap<Ticket, Rc<RefCell<Broadcast>>>>,
    last_id: Cell<u64>,
    /// How many turns there were.
    turns: Cell<u64>,
    /// Objects that are to have the next turn, whatever comes.
    next_turn: RefCell<Vec<Arc<Mailbox>>>,
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
            recipients: RefCell::default(),
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
    pub fn new_mailbox(&self) -> Arc<Mailbox> {
        self.outbox.mailbox(self.new_id())
    }

    /// A name for a call whose result comes later.
    pub fn new_ticket(&self) -> Ticket {
        Ticket(self.new_id())
    }

    /// Lets `recipient` have the events of the mailbox `id`, for as long as it lives.
    pub fn register(&self, id: u64, recipient: Weak<dyn Recipient>) {
        self.recipients.borrow_mut().insert(id, recipient);
    }

    /// Forgets the recipient of the mailbox `id`.
    pub fn unregister(&self, id: u64) {
        self.recipients.borrow_mut().remove(&id);
    }

    /// Keeps `call` until `Completed` with `ticket` comes.
    pub fn await_completion(&self, ticket: Ticket, call: PendingCall) {
        self.calls.borrow_mut().insert(ticket, call);
    }

    /// Keeps `broadcast` until all its parts are finished.
    pub fn await_parts(&self, broadcast: Broadcast) -> Progress {
        if broadcast.parts().is_empty() {
            return Progress::Done(Reply::Number(broadcast.reached()));
        }
        let broadcast = Rc::new(RefCell::new(broadcast));
        for part in broadcast.borrow().parts() {
            self.parts.borrow_mut().insert(*part, Rc::clone(&broadcast));
        }
        Progress::Awaited
    }

    /// Number of the turn that there is now. What a listener awaits of JavaScript alone goes on before the next one.
    pub fn turn_number(&self) -> u64 {
        self.turns.get()
    }

    /// Lets the object of `mailbox` have the next turn although nothing new has come.
    pub fn await_next_turn(&self, mailbox: &Arc<Mailbox>) {
        self.next_turn.borrow_mut().push(Arc::clone(mailbox));
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
            let Some(mailbox) = self.outbox.next() else {
                return;
            };
            let taken = mailbox.take(events);
            events = events.saturating_sub(taken.len().max(1));
            match node_api::with_handle_scope(&self.env, || self.deliver(mailbox.id, taken)) {
                Ok(cost) => bytes = bytes.saturating_sub(cost),
                Err(error) => error::report("events could not be delivered", &error),
            }
            node_api::report_pending(&self.env);
        }
        // So that it waits for the next turn, and nobody has to wake this thread for it.
        self.outbox.gather();
    }

    /// Hands events to their object; between them, results to the calls that wait for them. Returns what that
    /// takes of a turn, in bytes.
    fn deliver(&self, id: u64, events: Vec<Event>) -> usize {
        let mut cost = 0;
        // What is left of the turn before, too. A delivery for each result would give a stream as many shares of a turn.
        let mut is_due = true;
        for event in events {
            match event {
                Event::Completed(ticket, result) => {
                    if std::mem::take(&mut is_due) {
                        cost += self.with_recipient(id, |recipient| recipient.deliver()).unwrap_or(0);
                    }
                    self.complete(ticket, result);
                }
                event => {
                    is_due |= !matches!(event, Event::Drained);
                    self.with_recipient(id, |recipient| recipient.take(event));
                }
            }
        }
        if is_due {
            cost += self.with_recipient(id, |recipient| recipient.deliver()).unwrap_or(0);
        }
        cost
    }

    /// `None` when the object is no more.
    fn with_recipient<T>(&self, id: u64, run: impl FnOnce(&dyn Recipient) -> T) -> Option<T> {
        // Upgraded before the call, because the recipient may unregister itself in it.
        let recipient = self.recipients.borrow().get(&id).and_then(Weak::upgrade);
        recipient.map(|recipient| run(recipient.as_ref()))
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
            call.finish_with(&self.env, Reply::Number(reached));
        }
    }

    /// Closes every socket and lets go of everything that belongs to JavaScript; nothing is called any more. Does not
    /// wait for finalizers: OpenHarmony does not run them when an environment ends.
    fn end(&self) {
        self.ended.set(true);
        for recipient in self.recipients.take().into_values().filter_map(|recipient| recipient.upgrade()) {
            recipient.end();
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
        self.0.next_turn.take().iter().for_each(|mailbox| mailbox.request_turn());
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
