//! What the engine does, seen through its events and by raw peers on the loopback interface.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[macro_use]
#[path = "../support/events.rs"]
mod events;
mod acknowledge;
mod admission;
mod attempts;
mod breaking;
mod client;
mod closing;
mod draining;
mod flood;
mod framing;
mod loss;
mod pair;
mod peer;
mod receiving;
mod reconnect;
mod reconnecting;
mod sending;
mod server;
mod statistics;
mod wire_peer;
