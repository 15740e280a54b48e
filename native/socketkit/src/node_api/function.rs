//! Calls from native code into JavaScript.

use std::ptr;

use napi_ohos::bindgen_prelude::Unknown;
use napi_ohos::{Env, JsValue, Result, sys};

use super::status::check;
use super::value::undefined;

/// Calls `function` with `arguments`. What it throws becomes an uncaught exception of the environment, as with any
/// listener that nobody called from JavaScript, and is no error here.
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
        let status = sys::napi_fatal_exception(env.raw(), exception);
        if status != sys::Status::napi_invalid_arg {
            return check(status, "napi_fatal_exception");
        }
        // OpenHarmony takes nothing but an Error.
        let mut error = ptr::null_mut();
        let mut message = ptr::null_mut();
        check(sys::napi_coerce_to_string(env.raw(), exception, &mut message), "napi_coerce_to_string")?;
        check(sys::napi_create_error(env.raw(), ptr::null_mut(), message, &mut error), "napi_create_error")?;
        check(sys::napi_fatal_exception(env.raw(), error), "napi_fatal_exception")
    }
}
