//! Local endpoint of a connect.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;

use super::bound::Bound;
use crate::limits;
use crate::options::{self, SocketOptions};

/// Local endpoint of a connect attempt.
#[derive(Clone)]
pub(super) struct LocalEndpoint {
    /// The bound socket; `None` if the kernel chooses the local address.
    pub(super) bound: Option<Arc<Bound>>,
    pub(super) options: SocketOptions,
}

impl LocalEndpoint {
    /// Returns the bound address.
    pub(super) fn local(&self) -> Option<SocketAddr> {
        self.bound.as_ref().map(|bound| bound.local)
    }

    /// Returns whether the owner chose the local port, and not the kernel.
    pub(super) fn has_chosen_port(&self) -> bool {
        self.bound.as_ref().is_some_and(|bound| bound.has_chosen_port)
    }

    /// Connects to `peer`.
    ///
    /// Retries while the kernel keeps the port or the pair of addresses: until the peer has acknowledged the FIN of the previous
    /// connection.
    ///
    /// # Cancel safety
    /// After a cancelled attempt the bound socket is not connected.
    pub(super) async fn connect(&self, peer: SocketAddr) -> io::Result<TcpStream> {
        let Some(bound) = &self.bound else {
            let socket = options::unbound_socket(peer, &self.options)?;
            options::connect(&socket, peer).await?;
            return TcpStream::from_std(socket.into());
        };
        for _ in 0..limits::BIND_AGAIN_TRIES {
            match bound.connect(peer, &self.options).await {
                Err(error) if is_kept(&error) => tokio::time::sleep(limits::BIND_AGAIN_PAUSE).await,
                result => return result,
            }
        }
        bound.connect(peer, &self.options).await
    }
}

fn is_kept(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::AddrNotAvailable)
}
