//! A call from JavaScript, and its result: by promise or callback.

use std::net::SocketAddr;
use std::rc::Rc;
use std::result;

use napi_ohos::bindgen_prelude::Unknown;
use napi_ohos::{Env, Result};
use socket_engine::{EventSink, OperationId, SocketError, SocketState};

use crate::convert::{self, Argument, Read};
use crate::cork::{Cork, Gathered};
use crate::emitter::{DueCallbacks, Emitter};
use crate::environment::{Call, KeepAlive};
use crate::error::{self, ArgumentError, CodeBase, argument_error, socket_error};
use crate::event_queue::ObjectEvent;
use crate::node_api::{self, Deferred, Reference};
use crate::types::{NetAddress, Record, SocketStateBase};

/// Value of a successful call.
pub enum CallValue {
    /// `undefined`.
    Nothing,
    /// The state of a socket.
    State(SocketState),
    /// An address.
    Address(SocketAddr),
    /// A descriptor or a number of connections.
    Number(i32),
}

/// State of a call.
pub enum CallState<'a> {
    /// Finished.
    Done(CallValue),
    /// The result arrives later, with the call's operation id.
    Awaited,
    /// As `Awaited`, for a send that is gathered with others.
    Gathered(&'a Cork),
}

/// A method and how it reports errors.
#[derive(Clone, Copy)]
pub struct Method {
    name: &'static str,
    base: CodeBase,
    throws_types: bool,
    needs_permission: bool,
}

/// Reason why a call failed.
enum Failure {
    /// The engine reported an error.
    Socket(SocketError),
    /// An argument is invalid, with the message.
    Argument(String),
}

/// How the caller receives the result.
enum Completion {
    Promise(Deferred),
    Callback(Reference),
}

/// A call whose result arrives later.
struct PendingCall {
    completion: Completion,
    method: Method,
    outcome: result::Result<CallValue, Failure>,
    /// Callbacks of the object that includes this one.
    due: Option<Rc<DueCallbacks>>,
    /// Keeps the object from being collected: its socket would be closed.
    _owner: Option<Reference>,
    _keep_alive: KeepAlive,
}

impl Method {
    /// A method that reports invalid arguments through the promise or callback.
    pub const fn new(name: &'static str, base: CodeBase) -> Self {
        Self { name, base, throws_types: false, needs_permission: true }
    }

    /// A method that throws if an argument has a wrong type, as the system method does.
    pub const fn throwing_types(name: &'static str, base: CodeBase) -> Self {
        Self { name, base, throws_types: true, needs_permission: true }
    }

    /// The same method without the network permission check, as in the system method.
    pub const fn without_permission(self) -> Self {
        Self { needs_permission: false, ..self }
    }

    /// Returns the state of a call, or an error if the app lacks the network permission.
    fn permitted(self, progress: result::Result<CallState, SocketError>) -> result::Result<CallState, SocketError> {
        match progress {
            Ok(CallState::Awaited) => progress,
            Err(error) if error.is_forbidden => Err(error),
            known if self.needs_permission => socket_engine::check_network().and(known),
            known => known,
        }
    }

    /// Creates the JavaScript error of a failed call.
    fn error<'env>(self, env: &'env Env, failure: &Failure) -> Result<Unknown<'env>> {
        match failure {
            Failure::Socket(error) => socket_error(env, self.base, error),
            Failure::Argument(fault) => argument_error(env, self.name, fault),
        }
    }

    /// Returns the message of an argument error that is not thrown.
    fn undelivered(self, error: ArgumentError) -> Read<String> {
        error.into_fault(self.throws_types)
    }
}

impl CallValue {
    fn to_js<'env>(&self, env: &'env Env) -> Result<Unknown<'env>> {
        match self {
            Self::Nothing => node_api::undefined(env),
            Self::State(state) => SocketStateBase::from(*state).to_js(env),
            Self::Address(address) => NetAddress::from(*address).to_js(env),
            Self::Number(number) => node_api::to_js(env, *number),
        }
    }
}

/// Runs `operation` for `method`; reports its result to `callback`, if given, or by promise.
///
/// Returns the return value for JavaScript. A callback is never called before this returns.
pub fn call<'env, E: ObjectEvent>(
    emitter: &'env Emitter<E>,
    method: Method,
    callback: Argument<'_>,
    operation: &dyn Fn(OperationId) -> Read<result::Result<CallState<'env>, SocketError>>,
) -> Result<Unknown<'env>> {
    begin(emitter, method, callback, operation).map_err(|error| error.throw(emitter.env(), method.name))
}

