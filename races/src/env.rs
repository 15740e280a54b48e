//! Handle of an environment, in place of napi-ohos's.

use std::sync::Arc;

use crate::event_loop::EventLoop;
use crate::sys;

/// An environment.
#[derive(Clone, Copy)]
pub struct Env(sys::napi_env);

impl Env {
    /// The environment whose thread is `event_loop`, which must outlive it.
    pub fn new(event_loop: &Arc<EventLoop>) -> Self {
        Self(Arc::as_ptr(event_loop).cast_mut())
    }

    /// The environment behind the handle.
    pub fn from_raw(env: sys::napi_env) -> Self {
        Self(env)
    }

    /// The handle.
    pub fn raw(&self) -> sys::napi_env {
        self.0
    }
}
