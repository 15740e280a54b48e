//! Hooks that run when an environment ends.

use std::ffi::c_void;

use napi_ohos::{Env, Result, sys};

use super::status::check;

/// Runs `hook` once, on the environment's thread, before the environment ends.
/// Hooks run last in, first out.
pub fn on_environment_end<F: FnOnce() + 'static>(env: &Env, hook: F) -> Result<()> {
    let data = Box::into_raw(Box::new(hook));
    // SAFETY: `data` is the hook that `run` takes over.
    let status = unsafe { sys::napi_add_env_cleanup_hook(env.raw(), Some(run::<F>), data.cast()) };
    check(status, "napi_add_env_cleanup_hook").inspect_err(|_| {
        // SAFETY: the hook was refused, so nobody else has it.
        drop(unsafe { Box::from_raw(data) });
    })
}

unsafe extern "C" fn run<F: FnOnce()>(data: *mut c_void) {
    // SAFETY: `data` comes from `on_environment_end` and is passed once.
    let hook = unsafe { Box::from_raw(data.cast::<F>()) };
    if std::panic::catch_unwind(std::panic::AssertUnwindSafe(hook)).is_err() {
        log::error!("a clean-up hook panicked");
    }
}
