//! Node-API's status codes as errors.

use napi_ohos::{Error, Result, Status, sys};

/// Converts a status to a `Result`; `call` is the name of the function.
pub(super) fn check(status: sys::napi_status, call: &str) -> Result<()> {
    match status {
        sys::Status::napi_ok => Ok(()),
        status => Err(Error::new(Status::from(status), format!("{call} failed"))),
    }
}
