//! All `unsafe` code of the binding.
//! Functions that napi-ohos lacks, or that misbehave on OpenHarmony.
//!
//! Use each object on the JavaScript thread of its environment only, except [`JsWaker::wake`]. The types hold raw pointers and are
//! not `Send`, so the compiler enforces this.

mod array_buffer;
mod builtins;
mod class;
mod cleanup;
mod deferred;
mod exception;
mod function;
#[cfg(target_env = "ohos")]
mod hilog;
mod js_waker;
mod listener_store;
mod member;
mod microtask;
mod reference;
mod scope;
mod status;
mod value;
mod wrapped;
mod wraps;

pub use array_buffer::{array_buffer_filled, array_buffer_from_parts, bytes_view, with_bytes};
pub use builtins::{Builtins, Template};
pub use class::new_instance;
pub use cleanup::on_environment_end;
pub use deferred::Deferred;
pub use exception::{error_with_code, report_pending, throw};
pub use function::{call, call_for_value};
#[cfg(target_env = "ohos")]
pub use hilog::hilog;
pub use js_waker::{JsWaker, OnWake};
pub use listener_store::{ListenerStore, define_constant};
pub use member::{Returned, run};
pub use microtask::{Microtask, Microtasks};
pub use reference::Reference;
pub use scope::with_handle_scope;
pub use value::{
    NewValue, as_boolean, as_number, as_object, as_string, is_function, object_with, property, same, set, set_key,
    to_js, to_js_or_undefined, undefined,
};
pub use wrapped::finalize_all;
