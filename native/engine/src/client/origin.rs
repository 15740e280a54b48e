//! The end on this side that a connect begins at.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;

use super::bound::Bound;
use crate::limits;
use crate::options::{self, SocketOptions};

/// What an attempt starts from.
#[derive(Clone)]
pub(super) struct Origin {
    /// What `bind` gave the client; `None`: the kernel chooses the local address.
    pub(super) bound: Option<Arc<Bound>>,
    pub(super) options: SocketOptions,
}

impl Origin {
    /// The address that it is bound to.
    pub(super) fn local(&self) -> Option<SocketAddr> {
        self.bound.as_ref().map(|bound| bound.local)
    }

    /// Whether the port on this side is the owner's choice, and not the kernel's.
    pub(super) fn has_chosen_port(&self) -> bool {
        self.bound.as_ref().is_some_and(|bound| bound.has_chosen_port)
    }

    /// Connects to `peer`.
    ///
    /// The kernel may keep a bound port, or the pair of addresses, for a moment, until the peer has acknowledged the end of the
    /// connection before.
    ///
    /// # Cancel safety
    /// A cancelled attempt leaves nothing behind but the bound socket, not connected.
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
