//! The waker, as it ships.

#[path = "../../native/socketkit/src/node_api/js_waker.rs"]
mod js_waker;

pub use js_waker::{JsWaker, OnWake};

mod status {
    pub(super) fn check(status: i32, _call: &str) -> crate::Result<()> {
        if status == crate::sys::Status::napi_ok { Ok(()) } else { Err(status) }
    }
}

mod exception {
    /// Nothing here throws.
    pub(super) fn report_pending(_env: &crate::Env) {}
}
