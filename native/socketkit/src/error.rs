//! The table of all JavaScript error codes.

use std::fmt;
use std::result;

use napi_ohos::bindgen_prelude::Unknown;
use napi_ohos::{Env, Error, Result, Status};
use socket_engine::{AddressError, ProxyFault, SocketError};

use crate::node_api::{self, NewValue};

/// Code of every call of an app that lacks the network permission.
const PERMISSION_DENIED: i32 = 201;

/// Code of every invalid argument.
const PARAMETER_ERROR: i32 = 401;

/// Base that an errno is added to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeBase {
    /// All other operations: 2301000.
    Socket,
    /// `listen` of a server and `send` of its connections: 2303100.
    Server,
}

impl CodeBase {
    /// Returns the code of an error, as the system socket API forms it.
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

/// Returns the system's code of a SOCKS5 failure.
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

/// Creates the JavaScript error of a failed operation.
pub fn socket_error<'env>(env: &'env Env, base: CodeBase, error: &SocketError) -> Result<Unknown<'env>> {
    node_api::error_with_code(env, base.code(error), &error.to_string())
}

/// Creates the JavaScript error for corrupt `bytes`.
pub fn corrupt_error<'env>(env: &'env Env, error: &SocketError, bytes: &[u8]) -> Result<Unknown<'env>> {
    let data = node_api::array_buffer_from_parts(env, &[bytes])?;
    let error = socket_error(env, CodeBase::Socket, error)?;
    node_api::set(env, &error, c"data", NewValue::Known(data))?;
    Ok(error)
}

/// Creates the JavaScript error of an invalid argument of `method`.
pub fn argument_error<'env>(env: &'env Env, method: &str, fault: &str) -> Result<Unknown<'env>> {
    node_api::error_with_code(env, PARAMETER_ERROR, &format!("{method}: {fault}"))
}

/// Reason why a call is rejected before it starts. Boxed to keep results small.
#[derive(Debug)]
pub struct ArgumentError(Box<Reason>);

#[derive(Debug)]
enum Reason {
    /// An argument has another type than declared; code 401.
    Type(String),
    /// An argument has an invalid value; code 401.
    Parameter(String),
    /// The JavaScript engine reported an error or an exception, such as one of a getter.
    Engine(Error),
}

impl ArgumentError {
    /// An invalid argument: its name `what`, and what it `should` be.
    pub fn parameter(what: &str, should: impl fmt::Display) -> Self {
        Self::fault(format!("{what} {should}"))
    }

    /// An invalid argument, with the complete message.
    pub fn fault(message: String) -> Self {
        Self(Box::new(Reason::Parameter(message)))
    }

    /// An argument `what` of a wrong type: what it `should` be.
    pub fn wrong_type(what: &str, should: impl fmt::Display) -> Self {
        Self(Box::new(Reason::Type(format!("{what} {should}"))))
    }

    /// Returns the message, unless the error is to be thrown.
    /// With `throws_types`, wrong types are.
    ///
    /// # Errors
    /// `self`, if it is to be thrown.
    pub fn into_fault(self, throws_types: bool) -> result::Result<String, Self> {
        match *self.0 {
            Reason::Parameter(fault) => Ok(fault),
            Reason::Type(fault) if !throws_types => Ok(fault),
            thrown => Err(Self(Box::new(thrown))),
        }
    }

    /// Converts it to an error for the log.
    pub fn into_internal(self) -> Error {
        match *self.0 {
            Reason::Engine(error) => error,
            Reason::Type(fault) | Reason::Parameter(fault) => internal(&fault),
        }
    }

    /// Throws it in `env` as error of `method`; return the result from the `#[napi]` function.
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

impl From<Error> for ArgumentError {
    fn from(error: Error) -> Self {
        Self(Box::new(Reason::Engine(error)))
    }
}

impl From<AddressError> for ArgumentError {
    fn from(error: AddressError) -> Self {
        Self::parameter("address", error)
    }
}

/// Logs an unexpected error of the JavaScript engine, which is not caused by the app.
///
/// Logs nothing while an environment ends, as it then rejects every call.
pub fn report(what: impl fmt::Display, error: &Error) {
    if error.status != Status::PendingException {
        log::error!("{what}: {error}");
    }
}

/// Creates an error of the binding itself that no caller can cause.
pub fn internal(message: &str) -> Error {
    Error::new(Status::GenericFailure, message.to_owned())
}
