//! Common parts of all classes: queue, listeners, and whether the socket is open.

use std::cell::{Cell, RefCell};
use std::ffi::CStr;
use std::io;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use napi_ohos::bindgen_prelude::{Object, Unknown};
use napi_ohos::{Env, Result};
use socket_engine::SocketError;

use crate::convert::{self, Argument, Read};
use crate::environment::{Environment, KeepAlive, Object as Registered};
use crate::error::{self, CodeBase, socket_error};
use crate::event_queue::{ObjectEvent, ObjectQueue};
use crate::node_api::{self, ListenerStore, Reference};
use crate::retry::Retry;
use crate::types::Record;

/// Name of the function for message lengths, stored next to the listeners.
pub const MESSAGE_LENGTH: &CStr = c"messageLength";

/// Name of the function that creates pings.
pub const PING: &CStr = c"ping";

/// Event with listeners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventName {
    /// `connect`
    Connect,
    /// `message`
    Message,
    /// `close`
    Close,
    /// `error`
    Error,
    /// `drain`
    Drain,
    /// `listening`
    Listening,
    /// `reject`
    Reject,
    /// `reconnecting`
    Reconnecting,
    /// `end`
    End,
    /// `stalled`
    Stalled,
    /// `recovered`
    Recovered,
}

impl EventName {
    fn text(self) -> &'static CStr {
        match self {
            Self::Connect => c"connect",
            Self::Message => c"message",
            Self::Close => c"close",
            Self::Error => c"error",
            Self::Drain => c"drain",
            Self::Listening => c"listening",
            Self::Reject => c"reject",
            Self::Reconnecting => c"reconnecting",
            Self::End => c"end",
            Self::Stalled => c"stalled",
            Self::Recovered => c"recovered",
        }
    }

    fn bit(self) -> u16 {
        1 << self as u8
    }
}

/// JavaScript side of one object.
pub struct Emitter<E> {
    environment: Rc<Environment>,
    queue: Arc<ObjectQueue<E>>,
    store: ListenerStore,
    events: &'static [EventName],
    /// One bit for each event that has a listener.
    attached: Cell<u16>,
    /// Number of changes of listeners.
    changes: Cell<u64>,
    open: RefCell<Option<KeepAlive>>,
    /// Whether the object is kept while its socket is open, also without listeners.
    is_kept: Cell<bool>,
    /// Keeps the object until the turn that delivers its pending events has ended.
    awaiting_turn: RefCell<Option<Reference>>,
    /// Retry of a failed delivery.
    retry: RefCell<Option<Retry>>,
    due: Rc<DueCallbacks>,
}

/// Callbacks of an object whose results were known at the call.
#[derive(Default)]
pub struct DueCallbacks {
    count: Cell<usize>,
    /// Whether one was called, which may have made more calls.
    was_called: Cell<bool>,
}

impl DueCallbacks {
    /// Counts a callback to call.
    pub fn add(&self) {
        self.count.set(self.count.get() + 1);
    }

    /// Counts a called callback.
    pub fn remove(&self) {
        self.count.set(self.count.get().saturating_sub(1));
        self.was_called.set(true);
    }

    /// Returns whether the object is in use.
    /// A callback is pending, or was called since the last query.
    pub fn hold(&self) -> bool {
        self.was_called.take() || self.count.get() > 0
    }
}

impl<E> Emitter<E> {
    /// Creates the emitter of `this`, which has `events`.
    pub fn new(
        environment: &Rc<Environment>,
        queue: Arc<ObjectQueue<E>>,
        this: &Object<'_>,
        events: &'static [EventName],
    ) -> Result<Self> {
        let store = ListenerStore::new(environment.env(), this)?;
        Ok(Self {
            environment: Rc::clone(environment),
            queue,
            store,
            events,
            attached: Cell::new(0),
            changes: Cell::new(0),
            open: RefCell::default(),
            is_kept: Cell::new(false),
            awaiting_turn: RefCell::default(),
            retry: RefCell::default(),
            due: Rc::default(),
        })
    }

