//! Request and replies of SOCKS5, before the stream carries data of the client.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_socks::io::AsyncSocket;
use tokio_socks::tcp::Socks5Stream;
use tokio_socks::{Error, IntoTargetAddr};

use super::credentials::Credentials;
use super::error::ProxyFault;
use crate::address::Host;

/// Length of the first reply, which selects the authentication method.
const CHOICE_BYTES: usize = 2;

/// A stream to a proxy, with a count of received bytes.
pub(super) struct Dialogue<S> {
    stream: S,
    received_bytes: usize,
    is_sending: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Dialogue<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, received_bytes: 0, is_sending: false }
    }

    /// Asks for a connection to `target`; returns a stream to the target.
    ///
    /// # Errors
    /// The step that failed, and the cause.
    pub(super) async fn hold(
        mut self,
        credentials: Option<&Credentials>,
        target: &Host,
    ) -> Result<S, (ProxyFault, String)> {
        match self.ask(credentials, target).await {
            Ok(()) => Ok(self.stream),
            Err(error) => Err(self.explain(&error)),
        }
    }

    async fn ask(&mut self, credentials: Option<&Credentials>, target: &Host) -> Result<(), Error> {
        let target = match target {
            Host::Address(address) => address.into_target_addr()?,
            Host::Name(name) => (name.address.as_str(), name.port).into_target_addr()?,
        };
        match credentials {
            None => Socks5Stream::connect_with_socket(self, target).await.map(drop),
            Some(Credentials { username, password }) => {
                Socks5Stream::connect_with_password_and_socket(self, target, username, password).await.map(drop)
            }
        }
    }

    fn explain(&self, error: &Error) -> (ProxyFault, String) {
        match error {
            // The library also reports this for an authentication method that it does not know.
            Error::UnknownAuthMethod if self.received_bytes > CHOICE_BYTES => {
                (ProxyFault::Target, "for a reason that SOCKS5 does not define".to_owned())
            }
            error => (self.fault(error), error.to_string()),
        }
    }

    fn fault(&self, error: &Error) -> ProxyFault {
        match error {
            Error::Io(_) if self.is_sending => ProxyFault::Send,
            Error::Io(_) => ProxyFault::Receive,
            Error::PasswordAuthFailure(_) => ProxyFault::Credentials,
            Error::NoAcceptableAuthMethods | Error::AuthorizationRequired | Error::UnknownAuthMethod => {
                ProxyFault::Authentication
            }
            Error::GeneralSocksServerFailure
            | Error::ConnectionNotAllowedByRuleset
            | Error::NetworkUnreachable
            | Error::HostUnreachable
            | Error::ConnectionRefused
            | Error::TtlExpired
            | Error::CommandNotSupported
            | Error::AddressTypeNotSupported => ProxyFault::Target,
            _ if self.received_bytes == 0 => ProxyFault::Request,
            _ => ProxyFault::Answer,
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncSocket for &mut Dialogue<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.is_sending = false;
        let mut buffer = ReadBuf::new(buffer);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
        self.received_bytes += buffer.filled().len();
        Poll::Ready(Ok(buffer.filled().len()))
    }

    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.is_sending = true;
        Pin::new(&mut self.stream).poll_write(cx, data)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failure is the test's own")]

    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    fn target() -> Host {
        Host::Address(([10, 0, 0, 1], 80).into())
    }

    #[tokio::test]
    async fn what_cannot_be_sent_is_told_from_what_does_not_come() {
        let (near, far) = duplex(64);
        drop(far);
        let (fault, cause) = Dialogue::new(near).hold(None, &target()).await.unwrap_err();
        assert_eq!((fault, cause.as_str()), (ProxyFault::Send, "broken pipe"));

        let (near, mut far) = duplex(64);
        far.shutdown().await.unwrap();
        let (fault, cause) = Dialogue::new(near).hold(None, &target()).await.unwrap_err();
        assert_eq!((fault, cause.as_str()), (ProxyFault::Receive, "unexpected end of file"));
    }

    #[tokio::test]
    async fn what_follows_the_last_answer_stays_in_the_stream() {
        let (near, mut far) = duplex(64);
        far.write_all(b"\x05\0\x05\0\0\x01\0\0\0\0\0\0hello").await.unwrap();
        let mut stream = Dialogue::new(near).hold(None, &target()).await.unwrap();
        let mut greeting = [0; 5];
        stream.read_exact(&mut greeting).await.unwrap();
        assert_eq!(&greeting, b"hello");
    }
}
