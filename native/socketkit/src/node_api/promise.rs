//! Promises that are settled when they are created.

use std::ffi::CStr;
use std::ptr;

use napi_ohos::bindgen_prelude::Unknown;
use napi_ohos::{Env, JsValue, Result, sys};

use super::reference::Reference;
use super::status::check;

/// `Promise.resolve` and `Promise.reject`, saved when this was created.
///
/// OpenHarmony runs microtasks whenever a deferred is settled. Then other code runs in the middle of the calling statement, and a
/// rejection counts as unhandled before the caller has the promise. These functions avoid this, if called from native code that
/// JavaScript has called.
pub struct Promises {
    constructor: Reference,
    resolve: Reference,
    reject: Reference,
}

impl Promises {
    /// Saves the functions of `env`.
    pub fn new(env: &Env) -> Result<Self> {
        let mut global = ptr::null_mut();
        // SAFETY: `global` receives the global object.
        check(unsafe { sys::napi_get_global(env.raw(), &mut global) }, "napi_get_global")?;
        // SAFETY: the call above succeeded.
        let global = unsafe { Unknown::from_raw_unchecked(env.raw(), global) };
        let constructor = property(env, &global, c"Promise")?;
        Ok(Self {
            resolve: Reference::new(env, &property(env, &constructor, c"resolve")?)?,
            reject: Reference::new(env, &property(env, &constructor, c"reject")?)?,
            constructor: Reference::new(env, &constructor)?,
        })
    }

    /// Returns a promise that is fulfilled with `value`.
    pub fn resolved<'env>(&self, env: &'env Env, value: &Unknown<'_>) -> Result<Unknown<'env>> {
        self.call(env, &self.resolve, value)
    }

    /// Returns a promise that is rejected with `error`.
    pub fn rejected<'env>(&self, env: &'env Env, error: &Unknown<'_>) -> Result<Unknown<'env>> {
        self.call(env, &self.reject, error)
    }

    fn call<'env>(&self, env: &'env Env, function: &Reference, value: &Unknown<'_>) -> Result<Unknown<'env>> {
        let (constructor, function) = (self.constructor.get(env)?, function.get(env)?);
        let mut promise = ptr::null_mut();
        let argument = value.raw();
        // SAFETY: receiver, function and argument are alive and belong to `env`; `promise` receives the result.
        let status = unsafe {
            sys::napi_call_function(env.raw(), constructor.raw(), function.raw(), 1, &argument, &mut promise)
        };
        check(status, "napi_call_function")?;
        // SAFETY: the call above succeeded.
        Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), promise) })
    }
}

/// Returns a property of `object`.
pub(super) fn property<'env>(env: &'env Env, object: &Unknown<'_>, name: &CStr) -> Result<Unknown<'env>> {
    let mut value = ptr::null_mut();
    // SAFETY: `object` is alive and belongs to `env`; `value` receives the property.
    let status = unsafe { sys::napi_get_named_property(env.raw(), object.raw(), name.as_ptr(), &mut value) };
    check(status, "napi_get_named_property")?;
    // SAFETY: the call above succeeded.
    Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), value) })
}
