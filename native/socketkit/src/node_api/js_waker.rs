//! Wakes a JavaScript thread from any other thread.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use napi_ohos::{Env, Result, sys};

use super::exception::report_pending;
use super::status::check;
use crate::sync::{Mutex, MutexGuard, lock};

/// Handler on the JavaScript thread.
pub trait OnWake {
    /// Called once for each wake-up, on the thread of `env`.
    fn on_wake(env: Env);
}

/// Wakes one environment. Carries no data and does not keep the process alive by itself.
///
/// It uses two thread-safe functions alternately: Node calls a function that is queued again during its own call without returning to
/// the event loop.
pub struct JsWaker {
    functions: Mutex<Option<Functions>>,
}

struct Functions {
    next: sys::napi_threadsafe_function,
    after: sys::napi_threadsafe_function,
}

// SAFETY: a thread-safe function may be called from any thread; that is its purpose. `JsWaker` clears the handles
// before the functions are released.
unsafe impl Send for Functions {}

impl JsWaker {
    /// Creates a waker for the thread of `env`.
    pub fn new<W: OnWake>(env: &Env) -> Result<Self> {
        let functions = Functions { next: new_function::<W>(env)?, after: new_function::<W>(env)? };
        let waker = Self { functions: Mutex::new(Some(functions)) };
        waker.for_each(|function| keep_process(env, function, false))?;
        Ok(waker)
    }

    /// Wakes the thread. Never blocks; has no effect after [`JsWaker::remove`].
    pub fn wake(&self) {
        if let Some(functions) = self.lock().as_mut() {
            let mode = sys::ThreadsafeFunctionCallMode::nonblocking;
            // SAFETY: the handle is there, so it is not released, and cannot be while the lock is held.
            let status = unsafe { sys::napi_call_threadsafe_function(functions.next, ptr::null_mut(), mode) };
            std::mem::swap(&mut functions.next, &mut functions.after);
            if status != sys::Status::napi_ok {
                log::error!("the JavaScript thread could not be woken: status {status}");
            }
        }
    }

    /// Sets whether the waker keeps a Node process alive.
    pub fn keep_process(&self, env: &Env, keep: bool) -> Result<()> {
        self.for_each(|function| keep_process(env, function, keep))
    }

    /// Removes the waker, before its environment ends. OpenHarmony aborts otherwise.
    pub fn remove(&self) {
        if let Some(functions) = self.lock().take() {
            for function in [functions.next, functions.after] {
                let mode = sys::ThreadsafeFunctionReleaseMode::abort;
                // SAFETY: taken out of the lock, so nothing calls it any more, and released once. A failure changes nothing.
                unsafe { sys::napi_release_threadsafe_function(function, mode) };
            }
        }
    }

    fn for_each(&self, mut run: impl FnMut(sys::napi_threadsafe_function) -> Result<()>) -> Result<()> {
        match self.lock().as_ref() {
            Some(functions) => [functions.next, functions.after].into_iter().try_for_each(&mut run),
            None => Ok(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Functions>> {
        lock(&self.functions)
    }
}

fn new_function<W: OnWake>(env: &Env) -> Result<sys::napi_threadsafe_function> {
    let mut name = ptr::null_mut();
    let mut function = ptr::null_mut();
    let text = "socketkit";
    // SAFETY: the name is a literal with its length; no function, resource or context is passed.
    unsafe {
        let status = sys::napi_create_string_utf8(env.raw(), text.as_ptr().cast(), text.len() as isize, &mut name);
        check(status, "napi_create_string_utf8")?;
        let status = sys::napi_create_threadsafe_function(
            env.raw(),
            ptr::null_mut(),
            ptr::null_mut(),
            name,
            0,
            1,
            ptr::null_mut(),
            None,
            ptr::null_mut(),
            Some(call_js::<W>),
            &mut function,
        );
        check(status, "napi_create_threadsafe_function")?;
    }
    Ok(function)
}

fn keep_process(env: &Env, function: sys::napi_threadsafe_function, keep: bool) -> Result<()> {
    // SAFETY: the handle is not released, and this is the environment's thread.
    let status = unsafe {
        match keep {
            true => sys::napi_ref_threadsafe_function(env.raw(), function),
            false => sys::napi_unref_threadsafe_function(env.raw(), function),
        }
    };
    check(status, "napi_ref_threadsafe_function")
}

unsafe extern "C" fn call_js<W: OnWake>(
    env: sys::napi_env,
    _function: sys::napi_value,
    _context: *mut c_void,
    _data: *mut c_void,
) {
    // The environment is ending.
    if env.is_null() {
        return;
    }
    let env = Env::from_raw(env);
    // A pending exception of earlier native code would make calls fail.
    report_pending(&env);
    if catch_unwind(AssertUnwindSafe(|| W::on_wake(env))).is_err() {
        log::error!("the turn on the JavaScript thread panicked");
    }
    // OpenHarmony reports a remaining exception while it holds a lock that waking needs.
    report_pending(&env);
}
