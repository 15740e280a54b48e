//! One address, and what becomes of packets that are sent to it.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};
use tokio::net::{TcpListener, TcpStream};

use crate::handshake::{RefusalReason, Session, SessionId, greet};
use crate::protocol::Protocol;

/// An address that is nobody's source, so that its port stays free while nobody listens there.
const ADDRESS: ([u8; 4], u16) = ([127, 1, 2, 3], 0);

/// Begins with nobody who listens: who calls is refused.
pub(super) struct Network {
    pub(super) address: SocketAddr,
    listener: Option<TcpListener>,
    /// A listener that has taken as many as it may, so that the kernel drops what others send.
    full: Option<(Socket, TcpStream)>,
    /// Links of which nothing is heard.
    mute: Vec<PeerLink>,
}

/// A peer's end of a link.
pub(super) struct PeerLink(TcpStream);

impl Network {
    pub(super) async fn new() -> Self {
        let listener = TcpListener::bind(SocketAddr::from(ADDRESS)).await.unwrap();
        Self { address: listener.local_addr().unwrap(), listener: None, full: None, mute: Vec::new() }
    }

    /// Nobody listens.
    pub(super) fn refuse(&mut self) {
        (self.listener, self.full) = (None, None);
    }

    /// Whatever is sent is lost.
    pub(super) async fn swallow(&mut self) {
        self.refuse();
        // A backlog of none still has room for one.
        let socket = self.bound();
        socket.listen(0).unwrap();
        let taken = TcpStream::connect(self.address).await.unwrap();
        self.full = Some((socket, taken));
    }

    /// Somebody listens.
    pub(super) fn listen(&mut self) {
        if self.listener.is_none() {
            self.refuse();
            let socket = self.bound();
            socket.listen(16).unwrap();
            socket.set_nonblocking(true).unwrap();
            self.listener = Some(TcpListener::from_std(socket.into()).unwrap());
        }
    }

    /// Takes the next call.
    pub(super) async fn accept(&self) -> PeerLink {
        let listener = self.listener.as_ref().expect("nobody listens");
        PeerLink(listener.accept().await.unwrap().0)
    }

    /// Takes the next call, and says nothing for as long as the network is there.
    pub(super) async fn accept_and_keep(&mut self) {
        let link = self.accept().await;
        self.mute.push(link);
    }

    /// Takes the next call, and lets its client in to a new session.
    pub(super) async fn welcome(&self, protocol: &Protocol) -> PeerLink {
        let PeerLink(mut stream) = self.accept().await;
        let framing = protocol.framing.as_ref().unwrap();
        let guest = greet(&mut stream, framing, &protocol.terms(), || {}).await.unwrap();
        let session = Session { id: SessionId::generate().unwrap(), received: 0 };
        guest.welcome(&mut stream, session, false).await.unwrap();
        PeerLink(stream)
    }

    /// Takes the next call, and says that there are enough.
    pub(super) async fn turn_away(&self, protocol: &Protocol) -> PeerLink {
        let PeerLink(mut stream) = self.accept().await;
        let framing = protocol.framing.as_ref().unwrap();
        let guest = greet(&mut stream, framing, &protocol.terms(), || {}).await.unwrap();
        guest.refuse(&mut stream, RefusalReason::Limit).await.unwrap();
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
    /// Returns when the client has said something.
    pub(super) async fn hear(&self) {
        self.0.readable().await.unwrap();
    }

    pub(super) fn reset(self) {
        SockRef::from(&self.0).set_linger(Some(Duration::ZERO)).unwrap();
    }
}
