//! The socket of a link, and its registration with tokio's reactor.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::net::TcpStream;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use rustix::buffer::spare_capacity;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::change_watch::ChangeWatch;
use super::write::send_vectored;
use crate::counts::count_system_call;
use crate::limits;
use crate::runtime;

thread_local! {
    /// Buffer of small reads.
    ///
    /// One for each worker thread, so that an idle connection owns no buffer.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; limits::READ_MIN_BYTES]);
}

/// A socket that never blocks.
///
/// While it is not registered, it causes no wake-ups of the worker.
pub(super) struct Socket {
    pub(super) stream: Arc<TcpStream>,
    watch: SocketWatch,
}

/// What reports what happens to a socket: one thing at a time.
enum SocketWatch {
    /// Nothing does, until the task first waits for something.
    Unregistered,
    Registered(Registration),
    /// Boxed: few connections close so slowly that they need it.
    Changes(Box<ChangeWatch>),
}

struct Registration {
    socket: AsyncFd<Arc<TcpStream>>,
    interest: Interest,
    /// Whether it tells of EOF alone, as it has forgotten that there is something to read.
    has_forgotten_reads: bool,
}

/// What to wait for.
#[derive(Clone, Copy)]
pub(super) struct Wants {
    pub(super) read: bool,
    pub(super) write: bool,
    /// EOF, while nothing is read.
    pub(super) end: bool,
    /// An error of the link, where no read or write would find it.
    pub(super) error: bool,
}

/// Which of them came.
pub(super) enum Ready {
    Readable,
    Writable,
    ReadClosed,
}

impl Socket {
    /// A socket that is not registered.
    pub(super) fn new(stream: Arc<TcpStream>) -> Self {
        Self { stream, watch: SocketWatch::Unregistered }
    }

    /// Registers the socket for `interest`, if it is not and `wants` asks for something.
    ///
    /// # Errors
    /// Those of the kernel: `ENOSPC`, …
    pub(super) fn register(&mut self, interest: Interest, wants: Wants) -> io::Result<()> {
        let Wants { read, write, end, error } = wants;
        let fits = |known: &Registration| known.interest == interest && !(read && known.has_forgotten_reads);
        if (read || write || end || error) && !self.registration().is_some_and(fits) {
            // Dropped first: a socket has one registration at a time.
            self.watch = SocketWatch::Unregistered;
            let socket = runtime::register(Arc::clone(&self.stream), interest)?;
            self.watch = SocketWatch::Registered(Registration { socket, interest, has_forgotten_reads: false });
        }
        if let SocketWatch::Registered(registration) = &mut self.watch {
            registration.has_forgotten_reads |= end;
        }
        Ok(())
    }

    fn registration(&self) -> Option<&Registration> {
        match &self.watch {
            SocketWatch::Registered(registration) => Some(registration),
            SocketWatch::Unregistered | SocketWatch::Changes(_) => None,
        }
    }

    /// Waits only for changes of the socket from now on, and for its present state once.
    ///
    /// For a socket that is closed in both directions and still has bytes to send.
    pub(super) fn watch_changes(&mut self) {
        if !matches!(self.watch, SocketWatch::Changes(_)) {
            // Without a descriptor for it, the caller's deadline is what is left.
            self.watch = SocketWatch::Unregistered;
            if let Ok(changes) = ChangeWatch::new(&self.stream) {
                self.watch = SocketWatch::Changes(Box::new(changes));
            }
        }
    }

    /// Waits for what it was registered for.
    ///
    /// An error of the registration is found again, with its errno, by the read or write that follows.
    pub(super) fn poll_ready(&self, wants: Wants, context: &mut Context<'_>) -> Poll<Ready> {
        let socket = match &self.watch {
            SocketWatch::Unregistered => return Poll::Pending,
            SocketWatch::Registered(registration) => &registration.socket,
            SocketWatch::Changes(changes) => return changes.poll(context).map(|()| Ready::Writable),
        };
        if wants.write && socket.poll_write_ready(context).is_ready() {
            return Poll::Ready(Ready::Writable);
        }
        if wants.read && socket.poll_read_ready(context).is_ready() {
            return Poll::Ready(Ready::Readable);
        }
        if wants.end && poll_read_closed(socket, context).is_ready() {
            return Poll::Ready(Ready::ReadClosed);
        }
        Poll::Pending
    }

