//! A strong reference to a JavaScript value.

use std::ptr;

use napi_ohos::bindgen_prelude::Unknown;
use napi_ohos::{Env, JsValue, Result, sys};

use super::status::check;

/// Keeps a value alive until dropped.
pub struct Reference {
    env: sys::napi_env,
    raw: sys::napi_ref,
}

impl Reference {
    /// Creates a reference to `value`, an object or a function.
    pub fn new(env: &Env, value: &Unknown<'_>) -> Result<Self> {
        let mut raw = ptr::null_mut();
        // SAFETY: `value` is alive and belongs to `env`; `raw` receives the reference.
        check(unsafe { sys::napi_create_reference(env.raw(), value.raw(), 1, &mut raw) }, "napi_create_reference")?;
        Ok(Self { env: env.raw(), raw })
    }

    /// Returns the value.
    pub fn get<'env>(&self, env: &'env Env) -> Result<Unknown<'env>> {
        let mut value = ptr::null_mut();
        // SAFETY: the reference is alive until dropped.
        let status = unsafe { sys::napi_get_reference_value(env.raw(), self.raw, &mut value) };
        check(status, "napi_get_reference_value")?;
        // SAFETY: the reference is strong, so the value is there.
        Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), value) })
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // SAFETY: deleted once, on the environment's thread. Everything that holds references is emptied in the
        // environment's clean-up hook, so `env` is still valid. There is nothing to do about a failure.
        unsafe { sys::napi_delete_reference(self.env, self.raw) };
    }
}
