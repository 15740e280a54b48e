//! TCP server, connection and client on tokio; independent of JavaScript.
//!
//! Calls never block: the runtime's worker finishes what cannot be done at once, and reports it to the [`EventSink`] of the caller.
//! One sink serves one object and receives its events in order.
//!
//! ```text
//!  caller's threads                     worker (tokio, one thread)            watcher (one thread)
//!  ────────────────                     ──────────────────────────            ────────────────────
//!  Server::listen ────────────────────> accept task ── handshake task
//!  Client::connect ───────────────────> connect task      │ Accepted
//!  Connection::send ── socket           connection task <─┘                   epoll_wait on the sets of
//!        └─ what the kernel refuses ──> write queue, framed reads,            all sleeping Pollers
//!  Connection::try_read ── socket       timers, close                              │
//!        ▲                                  │ EventSink::post, complete            │ wake callback
//!        └── Poller::poll <─────────────────┴──────────────────────────────────────┘
//! ```
//!
//! * Without a [`Poller`] the connection task reads, and posts [`ConnectionEvent::Received`] or
//!   [`ConnectionEvent::Message`]. Their bytes count against the connection's credit until [`Connection::consume`].
//! * With a [`Poller`] the owner reads links without control frames itself, when [`Poller::poll`] reports them.
//! * No call has to be awaited, so none can be cancelled midway. An [`OperationId`] identifies a call whose result comes later.
//! * The runtime is created with the first socket and lives as long as the process.
//!
//! `examples/echo_server.rs` and `examples/client.rs` are complete programs; this is the smallest one:
//!
//! ```
//! use std::sync::Arc;
//!
//! use socket_engine::{EventSink, OperationId, Server, ServerEvent, ServerOptions, SocketError};
//!
//! struct Ignore;
//!
//! impl EventSink<ServerEvent> for Ignore {
//!     fn post(&self, _: ServerEvent) {}
//!     fn complete(&self, _: OperationId, _: Result<(), SocketError>) {}
//! }
//!
//! let server = Server::new(Arc::new(Ignore), ServerOptions::default());
//! let address = server.listen(([127, 0, 0, 1], 0).into())?;
//! assert_ne!(address.port(), 0);
//! # Ok::<(), SocketError>(())
//! ```
#![deny(unsafe_code)]

mod address;
mod alarm;
mod backoff;
mod client;
mod connection;
#[doc(hidden)]
pub mod counts;
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
mod noise;
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
pub use error::{BAD_CHECKSUM, NOT_OPEN, Operation, PeerFault, SocketError};
pub use event::{
    CloseReason, ConnectionEvent, EventSink, LinkId, OperationId, Reconnecting, RejectReason, ServerEvent,
};
pub use framing::{
    Checksum, ChecksumKind, Decoded, Escape, Framing, FramingOptionsError, Layout, LengthField, LengthOptions, Markers,
};
pub use key::{Key, KeyError};
pub use options::{SocketOptions, check_network};
pub use poller::{PollTarget, Poller, Readiness};
pub use protocol::{Heartbeat, Ping, Pong, Protocol, ProtocolError, Unsent};
pub use proxy::{Credentials, Proxy, ProxyError, ProxyFault};
pub use send_queue::SendProgress;
pub use server::{ConnectionPlace, Connections, PendingConnection, Server, ServerOptions};
pub use socket_state::SocketState;
pub use statistics::Statistics;
