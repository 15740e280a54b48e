//! Promises of native code. (napi-ohos' `JsDeferred` uses freed memory when a Worker ends.)

use std::ptr;

use napi_ohos::bindgen_prelude::Unknown;
use napi_ohos::{Env, JsValue, Result, sys};

use super::status::check;

/// Settles one promise. Dropping it leaves the promise pending.
pub struct Deferred {
    raw: sys::napi_deferred,
}

impl Deferred {
    /// Creates a promise and its deferred.
    pub fn new(env: &Env) -> Result<(Self, Unknown<'_>)> {
        let mut raw = ptr::null_mut();
        let mut promise = ptr::null_mut();
        // SAFETY: `raw` and `promise` receive the pair.
        check(unsafe { sys::napi_create_promise(env.raw(), &mut raw, &mut promise) }, "napi_create_promise")?;
        // SAFETY: the call above succeeded.
        Ok((Self { raw }, unsafe { Unknown::from_raw_unchecked(env.raw(), promise) }))
    }

    /// Fulfils the promise.
    pub fn resolve(self, env: &Env, value: &Unknown<'_>) -> Result<()> {
        // SAFETY: taken by value, so it is settled at most once.
        check(unsafe { sys::napi_resolve_deferred(env.raw(), self.raw, value.raw()) }, "napi_resolve_deferred")
    }

    /// Rejects the promise.
    pub fn reject(self, env: &Env, error: &Unknown<'_>) -> Result<()> {
        // SAFETY: taken by value, so it is settled at most once.
        check(unsafe { sys::napi_reject_deferred(env.raw(), self.raw, error.raw()) }, "napi_reject_deferred")
    }
}
