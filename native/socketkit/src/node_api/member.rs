//! Common code of all class members.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use napi_ohos::bindgen_prelude::{ToNapiValue, Unknown};
use napi_ohos::{Env, Error, JsError, JsValue, Result, Status, sys};

/// Return value of a member: a value, or none if an exception is pending.
pub struct Returned(sys::napi_value);

impl ToNapiValue for Returned {
    unsafe fn to_napi_value(_env: sys::napi_env, returned: Self) -> Result<sys::napi_value> {
        Ok(returned.0)
    }
}

/// Runs `member`; throws its error or panic.
/// `#[napi(catch_unwind)]` does the same with 3 KB of code for each member.
pub fn run<'env>(env: &Env, member: &dyn Fn() -> Result<Unknown<'env>>) -> Returned {
    let outcome = catch_unwind(AssertUnwindSafe(member)).unwrap_or_else(|panic| Err(error_of(&*panic)));
    Returned(outcome.map_or_else(|error| throw(env, error), |value| value.raw()))
}

fn throw(env: &Env, error: Error) -> sys::napi_value {
    // SAFETY: on the thread of `env`, for which JavaScript has called the member.
    unsafe { JsError::from(error).throw_into(env.raw()) };
    ptr::null_mut()
}

fn error_of(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Error::new(Status::GenericFailure, text.unwrap_or("panic").to_owned())
}
