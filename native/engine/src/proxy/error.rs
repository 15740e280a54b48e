//! Errors of connecting through a proxy.

use std::fmt;

/// Step that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyFault {
    /// Connecting to the proxy.
    Unreachable,
    /// The proxy rejects the user name or the password.
    Credentials,
    /// The proxy did not connect to the target.
    Target,
    /// The proxy accepts no authentication method of the client.
    Authentication,
    /// A request could not be sent.
    Send,
    /// A reply did not arrive in full.
    Receive,
    /// A request cannot be encoded: a name or a password is empty, or longer than SOCKS5 allows.
    Request,
    /// A reply is not SOCKS5.
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

/// Error of a connect through a proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyError {
    /// Step that failed.
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