fn begin<'env, E: ObjectEvent>(
    emitter: &'env Emitter<E>,
    method: Method,
    callback: Argument<'_>,
    operation: &dyn Fn(OperationId) -> Read<result::Result<CallState<'env>, SocketError>>,
) -> Read<Unknown<'env>> {
    let operation_id = emitter.environment().new_operation_id();
    let (callback, progress) = match convert::callback(callback) {
        Ok(callback) => (callback, operation(operation_id)),
        Err(error) => (None, Err(error)),
    };
    let progress = match progress {
        Ok(progress) => method.permitted(progress).map_err(Failure::Socket),
        Err(error) => Err(Failure::Argument(method.undelivered(error)?)),
    };
    let (outcome, is_known, cork) = match progress {
        Ok(CallState::Gathered(cork)) => (Ok(CallValue::Nothing), false, Some(cork)),
        Ok(CallState::Awaited) => (Ok(CallValue::Nothing), false, None),
        Ok(CallState::Done(value)) => (Ok(value), true, None),
        Err(failure) => (Err(failure), true, None),
    };
    match (callback, cork) {
        (None, None) if is_known => Ok(settled(emitter, method, outcome)?),
        (None, Some(cork)) => {
            let (deferred, promise) = Deferred::new(emitter.env())?;
            cork.add(Gathered { operation_id, deferred: Some(deferred) });
            Ok(promise)
        }
        (callback, cork) => {
            let returned = await_result(emitter, method, operation_id, callback, (outcome, is_known))?;
            cork.into_iter().for_each(|cork| cork.add(Gathered { operation_id, deferred: None }));
            Ok(returned)
        }
    }
}

/// Keeps the call of `operation_id` until it gets its result; returns the return value for JavaScript.
///
/// A callback receives an outcome that is known already in a turn of its own.
fn await_result<'env, E: ObjectEvent>(
    emitter: &'env Emitter<E>,
    method: Method,
    operation_id: OperationId,
    callback: Argument<'_>,
    (outcome, is_known): (result::Result<CallValue, Failure>, bool),
) -> Read<Unknown<'env>> {
    // Created only now: a promise that is never settled would leak. Completions arrive in a later turn.
    let (returned, completion) = Completion::new(emitter.env(), callback)?;
    let call = PendingCall::new(emitter, completion, method, outcome)?;
    let call = if is_known { call.due(emitter) } else { call };
    emitter.environment().await_completion(operation_id, Box::new(call));
    if is_known {
        emitter.queue().complete(operation_id, Ok(()));
    }
    Ok(returned)
}

/// Settles the promise of `deferred` when the result of `operation_id` arrives.
pub fn await_deferred<E>(
    emitter: &Emitter<E>,
    method: Method,
    operation_id: OperationId,
    deferred: Deferred,
) -> Result<()> {
    let call = PendingCall::new(emitter, Completion::Promise(deferred), method, Ok(CallValue::Nothing))?;
    emitter.environment().await_completion(operation_id, Box::new(call));
    Ok(())
}

/// Returns a promise of a known result.
fn settled<'env, E>(
    emitter: &'env Emitter<E>,
    method: Method,
    outcome: result::Result<CallValue, Failure>,
) -> Result<Unknown<'env>> {
    let (env, builtins) = (emitter.env(), emitter.environment().builtins()?);
    match outcome {
        Ok(value) => builtins.resolved(env, &value.to_js(env)?),
        Err(failure) => builtins.rejected(env, &method.error(env, &failure)?),
    }
}

impl PendingCall {
    fn new<E>(
        emitter: &Emitter<E>,
        completion: Completion,
        method: Method,
        outcome: result::Result<CallValue, Failure>,
    ) -> Result<Self> {
        let _owner = emitter.owner()?;
        Ok(Self { completion, method, outcome, due: None, _owner, _keep_alive: KeepAlive::new(emitter.environment()) })
    }

    /// Returns the same call with a known result.
    fn due<E>(self, emitter: &Emitter<E>) -> Self {
        let due = Rc::clone(emitter.due_callbacks());
        due.add();
        Self { due: Some(due), ..self }
    }
}

impl Call for PendingCall {
    fn finish(self: Box<Self>, env: &Env, result: result::Result<(), SocketError>) {
        let outcome = result.map_err(Failure::Socket).and(self.outcome);
        self.completion.settle(env, self.method, outcome);
        self.due.iter().for_each(|due| due.remove());
    }

    fn finish_with(self: Box<Self>, env: &Env, value: &Unknown<'_>) {
        report(self.completion.succeed(env, value));
    }
}

impl Completion {
    /// Returns how the caller receives the result, and the return value of the call.
    fn new<'env>(env: &'env Env, callback: Argument<'_>) -> Read<(Unknown<'env>, Self)> {
        if let Some(callback) = callback {
            return Ok((node_api::undefined(env)?, Self::Callback(Reference::new(env, &callback)?)));
        }
        let (deferred, promise) = Deferred::new(env)?;
        Ok((promise, Self::Promise(deferred)))
    }

    fn settle(self, env: &Env, method: Method, outcome: result::Result<CallValue, Failure>) {
        let settled = match outcome {
            Ok(value) => value.to_js(env).and_then(|value| self.succeed(env, &value)),
            Err(failure) => method.error(env, &failure).and_then(|error| self.fail(env, error)),
        };
        report(settled);
    }

    fn succeed(self, env: &Env, value: &Unknown<'_>) -> Result<()> {
        match self {
            Self::Promise(deferred) => deferred.resolve(env, value),
            Self::Callback(callback) => node_api::call(env, &callback.get(env)?, [node_api::undefined(env)?, *value]),
        }
    }

    fn fail(self, env: &Env, error: Unknown<'_>) -> Result<()> {
        match self {
            Self::Promise(deferred) => deferred.reject(env, &error),
            Self::Callback(callback) => node_api::call(env, &callback.get(env)?, [error, node_api::undefined(env)?]),
        }
    }
}

fn report(settled: Result<()>) {
    if let Err(error) = settled {
        error::report("failed to settle a call", &error);
    }
}
