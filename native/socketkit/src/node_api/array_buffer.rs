//! Creates and reads ArrayBuffers. (`copy_from` of napi-ohos 1.2 returns zeros.)

use std::ffi::c_void;
use std::{ptr, slice};

use napi_ohos::bindgen_prelude::Unknown;
use napi_ohos::{Env, Error, JsValue, Result, Status, sys};

use super::exception;
use super::status::check;

/// Creates an ArrayBuffer with the bytes of all `parts`, in order.
pub fn array_buffer_from_parts<'env>(env: &'env Env, parts: &[impl AsRef<[u8]>]) -> Result<Unknown<'env>> {
    let length = parts.iter().map(|part| part.as_ref().len()).sum();
    array_buffer_filled(env, length, |buffer, mut target| {
        for part in parts.iter().map(AsRef::as_ref) {
            let (place, rest) = target.split_at_mut(part.len());
            place.copy_from_slice(part);
            target = rest;
        }
        buffer
    })
}

/// Creates an ArrayBuffer of zeros.
/// Returns the result of `fill`, which must not run JavaScript.
pub fn array_buffer_filled<'env, T>(
    env: &'env Env,
    length: usize,
    fill: impl FnOnce(Unknown<'env>, &mut [u8]) -> T,
) -> Result<T> {
    let mut data: *mut c_void = ptr::null_mut();
    let mut value = ptr::null_mut();
    // SAFETY: `data` and `value` receive the new buffer.
    let status = unsafe { sys::napi_create_arraybuffer(env.raw(), length, &mut data, &mut value) };
    check(status, "napi_create_arraybuffer")?;
    let bytes = if length == 0 {
        &mut []
    } else if data.is_null() {
        // OpenHarmony's result if it has no memory.
        return Err(Error::new(Status::GenericFailure, format!("no memory for an ArrayBuffer of {length} bytes")));
    } else {
        // SAFETY: the engine has made `length` bytes at `data`, zeroed, of which nobody else knows until this returns.
        unsafe { slice::from_raw_parts_mut(data.cast(), length) }
    };
    // SAFETY: the call above succeeded.
    Ok(fill(unsafe { Unknown::from_raw_unchecked(env.raw(), value) }, bytes))
}

/// Creates a `Uint8Array` of the range `start` to `end` of `buffer`.
pub fn bytes_view<'env>(env: &'env Env, buffer: &Unknown<'_>, start: usize, end: usize) -> Result<Unknown<'env>> {
    let mut view = ptr::null_mut();
    let (kind, length) = (sys::TypedarrayType::uint8_array, end.saturating_sub(start));
    // SAFETY: `buffer` is an ArrayBuffer of `env`, whose engine checks the range; `view` receives the array.
    let status = unsafe { sys::napi_create_typedarray(env.raw(), kind, length, buffer.raw(), start, &mut view) };
    check(status, "napi_create_typedarray")?;
    // SAFETY: the call above succeeded.
    Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), view) })
}

/// Runs `read` with the bytes of `value`.
/// An ArrayBuffer, or the range of a typed array or DataView.
///
/// Returns `None` for other values. `read` must not run JavaScript.
pub fn with_bytes<R>(value: &Unknown<'_>, read: impl FnOnce(&[u8]) -> R) -> Result<Option<R>> {
    let env = value.value().env;
    let Some(view) = View::of(env, value.raw())? else { return Ok(None) };
    if !is(env, view.buffer, sys::napi_is_arraybuffer)? {
        return Ok(None);
    }
    let mut data: *mut c_void = ptr::null_mut();
    let mut length = 0;
    // SAFETY: it is an ArrayBuffer.
    let status = unsafe { sys::napi_get_arraybuffer_info(env, view.buffer, &mut data, &mut length) };
    check(status, "napi_get_arraybuffer_info")?;
    let bytes: &[u8] = if data.is_null() || length == 0 {
        &[]
    } else {
        // SAFETY: the engine owns `length` bytes at `data`. They cannot be detached or resized while no JavaScript runs.
        unsafe { slice::from_raw_parts(data.cast(), length) }
    };
    let end = view.length.map_or(bytes.len(), |length| view.offset.saturating_add(length));
    Ok(bytes.get(view.offset..end).map(read))
}

/// A range of an ArrayBuffer.
struct View {
    buffer: sys::napi_value,
    offset: usize,
    /// `None`: to its end.
    length: Option<usize>,
}

impl View {
    fn of(env: sys::napi_env, value: sys::napi_value) -> Result<Option<Self>> {
        if is(env, value, sys::napi_is_arraybuffer)? {
            return Ok(Some(Self { buffer: value, offset: 0, length: None }));
        }
        let mut buffer = ptr::null_mut();
        let mut offset = 0;
        let none = ptr::null_mut;
        // SAFETY: the value has the type that each call is for; what is not wanted is passed as null.
        let status = unsafe {
            if is(env, value, sys::napi_is_typedarray)? {
                sys::napi_get_typedarray_info(
                    env,
                    value,
                    ptr::null_mut(),
                    ptr::null_mut(),
                    none(),
                    &mut buffer,
                    &mut offset,
                )
            } else if is(env, value, sys::napi_is_dataview)? {
                sys::napi_get_dataview_info(env, value, ptr::null_mut(), none(), &mut buffer, &mut offset)
            } else {
                return Ok(None);
            }
        };
        check(status, "napi_get_typedarray_info")?;
        let length = byte_length(env, value)?;
        Ok(length.map(|length| Self { buffer, offset, length: Some(length) }))
    }
}

type Test = unsafe extern "C" fn(sys::napi_env, sys::napi_value, *mut bool) -> sys::napi_status;

fn is(env: sys::napi_env, value: sys::napi_value, test: Test) -> Result<bool> {
    let mut result = false;
    // SAFETY: `value` is alive and belongs to `env`.
    check(unsafe { test(env, value, &mut result) }, "napi_is_arraybuffer")?;
    Ok(result)
}

/// Returns the view's `byteLength`; `None` if it has none.
///
/// The getter of a DataView throws if its buffer was detached or is now too small. Engines differ in whether Node-API's own length
/// counts bytes or elements.
fn byte_length(env: sys::napi_env, value: sys::napi_value) -> Result<Option<usize>> {
    let mut property = ptr::null_mut();
    let mut length = 0_i64;
    // SAFETY: `value` is alive and belongs to `env`.
    let status = unsafe { sys::napi_get_named_property(env, value, c"byteLength".as_ptr(), &mut property) };
    if status != sys::Status::napi_ok && exception::take(&Env::from_raw(env))?.is_some() {
        return Ok(None);
    }
    check(status, "napi_get_named_property")?;
    // SAFETY: the property belongs to `env`; unless it is a number, the call fails.
    let is_number = unsafe { sys::napi_get_value_int64(env, property, &mut length) } == sys::Status::napi_ok;
    Ok(is_number.then(|| usize::try_from(length).unwrap_or(0)))
}
