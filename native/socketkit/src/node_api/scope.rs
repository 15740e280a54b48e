//! Handle scopes.

use std::ptr;

use napi_ohos::{Env, Result, sys};

use super::status::check;

/// Runs `work` in a handle scope: values created in it can be collected afterwards.
pub fn with_handle_scope<T>(env: &Env, work: impl FnOnce() -> T) -> Result<T> {
    let mut raw = ptr::null_mut();
    // SAFETY: `raw` receives the scope.
    check(unsafe { sys::napi_open_handle_scope(env.raw(), &mut raw) }, "napi_open_handle_scope")?;
    let _scope = Scope { env: env.raw(), raw };
    Ok(work())
}

/// Closes the scope even if `work` panics.
struct Scope {
    env: sys::napi_env,
    raw: sys::napi_handle_scope,
}

impl Drop for Scope {
    fn drop(&mut self) {
        // SAFETY: opened above and closed once; scopes nest because they are values on the stack.
        unsafe { sys::napi_close_handle_scope(self.env, self.raw) };
    }
}
