//! Accepts connections of a listening socket, and handles its failures.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::shared::{ListenEpoch, Shared};
use crate::error::{Operation, SocketError, errno_of};
use crate::event::ServerEvent;
use crate::limits;
use crate::options;
use crate::runtime;
use crate::sync::lock;

pub(super) async fn accept_all(
    shared: Arc<Shared>,
    epoch: Arc<ListenEpoch>,
    listener: AsyncFd<TcpListener>,
    local: SocketAddr,
) {
    let mut listener = Some(listener);
    while let Some(socket) = listener.take() {
        let lost = shared.accept_until_lost(&epoch, socket, local).await;
        // Cleared first: the descriptor must not be visible to receivers of the error.
        shared.set_listener(local, None);
        shared.sink.post(ServerEvent::AcceptFailed(SocketError::from_io(Operation::Accept, local, &lost)));
        match shared.listen_again(local).await {
            Ok(socket) => listener = socket,
            Err(error) => {
                shared.sink.post(ServerEvent::AcceptFailed(SocketError::from_io(Operation::Listen, local, &error)));
                return shared.lose_listener(local);
            }
        }
    }
}

impl Shared {
    /// Accepts connections until the system closes the listening socket; returns its error.
    async fn accept_until_lost(
        self: &Arc<Self>,
        epoch: &Arc<ListenEpoch>,
        listener: AsyncFd<TcpListener>,
        local: SocketAddr,
    ) -> io::Error {
        let mut pause = Pause::default();
        loop {
            match self.accept_one(epoch, &listener).await {
                Ok(()) => pause = Pause::default(),
                Err(error) if is_of_the_peer(&error) => {}
                Err(error) if is_lost(&error) => return error,
                Err(error) => self.wait_out(&mut pause, local, &error).await,
            }
        }
    }

    /// Accepts one connection. It is not registered with the reactor here: it may not need to be.
    async fn accept_one(self: &Arc<Self>, epoch: &Arc<ListenEpoch>, listener: &AsyncFd<TcpListener>) -> io::Result<()> {
        let (stream, peer) = listener.async_io(Interest::READABLE, TcpListener::accept).await?;
        stream.set_nonblocking(true)?;
        self.receive(epoch, stream, peer).await
    }

    /// Reports the first of several errors and pauses: missing descriptors become free later.
    async fn wait_out(&self, pause: &mut Pause, local: SocketAddr, error: &io::Error) {
        if pause.is_first() {
            self.sink.post(ServerEvent::AcceptFailed(SocketError::from_io(Operation::Accept, local, error)));
        }
        tokio::time::sleep(pause.next()).await;
    }

    /// Listens again at `local`, at once and then after increasing pauses.
    /// `None` if the server has removed the listener.
    ///
    /// # Errors
    /// The kernel's last error, after [`limits::LISTEN_AGAIN_TRIES`].
    async fn listen_again(&self, local: SocketAddr) -> io::Result<Option<AsyncFd<TcpListener>>> {
        let mut pause = Pause::default();
        let mut tries = 1;
        loop {
            let options = lock(&self.settings).options;
            let listener = options::listening_socket(local, &options)
                .and_then(|listener| runtime::register(listener, Interest::READABLE));
            match listener {
                Ok(listener) => {
                    let is_wanted = self.set_listener(local, Some(listener.as_raw_fd()));
                    if is_wanted {
                        self.sink.post(ServerEvent::Listening(local));
                    }
                    return Ok(is_wanted.then_some(listener));
                }
                Err(error) if tries == limits::LISTEN_AGAIN_TRIES => return Err(error),
                Err(_) => tokio::time::sleep(pause.next()).await,
            }
            tries += 1;
        }
    }
}

/// Returns whether the socket can never listen again, because the system has closed it.
fn is_lost(error: &io::Error) -> bool {
    [libc::EINVAL, libc::EBADF, libc::ENOTSOCK].contains(&errno_of(error))
}

/// Returns whether only the accepted connection failed (accept(2), "Error handling").
fn is_of_the_peer(error: &io::Error) -> bool {
    const ERRNOS: [i32; 10] = [
        libc::ECONNABORTED,
        libc::EINTR,
        libc::EPROTO,
        libc::ENETDOWN,
        libc::ENOPROTOOPT,
        libc::EHOSTDOWN,
        libc::ENONET,
        libc::EHOSTUNREACH,
        libc::EOPNOTSUPP,
        libc::ENETUNREACH,
    ];
    ERRNOS.contains(&errno_of(error))
}

/// Pauses after failures, each twice as long as the one before.
#[derive(Debug, Default)]
struct Pause {
    last: Option<Duration>,
}

impl Pause {
    fn is_first(&self) -> bool {
        self.last.is_none()
    }

    fn next(&mut self) -> Duration {
        let next = match self.last {
            None => limits::ACCEPT_PAUSE_MIN,
            Some(last) => (last * 2).min(limits::ACCEPT_PAUSE_MAX),
        };
        self.last = Some(next);
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let mut pause = Pause::default();
        assert!(pause.is_first());
        assert_eq!(pause.next(), limits::ACCEPT_PAUSE_MIN);
        assert_eq!(pause.next(), limits::ACCEPT_PAUSE_MIN * 2);
        assert!(!pause.is_first());
        let longest = (0..20).map(|_| pause.next()).last();
        assert_eq!(longest, Some(limits::ACCEPT_PAUSE_MAX));
    }
}
