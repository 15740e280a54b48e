//! Node-API functions in which OpenHarmony and Node differ.
//!
//! The linker redirects every call of `napi_module_register`, `napi_reference_unref`, `napi_wrap` and `napi_unwrap`, also those inside
//! napi-ohos, to the functions here (`--wrap` in `build.rs`, on every target).

use std::ffi::{CStr, c_void};
use std::ptr;

use napi_ohos::sys;

use super::wrapped;

unsafe extern "C" {
    #[link_name = "__real_napi_module_register"]
    fn real_module_register(module: *mut sys::napi_module);

    #[link_name = "__real_napi_reference_unref"]
    fn real_reference_unref(env: sys::napi_env, reference: sys::napi_ref, result: *mut u32) -> sys::napi_status;

    #[link_name = "__real_napi_wrap"]
    fn real_wrap(
        env: sys::napi_env,
        object: sys::napi_value,
        native: *mut c_void,
        finalize: sys::napi_finalize,
        hint: *mut c_void,
        result: *mut sys::napi_ref,
    ) -> sys::napi_status;

    #[link_name = "__real_napi_unwrap"]
    fn real_unwrap(env: sys::napi_env, object: sys::napi_value, result: *mut *mut c_void) -> sys::napi_status;
}

/// Registers a copy of `module` that lives as long as the process.
///
/// napi-derive-ohos registers a description on its stack, with a name on its heap. OpenHarmony
/// copies both, Node keeps the pointer and reads it again for every Worker that loads the module.
///
/// # Safety
///
/// `module` is null or points to an initialised description whose name is null or a C string.
#[unsafe(export_name = "__wrap_napi_module_register")]
unsafe extern "C" fn module_register(module: *mut sys::napi_module) {
    // SAFETY: the caller passes null or a pointer that is valid for reads during this call.
    let Some(description) = (unsafe { module.as_ref() }) else {
        return;
    };
    let mut kept = Box::new(*description);
    if !kept.nm_modname.is_null() {
        // SAFETY: the name is a C string that is valid during this call.
        let name = unsafe { CStr::from_ptr(kept.nm_modname) };
        kept.nm_modname = name.to_owned().into_raw();
    }
    // SAFETY: the copy and its name are never freed, so the engine may keep the pointer.
    unsafe { real_module_register(Box::into_raw(kept)) }
}

/// Drops one reference; succeeds also if none was left.
///
/// OpenHarmony's `napi_wrap` returns a reference with count 1, which napi-ohos then drops. In Node the count is 0, and the drop fails
/// with `napi_generic_failure`, its only reason for that status here; without this wrap every `new` would fail there.
///
/// # Safety
///
/// As `napi_reference_unref`: on the JavaScript thread of `env`, with a live `reference`.
#[unsafe(export_name = "__wrap_napi_reference_unref")]
unsafe extern "C" fn reference_unref(
    env: sys::napi_env,
    reference: sys::napi_ref,
    result: *mut u32,
) -> sys::napi_status {
    // SAFETY: the arguments go on as they came, under the same contract.
    match unsafe { real_reference_unref(env, reference, result) } {
        sys::Status::napi_generic_failure => sys::Status::napi_ok,
        status => status,
    }
}

/// Wraps `native` in an object, and records it.
///
/// [`unwrap`] returns recorded values only, and [`wrapped::finalize_all`] finalizes the remaining ones when the environment ends:
/// OpenHarmony finalizes nothing then.
///
/// # Safety
///
/// As `napi_wrap`: on the JavaScript thread of `env`, with an `object` that is alive; `finalize` may be called with `native` and
/// `hint` once.
#[unsafe(export_name = "__wrap_napi_wrap")]
unsafe extern "C" fn wrap(
    env: sys::napi_env,
    object: sys::napi_value,
    native: *mut c_void,
    finalize: sys::napi_finalize,
    hint: *mut c_void,
    result: *mut sys::napi_ref,
) -> sys::napi_status {
    let (finalizer, id) = wrapped::finalizer();
    // SAFETY: the arguments go on as they came but for the finalizer, which is called with the `id` as its hint.
    let status = unsafe { real_wrap(env, object, native, finalizer, id, result) };
    if status == sys::Status::napi_ok {
        wrapped::insert(env, native, id, finalize, hint);
    }
    status
}

/// Returns the value wrapped in an object.
/// `napi_invalid_arg` if there is none, or another module has wrapped it.
///
/// For an object without a wrap, OpenHarmony returns `napi_ok` and null, Node `napi_invalid_arg`. Neither knows which module has
/// wrapped an object, and the value of another module must not be read.
///
/// # Safety
///
/// As `napi_unwrap`: on the JavaScript thread of `env`; `result` is valid for writes.
#[unsafe(export_name = "__wrap_napi_unwrap")]
unsafe extern "C" fn unwrap(env: sys::napi_env, object: sys::napi_value, result: *mut *mut c_void) -> sys::napi_status {
    let mut native = ptr::null_mut();
    // SAFETY: as the caller promises; `native` receives the wrap.
    let status = unsafe { real_unwrap(env, object, &mut native) };
    if status != sys::Status::napi_ok {
        return status;
    }
    if !wrapped::contains(native) {
        return sys::Status::napi_invalid_arg;
    }
    // SAFETY: the caller passes a pointer that is valid for writes.
    unsafe { result.write(native) };
    status
}
