//! The native module `libsocketkit.so`: converts between JavaScript and the socket engine, and decides nothing.
#![deny(clippy::undocumented_unsafe_blocks)]

mod call;
mod client;
mod connection;
mod convert;
mod emitter;
mod encoding;
mod environment;
mod error;
mod inbox;
mod limits;
mod log;
mod node_api;
mod outbox;
mod server;
mod types;

use napi_derive_ohos::napi;
use napi_ohos::Result;
use napi_ohos::bindgen_prelude::Object;

/// Runs when an environment imports the module. Starts nothing but the log.
#[napi(module_exports, catch_unwind)]
pub fn import(_exports: Object<'_>) -> Result<()> {
    log::install();
    Ok(())
}
