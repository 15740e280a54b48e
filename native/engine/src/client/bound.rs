//! What `bind` gave a client.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Arc, Mutex};

use socket2::Socket;
use tokio::net::TcpStream;

use crate::options::{self, SocketOptions};
use crate::port::{self, PortClaim};
use crate::sync::lock;

/// The local address, the claim on its port, and the bound socket.
///
/// A connection takes the socket over. Attempts to connect share one socket, so that its descriptor and its port stay the
/// client's whatever becomes of them.
pub(super) struct Bound {
    pub(super) local: SocketAddr,
    /// Whether `bind` was told the port, and did not let the kernel choose.
    pub(super) has_chosen_port: bool,
    held: Mutex<Held>,
}

struct Held {
    claim: Option<PortClaim>,
    socket: Place,
}

/// Where the bound socket is.
enum Place {
    /// Here, and not connected.
    Here(Arc<Socket>),
    /// A stream has it, and this descriptor.
    Handed(RawFd),
    /// It is closed; another one is bound when it is needed.
    Gone,
}

impl Bound {
    /// Binds a socket with `options` to `local`.
    ///
    /// Takes a port over from connections in TIME_WAIT, unless the options say otherwise, but never one that is in use.
    ///
    /// # Errors
    /// `EADDRINUSE`, `EADDRNOTAVAIL`, …: what the kernel said.
    pub(super) fn new(local: SocketAddr, options: &SocketOptions) -> io::Result<Self> {
        let (socket, claim) = options::bound_socket(local, options)?;
        let has_chosen_port = local.port() != 0;
        let local = socket.local_addr()?.as_socket().unwrap_or(local);
        let held = Held { claim, socket: Place::Here(Arc::new(socket)) };
        Ok(Self { local, has_chosen_port, held: Mutex::new(held) })
    }

    /// The descriptor of the socket, also of one that a stream has.
    pub(super) fn descriptor(&self) -> Option<RawFd> {
        match &lock(&self.held).socket {
            Place::Here(socket) => Some(socket.as_raw_fd()),
            Place::Handed(descriptor) => Some(*descriptor),
            Place::Gone => None,
        }
    }

    /// Sets `options` of the socket, if it is here.
    ///
    /// # Errors
    /// What the kernel said.
    pub(super) fn set_options(&self, options: SocketOptions) -> io::Result<()> {
        let held = lock(&self.held);
        match &held.socket {
            Place::Here(socket) => held.applicable(options).apply_unconnected(socket),
            Place::Handed(_) | Place::Gone => Ok(()),
        }
    }

    /// The options that a socket bound here may get while it lives.
    pub(super) fn applicable(&self, options: SocketOptions) -> SocketOptions {
        lock(&self.held).applicable(options)
    }

    /// Connects the bound socket to `peer`.
    ///
    /// If it is gone, binds another one to the same address.
    ///
    /// # Errors
    /// `ECANCELED` when it was released; otherwise what the kernel said.
    ///
    /// # Cancel safety
    /// An attempt that failed or is cancelled leaves the socket bound and not connected.
    pub(super) async fn connect(&self, peer: SocketAddr, options: &SocketOptions) -> io::Result<TcpStream> {
        let socket = lock(&self.held).socket(self.local, options)?;
        let attempt = Attempt { bound: self, socket };
        options::connect(&attempt.socket, peer).await?;
        attempt.hand_over()
    }

    /// Forgets a socket that a stream had: the attempt to connect it came to nothing.
    pub(super) fn end_attempt(&self) {
        let mut held = lock(&self.held);
        if matches!(held.socket, Place::Handed(_)) {
            held.socket = Place::Gone;
        }
    }

    /// Lets others have the port: the connection is over. A later attempt claims it again.
    pub(super) fn end_claim(&self) {
        lock(&self.held).claim = None;
    }

    /// Gives up the port, whoever still has this.
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

    /// The socket, with `options`; another one that is bound to `local` if it is gone.
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

    /// Undoes a connect of the socket. The kernel has let a port go that it chose itself.
    fn disconnect(&self, socket: &Socket, local: SocketAddr) -> io::Result<()> {
        options::disconnect(socket)?;
        match port::bind_client_again(socket, local, self.claim.as_ref()) {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            result => result,
        }
    }
}

/// A connect that is under way. Dropping it undoes that.
struct Attempt<'bound> {
    bound: &'bound Bound,
    socket: Arc<Socket>,
}

impl Attempt<'_> {
    /// Leaves the connected socket to a stream.
    fn hand_over(self) -> io::Result<TcpStream> {
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

impl Drop for Attempt<'_> {
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
