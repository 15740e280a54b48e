//! Stores the listeners of a JavaScript object in that object.

use std::cell::Cell;
use std::ffi::CStr;
use std::ptr;

use napi_ohos::bindgen_prelude::{Object, ToNapiValue, Unknown};
use napi_ohos::{Env, JsValue, Result, sys};

use super::status::check;
use super::value::{NewValue, set, to_js};

const PROPERTY: &CStr = c"__listeners";

/// A plain object in a hidden property of its owner.
///
/// The garbage collector sees owner -> store -> listeners, so a listener that captures its owner does not leak. While
/// [`ListenerStore::keep_owner`] is on, the owner is not collected.
pub struct ListenerStore {
    env: sys::napi_env,
    owner: sys::napi_ref,
    store: sys::napi_ref,
    kept: Cell<bool>,
}

impl ListenerStore {
    /// Creates the store of `owner`.
    pub fn new(env: &Env, owner: &Object<'_>) -> Result<Self> {
        let store = Object::new(env)?;
        hide(env, owner, &store)?;
        let mut new = Self { env: env.raw(), owner: ptr::null_mut(), store: ptr::null_mut(), kept: Cell::new(false) };
        new.owner = weak_reference(env, owner)?;
        new.store = weak_reference(env, &store)?;
        Ok(new)
    }

    /// Sets whether the owner, with its listeners, is kept from being collected.
    pub fn keep_owner(&self, keep: bool) -> Result<()> {
        if self.kept.replace(keep) == keep {
            return Ok(());
        }
        // SAFETY: the reference is alive until dropped, and its count is changed in pairs.
        let status = unsafe {
            match keep {
                true => sys::napi_reference_ref(self.env, self.owner, ptr::null_mut()),
                false => sys::napi_reference_unref(self.env, self.owner, ptr::null_mut()),
            }
        };
        check(status, "napi_reference_ref")
    }

    /// Returns the owner, unless it was collected.
    pub fn owner<'env>(&self, env: &'env Env) -> Result<Option<Unknown<'env>>> {
        let owner = value_of(env, self.owner)?;
        // SAFETY: the value was asked for just now and is there.
        Ok(owner.map(|owner| unsafe { Unknown::from_raw_unchecked(env.raw(), owner) }))
    }

    /// Sets the listener `name`.
    pub fn set(&self, env: &Env, name: &CStr, listener: &Unknown<'_>) -> Result<()> {
        let Some(store) = value_of(env, self.store)? else {
            return Ok(());
        };
        // SAFETY: the value was asked for just now and is there.
        set(env, &unsafe { Unknown::from_raw_unchecked(env.raw(), store) }, name, NewValue::Known(*listener))
    }

    /// Returns the listener `name`, or `undefined`; `None` if the owner was collected.
    pub fn get<'env>(&self, env: &'env Env, name: &CStr) -> Result<Option<Unknown<'env>>> {
        let Some(store) = value_of(env, self.store)? else {
            return Ok(None);
        };
        let mut listener = ptr::null_mut();
        // SAFETY: the store is alive and belongs to `env`.
        let status = unsafe { sys::napi_get_named_property(env.raw(), store, name.as_ptr(), &mut listener) };
        check(status, "napi_get_named_property")?;
        // SAFETY: the call succeeded, so `listener` is a value of `env`.
        Ok(Some(unsafe { Unknown::from_raw_unchecked(env.raw(), listener) }))
    }
}

impl Drop for ListenerStore {
    fn drop(&mut self) {
        for reference in [self.owner, self.store] {
            if !reference.is_null() {
                // SAFETY: deleted once, on the environment's thread, by the owner's finalizer, which runs before the
                // environment is gone. There is nothing to do about a failure.
                unsafe { sys::napi_delete_reference(self.env, reference) };
            }
        }
    }
}

/// Returns the target of a weak reference, unless it was collected.
fn value_of(env: &Env, reference: sys::napi_ref) -> Result<Option<sys::napi_value>> {
    let mut value = ptr::null_mut();
    // SAFETY: the reference is alive until its store is dropped; a collected value comes back as null.
    let status = unsafe { sys::napi_get_reference_value(env.raw(), reference, &mut value) };
    check(status, "napi_get_reference_value")?;
    Ok((!value.is_null()).then_some(value))
}

fn weak_reference(env: &Env, object: &Object<'_>) -> Result<sys::napi_ref> {
    let mut reference = ptr::null_mut();
    // SAFETY: `object` is alive and belongs to `env`; a count of 0 makes the reference weak.
    let status = unsafe { sys::napi_create_reference(env.raw(), object.raw(), 0, &mut reference) };
    check(status, "napi_create_reference")?;
    Ok(reference)
}

/// Defines the hidden property: not enumerable, not writable.
fn hide(env: &Env, owner: &Object<'_>, store: &Object<'_>) -> Result<()> {
    define(env, owner, PROPERTY, store.raw(), sys::PropertyAttributes::default)
}

/// Defines an enumerable, read-only property of `object`.
pub fn define_constant<T: ToNapiValue>(env: &Env, object: &Object<'_>, name: &CStr, value: T) -> Result<()> {
    define(env, object, name, to_js(env, value)?.raw(), sys::PropertyAttributes::enumerable)
}

fn define(
    env: &Env,
    object: &Object<'_>,
    name: &CStr,
    value: sys::napi_value,
    attributes: sys::napi_property_attributes,
) -> Result<()> {
    let property = sys::napi_property_descriptor {
        utf8name: name.as_ptr(),
        name: ptr::null_mut(),
        method: None,
        getter: None,
        setter: None,
        value,
        attributes,
        data: ptr::null_mut(),
    };
    // SAFETY: object and value are alive and belong to `env`; one descriptor is passed.
    check(unsafe { sys::napi_define_properties(env.raw(), object.raw(), 1, &property) }, "napi_define_properties")
}
