//! The error of every operation: what was tried, where, and what the kernel answered.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use crate::address::Host;

use crate::proxy::ProxyError;

/// The errno of closing a client that is not open: the system socket API reports it as -1.
pub const NEVER_OPENED: i32 = -1;

/// The errno of bytes whose checksum is wrong: that of a bad message.
pub const BAD_CHECKSUM: i32 = libc::EBADMSG;

/// What was being done when an error came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Making a socket.
    Open,
    /// Opening a listening socket.
    Listen,
    /// Taking a connection from a listening socket.
    Accept,
    /// Giving a client socket its local address.
    Bind,
    /// Connecting a client socket.
    Connect,
    /// Sending bytes.
    Send,
    /// Receiving bytes.
    Receive,
    /// Getting the answer to a request.
    Request,
    /// Closing a socket.
    Close,
    /// Letting a link go for a while.
    Suspend,
    /// Setting options of a socket.
    SetOptions,
    /// Asking for the address of the peer.
    GetRemoteAddress,
    /// Asking for the socket's own address.
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

/// What is wrong between this side and its peer, as the handshake showed; the kernel has no part in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerFault {
    /// The two sides do not have the same key.
    Key,
    /// The peer speaks something else, another version, or has other options.
    Protocol,
    /// The peer has a key, and speaks a version that does not encrypt with it.
    OldVersion,
    /// The peer has as many connections as it may have.
    Limit,
}

impl PeerFault {
    /// The error number that says it.
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
    /// What was tried.
    pub operation: Operation,
    /// The address that it was tried with, where one is known.
    pub address: Option<SocketAddr>,
    /// The name of the host, where its address is not known.
    pub host: Option<Box<str>>,
    /// The kernel's error number, or [`NEVER_OPENED`]; where `peer` or `proxy` says what failed, the number that stands for it.
    pub errno: i32,
    /// What failed, where the kernel did its part.
    pub peer: Option<PeerFault>,
    /// What failed, where that was a proxy.
    pub proxy: Option<Box<ProxyError>>,
    /// Whether this process may not use the network at all.
    pub is_forbidden: bool,
}

impl SocketError {
    /// An error of `operation` with the address it concerns.
    pub fn new(operation: Operation, address: impl Into<Option<SocketAddr>>, errno: i32) -> Self {
        Self { operation, address: address.into(), host: None, errno, peer: None, proxy: None, is_forbidden: false }
    }

    /// A connect that failed in the handshake with the peer at `address`.
    pub(crate) fn of_peer(address: SocketAddr, fault: PeerFault) -> Self {
        Self { peer: Some(fault), ..Self::new(Operation::Connect, address, fault.errno()) }
    }

    /// The same, of a connect to `host`; an address that is known already says more.
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

    /// A connect to `target` that failed at a proxy.
    pub(crate) fn of_proxy(target: Option<SocketAddr>, error: ProxyError) -> Self {
        Self { proxy: Some(Box::new(error)), ..Self::new(Operation::Connect, target, libc::EPROTO) }
    }

    /// Wraps `error`; one that carries no errno becomes `EIO`.
    pub(crate) fn from_io(operation: Operation, address: impl Into<Option<SocketAddr>>, error: &io::Error) -> Self {
        let is_forbidden = forbidden(error).is_some();
        let errno = match errno_of(error) {
            // The scope of a link-local address names no interface; without a scope the kernel says this.
            libc::ENODEV => libc::EINVAL,
            errno => errno,
        };
        Self { is_forbidden, ..Self::new(operation, address, errno) }
    }
}

/// What the kernel says when it gives this process no socket at all; the number is its errno.
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

/// The errno in `error`, or `EIO` where the library made the error itself.
pub(crate) fn errno_of(error: &io::Error) -> i32 {
    match error.raw_os_error() {
        Some(errno) => errno,
        None if error.kind() == io::ErrorKind::TimedOut => libc::ETIMEDOUT,
        None => forbidden(error).unwrap_or(libc::EIO),
    }
}

/// Whether the same call may succeed later: the socket does not block, or a signal came.
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
            NEVER_OPENED => f.write_str("it is not open"),
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
