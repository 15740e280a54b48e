//! TCP server, connection and client on tokio. Knows nothing of JavaScript.
//!
//! Calls never block: what cannot be done at once is finished by the runtime's worker and reported through the
//! [`EventSink`] that the caller handed over. One sink serves one object and receives its events in order.
#![forbid(unsafe_code)]

mod address;
mod client;
mod connection;
mod credit;
mod error;
mod event;
#[allow(dead_code, unused_imports, reason = "connections and servers are about to speak it")]
mod framing;
#[allow(dead_code, unused_imports, reason = "connections and servers are about to speak it")]
mod handshake;
mod key;
pub mod limits;
mod options;
mod proxy;
mod read_strategy;
mod runtime;
mod send_queue;
mod server;
mod socket_state;
mod sync;
#[allow(dead_code, unused_imports, reason = "connections and servers are about to speak it")]
mod wire;

pub use address::{AddressError, AddressFamily, Host, NetAddress};
pub use client::{Client, Route};
pub use connection::{Closing, Connection};
pub use credit::Credit;
pub use error::{NEVER_OPENED, Operation, SocketError};
pub use event::{CloseReason, Event, EventSink, Ticket};
pub use framing::{Framing, FramingOptionsError};
pub use key::{Key, KeyError};
pub use options::SocketOptions;
pub use proxy::{Credentials, Proxy, ProxyError, ProxyFault};
pub use send_queue::SendProgress;
pub use server::{PendingConnection, Server};
pub use socket_state::SocketState;
