//! Opens the stream of a client: waits for what was there before, binds and connects.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::Socket;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::route::Route;
use crate::error::{Operation, SocketError};
use crate::limits;
use crate::options::{self, SocketOptions};

/// What an attempt starts from.
pub(super) struct Origin {
    pub(super) socket: Option<Socket>,
    pub(super) local: Option<SocketAddr>,
    pub(super) options: SocketOptions,
}

impl Origin {
    /// The socket that `bind` made, or a new one for `peer`.
    pub(super) async fn into_socket(self, peer: SocketAddr) -> io::Result<Socket> {
        match (self.socket, self.local) {
            (Some(socket), _) => Ok(socket),
            (None, Some(local)) => bind_again(local, &self.options).await,
            (None, None) => options::unbound_socket(peer, &self.options),
        }
    }
}

/// Everything of a client that has not posted its last event.
#[derive(Clone, Default)]
pub(super) struct Previous(Vec<watch::Receiver<bool>>);

impl Previous {
    pub(super) fn push(&mut self, ended: watch::Receiver<bool>) {
        // One whose sender is gone has ended as well.
        self.0.retain(|ended| !*ended.borrow() && ended.has_changed().is_ok());
        self.0.push(ended);
    }

    async fn wait(self) {
        for mut ended in self.0 {
            let _ = ended.wait_for(|ended| *ended).await;
        }
    }
}

/// Binds a port that a connection of this client had until now. The kernel may keep it for a moment, until the peer has
/// acknowledged the end of that connection.
async fn bind_again(local: SocketAddr, options: &SocketOptions) -> io::Result<Socket> {
    for _ in 0..limits::BIND_AGAIN_TRIES {
        match options::bound_socket(local, options) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                tokio::time::sleep(limits::BIND_AGAIN_PAUSE).await
            }
            result => return result,
        }
    }
    options::bound_socket(local, options)
}

/// Follows `route`, once everything `previous` has ended; all within `limit`.
pub(super) async fn open(
    previous: Previous,
    origin: Origin,
    route: &Route,
    limit: Duration,
) -> Result<(TcpStream, SocketAddr), SocketError> {
    let attempt = async {
        previous.wait().await;
        route.follow(origin).await
    };
    match timeout(limit, attempt).await {
        Ok(opened) => opened,
        Err(_) => Err(SocketError::new(Operation::Connect, route.target.address(), libc::ETIMEDOUT)),
    }
}
