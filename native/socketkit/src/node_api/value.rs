//! JavaScript values as Rust values, checked before they are converted.

use std::ffi::CStr;

use napi_ohos::bindgen_prelude::{FromNapiValue, JsObjectValue, Object, ToNapiValue, Unknown};
use napi_ohos::{Env, JsValue, Result, ValueType, sys};

use super::status::check;

/// `value` in JavaScript.
pub fn to_js<T: ToNapiValue>(env: &Env, value: T) -> Result<Unknown<'_>> {
    // SAFETY: `env` is the current environment and the value was made in it just now.
    unsafe { Ok(Unknown::from_raw_unchecked(env.raw(), T::to_napi_value(env.raw(), value)?)) }
}

/// JavaScript's `undefined`.
pub fn undefined(env: &Env) -> Result<Unknown<'_>> {
    to_js(env, ())
}

/// `value` as an object, or `None` when it is none.
pub fn as_object<'env>(value: &Unknown<'env>) -> Result<Option<Object<'env>>> {
    cast(value, ValueType::Object)
}

/// `value` as a string, or `None` when it is none. Lone surrogates become U+FFFD.
pub fn as_string(value: &Unknown<'_>) -> Result<Option<String>> {
    cast(value, ValueType::String)
}

/// `value` as a number, or `None` when it is none.
pub fn as_number(value: &Unknown<'_>) -> Result<Option<f64>> {
    cast(value, ValueType::Number)
}

/// `value` as a boolean, or `None` when it is none.
pub fn as_boolean(value: &Unknown<'_>) -> Result<Option<bool>> {
    cast(value, ValueType::Boolean)
}

/// The property called `name`, or `None` when there is none. `Object::get` does the same with a name that Node has to make a
/// string of first; this one is for what each message needs.
pub fn property<'env>(object: &Object<'env>, name: &CStr) -> Result<Option<Unknown<'env>>> {
    let property: Unknown<'env> = object.get_c_named_property_unchecked(name)?;
    Ok((property.get_type()? != ValueType::Undefined).then_some(property))
}

/// Whether `value` can be called.
pub fn is_function(value: &Unknown<'_>) -> Result<bool> {
    Ok(value.get_type()? == ValueType::Function)
}

/// Whether both are the same value (`===`).
pub fn same(one: &Unknown<'_>, other: &Unknown<'_>) -> Result<bool> {
    let mut equal = false;
    // SAFETY: both values are alive in the current handle scope and belong to the same environment.
    let status = unsafe { sys::napi_strict_equals(one.value().env, one.raw(), other.raw(), &mut equal) };
    check(status, "napi_strict_equals")?;
    Ok(equal)
}

fn cast<T: FromNapiValue>(value: &Unknown<'_>, expected: ValueType) -> Result<Option<T>> {
    if value.get_type()? != expected {
        return Ok(None);
    }
    // SAFETY: the value has just the type that `T` is converted from.
    unsafe { value.cast() }.map(Some)
}
