//! What both sides say before the first message of a typed stream: their terms, and which session goes on. Four messages; with a
//! key the first two are those of Noise, and the other two the first records. None of these functions reads a byte behind its last
//! message.

mod channel;
mod client;
mod error;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod message;
mod random;
mod server;
mod session;
mod terms;

pub(crate) use client::enter;
pub(crate) use error::{HandshakeError, RefusalReason};
#[cfg(test)]
pub(crate) use server::refuse;
pub(crate) use server::{Guest, greet};
pub(crate) use session::{Session, SessionId};
pub(crate) use terms::Terms;

#[cfg(test)]
mod tests;
