//! How a connection that lost its link gets another one.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::TcpStream;

use crate::error::SocketError;
use crate::event::CloseReason;
use crate::noise::LinkCiphers;

/// A future of a trait's method.
pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Brings the links of one connection.
pub(crate) trait LinkSource: Send + Sync {
    /// Ready when the peer has made another link although this one has not been seen to end.
    fn poll_replaced(&mut self, _context: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }

    /// Whether another link is made also when the peer ended the connection on purpose.
    fn outlives_peer(&self) -> bool;

    /// What the call that waits for the first link gets, when it is closed before.
    fn cancelled(&self) -> SocketError;

    /// Brings the next link.
    ///
    /// `lost` is what ended the one before, `received` the number of messages that arrived in the session. Fails when there
    /// will be none.
    ///
    /// # Cancel safety
    /// A cancelled attempt leaves nothing behind.
    fn next_link(&mut self, lost: Option<SocketError>, received: u64) -> BoxFuture<'_, Result<NewLink, LinkLost>>;
}

/// Waits until the peer has made another link, as [`LinkSource::poll_replaced`] tells.
pub(super) fn replaced(link_source: &mut Option<Box<dyn LinkSource>>) -> impl Future<Output = ()> {
    poll_fn(|context| match link_source {
        Some(link_source) => link_source.poll_replaced(context),
        None => Poll::Pending,
    })
}

/// A new link.
pub(crate) struct NewLink {
    pub(crate) stream: TcpStream,
    pub(crate) peer: SocketAddr,
    /// How often the peer wants to hear something.
    pub(crate) peer_interval: Option<Duration>,
    /// Messages that the peer has received in the session; `None` for a new session.
    pub(crate) peer_received: Option<u64>,
    /// The keys of a link that is encrypted.
    pub(crate) ciphers: Option<LinkCiphers>,
}

/// Why there is no link any more.
#[derive(Clone, Debug)]
pub(crate) struct LinkLost {
    pub(crate) error: SocketError,
    pub(crate) reason: CloseReason,
}
