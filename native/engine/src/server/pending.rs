//! An accepted connection before it has an owner.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use socket2::SockRef;

use super::accepted::Taken;
use super::admitted::Admitted;
use super::place::{ConnectionPlace, PlaceGuard};
use super::shared::{Shared, Started};
use crate::connection::{Connection, ConnectionConfig, InitialLink};
use crate::error::{Operation, SocketError};
use crate::event::{ConnectionEvent, EventSink};
use crate::options::{self, SocketOptions};
use crate::poller::PollTarget;
use crate::statistics::Counters;
use crate::sync::lock;

/// An accepted connection that is not started yet. Dropping it closes it.
///
/// ```
/// use std::sync::{Arc, OnceLock};
/// use socket_engine::{Connection, ConnectionEvent, EventSink, OperationId, Server, ServerEvent, SocketError};
///
/// /// Accepts every connection.
/// struct Acceptor {
///     server: OnceLock<Server>,
/// }
///
/// impl EventSink<ServerEvent> for Acceptor {
///     fn post(&self, event: ServerEvent) {
///         let Some(server) = self.server.get() else { return };
///         while let Some(pending) = server.accept() {
///             let echo = Arc::new(Echo::default());
///             if let Ok(connection) = pending.start(echo.clone(), None) {
///                 drop(echo.0.set(connection));
///             }
///         }
///     }
///     fn complete(&self, _: OperationId, _: Result<(), SocketError>) {}
/// }
///
/// /// Sends back what it receives.
/// #[derive(Default)]
/// struct Echo(OnceLock<Connection>);
///
/// impl EventSink<ConnectionEvent> for Echo {
///     fn post(&self, event: ConnectionEvent) {
///         if let ConnectionEvent::Received(bytes) = event {
///             let connection = self.0.wait();
///             drop(connection.send(&bytes, OperationId(0)));
///             connection.consume(bytes.len());
///         }
///     }
///     fn complete(&self, _: OperationId, _: Result<(), SocketError>) {}
/// }
/// ```
pub struct PendingConnection {
    pub(super) taken: Taken,
    pub(super) server: Arc<Shared>,
}

impl PendingConnection {
    /// Returns the peer's address.
    pub fn peer(&self) -> SocketAddr {
        self.taken.admitted.peer
    }

    /// Returns its place among the connections of its server.
    pub fn place(&self) -> ConnectionPlace {
        ConnectionPlace(Arc::clone(&self.taken.place))
    }

    /// Starts to receive and to send; events go to `sink`.
    ///
    /// With `poller` the owner reads a link without typed frames itself, when its poller reports it, and gets no `Received` and `Message`.
    /// A connection accepted before its server was closed together with its connections is reset at once.
    ///
    /// # Errors
    /// When the kernel does not report the local address. A peer that has already disconnected is not an error: its data is received,
    /// followed by the end of the connection.
    pub fn start(
        self,
        sink: Arc<dyn EventSink<ConnectionEvent>>,
        poller: Option<PollTarget>,
    ) -> Result<Connection, SocketError> {
        let Self { taken, server } = self;
        let Taken { admitted, runtime, epoch, place, permit } = taken;
        drop(permit);
        let Admitted { stream, peer, peer_interval, session_entry, ciphers } = admitted;
        let failed = |error: io::Error| SocketError::from_io(Operation::Accept, peer, &error);
        let mut settings = lock(&server.settings);
        options::prepare(&SockRef::from(&stream), &settings.options).map_err(failed)?;
        let link_source = session_entry.map(|session_entry| server.session_resumer(session_entry, &place, &sink));
        let protocol = Arc::clone(&server.protocol);
        let counters = Counters::of(&server.counters);
        let options = SocketOptions { no_delay: Some(settings.options.no_delay.unwrap_or(true)), ..settings.options };
        let config = ConnectionConfig {
            sink,
            poller,
            protocol,
            counters,
            options,
            guard: Some(Box::new(PlaceGuard(place))),
            link_source,
        };
        let connection =
            Connection::start(config, InitialLink { stream, peer, peer_interval, ciphers, is_known: true }, &runtime)
                .map_err(failed)?;
        let weak = connection.downgrade();
        if epoch < settings.first_epoch {
            weak.abort();
        }
        settings.add(Started { epoch, connection: weak }, server.connections.load(Ordering::SeqCst));
        Ok(connection)
    }
}

impl fmt::Debug for PendingConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingConnection").field("peer", &self.peer()).finish_non_exhaustive()
    }
}
