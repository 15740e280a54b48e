//! The native module `libsocketkit.so`.
//! Converts between JavaScript and the socket engine, without logic of its own.
#![deny(clippy::undocumented_unsafe_blocks)]

mod broadcast;
mod call;
mod client;
mod connection;
mod construct_options;
mod convert;
mod cork;
mod cutter;
mod delivery;
mod delivery_handler;
mod emitter;
mod encoding;
mod environment;
mod error;
mod event_queue;
mod fields;
mod framing_options;
mod hex;
mod limits;
mod log;
mod node_api;
mod request;
mod request_id;
mod request_options;
mod requests;
mod retry;
mod send;
mod server;
mod sync;
mod tagged;
mod types;

use napi_derive_ohos::napi;
use napi_ohos::bindgen_prelude::Object;
use napi_ohos::{Env, JsString, Result};
use socket_engine::Key;

/// Runs when an environment imports the module. Starts only the log.
#[napi(module_exports, catch_unwind)]
pub fn import(_exports: Object<'_>) -> Result<()> {
    log::install();
    Ok(())
}

/// Costs of messages so far, for tests.
/// Locks of all threads, locks of this thread, system calls of this thread.
#[cfg(debug_assertions)]
#[napi(skip_typescript, catch_unwind)]
pub fn counts() -> Vec<f64> {
    let counts = socket_engine::counts::counts();
    [counts.locks, counts.own_locks, counts.own_system_calls].map(|count| count as f64).to_vec()
}

/// Creates a key for `AdmissionOptions`: 128 random bits as base32 in groups of four, with hyphens between them.
#[napi(js_name = "createPairingKey", catch_unwind)]
pub fn create_pairing_key(env: &Env) -> Result<JsString<'_>> {
    let text = Key::generate().map_err(|error| error::internal(&error.to_string()))?;
    env.create_string(&*text)
}