    /// Returns its pending callbacks.
    pub fn due_callbacks(&self) -> &Rc<DueCallbacks> {
        &self.due
    }

    /// Returns the environment of the object.
    pub fn environment(&self) -> &Rc<Environment> {
        &self.environment
    }

    /// Returns the queue of the object.
    pub fn queue(&self) -> &Arc<ObjectQueue<E>> {
        &self.queue
    }

    /// Registers `object` for its events.
    pub fn register(&self, object: Weak<dyn Registered>) {
        self.environment.register(self.queue.id, object);
    }

    /// Returns the object, unless it was collected.
    pub fn object<'env>(&self, env: &'env Env) -> Result<Option<Unknown<'env>>> {
        self.store.owner(env)
    }

    /// Returns a reference that keeps the object from being collected.
    pub fn owner(&self) -> Result<Option<Reference>> {
        self.object(self.env())?.map(|owner| Reference::new(self.env(), &owner)).transpose()
    }

    /// Sets whether the object's socket is open.
    ///
    /// An open socket keeps a Node process alive, and is not collected while it has listeners.
    pub fn set_open(&self, open: bool) {
        if self.open.borrow().is_some() == open {
            return;
        }
        self.open.replace(open.then(|| KeepAlive::new(&self.environment)));
        self.update_keeping();
    }

    /// Sets whether the object is kept while its socket is open, without listeners.
    pub fn set_kept(&self, kept: bool) {
        self.is_kept.set(kept);
        self.update_keeping();
    }

    /// `on(type, callback)`: replaces the listener.
    pub fn on(&self, name: &Argument<'_>, callback: Argument<'_>) -> Result<()> {
        let attach = || -> Read<()> {
            let event = self.event(name)?;
            let listener = convert::listener(callback)?;
            let Some(event) = event else { return Ok(()) };
            self.store.set(self.env(), event.text(), &listener)?;
            self.attached.set(self.attached.get() | event.bit());
            self.changes.set(self.changes.get() + 1);
            Ok(())
        };
        attach().map_err(|error| error.throw(self.env(), "on"))?;
        self.update_keeping();
        self.await_turn();
        Ok(())
    }

    /// Requests a turn that delivers pending events; keeps the object until then, even if closed.
    pub fn await_turn(&self) {
        if self.open.borrow().is_none() {
            self.awaiting_turn.replace(self.kept_owner());
        }
        self.queue.request_turn();
    }

    fn kept_owner(&self) -> Option<Reference> {
        self.owner().unwrap_or_else(|error| {
            error::report("an object could not be kept", &error);
            None
        })
    }

    /// Ends that turn: pending events were delivered, wait for a retry, or are dropped.
    pub fn end_turn(&self) {
        self.awaiting_turn.take();
        let retry = self.retry.take().and_then(Retry::end_turn);
        self.retry.replace(retry);
    }

    /// Stores a function of the app.
    pub fn set_function(&self, name: &CStr, function: &Unknown<'_>) -> Result<()> {
        self.store.set(self.env(), name, function)
    }

    /// Returns a function of the app, if set.
    pub fn function(&self, name: &CStr) -> Result<Option<Unknown<'_>>> {
        let Some(function) = self.store.get(self.env(), name)? else { return Ok(None) };
        Ok(node_api::is_function(&function)?.then_some(function))
    }

    /// `off(type, callback?)`: removes the listener.
    /// With `callback`, only if that is the listener.
    pub fn off(&self, name: &Argument<'_>, callback: Argument<'_>) -> Result<()> {
        let detach = || -> Read<()> {
            let event = self.event(name)?;
            let callback = convert::callback(callback)?;
            let Some(event) = event else { return Ok(()) };
            let Some(listener) = self.listener(event)? else { return Ok(()) };
            let meant = callback.map_or(Ok(true), |callback| node_api::same(&callback, &listener))?;
            if meant {
                self.store.set(self.env(), event.text(), &node_api::undefined(self.env())?)?;
                self.attached.set(self.attached.get() & !event.bit());
                self.changes.set(self.changes.get() + 1);
            }
            Ok(())
        };
        detach().map_err(|error| error.throw(self.env(), "off"))?;
        self.update_keeping();
        Ok(())
    }

    /// Returns whether `event` has a listener.
    pub fn has(&self, event: EventName) -> bool {
        self.attached.get() & event.bit() != 0
    }

    /// Calls the listener for `event`, if set.
    pub fn emit<const N: usize>(&self, event: EventName, arguments: [Unknown<'_>; N]) {
        match self.listener(event) {
            Ok(listener) => self.call(event, listener.as_ref(), arguments),
            Err(error) => error::report(format_args!("a listener for {event:?} could not be called"), &error),
        }
    }

    /// Calls `listener`, the one for `event`, if set.
    pub fn call<const N: usize>(&self, event: EventName, listener: Option<&Unknown<'_>>, arguments: [Unknown<'_>; N]) {
        let called = listener.map_or(Ok(()), |listener| node_api::call(self.env(), listener, arguments));
        if let Err(error) = called {
            error::report(format_args!("a listener for {event:?} could not be called"), &error);
        }
    }

    /// Calls the listener for `event` with `value`, if set.
    pub fn emit_value(&self, event: EventName, value: &dyn Record) {
        if !self.has(event) {
            return;
        }
        match value.to_js(self.env()) {
            Ok(value) => self.emit(event, [value]),
            Err(error) => error::report(format_args!("the value of {event:?} could not be made"), &error),
        }
    }

    /// Calls the `error` listener.
    pub fn emit_error(&self, error: &SocketError) {
        match socket_error(self.env(), CodeBase::Socket, error) {
            Ok(error) => self.emit(EventName::Error, [error]),
            Err(failure) => error::report(format_args!("{error} could not be reported"), &failure),
        }
    }

    /// Handle for Node-API calls on this thread.
    pub fn env(&self) -> &Env {
        self.environment.env()
    }

    /// Returns the number of changes of listeners.
    /// While it is constant, a listener does not change.
    pub fn changes(&self) -> u64 {
        self.changes.get()
    }

    /// Returns the listener for `event`.
    pub fn listener(&self, event: EventName) -> Result<Option<Unknown<'_>>> {
        if self.has(event) { self.store.get(self.env(), event.text()) } else { Ok(None) }
    }

    fn update_keeping(&self) {
        let keep = self.open.borrow().is_some() && (self.is_kept.get() || self.attached.get() != 0);
        if let Err(error) = self.store.keep_owner(keep) {
            error::report("an object could not be kept or let go", &error);
        }
    }

    /// Returns the event `name`.
    /// `None` for unknown events, which are allowed as in the system socket API.
    fn event(&self, name: &Argument<'_>) -> Read<Option<EventName>> {
        let name = convert::string(name, "type")?;
        let known = self.events.iter().find(|event| event.text().to_bytes() == name.as_bytes());
        if known.is_none() {
            let events = self.events.iter().map(|event| event.text().to_string_lossy()).collect::<Vec<_>>().join(", ");
            log::warn!("invalid event type \"{name}\"; expected one of {events}");
        }
        Ok(known.copied())
    }
}

impl<E: ObjectEvent> Emitter<E> {
    /// Schedules a retry of a failed delivery; returns true for the first of several failures.
    pub fn await_retry(&self) -> bool {
        let earlier = self.retry.take();
        let is_first = earlier.is_none();
        match earlier.map_or_else(|| self.new_retry(), Ok) {
            Ok(mut retry) => {
                retry.fail();
                self.retry.replace(Some(retry));
            }
            Err(error) => {
                log::error!("cannot wait before the next attempt: {error}");
                self.await_turn();
            }
        }
        is_first
    }

    fn new_retry(&self) -> io::Result<Retry> {
        let queue = Arc::clone(&self.queue);
        Retry::new(self.kept_owner(), KeepAlive::new(&self.environment), Box::new(move || queue.request_turn()))
    }
}

impl<E> Drop for Emitter<E> {
    fn drop(&mut self) {
        self.queue.close();
        self.environment.unregister(self.queue.id);
    }
}
