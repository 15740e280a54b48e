//! Fields of records that only this module has. A wrong type is an error.

use std::time::Duration;

use bytes::Bytes;
use napi_ohos::bindgen_prelude::{JsObjectValue, Object, Unknown};
use napi_ohos::{Env, JsValue};

use crate::convert::{self, Argument, Read};
use crate::error::ArgumentError;
use crate::node_api;

/// Limit of list elements that are read: longer than any valid list.
const LIST_LIMIT: u32 = 1_000;

/// Reads an optional record.
pub fn optional_object<'env>(argument: &Argument<'env>, name: &str) -> Read<Option<Object<'env>>> {
    if argument.is_none() { Ok(None) } else { convert::object(argument, name).map(Some) }
}

/// Reads an optional record in a field.
pub fn field_object<'env>(options: &Object<'env>, field: &str) -> Read<Option<Object<'env>>> {
    optional_object(&options.get::<Unknown<'_>>(field)?, field)
}

/// Reads one of the strings in `among`.
pub fn choice<'a>(options: &Object<'_>, field: &str, among: &[&'a str]) -> Read<Option<&'a str>> {
    let value = options.get::<Unknown<'_>>(field)?;
    if value.is_none() {
        return Ok(None);
    }
    let text = convert::string(&value, field)?;
    let found = among.iter().find(|choice| **choice == text).copied();
    found.map(Some).ok_or_else(|| ArgumentError::parameter(field, format!("must be one of {}", among.join(", "))))
}

/// Reads an optional string.
pub fn text(options: &Object<'_>, field: &str) -> Read<Option<String>> {
    let value = options.get::<Unknown<'_>>(field)?;
    Ok(value.as_ref().map(node_api::as_string).transpose()?.flatten())
}

/// Reads bytes, or a string as UTF-8.
pub fn bytes(options: &Object<'_>, field: &str) -> Read<Option<Bytes>> {
    let value = options.get::<Unknown<'_>>(field)?;
    value.map(|value| bytes_of(value, field)).transpose()
}

/// Reads a list of such values, or a single one.
pub fn list_of_bytes(options: &Object<'_>, field: &str) -> Read<Option<Vec<Bytes>>> {
    let Some(value) = options.get::<Unknown<'_>>(field)? else { return Ok(None) };
    let object = node_api::as_object(&value)?;
    let Some(list) = object.filter(|object| object.is_array().unwrap_or(false)) else {
        return Ok(Some(vec![bytes_of(value, field)?]));
    };
    let count = list.get_array_length()?.min(LIST_LIMIT);
    (0..count).map(|index| bytes_of(list.get_element(index)?, field)).collect::<Read<_>>().map(Some)
}

/// Calls `function`, which must return bytes or a string.
/// `None` if it throws, which is logged.
pub fn made_bytes(env: &Env, function: &Unknown<'_>, field: &str) -> Read<Option<Bytes>> {
    let made = node_api::call_for_value(env, function, &node_api::undefined(env)?)?;
    made.map(|made| bytes_of(made, field)).transpose()
}

fn bytes_of(value: Unknown<'_>, field: &str) -> Read<Bytes> {
    if let Some(text) = node_api::as_string(&value)? {
        return Ok(text.into());
    }
    let wrong = || ArgumentError::parameter(field, "must be a string, an ArrayBuffer, a typed array or a DataView");
    if node_api::as_object(&value)?.is_none() {
        return Err(wrong());
    }
    node_api::with_bytes(&value, Bytes::copy_from_slice)?.ok_or_else(wrong)
}

/// Reads an integer from 1.
pub fn count(options: &Object<'_>, field: &str) -> Read<Option<usize>> {
    let Some(number) = convert::optional_number(options, field)? else { return Ok(None) };
    let is_count = number >= 1.0 && number.fract() == 0.0;
    if is_count {
        Ok(Some(number as usize))
    } else {
        Err(ArgumentError::parameter(field, "must be a whole number from 1 on"))
    }
}

/// Reads an integer from `least` to `most`.
pub fn whole(options: &Object<'_>, field: &str, least: i32, most: i32) -> Read<Option<i32>> {
    let Some(number) = convert::optional_number(options, field)? else { return Ok(None) };
    let is_whole = (f64::from(least)..=f64::from(most)).contains(&number) && number.fract() == 0.0;
    if is_whole {
        Ok(Some(number as i32))
    } else {
        Err(ArgumentError::parameter(field, format!("must be a whole number from {least} to {most}")))
    }
}

/// Returns whether a field is set.
pub fn has(options: &Object<'_>, field: &str) -> Read<bool> {
    Ok(options.get::<Unknown<'_>>(field)?.is_some())
}

/// Reads a time from one millisecond to 24 days, the limit of timers.
pub fn milliseconds(options: &Object<'_>, field: &str) -> Read<Option<Duration>> {
    milliseconds_from(1, options, field)
}

/// As [`milliseconds`], from `least` milliseconds.
pub fn milliseconds_from(least: i32, options: &Object<'_>, field: &str) -> Read<Option<Duration>> {
    let Some(number) = convert::optional_number(options, field)? else { return Ok(None) };
    if (f64::from(least)..=f64::from(i32::MAX)).contains(&number) {
        return Ok(Some(Duration::from_millis(number as u64)));
    }
    Err(ArgumentError::parameter(field, format!("must be a number of milliseconds from {least} to {}", i32::MAX)))
}
