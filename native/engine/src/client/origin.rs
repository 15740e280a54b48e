//! The end on this side that a connect begins at.

use std::io;
use std::net::SocketAddr;

use socket2::Socket;
use tokio::net::TcpStream;

use crate::limits;
use crate::options::{self, SocketOptions};

/// What an attempt starts from.
pub(super) struct Origin {
    pub(super) socket: Option<Socket>,
    pub(super) local: Option<SocketAddr>,
    /// Whether the port of `local` is the owner's choice, and not the kernel's.
    pub(super) has_chosen_port: bool,
    /// Whether the port of `local` is claimed.
    pub(super) is_claimed: bool,
    pub(super) options: SocketOptions,
}

impl Origin {
    /// The origin of this attempt; that of the next one has no socket.
    pub(super) fn take(&mut self) -> Self {
        Self { socket: self.socket.take(), ..*self }
    }

    /// Connects to `peer`. The kernel may keep a bound port, or the pair of addresses, for a moment, until the peer has
    /// acknowledged the end of the connection before.
    ///
    /// # Cancel safety
    /// A cancelled attempt leaves nothing behind.
    pub(super) async fn connect(mut self, peer: SocketAddr) -> io::Result<TcpStream> {
        for _ in 0..limits::BIND_AGAIN_TRIES {
            match self.connect_once(peer).await {
                Err(error) if self.local.is_some() && is_kept(&error) => {
                    tokio::time::sleep(limits::BIND_AGAIN_PAUSE).await
                }
                result => return result,
            }
        }
        self.connect_once(peer).await
    }

    async fn connect_once(&mut self, peer: SocketAddr) -> io::Result<TcpStream> {
        let socket = match (self.socket.take(), self.local) {
            (Some(socket), _) => socket,
            (None, Some(local)) => options::bound_socket_again(local, &self.options, self.is_claimed)?,
            (None, None) => options::unbound_socket(peer, &self.options)?,
        };
        options::connect(socket, peer).await
    }
}

fn is_kept(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::AddrNotAvailable)
}
