//! Calls from native code into JavaScript.

use std::ptr;

use napi_ohos::bindgen_prelude::Unknown;
use napi_ohos::{Env, JsValue, Result, sys};

use super::status::check;
use super::value::undefined;

/// Calls `function` with `arguments`. What it throws becomes an uncaught exception of the environment, as with any
/// listener that nobody called from JavaScript, and is no error here.
pub fn call(env: &Env, function: &Unknown<'_>, arguments: &[Unknown<'_>]) -> Result<()> {
    let this = undefined(env)?;
    let arguments: Vec<sys::napi_value> = arguments.iter().map(JsValue::raw).collect();
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
    if status == sys::Status::napi_pending_exception {
        return report(env);
    }
    check(status, "napi_call_function")
}

fn report(env: &Env) -> Result<()> {
    let mut exception = ptr::null_mut();
    // SAFETY: there is an exception; it is taken and handed on.
    unsafe {
        let status = sys::napi_get_and_clear_last_exception(env.raw(), &mut exception);
        check(status, "napi_get_and_clear_last_exception")?;
        check(sys::napi_fatal_exception(env.raw(), exception), "napi_fatal_exception")
    }
}
