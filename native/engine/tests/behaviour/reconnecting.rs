//! A client that connects again by itself, and what it is connected to.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use socket_engine::{
    Client, ClientOptions, ConnectionEvent, Host, OperationId, Protocol, Reconnect, Reconnecting, SendProgress,
};

use crate::events::{DEADLINE, Events, recorder};
use crate::pair::completed;
use crate::peer::listen;
use crate::wire_peer::{Session, WirePeer, acknowledged};

pub(crate) const CONNECT: OperationId = OperationId(900);
pub(crate) const SUSPEND: OperationId = OperationId(901);
pub(crate) const SESSION: Session = Session { id: [9; 16], received: 0 };
pub(crate) const OTHER_SESSION: Session = Session { id: [8; 16], received: 0 };

pub(crate) struct Fixture {
    pub(crate) client: Client,
    pub(crate) events: Events,
    pub(crate) listener: TcpListener,
    pub(crate) address: SocketAddr,
}

pub(crate) fn quickly(max_attempts: Option<u32>) -> Reconnect {
    Reconnect { min_delay: Duration::from_millis(1), max_delay: Duration::from_millis(2), max_attempts }
}

pub(crate) fn new_client(protocol: Protocol, max_attempts: Option<u32>) -> (Client, Events) {
    let (sink, events) = recorder();
    (Client::new(sink, None, ClientOptions { protocol, reconnect: Some(quickly(max_attempts)) }), events)
}

impl Fixture {
    pub(crate) fn new(protocol: Protocol) -> Self {
        Self::with(protocol, None, listen())
    }

    pub(crate) fn with(
        protocol: Protocol,
        max_attempts: Option<u32>,
        (listener, address): (TcpListener, SocketAddr),
    ) -> Self {
        let (client, events) = new_client(protocol, max_attempts);
        client.connect(Host::Address(address), DEADLINE, CONNECT).unwrap();
        Self { client, events, listener, address }
    }

    /// An acknowledged client that has entered [`SESSION`].
    pub(crate) fn entered() -> (Self, WirePeer) {
        let this = Self::new(acknowledged());
        let (mut peer, asked) = WirePeer::greet(&this.listener);
        assert_eq!(asked, Session::default());
        peer.welcome(false, SESSION);
        this.assert_connects();
        (this, peer)
    }

    pub(crate) fn assert_connects(&self) {
        assert_eq!(expect!(self.events, ConnectionEvent::Connected(peer) => peer), self.address);
        assert_eq!(completed(&self.events, CONNECT), Ok(()));
    }

    pub(crate) fn reconnecting(&self) -> Reconnecting {
        expect!(self.events, ConnectionEvent::Reconnecting(reconnecting) => *reconnecting)
    }

    pub(crate) fn assert_reconnects(&self) {
        let Reconnecting { delay, error, .. } = self.reconnecting();
        assert_eq!(error.errno, libc::ECONNRESET);
        assert!((Duration::from_micros(500)..=Duration::from_millis(2)).contains(&delay), "{delay:?}");
        expect!(self.events, ConnectionEvent::Connected(_));
    }

    pub(crate) fn send(&self, data: &[u8], operation_id: u64) -> SendProgress {
        self.client.send(data, OperationId(operation_id)).unwrap()
    }
}
