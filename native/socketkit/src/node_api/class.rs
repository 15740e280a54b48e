//! Creates instances of the module's classes.

use std::ptr;

use napi_ohos::bindgen_prelude::{Unknown, get_class_constructor};
use napi_ohos::{Env, Error, JsValue, Result, Status, sys};

use super::status::check;

/// Returns `new name(…arguments)`. `name` ends with a NUL, as napi-ohos registers it.
///
/// The `into_instance` of napi-ohos leaves a reference on OpenHarmony that keeps the object forever; the constructor does not.
pub fn new_instance<'env>(env: &'env Env, name: &'static str, arguments: &[Unknown<'_>]) -> Result<Unknown<'env>> {
    let missing = || Error::new(Status::GenericFailure, format!("class {name} is not registered"));
    let constructor_ref = get_class_constructor(name).ok_or_else(missing)?;
    let mut constructor = ptr::null_mut();
    // SAFETY: napi-ohos keeps the reference as long as the environment lives.
    let status = unsafe { sys::napi_get_reference_value(env.raw(), constructor_ref, &mut constructor) };
    check(status, "napi_get_reference_value")?;
    let mut instance = ptr::null_mut();
    let arguments: Vec<sys::napi_value> = arguments.iter().map(JsValue::raw).collect();
    // SAFETY: the constructor and its arguments are alive and belong to `env`.
    let status =
        unsafe { sys::napi_new_instance(env.raw(), constructor, arguments.len(), arguments.as_ptr(), &mut instance) };
    check(status, "napi_new_instance")?;
    // SAFETY: the call above succeeded.
    Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), instance) })
}
