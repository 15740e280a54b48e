//! The two Node-API calls in which OpenHarmony and Node differ.
//!
//! The linker sends every call of `napi_module_register` and `napi_reference_unref`, those inside
//! napi-ohos included, to the functions here (`--wrap` in `build.rs`, on every target).

use std::ffi::CStr;

use napi_ohos::sys;

unsafe extern "C" {
    #[link_name = "__real_napi_module_register"]
    fn real_module_register(module: *mut sys::napi_module);

    #[link_name = "__real_napi_reference_unref"]
    fn real_reference_unref(env: sys::napi_env, reference: sys::napi_ref, result: *mut u32) -> sys::napi_status;
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

/// Drops one reference; that there was none left counts as success.
///
/// OpenHarmony's `napi_wrap` hands out a reference with count 1, which napi-ohos then drops. Node
/// hands it out with count 0 and answers the drop with `napi_generic_failure`, its only reason for
/// that status here; without this wrap every `new` would fail there.
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
