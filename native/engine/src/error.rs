//! The error of every operation: operation, address, and errno.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use crate::address::Host;

use crate::proxy::ProxyError;

/// Errno of closing a client that is not open: the system socket API reports it as -1.
pub const NOT_OPEN: i32 = -1;

/// Errno of bytes with a wrong checksum: bad message.
pub const BAD_CHECKSUM: i32 = libc::EBADMSG;

/// Operation that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Making a socket.
    Open,
    /// Opening a listening socket.
    Listen,
    /// Accepting a connection.
    Accept,
    /// Giving a client socket its local address.
    Bind,
    /// Connecting a client socket.
    Connect,
    /// Sending bytes.
    Send,
    /// Receiving bytes.
    Receive,
    /// Waiting for the answer to a request.
    Request,
    /// Closing a socket.
    Close,
    /// Suspending a link.
    Suspend,
    /// Setting options of a socket.
    SetOptions,
    /// Reading the address of the peer.
    GetRemoteAddress,
    /// Reading the local address.
    GetLocalAddress,
}

impl Operation {
    fn text(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Listen => "listen on",
            Self::Accept => "accept on",
            Self::Bind => "bind to",
            Self::Connect => "connect to",
            Self::Send => "send to",
            Self::Receive => "receive from",
            Self::Request => "get an answer from",
            Self::Close => "close",
            Self::Suspend => "suspend",
            Self::SetOptions => "set options of",
            Self::GetRemoteAddress => "get the remote address of",
            Self::GetLocalAddress => "get the local address of",
        }
    }
}

/// Mismatch between this side and its peer, found in the handshake.
/// Not an error of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerFault {
    /// The two sides do not have the same key.
    Key,
    /// The peer has another protocol, version or other options.
    Protocol,
    /// The peer has a key, and a version that does not encrypt.
    OldVersion,
    /// The peer has reached its connection limit.
    Limit,
}

impl PeerFault {
    /// Returns the errno that represents the fault.
    pub(crate) fn errno(self) -> i32 {
        match self {
            Self::Key => libc::EACCES,
            Self::Protocol | Self::OldVersion => libc::EPROTO,
            Self::Limit => libc::EUSERS,
        }
    }
}

/// A failed operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketError {
    /// Operation that failed.
    pub operation: Operation,
    /// Address of the operation, if known.
    pub address: Option<SocketAddr>,
    /// Host name, if the address is not known.
    pub host: Option<Box<str>>,
    /// The kernel's errno, or [`NOT_OPEN`].
    /// With `peer` or `proxy`, a number that represents it.
    pub errno: i32,
    /// Fault of the peer; the kernel reported no error.
    pub peer: Option<PeerFault>,
    /// Error of a proxy.
    pub proxy: Option<Box<ProxyError>>,
    /// Whether this process may not use the network at all.
    pub is_forbidden: bool,
}

impl SocketError {
    /// Creates an error of `operation` with its address.
    pub fn new(operation: Operation, address: impl Into<Option<SocketAddr>>, errno: i32) -> Self {
        Self { operation, address: address.into(), host: None, errno, peer: None, proxy: None, is_forbidden: false }
    }

    /// Creates the error of a connect that failed in the handshake with the peer at `address`.
    pub(crate) fn of_peer(address: SocketAddr, fault: PeerFault) -> Self {
        Self { peer: Some(fault), ..Self::new(Operation::Connect, address, fault.errno()) }
    }

    /// Adds the host of a connect, unless an address is known, which is more specific.
    pub(crate) fn at(mut self, host: &Host) -> Self {
        match host {
            Host::Address(address) => self.address = self.address.or(Some(*address)),
            Host::Name(name) if self.address.is_none() => {
                self.host = Some(format!("{}:{}", name.address, name.port).into());
            }
            Host::Name(_) => {}
        }
        self
    }

    /// Creates the error of a connect to `target` that failed at a proxy.
    pub(crate) fn of_proxy(target: Option<SocketAddr>, error: ProxyError) -> Self {
        Self { proxy: Some(Box::new(error)), ..Self::new(Operation::Connect, target, libc::EPROTO) }
    }

    /// Wraps `error`; without an errno it becomes `EIO`.
    pub(crate) fn from_io(operation: Operation, address: impl Into<Option<SocketAddr>>, error: &io::Error) -> Self {
        let is_forbidden = forbidden(error).is_some();
        let errno = match errno_of(error) {
            // The scope of a link-local address names no interface; without a scope the kernel reports `EINVAL`.
            libc::ENODEV => libc::EINVAL,
            errno => errno,
        };
        Self { is_forbidden, ..Self::new(operation, address, errno) }
    }
}

/// Error of the kernel when it refuses every socket to this process; the number is its errno.
#[derive(Debug)]
pub(crate) struct NetworkForbidden(pub(crate) i32);

impl fmt::Display for NetworkForbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this process may not use the network")
    }
}

impl std::error::Error for NetworkForbidden {}

fn forbidden(error: &io::Error) -> Option<i32> {
    error.get_ref().and_then(|inner| inner.downcast_ref::<NetworkForbidden>()).map(|forbidden| forbidden.0)
}

/// Returns the errno of `error`, or `EIO` if a library created the error itself.
pub(crate) fn errno_of(error: &io::Error) -> i32 {
    match error.raw_os_error() {
        Some(errno) => errno,
        None if error.kind() == io::ErrorKind::TimedOut => libc::ETIMEDOUT,
        None => forbidden(error).unwrap_or(libc::EIO),
    }
}

/// Returns whether the same call may succeed later.
/// The socket is non-blocking, or a signal arrived.
pub(crate) fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

impl fmt::Display for SocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.operation.text())?;
        if let Some(error) = &self.proxy {
            return write!(f, " {error}");
        }
        match (self.address, &self.host) {
            (Some(address), _) => write!(f, " {address}: ")?,
            (None, Some(host)) => write!(f, " {host}: ")?,
            (None, None) => f.write_str(" the socket: ")?,
        }
        match self.errno {
            errno if self.is_forbidden => {
                write!(f, "{} (is the permission INTERNET missing?)", io::Error::from_raw_os_error(errno))
            }
            _ if self.peer == Some(PeerFault::OldVersion) => {
                f.write_str("the peer speaks version 1, which does not encrypt; with a key, version 2 is needed")
            }
            NOT_OPEN => f.write_str("it is not open"),
            // musl has no text for it.
            libc::EUSERS => write!(f, "Too many users (os error {})", libc::EUSERS),
            errno => write!(f, "{}", io::Error::from_raw_os_error(errno)),
        }
    }
}

impl std::error::Error for SocketError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_names_operation_address_and_system_text() {
        let address = SocketAddr::from(([127, 0, 0, 1], 9));
        let error = SocketError::new(Operation::Connect, address, libc::ECONNREFUSED);
        let text = error.to_string();
        assert!(text.starts_with("connect to 127.0.0.1:9: Connection refused"), "{text}");
    }

    #[test]
    fn an_error_without_errno_is_eio() {
        assert_eq!(errno_of(&io::Error::other("made up")), libc::EIO);
    }
}
