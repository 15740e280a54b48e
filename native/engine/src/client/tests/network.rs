//! A simulated network: one address that refuses, drops or accepts connections.

// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};
use tokio::net::{TcpListener, TcpStream};

use crate::handshake::{self, RefusalReason, Session, SessionId};
use crate::protocol::Protocol;

/// A loopback address that is no default source address: its ports stay free without a listener.
const ADDRESS: ([u8; 4], u16) = ([127, 1, 2, 3], 0);

/// Refuses connections at first.
pub(super) struct Network {
    pub(super) address: SocketAddr,
    listener: Option<TcpListener>,
    /// A listener with a full backlog: the kernel drops further SYNs.
    full: Option<(Socket, TcpStream)>,
    /// Accepted links that stay silent.
    mute: Vec<PeerLink>,
}

/// The peer's socket of a link.
pub(super) struct PeerLink(TcpStream);

impl Network {
    pub(super) async fn new() -> Self {
        let listener = TcpListener::bind(SocketAddr::from(ADDRESS)).await.unwrap();
        Self { address: listener.local_addr().unwrap(), listener: None, full: None, mute: Vec::new() }
    }

    /// Refuses connections.
    pub(super) fn refuse(&mut self) {
        (self.listener, self.full) = (None, None);
    }

    /// Drops SYNs.
    pub(super) async fn swallow(&mut self) {
        self.refuse();
        // Linux allows one connection more than the backlog.
        let socket = self.bound();
        socket.listen(0).unwrap();
        let taken = TcpStream::connect(self.address).await.unwrap();
        self.full = Some((socket, taken));
    }

    /// Listens.
    pub(super) fn listen(&mut self) {
        if self.listener.is_none() {
            self.refuse();
            let socket = self.bound();
            socket.listen(16).unwrap();
            socket.set_nonblocking(true).unwrap();
            self.listener = Some(TcpListener::from_std(socket.into()).unwrap());
        }
    }

    /// Accepts the next link.
    pub(super) async fn accept(&self) -> PeerLink {
        let listener = self.listener.as_ref().expect("no listener");
        PeerLink(listener.accept().await.unwrap().0)
    }

    /// Accepts the next link, and stays silent.
    pub(super) async fn accept_and_keep(&mut self) {
        let link = self.accept().await;
        self.mute.push(link);
    }

    /// Accepts the next link, and performs the handshake for a new session.
    pub(super) async fn welcome(&self, protocol: &Protocol) -> PeerLink {
        let PeerLink(mut stream) = self.accept().await;
        let framing = protocol.framing.as_ref().unwrap();
        let client_hello = handshake::accept(&mut stream, framing, &protocol.handshake_params(), || {}).await.unwrap();
        let session = Session { id: SessionId::generate().unwrap(), received: 0 };
        client_hello.finish(&mut stream, session, false).await.unwrap();
        PeerLink(stream)
    }

    /// Accepts the next link, and rejects its client because of the connection limit.
    pub(super) async fn turn_away(&self, protocol: &Protocol) -> PeerLink {
        let PeerLink(mut stream) = self.accept().await;
        let framing = protocol.framing.as_ref().unwrap();
        let client_hello = handshake::accept(&mut stream, framing, &protocol.handshake_params(), || {}).await.unwrap();
        client_hello.refuse(&mut stream, RefusalReason::Limit).await.unwrap();
        PeerLink(stream)
    }

    fn bound(&self) -> Socket {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_reuse_address(true).unwrap();
        socket.bind(&self.address.into()).unwrap();
        socket
    }
}

impl PeerLink {
    /// Waits until the client has sent data.
    pub(super) async fn hear(&self) {
        self.0.readable().await.unwrap();
    }

    pub(super) fn reset(self) {
        SockRef::from(&self.0).set_linger(Some(Duration::ZERO)).unwrap();
    }
}
