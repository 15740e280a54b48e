//! Wakes a JavaScript thread from any other.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use napi_ohos::{Env, Result, sys};

use super::status::check;

/// What happens on the JavaScript thread after the doorbell was rung.
pub trait Ring {
    /// Called once for each ring, on the thread of `env`.
    fn rung(env: Env);
}

/// One thread-safe function of one environment. It carries nothing and does not keep the process alive by itself.
pub struct Doorbell {
    function: Mutex<Option<ThreadSafeFunction>>,
}

struct ThreadSafeFunction(sys::napi_threadsafe_function);

// SAFETY: a thread-safe function may be called from any thread; that is its purpose. `Doorbell` clears the handle
// before the function is released.
unsafe impl Send for ThreadSafeFunction {}

impl Doorbell {
    /// A doorbell of `env`'s thread.
    pub fn new<R: Ring>(env: &Env) -> Result<Self> {
        let mut name = ptr::null_mut();
        let mut function = ptr::null_mut();
        // SAFETY: the name is a literal with its length; no function, resource or context is passed.
        unsafe {
            let text = "socketkit";
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
                Some(answer::<R>),
                &mut function,
            );
            check(status, "napi_create_threadsafe_function")?;
        }
        let doorbell = Self { function: Mutex::new(Some(ThreadSafeFunction(function))) };
        doorbell.keep_process(env, false)?;
        Ok(doorbell)
    }

    /// Rings. Never blocks; after [`Doorbell::remove`] nothing happens.
    pub fn ring(&self) {
        if let Some(function) = self.lock().as_ref() {
            let mode = sys::ThreadsafeFunctionCallMode::nonblocking;
            // SAFETY: the handle is there, so it is not released, and cannot be while the lock is held.
            let status = unsafe { sys::napi_call_threadsafe_function(function.0, ptr::null_mut(), mode) };
            if status != sys::Status::napi_ok {
                log::error!("the JavaScript thread could not be woken: status {status}");
            }
        }
    }

    /// Whether the doorbell keeps the process of a Node alive.
    pub fn keep_process(&self, env: &Env, keep: bool) -> Result<()> {
        let function = self.lock();
        let Some(function) = function.as_ref() else {
            return Ok(());
        };
        // SAFETY: the handle is not released, and this is the environment's thread.
        let status = unsafe {
            match keep {
                true => sys::napi_ref_threadsafe_function(env.raw(), function.0),
                false => sys::napi_unref_threadsafe_function(env.raw(), function.0),
            }
        };
        check(status, "napi_ref_threadsafe_function")
    }

    /// Takes the doorbell away, before its environment ends. OpenHarmony aborts when that is forgotten.
    pub fn remove(&self) {
        if let Some(function) = self.lock().take() {
            let mode = sys::ThreadsafeFunctionReleaseMode::abort;
            // SAFETY: taken out of the lock, so nobody rings any more, and released once. A failure changes nothing.
            unsafe { sys::napi_release_threadsafe_function(function.0, mode) };
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<ThreadSafeFunction>> {
        self.function.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

unsafe extern "C" fn answer<R: Ring>(
    env: sys::napi_env,
    _function: sys::napi_value,
    _context: *mut c_void,
    _data: *mut c_void,
) {
    // The environment is being torn down.
    if env.is_null() {
        return;
    }
    if catch_unwind(AssertUnwindSafe(|| R::rung(Env::from_raw(env)))).is_err() {
        log::error!("the turn on the JavaScript thread panicked");
    }
}
