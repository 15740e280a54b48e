//! A call from JavaScript and the way its result goes back: a promise, or a callback.

use std::net::SocketAddr;
use std::result;

use napi_ohos::bindgen_prelude::Unknown;
use napi_ohos::{Env, Result};
use socket_engine::{Event, EventSink, SocketError, SocketState, Ticket};

use crate::convert::{self, Argument, Read};
use crate::emitter::Emitter;
use crate::environment::Lease;
use crate::error::{self, CodeBase, socket_error};
use crate::node_api::{self, Deferred, Reference};
use crate::types::{NetAddress, SocketStateBase};

/// What a successful call gives.
pub enum Reply {
    /// `undefined`.
    Nothing,
    /// The state of a socket.
    State(SocketState),
    /// An address.
    Address(SocketAddr),
    /// A descriptor, or a number of connections.
    Number(i32),
}

/// How far a call got.
pub enum Progress {
    /// It is finished.
    Done(Reply),
    /// `Completed` with the call's ticket will tell.
    Awaited,
}

/// How the caller wants the result.
enum Answer {
    Promise(Deferred),
    Callback(Reference),
}

/// A call whose result comes later.
pub struct PendingCall {
    answer: Answer,
    base: CodeBase,
    reply: Reply,
    /// The object must not be collected before: its socket would be closed.
    _owner: Option<Reference>,
    _lease: Lease,
}

impl Reply {
    fn to_js<'env>(&self, env: &'env Env) -> Result<Unknown<'env>> {
        match self {
            Self::Nothing => node_api::undefined(env),
            Self::State(state) => node_api::to_js(env, SocketStateBase::from(*state)),
            Self::Address(address) => node_api::to_js(env, NetAddress::from(*address)),
            Self::Number(number) => node_api::to_js(env, *number),
        }
    }
}

/// Runs `operation`, which is `method` of the object behind `emitter`, for a caller who wants the result in `callback`, or as a promise when
/// there is none. Returns what JavaScript gets back. A callback is never called before this returns.
pub fn call<'env>(
    emitter: &'env Emitter,
    method: &str,
    base: CodeBase,
    callback: Argument<'_>,
    operation: impl FnOnce(Ticket) -> Read<result::Result<Progress, SocketError>>,
) -> Result<Unknown<'env>> {
    let run = || -> Read<Unknown<'env>> {
        let callback = convert::callback(callback)?;
        let ticket = emitter.environment().new_ticket();
        let (reply, result) = match operation(ticket)? {
            Ok(Progress::Awaited) => (Reply::Nothing, None),
            Ok(Progress::Done(reply)) => (reply, Some(Ok(()))),
            Err(error) => (Reply::Nothing, Some(Err(error))),
        };
        match (callback, result) {
            (None, Some(result)) => Ok(settled(emitter, base, &reply, result)?),
            (callback, result) => {
                // Made only now: a promise that is never settled would stay for ever. What completes, does so in a later turn.
                let (returned, answer) = Answer::new(emitter.env(), callback)?;
                emitter.environment().await_completion(ticket, PendingCall::new(emitter, answer, base, reply)?);
                // A callback gets what is known already in a turn of its own.
                result.into_iter().for_each(|result| emitter.mailbox().post(Event::Completed(ticket, result)));
                Ok(returned)
            }
        }
    };
    run().map_err(|refusal| refusal.throw(emitter.env(), method))
}

/// A promise of a result that is known while its caller waits.
fn settled<'env>(
    emitter: &'env Emitter,
    base: CodeBase,
    reply: &Reply,
    result: result::Result<(), SocketError>,
) -> Result<Unknown<'env>> {
    let (env, promises) = (emitter.env(), emitter.environment().promises()?);
    match result {
        Ok(()) => promises.resolved(env, &reply.to_js(env)?),
        Err(error) => promises.rejected(env, &socket_error(env, base, &error)?),
    }
}

impl PendingCall {
    fn new(emitter: &Emitter, answer: Answer, base: CodeBase, reply: Reply) -> Result<Self> {
        let _owner = emitter.owner()?;
        Ok(Self { answer, base, reply, _owner, _lease: Lease::new(emitter.environment()) })
    }

    /// Hands `reply` over.
    pub fn finish_with(self, env: &Env, reply: Reply) {
        Self { reply, ..self }.finish(env, Ok(()));
    }

    /// Hands the result over.
    pub fn finish(self, env: &Env, result: result::Result<(), SocketError>) {
        self.answer.hand_over(env, self.base, &self.reply, result);
    }
}

impl Answer {
    /// The answer to a caller, and what the call returns to it.
    fn new<'env>(env: &'env Env, callback: Argument<'_>) -> Read<(Unknown<'env>, Self)> {
        if let Some(callback) = callback {
            return Ok((node_api::undefined(env)?, Self::Callback(Reference::new(env, &callback)?)));
        }
        let (deferred, promise) = Deferred::new(env)?;
        Ok((promise, Self::Promise(deferred)))
    }

    fn hand_over(self, env: &Env, base: CodeBase, reply: &Reply, result: result::Result<(), SocketError>) {
        let handed_over = match result {
            Ok(()) => reply.to_js(env).and_then(|value| self.succeed(env, &value)),
            Err(error) => socket_error(env, base, &error).and_then(|error| self.fail(env, error)),
        };
        if let Err(error) = handed_over {
            error::report("a result could not be handed over", &error);
        }
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
