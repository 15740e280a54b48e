//! What can fail with a proxy.

use std::fmt;

/// The step that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyFault {
    /// There is no connection to the proxy.
    Unreachable,
    /// The proxy does not accept the user name and the password.
    Credentials,
    /// The proxy did not connect to the target.
    Target,
    /// The proxy accepts no way of authentication that the client has.
    Authentication,
    /// A request could not be sent.
    Send,
    /// An answer did not come in full.
    Receive,
    /// A request cannot be made: a name or a password is longer than SOCKS5 allows, or empty.
    Request,
    /// An answer is none of SOCKS5.
    Answer,
}

impl ProxyFault {
    fn text(self) -> &'static str {
        match self {
            Self::Unreachable => "the proxy cannot be reached",
            Self::Credentials => "the proxy does not accept the user name and the password",
            Self::Target => "the proxy did not connect to the target",
            Self::Authentication => "the proxy wants another authentication",
            Self::Send => "a request to the proxy could not be sent",
            Self::Receive => "an answer of the proxy did not come",
            Self::Request => "a request to the proxy cannot be made",
            Self::Answer => "an answer of the proxy is not valid",
        }
    }
}

/// A connect through a proxy that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyError {
    /// The step that failed.
    pub fault: ProxyFault,
    pub(super) proxy: String,
    pub(super) target: String,
    pub(super) cause: String,
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fault, proxy, target, cause } = self;
        write!(f, "{target} through the proxy {proxy}: {}: {cause}", fault.text())
    }
}

impl std::error::Error for ProxyError {}
