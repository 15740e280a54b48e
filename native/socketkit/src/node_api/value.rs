//! Converts JavaScript values to Rust values, with type checks.

use std::ffi::CStr;
use std::ptr;

use napi_ohos::bindgen_prelude::{FromNapiValue, JsObjectValue, Object, ToNapiValue, Unknown};
use napi_ohos::{Env, JsValue, Result, ValueType, sys};

use super::status::check;

/// Bytes that OpenHarmony writes for an unpaired surrogate.
const SURROGATE_BYTES: usize = 3;

/// Converts `value` to JavaScript.
pub fn to_js<T: ToNapiValue>(env: &Env, value: T) -> Result<Unknown<'_>> {
    // SAFETY: `env` is the current environment and the value was made in it just now.
    unsafe { Ok(Unknown::from_raw_unchecked(env.raw(), T::to_napi_value(env.raw(), value)?)) }
}

/// Converts `value` to JavaScript; `None` becomes `undefined`.
pub fn to_js_or_undefined<T: ToNapiValue>(env: &Env, value: Option<T>) -> Result<Unknown<'_>> {
    value.map_or_else(|| undefined(env), |value| to_js(env, value))
}

/// Returns `undefined`.
pub fn undefined(env: &Env) -> Result<Unknown<'_>> {
    to_js(env, ())
}

/// Returns `value` as object, or `None` for other types.
pub fn as_object<'env>(value: &Unknown<'env>) -> Result<Option<Object<'env>>> {
    cast(value, ValueType::Object)
}

/// Returns `value` as string, or `None` for other types.
/// Each unpaired surrogate becomes U+FFFD.
pub fn as_string(value: &Unknown<'_>) -> Result<Option<String>> {
    if value.get_type()? != ValueType::String {
        return Ok(None);
    }
    let text = String::from_utf8(utf8_of(value)?);
    Ok(Some(text.unwrap_or_else(|error| replace_surrogates(error.into_bytes()))))
}

/// Returns the bytes of a string: UTF-8 in Node.
/// On OpenHarmony, an unpaired surrogate becomes three invalid bytes.
fn utf8_of(value: &Unknown<'_>) -> Result<Vec<u8>> {
    let (env, raw) = (value.value().env, value.raw());
    let mut length = 0;
    // SAFETY: `value` is a string of `env`; without a buffer the call gives the length in bytes.
    let status = unsafe { sys::napi_get_value_string_utf8(env, raw, ptr::null_mut(), 0, &mut length) };
    check(status, "napi_get_value_string_utf8")?;
    // One more for the NUL that the call adds.
    let mut bytes = vec![0; length + 1];
    // SAFETY: the buffer has as many bytes as the call is told.
    let status =
        unsafe { sys::napi_get_value_string_utf8(env, raw, bytes.as_mut_ptr().cast(), bytes.len(), &mut length) };
    check(status, "napi_get_value_string_utf8")?;
    bytes.truncate(length);
    Ok(bytes)
}

/// Converts bytes to a string, replacing unpaired surrogates with U+FFFD.
/// Each surrogate is ED, A0 to BF, and one more byte; U+FFFD also has three bytes.
fn replace_surrogates(mut bytes: Vec<u8>) -> String {
    let mut start = 0;
    while let Some(surrogate) = bytes.get_mut(start..).and_then(first_surrogate) {
        let (place, unit) = surrogate;
        unit.copy_from_slice("\u{FFFD}".as_bytes());
        start += place + unit.len();
    }
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Returns the first surrogate in `bytes`, with its position.
fn first_surrogate(bytes: &mut [u8]) -> Option<(usize, &mut [u8])> {
    let place = bytes.windows(SURROGATE_BYTES).position(|unit| matches!(unit, [0xed, 0xa0..=0xbf, _]))?;
    bytes.get_mut(place..place + SURROGATE_BYTES).map(|unit| (place, unit))
}

/// Returns `value` as number, or `None` for other types.
pub fn as_number(value: &Unknown<'_>) -> Result<Option<f64>> {
    cast(value, ValueType::Number)
}

/// Returns `value` as boolean, or `None` for other types.
pub fn as_boolean(value: &Unknown<'_>) -> Result<Option<bool>> {
    cast(value, ValueType::Boolean)
}

/// Returns the property `name`, or `None` if it is undefined.
///
/// For properties of each message: `Object::get` does the same, but Node has to create a string from the name first.
pub fn property<'env>(object: &Object<'env>, name: &CStr) -> Result<Option<Unknown<'env>>> {
    let property: Unknown<'env> = object.get_c_named_property_unchecked(name)?;
    Ok((property.get_type()? != ValueType::Undefined).then_some(property))
}

/// Value of a new property.
#[derive(Clone, Copy)]
pub enum NewValue<'a> {
    /// A value that exists.
    Known(Unknown<'a>),
    /// A string.
    Text(&'a str),
    /// A number.
    Number(f64),
    /// A boolean.
    Boolean(bool),
}

/// Sets the property `name` of `object`.
pub fn set(env: &Env, object: &Unknown<'_>, name: &CStr, value: NewValue<'_>) -> Result<()> {
    let value = match value {
        NewValue::Known(value) => value,
        NewValue::Text(text) => to_js(env, text)?,
        // As an integer, if it is one: engines represent these in less memory.
        NewValue::Number(number) if f64::from(number as u32) == number => to_js(env, number as u32)?,
        NewValue::Number(number) => to_js(env, number)?,
        NewValue::Boolean(boolean) => to_js(env, boolean)?,
    };
    // SAFETY: both values are alive and belong to `env`.
    let status = unsafe { sys::napi_set_named_property(env.raw(), object.raw(), name.as_ptr(), value.raw()) };
    check(status, "napi_set_named_property")
}

/// Sets the property `key`, a string, of `object`. Faster than [`set`] if `key` was used before.
pub fn set_key(env: &Env, object: &Unknown<'_>, key: &Unknown<'_>, value: &Unknown<'_>) -> Result<()> {
    // SAFETY: all values are alive and belong to `env`.
    let status = unsafe { sys::napi_set_property(env.raw(), object.raw(), key.raw(), value.raw()) };
    check(status, "napi_set_property")
}

/// Creates an object with these properties, in this order.
///
/// Node looks up a C string in one step, and takes a quarter of the time of `napi_define_properties`.
pub fn object_with<'env>(env: &'env Env, properties: &[(&CStr, NewValue<'_>)]) -> Result<Unknown<'env>> {
    let object = Object::new(env)?.to_unknown();
    properties.iter().try_for_each(|(name, value)| set(env, &object, name, *value))?;
    Ok(object)
}

/// Returns whether `value` is a function.
pub fn is_function(value: &Unknown<'_>) -> Result<bool> {
    Ok(value.get_type()? == ValueType::Function)
}

/// Returns whether both are the same value (`===`).
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
