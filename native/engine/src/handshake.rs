//! Handshake of a typed stream: agrees on parameters and on the session to resume.
//!
//! It has four messages; with a key the first two are Noise messages, and the other two the first records. No function reads
//! beyond the last message.

mod channel;
mod client;
mod error;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod message;
mod params;
mod random;
mod server;
mod session;

pub(crate) use client::connect;
pub(crate) use error::{HandshakeError, RefusalReason};
pub(crate) use params::HandshakeParams;
#[cfg(test)]
pub(crate) use server::refuse;
pub(crate) use server::{ClientHello, accept};
pub(crate) use session::{Session, SessionId};

#[cfg(test)]
mod tests;
