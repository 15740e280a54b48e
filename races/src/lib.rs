//! What several threads share, compiled from its own sources with loom's locks and atomics in place of the standard
//! library's, and with a stand-in for Node-API.

// The waker names the crate that it calls.
extern crate self as napi_ohos;

#[path = "../../native/engine/src/credit.rs"]
pub mod credit;
pub mod env;
pub mod event_loop;
#[path = "../../native/socketkit/src/event_queue.rs"]
pub mod event_queue;
pub mod node_api;
pub mod sync;
pub mod sys;

pub use env::Env;

/// What Node-API calls return.
pub type Result<T> = std::result::Result<T, i32>;
