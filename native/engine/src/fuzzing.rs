//! What a fuzzer feeds: each function takes what a peer, or a person, might say, and panics where the engine makes
//! something of it that it must not.
//!
//! Not part of the engine that ships. The tests feed these functions with the corpus of every fuzzer.

pub use crate::connection::fuzzing::records;
pub use crate::framing::fuzzing::{frames, layouts};
pub use crate::handshake::fuzzing::{handshake, keyed};
pub use crate::proxy::fuzzing::proxy;

mod script;
mod text;

pub(crate) use script::{Script, run};
pub use text::text;

#[cfg(test)]
mod tests;
