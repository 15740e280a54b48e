//! Calls from native code into JavaScript.

use std::ptr;

use napi_ohos::bindgen_prelude::Unknown;
use napi_ohos::{Env, JsValue, Result, sys};

use super::exception;
use super::status::check;
use super::value::undefined;

/// Calls `function` with `arguments`.
/// An exception becomes an uncaught exception of the environment.
///
/// It is not an error of this call, as for any listener that is not called by JavaScript.
pub fn call<const N: usize>(env: &Env, function: &Unknown<'_>, arguments: [Unknown<'_>; N]) -> Result<()> {
    let this = undefined(env)?;
    let arguments = arguments.each_ref().map(JsValue::raw);
    // SAFETY: function, receiver and arguments are alive and belong to `env`; the result is not wanted.
    let status = unsafe {
        sys::napi_call_function(
            env.raw(),
            this.raw(),
            function.raw(),
            arguments.len(),
            arguments.as_ptr(),
            ptr::null_mut(),
        )
    };
    if status == sys::Status::napi_ok {
        return Ok(());
    }
    match exception::take(env)? {
        Some(thrown) => exception::report(env, &thrown),
        None => check(status, "napi_call_function"),
    }
}

/// Calls `function` with `argument` and returns its result.
/// `None` if it throws, which is logged.
pub fn call_for_value<'env>(
    env: &'env Env,
    function: &Unknown<'_>,
    argument: &Unknown<'_>,
) -> Result<Option<Unknown<'env>>> {
    let (this, argument) = (undefined(env)?, argument.raw());
    let mut returned = ptr::null_mut();
    // SAFETY: function, receiver and argument are alive and belong to `env`; `returned` receives the result.
    let status = unsafe { sys::napi_call_function(env.raw(), this.raw(), function.raw(), 1, &argument, &mut returned) };
    if let Some(thrown) = exception::take(env)? {
        exception::log_thrown(env, &thrown);
        return Ok(None);
    }
    check(status, "napi_call_function")?;
    // SAFETY: the call above succeeded.
    Ok(Some(unsafe { Unknown::from_raw_unchecked(env.raw(), returned) }))
}
