//! Errors with a numeric `code`. (napi-ohos' own always carry a string.)

use std::ptr;

use napi_ohos::bindgen_prelude::{Object, ToNapiValue, Unknown};
use napi_ohos::{Env, Error, JsValue, Result, Status, sys};

use super::status::check;

/// A JavaScript `Error` with `message` and `code`.
pub fn error_with_code<'env>(env: &'env Env, code: i32, message: &str) -> Result<Unknown<'env>> {
    let mut error = ptr::null_mut();
    // SAFETY: the message is made in `env`; a null code leaves the property out, which is then set as a number.
    unsafe {
        let message = ToNapiValue::to_napi_value(env.raw(), message)?;
        check(sys::napi_create_error(env.raw(), ptr::null_mut(), message, &mut error), "napi_create_error")?;
    }
    Object::from_raw(env.raw(), error).set("code", code)?;
    // SAFETY: the error was made above.
    Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), error) })
}

/// Throws `error` and returns what the calling `#[napi]` function must return, so that the exception goes on.
pub fn throw(env: &Env, error: &Unknown<'_>) -> Error {
    // SAFETY: `error` is alive and belongs to `env`.
    match check(unsafe { sys::napi_throw(env.raw(), error.raw()) }, "napi_throw") {
        Ok(()) => Error::new(Status::PendingException, String::new()),
        Err(failure) => failure,
    }
}
