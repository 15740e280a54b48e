//! The only table from errors to the codes that JavaScript sees.

use std::fmt;
use std::result;

use napi_ohos::bindgen_prelude::{Object, Unknown};
use napi_ohos::{Env, Error, JsValue, Result, Status};
use socket_engine::{AddressError, ProxyFault, SocketError};

use crate::node_api;

/// Code of every call of an app that lacks the permission to use the network.
const PERMISSION_DENIED: i32 = 201;

/// Code of every malformed argument.
const PARAMETER_ERROR: i32 = 401;

/// Which thousand an errno is added to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeBase {
    /// Everything but the two below: 2301000.
    Socket,
    /// `listen` of a server and `send` of its connections: 2303100.
    Server,
}

impl CodeBase {
    /// The code of an error, as the system's kit forms it.
    pub fn code(self, error: &SocketError) -> i32 {
        if let Some(error) = &error.proxy {
            return proxy_code(error.fault);
        }
        if error.is_forbidden {
            return PERMISSION_DENIED;
        }
        let base = match self {
            Self::Socket => 2_301_000,
            Self::Server => 2_303_100,
        };
        base + error.errno
    }
}

/// The system's own codes of what fails with a SOCKS5 proxy.
fn proxy_code(fault: ProxyFault) -> i32 {
    match fault {
        ProxyFault::Unreachable => 2_301_206,
        ProxyFault::Credentials => 2_301_207,
        ProxyFault::Target => 2_301_208,
        ProxyFault::Authentication => 2_301_209,
        ProxyFault::Send => 2_301_210,
        ProxyFault::Receive => 2_301_211,
        ProxyFault::Request => 2_301_212,
        ProxyFault::Answer => 2_301_213,
    }
}

/// The JavaScript error of a failed operation.
pub fn socket_error<'env>(env: &'env Env, base: CodeBase, error: &SocketError) -> Result<Unknown<'env>> {
    node_api::error_with_code(env, base.code(error), &error.to_string())
}

/// The JavaScript error of `bytes` that came in place of a message.
pub fn corrupt_error<'env>(env: &'env Env, error: &SocketError, bytes: &[u8]) -> Result<Unknown<'env>> {
    let data = node_api::array_buffer_from_parts(env, &[bytes])?;
    let error = socket_error(env, CodeBase::Socket, error)?;
    Object::from_raw(env.raw(), error.raw()).set("data", data)?;
    Ok(error)
}

/// The JavaScript error of a malformed argument of `method`.
pub fn argument_error<'env>(env: &'env Env, method: &str, fault: &str) -> Result<Unknown<'env>> {
    node_api::error_with_code(env, PARAMETER_ERROR, &format!("{method}: {fault}"))
}

/// Why a call is refused before it begins. Boxed to keep results small.
#[derive(Debug)]
pub struct Refusal(Box<Reason>);

#[derive(Debug)]
enum Reason {
    /// An argument is of another type than the one declared; JavaScript gets code 401.
    Type(String),
    /// What an argument has in it is wrong; JavaScript gets code 401.
    Parameter(String),
    /// The engine said no, or threw an exception of its own: a getter of an argument, for one.
    Engine(Error),
}

impl Refusal {
    /// A malformed argument: `what` it is and what it `should` be.
    pub fn parameter(what: &str, should: impl fmt::Display) -> Self {
        Self::fault(format!("{what} {should}"))
    }

    /// A malformed argument, with the whole message.
    pub fn fault(message: String) -> Self {
        Self(Box::new(Reason::Parameter(message)))
    }

    /// An argument `what` of another type: what it `should` be.
    pub fn wrong_type(what: &str, should: impl fmt::Display) -> Self {
        Self(Box::new(Reason::Type(format!("{what} {should}"))))
    }

    /// What it says, unless it is to be thrown: also where another type is, with `throws_types`.
    ///
    /// # Errors
    /// Itself.
    pub fn into_fault(self, throws_types: bool) -> result::Result<String, Self> {
        match *self.0 {
            Reason::Parameter(fault) => Ok(fault),
            Reason::Type(fault) if !throws_types => Ok(fault),
            thrown => Err(Self(Box::new(thrown))),
        }
    }

    /// An error for the log.
    pub fn into_internal(self) -> Error {
        match *self.0 {
            Reason::Engine(error) => error,
            Reason::Type(fault) | Reason::Parameter(fault) => internal(&fault),
        }
    }

    /// Throws it in `env` as the error of `method`; what is returned ends the `#[napi]` function.
    pub fn throw(self, env: &Env, method: &str) -> Error {
        match *self.0 {
            Reason::Engine(error) => error,
            Reason::Type(fault) | Reason::Parameter(fault) => match argument_error(env, method, &fault) {
                Ok(error) => node_api::throw(env, &error),
                Err(error) => error,
            },
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self(Box::new(Reason::Engine(error)))
    }
}

impl From<AddressError> for Refusal {
    fn from(error: AddressError) -> Self {
        Self::parameter("address", error)
    }
}

/// Logs that the engine refused something for which nobody can be blamed. An environment that is being ended refuses
/// everything; there is nothing to say about that.
pub fn report(what: impl fmt::Display, error: &Error) {
    if error.status != Status::PendingException {
        log::error!("{what}: {error}");
    }
}

/// An error of the binding itself that no caller can cause.
pub fn internal(message: &str) -> Error {
    Error::new(Status::GenericFailure, message.to_owned())
}
