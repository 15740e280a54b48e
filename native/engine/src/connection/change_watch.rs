//! Watches a socket that is closed in both directions and still has bytes to send.

use std::io;
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::task::{Context, Poll, ready};

use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::counts::count_system_call;
use crate::poller_group::EMPTY_EVENT;
use crate::runtime;

/// Reports each change of a socket once.
///
/// It watches an epoll set with the socket: tokio reports a socket that is closed in both directions as ready without end.
pub(super) struct ChangeWatch(AsyncFd<OwnedFd>);

impl ChangeWatch {
    /// Watches `stream`.
    ///
    /// # Errors
    /// Those of the kernel: `EMFILE`, `ENOSPC`, …
    pub(super) fn new(stream: &TcpStream) -> io::Result<Self> {
        let set = epoll::create(CreateFlags::CLOEXEC)?;
        epoll::add(&set, stream, EventData::new_u64(0), EventFlags::OUT | EventFlags::ET)?;
        Ok(Self(runtime::register(set, Interest::READABLE)?))
    }

    /// Waits for a change of the socket; its present state is the first.
    pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
        // A runtime that has ended reports nothing.
        while let Ok(mut ready) = ready!(self.0.poll_read_ready(context)) {
            ready.clear_ready();
            count_system_call();
            // A failed call may have left something: the caller looks at the socket.
            if epoll::wait(&self.0, &mut [EMPTY_EVENT], Some(&Timespec::default())) != Ok(0) {
                return Poll::Ready(());
            }
        }
        Poll::Pending
    }
}
