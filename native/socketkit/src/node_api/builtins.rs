//! Functions of the JavaScript engine that Node-API lacks.

use std::ffi::CStr;
use std::ptr;

use napi_ohos::bindgen_prelude::{Object, Unknown};
use napi_ohos::{Env, JsValue, Result, sys};

use super::reference::Reference;
use super::status::check;
use super::value::{NewValue, set};

/// `Promise.resolve`, `Promise.reject` and `Object.assign`, saved when this was created.
///
/// OpenHarmony runs microtasks whenever a deferred is settled. Then other code runs in the middle of the calling statement, and a
/// rejection counts as unhandled before the caller has the promise. The functions of `Promise` avoid this, if called from native code
/// that JavaScript has called.
pub struct Builtins {
    promise: Reference,
    resolve: Reference,
    reject: Reference,
    assign: Reference,
}

/// An object to copy: faster than setting all properties one by one.
#[derive(Clone, Copy)]
pub struct Template<'env> {
    assign: Unknown<'env>,
    object: Unknown<'env>,
}

impl Builtins {
    /// Saves the functions of `env`.
    pub fn new(env: &Env) -> Result<Self> {
        Ok(Self {
            promise: saved(env, &[c"Promise"])?,
            resolve: saved(env, &[c"Promise", c"resolve"])?,
            reject: saved(env, &[c"Promise", c"reject"])?,
            assign: saved(env, &[c"Object", c"assign"])?,
        })
    }

    /// Returns a promise that is fulfilled with `value`.
    pub fn resolved<'env>(&self, env: &'env Env, value: &Unknown<'_>) -> Result<Unknown<'env>> {
        self.settled(env, &self.resolve, value)
    }

    /// Returns a promise that is rejected with `error`.
    pub fn rejected<'env>(&self, env: &'env Env, error: &Unknown<'_>) -> Result<Unknown<'env>> {
        self.settled(env, &self.reject, error)
    }

    fn settled<'env>(&self, env: &'env Env, function: &Reference, value: &Unknown<'_>) -> Result<Unknown<'env>> {
        call(env, &self.promise.get(env)?, &function.get(env)?, &[value.raw()])
    }

    /// Returns a template for copies of `object`, which JavaScript must not get.
    pub fn template<'env>(&self, env: &'env Env, object: Unknown<'env>) -> Result<Template<'env>> {
        Ok(Template { assign: self.assign.get(env)?, object })
    }
}

impl<'env> Template<'env> {
    /// Sets a property of later copies.
    pub fn set(&self, env: &Env, name: &CStr, value: NewValue<'_>) -> Result<()> {
        set(env, &self.object, name, value)
    }

    /// Returns a new object with the same properties.
    pub fn copy<'copy>(&self, env: &'copy Env) -> Result<Unknown<'copy>> {
        let new = Object::new(env)?;
        call(env, &self.assign, &self.assign, &[new.raw(), self.object.raw()])
    }
}

fn call<'env>(
    env: &'env Env,
    this: &Unknown<'_>,
    function: &Unknown<'_>,
    arguments: &[sys::napi_value],
) -> Result<Unknown<'env>> {
    let mut returned = ptr::null_mut();
    // SAFETY: receiver, function and arguments are alive and belong to `env`; `returned` receives the result.
    let status = unsafe {
        sys::napi_call_function(
            env.raw(),
            this.raw(),
            function.raw(),
            arguments.len(),
            arguments.as_ptr(),
            &mut returned,
        )
    };
    check(status, "napi_call_function")?;
    // SAFETY: the call above succeeded.
    Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), returned) })
}

/// Returns a reference to a property of a property … of the global object.
fn saved(env: &Env, path: &[&CStr]) -> Result<Reference> {
    let mut global = ptr::null_mut();
    // SAFETY: `global` receives the global object.
    check(unsafe { sys::napi_get_global(env.raw(), &mut global) }, "napi_get_global")?;
    // SAFETY: the call above succeeded.
    let global = unsafe { Unknown::from_raw_unchecked(env.raw(), global) };
    let value = path.iter().try_fold(global, |object, name| property(env, &object, name))?;
    Reference::new(env, &value)
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
