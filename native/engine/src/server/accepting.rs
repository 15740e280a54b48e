//! How a listening socket takes connections, and what it does when it cannot.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::{Intake, Shared};
use crate::error::{Operation, SocketError, errno_of};
use crate::event::Event;
use crate::limits;

pub(super) async fn accept_all(
    shared: Arc<Shared>,
    intake: Arc<Intake>,
    listener: AsyncFd<TcpListener>,
    local: SocketAddr,
) {
    let mut pause = AcceptPause::default();
    loop {
        match shared.accept_one(&intake, &listener).await {
            Ok(()) => pause = AcceptPause::default(),
            Err(error) if is_of_the_peer(&error) => {}
            Err(error) => shared.wait_out(&mut pause, local, &error).await,
        }
    }
}

impl Shared {
    /// Takes one connection. It gets no place in the runtime here: it may need none.
    async fn accept_one(self: &Arc<Self>, intake: &Arc<Intake>, listener: &AsyncFd<TcpListener>) -> io::Result<()> {
        let (stream, peer) = listener.async_io(Interest::READABLE, TcpListener::accept).await?;
        stream.set_nonblocking(true)?;
        self.receive(intake, stream, peer).await
    }

    /// Reports the first error of a row and pauses: the descriptors that are missing come back on their own time.
    async fn wait_out(&self, pause: &mut AcceptPause, local: SocketAddr, error: &io::Error) {
        if pause.is_first() {
            self.sink.post(Event::AcceptFailed(SocketError::from_io(Operation::Accept, local, error)));
        }
        tokio::time::sleep(pause.next()).await;
    }
}

/// Errors that concern the one connection that was about to be accepted (accept(2), "Error handling").
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

/// Pauses between failed accepts, each twice as long as the one before.
#[derive(Debug, Default)]
struct AcceptPause {
    last: Option<Duration>,
}

impl AcceptPause {
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
        let mut pause = AcceptPause::default();
        assert!(pause.is_first());
        assert_eq!(pause.next(), limits::ACCEPT_PAUSE_MIN);
        assert_eq!(pause.next(), limits::ACCEPT_PAUSE_MIN * 2);
        assert!(!pause.is_first());
        let longest = (0..20).map(|_| pause.next()).last();
        assert_eq!(longest, Some(limits::ACCEPT_PAUSE_MAX));
    }
}
