//! Microtasks that run native code.

use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use napi_ohos::bindgen_prelude::Unknown;
use napi_ohos::{Env, JsValue, Result, sys};

use super::builtins::{Builtins, property};
use super::exception;
use super::reference::Reference;
use super::status::check;
use super::value::undefined;

const NAME: &CStr = c"flush";

/// Body of a microtask.
pub trait Microtask {
    /// Called on the thread of `env`.
    fn run(env: Env);
}

/// Queues one kind of microtask in one environment.
pub struct Microtasks {
    /// A fulfilled promise, its `then`, and the function for it.
    promise: Reference,
    then: Reference,
    function: Reference,
}

impl Microtasks {
    /// Creates a queue for microtasks that run `M`.
    pub fn new<M: Microtask>(env: &Env, builtins: &Builtins) -> Result<Self> {
        let promise = builtins.resolved(env, &undefined(env)?)?;
        let mut function = ptr::null_mut();
        // SAFETY: the name is a C string of the given length; no data is passed; `function` receives the function.
        let status = unsafe {
            let (name, length) = (NAME.as_ptr(), NAME.count_bytes() as isize);
            sys::napi_create_function(env.raw(), name, length, Some(run::<M>), ptr::null_mut(), &mut function)
        };
        check(status, "napi_create_function")?;
        // SAFETY: the call above succeeded.
        let function = unsafe { Unknown::from_raw_unchecked(env.raw(), function) };
        Ok(Self {
            then: Reference::new(env, &property(env, &promise, c"then")?)?,
            promise: Reference::new(env, &promise)?,
            function: Reference::new(env, &function)?,
        })
    }

    /// Queues one. It runs after the current JavaScript code.
    /// At once if the engine runs microtasks after each call.
    pub fn queue(&self, env: &Env) -> Result<()> {
        let (promise, then, function) = (self.promise.get(env)?, self.then.get(env)?, self.function.get(env)?);
        let argument = function.raw();
        // SAFETY: receiver, function and argument are alive and belong to `env`; the result is not wanted.
        let status =
            unsafe { sys::napi_call_function(env.raw(), promise.raw(), then.raw(), 1, &argument, ptr::null_mut()) };
        if status != sys::Status::napi_ok {
            // The status reports it.
            exception::take(env)?;
        }
        check(status, "napi_call_function")
    }
}

unsafe extern "C" fn run<M: Microtask>(env: sys::napi_env, _info: sys::napi_callback_info) -> sys::napi_value {
    let env = Env::from_raw(env);
    if catch_unwind(AssertUnwindSafe(|| M::run(env))).is_err() {
        log::error!("a microtask panicked");
    }
    undefined(&env).map_or(ptr::null_mut(), |nothing| nothing.raw())
}
