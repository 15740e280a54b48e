//! The way to a peer: straight, or through a proxy.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::TcpStream;

use super::opening::Origin;
use super::resolver::Resolver;
use crate::address::{Host, NetAddress};
use crate::error::{Operation, SocketError};
use crate::options;
use crate::proxy::{Proxy, ProxyFault};

/// Where to connect to, and how to get there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The peer.
    pub target: Host,
    /// What is on the way; it looks the name of the peer up, if that has one.
    pub proxy: Option<Proxy>,
}

impl From<Host> for Route {
    fn from(target: Host) -> Self {
        Self { target, proxy: None }
    }
}

impl Route {
    /// Connects, and returns the stream and the address of the peer; that of the proxy, where it alone knows the peer's.
    ///
    /// # Cancel safety
    /// A cancelled attempt leaves nothing behind.
    pub(super) async fn follow(&self, origin: Origin) -> Result<(TcpStream, SocketAddr), SocketError> {
        let first = self.proxy.as_ref().map_or(&self.target, |proxy| &proxy.host);
        let connected = connect(origin, first).await;
        let Some(proxy) = &self.proxy else { return connected };
        let failed = |error| SocketError::of_proxy(self.target.address(), error);
        let unreachable = |error: SocketError| failed(proxy.error(&self.target, ProxyFault::Unreachable, error));
        let (stream, near) = connected.map_err(unreachable)?;
        let stream = proxy.connect(stream, &self.target).await.map_err(failed)?;
        Ok((stream, self.target.address().unwrap_or(near)))
    }
}

/// Looks `host` up where that is needed, and connects to it.
async fn connect(origin: Origin, host: &Host) -> Result<(TcpStream, SocketAddr), SocketError> {
    let peer = match host {
        Host::Address(address) => *address,
        Host::Name(name) => look_up(name).await?,
    };
    let failed = |error: io::Error| SocketError::from_io(Operation::Connect, peer, &error);
    let may_be_itself = origin.has_chosen_port;
    let socket = origin.into_socket(peer).await.map_err(failed)?;
    let stream = options::connect(socket, peer).await.map_err(failed)?;
    if !may_be_itself && is_its_own_peer(&stream) {
        // By a reset: otherwise the port would be taken for a while yet.
        let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
        return Err(SocketError::new(Operation::Connect, peer, libc::ECONNREFUSED));
    }
    Ok((stream, peer))
}

/// Whether the kernel has connected the socket to itself: it does where nobody listens at the address and the local port that it
/// chose is the same.
fn is_its_own_peer(stream: &TcpStream) -> bool {
    matches!((stream.local_addr(), stream.peer_addr()), (Ok(local), Ok(peer)) if local == peer)
}

/// The first address of `name` in the family it asks for.
async fn look_up(name: &NetAddress) -> Result<SocketAddr, SocketError> {
    let failed = |errno| SocketError::new(Operation::Connect, None, errno);
    let found = Resolver::system().look_up(&name.address).await.map_err(failed)?;
    let fitting = found.iter().copied().find(|address| name.admits(address.ip()));
    let mut address = fitting.ok_or_else(|| failed(libc::EADDRNOTAVAIL))?;
    address.set_port(name.port);
    Ok(address)
}
