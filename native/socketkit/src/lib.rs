//! The native module `libsocketkit.so`: converts between JavaScript and the socket engine.
mod node_api;

use napi_derive_ohos::napi;

/// Placeholder export until the classes are there.
#[napi(catch_unwind)]
pub fn construct_tcp_socket_instance() -> u32 {
    1
}
