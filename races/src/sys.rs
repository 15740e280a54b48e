//! As much of Node-API as the waker calls. Loom fails the test when a function is called and released at once, an
//! assertion when it is called afterwards.

#![allow(non_camel_case_types, non_snake_case, non_upper_case_globals, reason = "Node-API's names")]
#![allow(clippy::missing_safety_doc, clippy::too_many_arguments, reason = "Node-API's contracts")]
#![allow(missing_docs, reason = "Node-API's own documentation")]

use std::ffi::{c_char, c_void};
use std::ptr;

use loom::cell::UnsafeCell;

use crate::event_loop::EventLoop;

pub type napi_env = *mut EventLoop;
pub type napi_value = *mut c_void;
pub type napi_threadsafe_function = *mut ThreadsafeFunction;
pub type Callback = Option<unsafe extern "C" fn(napi_env, napi_value, *mut c_void, *mut c_void)>;

pub struct ThreadsafeFunction {
    event_loop: napi_env,
    released: UnsafeCell<bool>,
}

pub mod Status {
    pub const napi_ok: i32 = 0;
}

pub mod ThreadsafeFunctionCallMode {
    pub const nonblocking: i32 = 0;
}

pub mod ThreadsafeFunctionReleaseMode {
    pub const abort: i32 = 1;
}

pub unsafe fn napi_create_string_utf8(_: napi_env, _: *const c_char, _: isize, value: *mut napi_value) -> i32 {
    // SAFETY: the caller's out parameter.
    unsafe { *value = ptr::null_mut() };
    Status::napi_ok
}

pub unsafe fn napi_create_threadsafe_function(
    env: napi_env,
    _function: napi_value,
    _resource: napi_value,
    _name: napi_value,
    _queue: usize,
    _threads: usize,
    _finalize_data: *mut c_void,
    _finalize: Option<unsafe extern "C" fn()>,
    _context: *mut c_void,
    _callback: Callback,
    function: *mut napi_threadsafe_function,
) -> i32 {
    let made = Box::new(ThreadsafeFunction { event_loop: env, released: UnsafeCell::new(false) });
    // SAFETY: the caller's out parameter. The function is never freed, so that a late call is found, not undefined.
    unsafe { *function = Box::into_raw(made) };
    Status::napi_ok
}

pub unsafe fn napi_call_threadsafe_function(function: napi_threadsafe_function, _: *mut c_void, _: i32) -> i32 {
    // SAFETY: functions are never freed, and their event loop outlives the test's threads.
    unsafe {
        (*function).released.with(|released| assert!(!*released, "a function is called after its release"));
        (*(*function).event_loop).wake();
    }
    Status::napi_ok
}

pub unsafe fn napi_release_threadsafe_function(function: napi_threadsafe_function, _: i32) -> i32 {
    // SAFETY: functions are never freed.
    unsafe { (*function).released.with_mut(|released| *released = true) };
    Status::napi_ok
}

pub unsafe fn napi_ref_threadsafe_function(_: napi_env, _: napi_threadsafe_function) -> i32 {
    Status::napi_ok
}

pub unsafe fn napi_unref_threadsafe_function(_: napi_env, _: napi_threadsafe_function) -> i32 {
    Status::napi_ok
}
