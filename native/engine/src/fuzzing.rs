//! Fuzz targets: functions of untrusted input that panic if the engine handles it wrongly.
//!
//! Not part of the shipped engine. The tests run these functions on the corpus of every fuzzer.

pub use crate::connection::fuzzing::records;
pub use crate::framing::fuzzing::{frames, layouts};
pub use crate::handshake::fuzzing::{handshake, keyed};
pub use crate::proxy::fuzzing::proxy;

pub(crate) mod script;
mod text;

pub use text::text;

#[cfg(test)]
mod tests;
