//! A SOCKS5 proxy (RFC 1928, RFC 1929) between a client and its peer.

mod credentials;
mod dialogue;
mod error;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;

use std::fmt;

use tokio::net::TcpStream;

use crate::address::Host;
pub use credentials::Credentials;
use dialogue::Dialogue;
pub use error::{ProxyError, ProxyFault};

/// A proxy and its credentials.
///
/// ```
/// use socket_engine::{AddressFamily, Host, NetAddress, Proxy, Route};
///
/// let proxy = Proxy { host: Host::Address(([127, 0, 0, 1], 1080).into()), credentials: None };
/// let target = NetAddress { address: "example.com".into(), family: AddressFamily::Any, port: 80 }.to_host()?;
/// let route = Route { target, proxy: Some(proxy) };
/// # drop(route);
/// # Ok::<(), socket_engine::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// Address of the proxy.
    pub host: Host,
    /// Credentials for a proxy that asks for them.
    pub credentials: Option<Credentials>,
}

impl Proxy {
    /// Asks the proxy on `stream` to connect to `target`, and returns a stream to the target.
    ///
    /// The proxy looks up `target` if that is a host name.
    ///
    /// # Cancel safety
    /// Dropping the future closes the stream.
    pub(crate) async fn connect(&self, stream: TcpStream, target: &Host) -> Result<TcpStream, ProxyError> {
        let credentials = self.credentials.as_ref();
        match Dialogue::new(stream).hold(credentials, target).await {
            Ok(stream) => Ok(stream),
            Err((fault, cause)) => Err(self.error(target, fault, cause)),
        }
    }

    /// Builds the error of a connect to `target`.
    pub(crate) fn error(&self, target: &Host, fault: ProxyFault, cause: impl fmt::Display) -> ProxyError {
        ProxyError { fault, proxy: self.host.to_string(), target: target.to_string(), cause: cause.to_string() }
    }
}
