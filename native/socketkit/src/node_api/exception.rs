//! Exceptions, and errors with a numeric `code`. (napi-ohos' own always carry a string.)

use std::ptr;

use napi_ohos::bindgen_prelude::{JsObjectValue, Object, Unknown};
use napi_ohos::{Env, Error, JsValue, Result, Status, sys};

use super::status::check;
use super::value::{NewValue, as_string, set, to_js};

/// Creates an `Error` with enumerable `code` and `message`, in this order.
/// `JSON.stringify` and the spread operator show both.
pub fn error_with_code<'env>(env: &'env Env, code: i32, message: &str) -> Result<Unknown<'env>> {
    let error = new_error(env, message)?;
    // The engine's message is not enumerable; properties keep the order in which they are defined.
    let mut object = Object::from_raw(env.raw(), error.raw());
    object.delete_named_property("message")?;
    set(env, &error, c"code", NewValue::Number(code.into()))?;
    set(env, &error, c"message", NewValue::Text(message))?;
    Ok(error)
}

/// Throws `error`, and returns the result for the calling `#[napi]` function.
pub fn throw(env: &Env, error: &Unknown<'_>) -> Error {
    // SAFETY: `error` is alive and belongs to `env`.
    match check(unsafe { sys::napi_throw(env.raw(), error.raw()) }, "napi_throw") {
        Ok(()) => Error::new(Status::PendingException, String::new()),
        Err(failure) => failure,
    }
}

/// Takes the pending exception, if there is one.
pub(super) fn take(env: &Env) -> Result<Option<Unknown<'_>>> {
    let mut pending = false;
    let mut exception = ptr::null_mut();
    // SAFETY: both receive what they are named after, on the thread of `env`. OpenHarmony may have kept an exception that is
    // not pending any more, and would refuse calls for it: taking it is what makes it forget.
    unsafe {
        check(sys::napi_is_exception_pending(env.raw(), &mut pending), "napi_is_exception_pending")?;
        let status = sys::napi_get_and_clear_last_exception(env.raw(), &mut exception);
        check(status, "napi_get_and_clear_last_exception")?;
        // SAFETY: the call has given a value of `env`.
        Ok((pending && !exception.is_null()).then(|| Unknown::from_raw_unchecked(env.raw(), exception)))
    }
}

/// Reports the pending exception, if there is one, as uncaught. None is pending afterwards.
pub fn report_pending(env: &Env) {
    let reported = take(env).and_then(|exception| match exception {
        Some(exception) => report(env, &exception),
        None => Ok(()),
    });
    if let Err(error) = reported {
        log::error!("failed to report an exception: {error}");
    }
}

/// Reports `exception` as uncaught exception of the environment. None is pending afterwards.
pub(super) fn report(env: &Env, exception: &Unknown<'_>) -> Result<()> {
    let mut status = fatal(env, exception);
    if status == sys::Status::napi_invalid_arg {
        status = fatal(env, &as_error(env, exception)?);
    }
    // OpenHarmony's Workers have no handler before 5.1, and the exception stays pending.
    if let Some(left) = take(env)? {
        log::error!("uncaught exception: {}", text_of(env, &left));
    }
    check(status, "napi_fatal_exception")
}

fn fatal(env: &Env, exception: &Unknown<'_>) -> sys::napi_status {
    // SAFETY: `exception` is alive and belongs to `env`.
    unsafe { sys::napi_fatal_exception(env.raw(), exception.raw()) }
}

/// Converts other values to an Error: OpenHarmony reports only Errors.
///
/// Also logs the value: OpenHarmony does not report an Error without a stack either.
fn as_error<'env>(env: &'env Env, exception: &Unknown<'_>) -> Result<Unknown<'env>> {
    let text = text_of(env, exception);
    log::error!("uncaught exception that is no Error: {text}");
    new_error(env, &text)
}

/// Logs an exception that ends a connection.
pub(super) fn log_thrown(env: &Env, exception: &Unknown<'_>) {
    log::error!("an app's function has thrown: {}", text_of(env, exception));
}

/// Converts `value` to text; works also for values that cannot be converted.
/// No exception is pending afterwards.
fn text_of(env: &Env, value: &Unknown<'_>) -> String {
    let mut text = ptr::null_mut();
    // SAFETY: `value` is alive and belongs to `env`; `text` receives its text.
    let status = unsafe { sys::napi_coerce_to_string(env.raw(), value.raw(), &mut text) };
    // OpenHarmony's call succeeds with an exception pending.
    let thrown = take(env).map_or(true, |thrown| thrown.is_some());
    if status != sys::Status::napi_ok || thrown || text.is_null() {
        return "(no text)".to_owned();
    }
    // SAFETY: the call above succeeded.
    let text = unsafe { Unknown::from_raw_unchecked(env.raw(), text) };
    as_string(&text).ok().flatten().unwrap_or_default()
}

fn new_error<'env>(env: &'env Env, message: &str) -> Result<Unknown<'env>> {
    let mut error = ptr::null_mut();
    // SAFETY: the message is made in `env`; a null code leaves the property out.
    unsafe {
        let message = to_js(env, message)?;
        check(sys::napi_create_error(env.raw(), ptr::null_mut(), message.raw(), &mut error), "napi_create_error")?;
        Ok(Unknown::from_raw_unchecked(env.raw(), error))
    }
}
