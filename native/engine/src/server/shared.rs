//! State that a server shares with its tasks and its connections.

use std::net::SocketAddr;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinHandle;

use super::accepted::{Accepted, Taken};
use super::admitted::Admitted;
use super::connections::Connections;
use super::handshakes::Handshakes;
use super::place::Place;
use super::rejections::Rejections;
use super::sessions::Sessions;
use crate::connection::WeakConnection;
use crate::error::SocketError;
use crate::event::{EventSink, RejectReason, ServerEvent};
use crate::options::SocketOptions;
use crate::protocol::Protocol;
use crate::statistics::Counters;
use crate::sync::lock;
use crate::timeout::timeout;

/// State that lives as long as the server, its listeners and its connections.
pub(super) struct Shared {
    pub(super) sink: Arc<dyn EventSink<ServerEvent>>,
    pub(super) protocol: Arc<Protocol>,
    pub(super) max_connections: Option<usize>,
    pub(super) return_timeout: Duration,
    pub(super) counters: Arc<Counters>,
    pub(super) connections: Arc<AtomicUsize>,
    pub(super) pending: Arc<Semaphore>,
    pub(super) settings: Mutex<Settings>,
    pub(super) sessions: Arc<Sessions>,
    pub(super) epoch: Mutex<Arc<ListenEpoch>>,
    pub(super) rejections: Rejections,
    pub(super) listeners: Mutex<Vec<Listener>>,
    pub(super) was_closed: AtomicBool,
    /// The newest close; its sender is dropped when it is done.
    pub(super) closing: Mutex<Option<watch::Receiver<()>>>,
}

/// Accepted connections between two closes: closing one epoch leaves later ones unchanged.
#[derive(Default)]
pub(super) struct ListenEpoch {
    pub(super) number: u64,
    pub(super) handshakes: Handshakes,
    pub(super) accepted: Accepted,
}

/// Options of later connections, and the open connections.
#[derive(Default)]
pub(super) struct Settings {
    pub(super) options: SocketOptions,
    pub(super) started: Vec<Started>,
    /// First epoch whose connections were not closed together with the server.
    pub(super) first_epoch: u64,
}

pub(super) struct Started {
    pub(super) epoch: u64,
    pub(super) connection: WeakConnection,
}

impl Settings {
    /// Removes and returns the connections to close: those of epochs up to `last`.
    fn clear(&mut self, last: u64) -> Vec<WeakConnection> {
        self.first_epoch = last + 1;
        let ended = self.started.extract_if(.., |started| started.epoch <= last);
        ended.map(|started| started.connection).collect()
    }

    /// Adds a connection to the `open` ones. Removes closed ones before they are the majority.
    pub(super) fn add(&mut self, started: Started, open: usize) {
        if self.started.len() > 2 * open {
            self.started.retain(|started| started.connection.is_there());
        }
        self.started.push(started);
    }

    pub(super) fn connections(&self) -> impl Iterator<Item = &WeakConnection> {
        self.started.iter().map(|started| &started.connection)
    }
}

pub(super) struct Listener {
    pub(super) local: SocketAddr,
    /// `None` while the system has closed the socket and there is no new one yet.
    pub(super) fd: Option<RawFd>,
    pub(super) accepting: JoinHandle<()>,
}

impl Shared {
    /// Sets the descriptor of the listener at `local`.
    /// Returns false if the server has removed it.
    pub(super) fn set_listener(&self, local: SocketAddr, fd: Option<RawFd>) -> bool {
        let mut listeners = lock(&self.listeners);
        let found = listeners.iter_mut().find(|listener| listener.local == local);
        found.map(|listener| listener.fd = fd).is_some()
    }

    /// Removes the failed listener at `local`. Removing the last one closes the server.
    pub(super) fn lose_listener(&self, local: SocketAddr) {
        let mut listeners = lock(&self.listeners);
        let count = listeners.len();
        listeners.retain(|listener| listener.local != local);
        if !listeners.is_empty() || count == 0 {
            return;
        }
        self.was_closed.store(true, Ordering::SeqCst);
        drop(listeners);
        self.end_epoch();
        self.sink.post(ServerEvent::Closed);
    }

    /// Starts the next epoch, and closes what is left of the previous one.
    pub(super) fn end_epoch(&self) {
        let ended = self.next_epoch();
        ended.handshakes.abort();
        ended.accepted.close();
    }

    /// Starts the next epoch; returns the previous one.
    pub(super) fn next_epoch(&self) -> Arc<ListenEpoch> {
        let mut epoch = lock(&self.epoch);
        let next = ListenEpoch { number: epoch.number + 1, ..ListenEpoch::default() };
        std::mem::replace(&mut *epoch, Arc::new(next))
    }

    pub(super) fn accept(&self, admitted: Admitted, epoch: &ListenEpoch, place: Place, permit: OwnedSemaphorePermit) {
        let (runtime, place) = (Handle::current(), Arc::new(place));
        let taken = Taken { admitted, runtime, epoch: epoch.number, place, permit };
        if epoch.accepted.push(taken) {
            self.sink.post(ServerEvent::Accepted);
        }
    }

    /// Rejects a peer.
    pub(super) fn reject(&self, peer: SocketAddr, reason: RejectReason) {
        if self.rejections.add() {
            self.sink.post(ServerEvent::Rejected(peer, reason));
        }
    }

    /// Keeps, drains or aborts the connections of epochs up to `last_epoch`, and waits for them.
    ///
    /// # Errors
    /// Why the peer of one that was drained has not got all.
    pub(super) async fn end_connections(&self, connections: Connections, last_epoch: u64) -> Result<(), SocketError> {
        let started: Vec<WeakConnection> = match connections {
            Connections::Keep => return Ok(()),
            Connections::Drain(_) | Connections::Abort => lock(&self.settings).clear(last_epoch),
        };
        // The losses of the others are reported already.
        let started: Vec<_> = started.into_iter().filter(WeakConnection::is_ending).collect();
        if let Connections::Drain(limit) = connections {
            started.iter().for_each(WeakConnection::close);
            match limit {
                // Connections that are still open then are reset.
                Some(limit) => {
                    if let Some(result) = timeout(limit, wait_for(&started)).await {
                        return result;
                    }
                }
                None => return wait_for(&started).await,
            }
        }
        started.iter().for_each(WeakConnection::abort);
        // What a reset loses is meant.
        let _ = wait_for(&started).await;
        Ok(())
    }
}

/// Waits for all of them.
///
/// # Errors
/// The first that one of them ended with.
async fn wait_for(connections: &[WeakConnection]) -> Result<(), SocketError> {
    let mut result = Ok(());
    for connection in connections {
        result = result.and(connection.wait_until_ended().await);
    }
    result
}
