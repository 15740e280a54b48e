//! The bound socket of a client, and its address.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Arc, Mutex};

use socket2::Socket;
use tokio::net::TcpStream;

use crate::options::{self, SocketOptions};
use crate::port::{self, PortClaim};
use crate::sync::lock;

/// Result of `bind`: the local address, the claim on its port, and the bound socket.
///
/// A connection takes over the socket. Connect attempts share one socket, so that a failed or cancelled one keeps the client's
/// descriptor and port.
pub(super) struct Bound {
    pub(super) local: SocketAddr,
    /// Whether the owner chose the port, and not the kernel.
    pub(super) has_chosen_port: bool,
    held: Mutex<Held>,
}

struct Held {
    claim: Option<PortClaim>,
    socket: Place,
}

/// Owner of the bound socket.
enum Place {
    /// The client, not connected.
    Here(Arc<Socket>),
    /// A stream, with this descriptor.
    Handed(RawFd),
    /// None: the socket is closed, and the next attempt binds another one.
    Gone,
}

impl Bound {
    /// Binds a socket with `options` to `local`.
    ///
    /// With SO_REUSEADDR, the default, the port may have connections in TIME_WAIT. A port in use is never shared.
    ///
    /// # Errors
    /// `EADDRINUSE`, `EADDRNOTAVAIL`, and other errors of the kernel.
    pub(super) fn new(local: SocketAddr, options: &SocketOptions) -> io::Result<Self> {
        let (socket, claim) = options::bound_socket(local, options)?;
        let has_chosen_port = local.port() != 0;
        let local = socket.local_addr()?.as_socket().unwrap_or(local);
        let held = Held { claim, socket: Place::Here(Arc::new(socket)) };
        Ok(Self { local, has_chosen_port, held: Mutex::new(held) })
    }

    /// Returns the descriptor of the socket, also if a stream owns it.
    pub(super) fn descriptor(&self) -> Option<RawFd> {
        match &lock(&self.held).socket {
            Place::Here(socket) => Some(socket.as_raw_fd()),
            Place::Handed(descriptor) => Some(*descriptor),
            Place::Gone => None,
        }
    }

    /// Sets `options` of the socket, unless a stream owns it.
    ///
    /// # Errors
    /// Errors of the kernel.
    pub(super) fn set_options(&self, options: SocketOptions) -> io::Result<()> {
        let held = lock(&self.held);
        match &held.socket {
            Place::Here(socket) => held.applicable(options).apply_unconnected(socket),
            Place::Handed(_) | Place::Gone => Ok(()),
        }
    }

    /// Returns the options that may be set on a socket with this address.
    pub(super) fn applicable(&self, options: SocketOptions) -> SocketOptions {
        lock(&self.held).applicable(options)
    }

    /// Connects the bound socket to `peer`.
    ///
    /// If the socket is closed, binds another one to the same address.
    ///
    /// # Errors
    /// `ECANCELED` after `release`; otherwise errors of the kernel.
    ///
    /// # Cancel safety
    /// After a failed or cancelled attempt the socket is bound and not connected.
    pub(super) async fn connect(&self, peer: SocketAddr, options: &SocketOptions) -> io::Result<TcpStream> {
        let socket = lock(&self.held).socket(self.local, options)?;
        let attempt = BoundAttempt { bound: self, socket };
        options::connect(&attempt.socket, peer).await?;
        attempt.into_stream()
    }

    /// Marks the socket as closed if a stream owned it, after a failed attempt.
    pub(super) fn end_attempt(&self) {
        let mut held = lock(&self.held);
        if matches!(held.socket, Place::Handed(_)) {
            held.socket = Place::Gone;
        }
    }

    /// Ends the claim on the port after the end of the connection. A later attempt claims it again.
    pub(super) fn end_claim(&self) {
        lock(&self.held).claim = None;
    }

    /// Closes the socket and ends the claim on the port, even while attempts refer to it.
    pub(super) fn release(&self) {
        let mut held = lock(&self.held);
        held.claim = None;
        held.socket = Place::Gone;
    }
}

impl Held {
    fn applicable(&self, options: SocketOptions) -> SocketOptions {
        if self.claim.is_none() { options.without_reuse_address() } else { options }
    }

    /// Returns the socket with `options`; if it is closed, another one bound to `local`.
    fn socket(&mut self, local: SocketAddr, options: &SocketOptions) -> io::Result<Arc<Socket>> {
        if let Place::Here(socket) = &self.socket {
            self.applicable(*options).apply_unconnected(socket)?;
            return Ok(Arc::clone(socket));
        }
        let socket = match &self.claim {
            Some(claim) => options::bound_socket_again(local, options, claim)?,
            None => {
                let (socket, claim) = options::bound_socket(local, options)?;
                self.claim = claim;
                socket
            }
        };
        let socket = Arc::new(socket);
        self.socket = Place::Here(Arc::clone(&socket));
        Ok(socket)
    }

    /// Disconnects the socket, and binds it again: disconnecting releases a port that the kernel chose.
    fn disconnect(&self, socket: &Socket, local: SocketAddr) -> io::Result<()> {
        options::disconnect(socket)?;
        match port::bind_client_again(socket, local, self.claim.as_ref()) {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            result => result,
        }
    }
}

/// A connect attempt of the bound socket. Dropping it disconnects the socket.
struct BoundAttempt<'bound> {
    bound: &'bound Bound,
    socket: Arc<Socket>,
}

impl BoundAttempt<'_> {
    /// Moves the connected socket into a stream.
    fn into_stream(self) -> io::Result<TcpStream> {
        let mut held = lock(&self.bound.held);
        let is_here = matches!(&held.socket, Place::Here(socket) if Arc::ptr_eq(socket, &self.socket));
        let handed = Place::Handed(self.socket.as_raw_fd());
        let place = if is_here { std::mem::replace(&mut held.socket, handed) } else { Place::Gone };
        drop(held);
        drop(self);
        let Place::Here(socket) = place else { return Err(released()) };
        let socket = Arc::into_inner(socket).ok_or_else(released)?;
        TcpStream::from_std(socket.into())
    }
}

impl Drop for BoundAttempt<'_> {
    fn drop(&mut self) {
        let mut held = lock(&self.bound.held);
        let is_here = matches!(&held.socket, Place::Here(socket) if Arc::ptr_eq(socket, &self.socket));
        if is_here && held.disconnect(&self.socket, self.bound.local).is_err() {
            held.socket = Place::Gone;
        }
    }
}

fn released() -> io::Error {
    io::Error::from_raw_os_error(libc::ECANCELED)
}