    /// Waits for an error of the socket, if it is registered and `wants` asks for that.
    ///
    /// Leaves other readiness alone.
    pub(super) async fn failed(&self, wants: Wants) {
        match self.registration() {
            // An error of the registration is found again by a read or write. Boxed: few connections are half open.
            Some(Registration { socket, .. }) if wants.error => _ = Box::pin(socket.ready(Interest::ERROR)).await,
            _ => std::future::pending().await,
        }
    }

    /// Writes what the kernel takes now.
    ///
    /// # Errors
    /// `WouldBlock` when it takes nothing, or the reactor has yet to tell that it does; otherwise what broke the link.
    pub(super) fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self.registration() {
            Some(Registration { socket, .. }) => {
                socket.try_io(Interest::WRITABLE, |socket| send_vectored(socket, slices))
            }
            None => send_vectored(&self.stream, slices),
        }
    }

    /// Waits anew for the reactor to tell that the socket can be written.
    pub(super) fn forget_writable(&self) {
        if let Some(Registration { socket, .. }) = self.registration() {
            // The error is made here.
            let _ = socket.try_io(Interest::WRITABLE, |_| Err::<(), _>(io::ErrorKind::WouldBlock.into()));
        }
    }

    /// Reads at most `size_bytes`, into memory of the size that came. Nothing read is EOF.
    ///
    /// # Errors
    /// `WouldBlock` when there is nothing; otherwise what broke the link.
    pub(super) fn read(&self, size_bytes: usize) -> io::Result<Bytes> {
        if size_bytes > limits::READ_MIN_BYTES {
            let mut buffer = Vec::with_capacity(size_bytes);
            let count = self.try_read(|socket| Ok(rustix::io::read(socket, spare_capacity(&mut buffer))?))?;
            return Ok(if count < size_bytes / 2 { Bytes::copy_from_slice(&buffer) } else { Bytes::from(buffer) });
        }
        self.read_with(size_bytes, |bytes| Bytes::copy_from_slice(bytes))
    }

    /// Reads at most `size_bytes` into a buffer of the thread. Returns what `make` makes of them.
    ///
    /// # Errors
    /// Those of [`Socket::read`].
    pub(super) fn read_with<T>(&self, size_bytes: usize, make: impl FnOnce(&mut [u8]) -> T) -> io::Result<T> {
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.resize(size_bytes.max(scratch.len()), 0);
            let place = scratch.get_mut(..size_bytes).unwrap_or_default();
            let count = self.try_read(|socket| Ok(rustix::io::read(socket, &mut *place)?))?;
            Ok(make(place.get_mut(..count).unwrap_or_default()))
        })
    }

    fn try_read(&self, read: impl FnOnce(&TcpStream) -> io::Result<usize>) -> io::Result<usize> {
        count_system_call();
        match self.registration() {
            Some(Registration { socket, interest, .. }) if interest.is_readable() => {
                socket.try_io(Interest::READABLE, |socket| read(socket))
            }
            _ => read(&self.stream),
        }
    }
}

/// Ready at EOF.
///
/// Forgets that there is something to read, which only a new registration tells again.
fn poll_read_closed(socket: &AsyncFd<Arc<TcpStream>>, context: &mut Context<'_>) -> Poll<()> {
    loop {
        match socket.poll_read_ready(context) {
            Poll::Ready(Ok(mut guard)) if !guard.ready().is_read_closed() => guard.clear_ready(),
            Poll::Ready(_) => return Poll::Ready(()),
            Poll::Pending => return Poll::Pending,
        }
    }
}
