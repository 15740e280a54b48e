//! Route to a peer: direct, or through a proxy.

use std::net::SocketAddr;

use tokio::net::TcpStream;

use super::dial::dial;
use super::local_endpoint::LocalEndpoint;
use crate::address::Host;
use crate::error::SocketError;
use crate::proxy::{Proxy, ProxyFault};

/// Target of a connect, and the proxy if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The peer.
    pub target: Host,
    /// Proxy, which also resolves a host name.
    pub proxy: Option<Proxy>,
}

impl From<Host> for Route {
    fn from(target: Host) -> Self {
        Self { target, proxy: None }
    }
}

impl Route {
    /// Connects, and returns the stream with the address of its peer.
    ///
    /// This is the proxy's address if only the proxy knows that of the peer.
    ///
    /// # Cancel safety
    /// A cancelled attempt closes its socket.
    pub(super) async fn follow(&self, endpoint: LocalEndpoint) -> Result<(TcpStream, SocketAddr), SocketError> {
        let first = self.proxy.as_ref().map_or(&self.target, |proxy| &proxy.host);
        let connected = dial(endpoint, first).await;
        let Some(proxy) = &self.proxy else { return connected };
        let failed = |error| SocketError::of_proxy(self.target.address(), error);
        let unreachable = |error: SocketError| failed(proxy.error(&self.target, ProxyFault::Unreachable, error));
        let (stream, near) = connected.map_err(unreachable)?;
        let stream = proxy.connect(stream, &self.target).await.map_err(failed)?;
        Ok((stream, self.target.address().unwrap_or(near)))
    }
}
