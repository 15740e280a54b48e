//! ArrayBuffers made from bytes, and the bytes of ArrayBuffers. (`copy_from` of napi-ohos 1.2 returns zeros.)

use std::ffi::c_void;
use std::{ptr, slice};

use napi_ohos::bindgen_prelude::Unknown;
use napi_ohos::{Env, JsValue, Result, sys};

use super::status::check;

/// A new ArrayBuffer with the bytes of all `parts`, in order.
pub fn array_buffer_from_parts<'env>(env: &'env Env, parts: &[impl AsRef<[u8]>]) -> Result<Unknown<'env>> {
    let length = parts.iter().map(|part| part.as_ref().len()).sum();
    let mut data: *mut c_void = ptr::null_mut();
    let mut value = ptr::null_mut();
    // SAFETY: `data` and `value` receive the new buffer.
    let status = unsafe { sys::napi_create_arraybuffer(env.raw(), length, &mut data, &mut value) };
    check(status, "napi_create_arraybuffer")?;
    if length > 0 {
        let mut target: *mut u8 = data.cast();
        for part in parts.iter().map(AsRef::as_ref) {
            // SAFETY: the parts' lengths add up to `length`, which is what `data` has room for; the memory is new and
            // overlaps nothing.
            unsafe {
                ptr::copy_nonoverlapping(part.as_ptr(), target, part.len());
                target = target.add(part.len());
            }
        }
    }
    // SAFETY: the call above succeeded.
    Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), value) })
}

/// Runs `read` with the bytes of `value`; `None` when it is no ArrayBuffer. `read` must not run JavaScript.
pub fn with_array_buffer<R>(value: &Unknown<'_>, read: impl FnOnce(&[u8]) -> R) -> Result<Option<R>> {
    let env = value.value().env;
    let mut is_array_buffer = false;
    // SAFETY: `value` is alive and belongs to `env`.
    let status = unsafe { sys::napi_is_arraybuffer(env, value.raw(), &mut is_array_buffer) };
    check(status, "napi_is_arraybuffer")?;
    if !is_array_buffer {
        return Ok(None);
    }
    let mut data: *mut c_void = ptr::null_mut();
    let mut length = 0;
    // SAFETY: it is an ArrayBuffer.
    let status = unsafe { sys::napi_get_arraybuffer_info(env, value.raw(), &mut data, &mut length) };
    check(status, "napi_get_arraybuffer_info")?;
    if data.is_null() || length == 0 {
        return Ok(Some(read(&[])));
    }
    // SAFETY: the engine owns `length` bytes at `data`. They cannot be detached or resized while no JavaScript runs.
    Ok(Some(read(unsafe { slice::from_raw_parts(data.cast(), length) })))
}
