//! TCP server, connection and client on tokio. Knows nothing of JavaScript.
//!
//! Calls never block: what cannot be done at once is finished by the runtime's worker and reported through the
//! [`EventSink`] that the caller handed over. One sink serves one object and receives its events in order.
#![deny(unsafe_code)]

mod address;
mod alarm;
mod backoff;
mod client;
mod connection;
mod credit;
mod error;
mod event;
mod framing;
#[cfg(any(fuzzing, test))]
pub mod fuzzing;
mod handshake;
mod keep_alive;
mod key;
pub mod limits;
mod liveness;
mod options;
mod poller;
mod poller_group;
mod port;
mod progress;
mod protocol;
mod proxy;
mod read_strategy;
mod runtime;
mod send_queue;
mod server;
mod socket_state;
mod statistics;
mod sync;
mod tcp_info;
mod timeout;
mod wire;

pub use address::{AddressError, AddressFamily, Host, NetAddress};
pub use alarm::Alarm;
pub use backoff::Reconnect;
pub use client::{Client, ClientOptions, Route};
pub use connection::{Closing, Connection, Message, ReadOutcome};
pub use credit::Credit;
pub use error::{NEVER_OPENED, Operation, PeerFault, SocketError};
pub use event::{CloseReason, ConnectionEvent, EventSink, LinkId, Reconnecting, RejectReason, ServerEvent, Ticket};
pub use framing::{Framing, FramingOptionsError};
pub use key::{Key, KeyError};
pub use options::{SocketOptions, check_network};
pub use poller::Poller;
pub use protocol::{Heartbeat, Protocol, ProtocolError, Unsent};
pub use proxy::{Credentials, Proxy, ProxyError, ProxyFault};
pub use send_queue::SendProgress;
pub use server::{ConnectionPlace, Connections, PendingConnection, Server, ServerOptions};
pub use socket_state::SocketState;
pub use statistics::Statistics;
