//! Connections on a clock that leaps whenever nothing is left to do.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::yield_now;
use tokio::time::timeout;

use super::frames::Frames;
use super::*;
use crate::event::CloseReason;
use crate::framing::{Framing, FramingError};
use crate::key::Key;
use crate::limits::SIGN_OF_LIFE_BYTES;
use crate::noise::tests::any_link;
use crate::noise::{LENGTH_BYTES, LinkCiphers, Opener};
use crate::poller::Poller;
use crate::protocol::Heartbeat;
use crate::tcp_info::TcpInfo;
use crate::wire::{Frame, Kind};

mod closing;
mod foreign_frames;
mod gathering;
mod heartbeat;
mod idle;
mod limit;
mod order;
mod progress;
mod random;
mod read_closed;
mod reading;
mod reading_messages;
mod restoring;
mod sleeping;

pub(crate) const SECOND: Duration = Duration::from_secs(1);
const SEND: OperationId = OperationId(1);
const END: OperationId = OperationId(2);
pub(crate) const CLOSE: OperationId = OperationId(3);
pub(crate) const OPEN: OperationId = OperationId(4);
const SUSPEND: OperationId = OperationId(5);
/// What the poller of a fixture calls its connection.
const TARGET: u64 = 7;

/// What a sink was told.
#[derive(Debug)]
pub(crate) enum Told {
    Event(ConnectionEvent),
    Completed(OperationId, Result<(), SocketError>),
}

pub(crate) struct Recorder(pub(crate) UnboundedSender<Told>);

impl EventSink<ConnectionEvent> for Recorder {
    fn post(&self, event: ConnectionEvent) {
        // A test that has seen enough has dropped its end.
        let _ = self.0.send(Told::Event(event));
    }

    fn complete(&self, operation_id: OperationId, result: Result<(), SocketError>) {
        let _ = self.0.send(Told::Completed(operation_id, result));
    }
}

pub(crate) struct Events(pub(crate) UnboundedReceiver<Told>);

impl Events {
    pub(crate) async fn next(&mut self) -> Told {
        let next = timeout(SECOND * 1_000_000, self.0.recv()).await.expect("nothing comes any more");
        next.expect("there is no connection any more")
    }

    /// Compares what comes next with how it is printed, without addresses.
    pub(crate) async fn assert_next(&mut self, wanted: &str) {
        let next = self.next().await;
        assert_eq!(text(&next), wanted, "{next:?}");
    }

    /// Everything that is there already.
    fn told(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.0.try_recv().ok()).map(|told| text(&told)).collect()
    }
}

fn text(told: &Told) -> String {
    match told {
        Told::Completed(operation_id, Ok(())) => format!("completed {}", operation_id.0),
        Told::Completed(operation_id, Err(error)) => format!("failed {} {}", operation_id.0, error.errno),
        Told::Event(ConnectionEvent::Failed(error)) => format!("broken {}", error.errno),
        Told::Event(ConnectionEvent::Closed(reason)) => format!("closed {reason:?}"),
        Told::Event(ConnectionEvent::Connected(_)) => "connected".to_owned(),
        Told::Event(ConnectionEvent::Message(data)) => format!("message {}", String::from_utf8_lossy(data)),
        Told::Event(ConnectionEvent::Received(data)) => format!("received {}", String::from_utf8_lossy(data)),
        Told::Event(ConnectionEvent::ReadClosed) => "read closed".to_owned(),
        Told::Event(ConnectionEvent::Ended) => "ended".to_owned(),
        Told::Event(ConnectionEvent::Drained) => "drained".to_owned(),
        Told::Event(ConnectionEvent::Stalled) => "stalled".to_owned(),
        Told::Event(ConnectionEvent::Recovered) => "recovered".to_owned(),
        Told::Event(other) => format!("{other:?}"),
    }
}

/// Brings the links that a test hands over.
struct Links {
    links: mpsc::Receiver<NewLink>,
    outlives_peer: bool,
}

impl LinkSource for Links {
    fn cancelled(&self) -> SocketError {
        SocketError::new(Operation::Connect, None, libc::ECANCELED)
    }

    fn outlives_peer(&self) -> bool {
        self.outlives_peer
    }

    fn next_link(&mut self, lost: Option<SocketError>, _: u64) -> BoxFuture<'_, Result<NewLink, LinkLost>> {
        Box::pin(async move {
            let error = lost.unwrap_or_else(|| SocketError::new(Operation::Connect, None, libc::ETIMEDOUT));
            self.links.recv().await.ok_or(LinkLost { error, reason: CloseReason::Timeout })
        })
    }
}

struct Fixture {
    connection: Connection,
    events: Events,
    peer: TcpStream,
    links: mpsc::Sender<NewLink>,
    /// That of the first link, also while it is being closed.
    stream: Weak<std::net::TcpStream>,
    /// Those of the peer, where the protocol has a key. Links that follow the first have none.
    peer_ciphers: Option<LinkCiphers>,
}

/// The protocol with a key.
fn keyed(protocol: Protocol) -> Protocol {
    Protocol { key: Some(Arc::new(Key::from_bytes(&[1; 16]).unwrap())), ..protocol }
}

fn protocol(heartbeat: bool, acknowledge: bool) -> Protocol {
    let framing = Framing::length(1, false, 100).ok();
    let heartbeat =
        heartbeat.then_some(Heartbeat { interval: SECOND, timeout: SECOND * 3, stalled_timeout: Some(Duration::ZERO) });
    Protocol { framing, heartbeat, acknowledge, ..Protocol::default() }
}

impl Fixture {
    /// A connection that ends with its link.
    async fn new(protocol: Protocol) -> Self {
        Self::with(protocol, None).await
    }

    /// A connection that gets the links that [`Fixture::relink`] makes.
    async fn reconnecting(protocol: Protocol, outlives_peer: bool) -> Self {
        Self::with(protocol, Some(outlives_peer)).await
    }

    async fn with(protocol: Protocol, reconnects: Option<bool>) -> Self {
        Self::with_poller(None, protocol, reconnects).await
    }

    /// The owner reads with `poller`, if it has them.
    async fn with_poller(poller: Option<Arc<Poller>>, protocol: Protocol, reconnects: Option<bool>) -> Self {
        let (sender, events) = unbounded_channel();
        let (links, receiver) = mpsc::channel(1);
        let links_of = |outlives_peer| -> Box<dyn LinkSource> { Box::new(Links { links: receiver, outlives_peer }) };
        let link_source = reconnects.map(links_of);
        let peer_interval = protocol.heartbeat.map(|_| SECOND * 2);
        let (ciphers, peer_ciphers) = protocol.key.as_ref().map(|_| any_link()).unzip();
        let config = ConnectionConfig {
            sink: Arc::new(Recorder(sender)),
            poller: poller.map(|poller| poller.target(TARGET)),
            protocol: Arc::new(protocol),
            counters: Counters::default(),
            options: SocketOptions::default(),
            guard: None,
            link_source,
        };
        let (stream, peer) = link().await;
        let initial = InitialLink {
            peer: stream.peer_addr().unwrap(),
            stream: stream.into_std().unwrap(),
            peer_interval,
            ciphers,
            is_known: false,
        };
        let connection = Connection::start(config, initial, &Handle::current()).unwrap();
        let stream = match lock(&connection.shared.state).phase.link() {
            Some(phase::LinkState::Up(stream)) => Arc::downgrade(stream),
            _ => Weak::new(),
        };
        Self { connection, events: Events(events), peer, links, stream, peer_ciphers }
    }

    /// The next link; `peer_received` as in [`NewLink`].
    async fn relink(&mut self, peer_received: Option<u64>) {
        let (stream, peer) = link().await;
        let peer_address = stream.peer_addr().unwrap();
        let new_link =
            NewLink { stream, peer: peer_address, peer_interval: Some(SECOND * 2), peer_received, ciphers: None };
        self.links.send(new_link).await.ok().unwrap();
        self.peer = peer;
    }

    async fn say(&mut self, kind: Kind, fields: &[u8]) {
        let mut bytes = frame(kind, fields);
        if let Some(LinkCiphers { sealer, .. }) = &mut self.peer_ciphers {
            sealer.seal([&frame(kind, fields)[..]], &mut bytes).unwrap();
        }
        self.peer.write_all(&bytes).await.unwrap();
        settle().await;
    }

    async fn assert_hears(&mut self, kind: Kind, fields: &[u8]) {
        let wanted = frame(kind, fields);
        let overhead = if self.peer_ciphers.is_some() { LENGTH_BYTES + socket_aead::TAG_BYTES } else { 0 };
        let mut got = BytesMut::zeroed(wanted.len() + overhead);
        timeout(SECOND * 1_000_000, self.peer.read_exact(&mut got)).await.expect("nothing comes").unwrap();
        if let Some(LinkCiphers { opener, .. }) = &mut self.peer_ciphers {
            got = opener.open(&mut got).unwrap().unwrap();
        }
        assert_eq!(got, wanted);
        settle().await;
    }

    /// The peer reads nothing more than the end of the stream.
    async fn assert_hears_end(&mut self) {
        let mut rest = Vec::new();
        timeout(SECOND * 1_000_000, self.peer.read_to_end(&mut rest)).await.expect("no end comes").unwrap();
        assert_eq!(rest, b"");
    }

    /// Reads to the end of the stream without letting the clock leap, which does not wait for what the kernels do.
    async fn read_to_end_awake(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        let mut buffer = vec![0; 1024 * 1024];
        loop {
            match self.peer.try_read(&mut buffer) {
                Ok(0) => return all,
                Ok(count) => all.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => panic!("{} bytes came, then: {error}", all.len()),
            }
            yield_now().await;
        }
    }

    fn send(&self, data: &[u8], operation_id: OperationId) {
        self.connection.send(data, operation_id).unwrap();
    }

    /// What the kernel knows of the first link; `None` when that is gone.
    fn info(&self) -> Option<TcpInfo> {
        self.stream.upgrade().map(|stream| TcpInfo::of(&stream).unwrap())
    }

    /// What the peer's kernel has acknowledged of the first link.
    fn acknowledged_bytes(&self) -> Option<u64> {
        self.info().and_then(|info| info.acknowledged_bytes())
    }

    /// Waits until the peer's kernel has acknowledged more of the first link than `before`, or all: kernels have clocks of their own,
    /// for which a paused one does not wait.
    async fn await_acknowledgement(&self, before: Option<u64>) {
        let start = std::time::Instant::now();
        while self.info().is_some_and(|info| !info.is_delivered() && info.acknowledged_bytes() <= before) {
            assert!(
                start.elapsed() < Duration::from_secs(10),
                "the peer's kernel acknowledges nothing: {:?}",
                self.info()
            );
            yield_now().await;
        }
    }
}

/// Lets everybody do what they can before the clock leaps: it would not wait for bytes that are on their way.
pub(crate) async fn settle() {
    for _ in 0..20 {
        yield_now().await;
    }
}

/// Both ends of a new link.
async fn link() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (listener.accept().await.unwrap().0, peer)
}

fn frame(kind: Kind, fields: &[u8]) -> Vec<u8> {
    [&[1 + fields.len() as u8, kind.byte()], fields].concat()
}

/// What a connection makes of what comes over an encrypted link.
pub(crate) struct EncryptedFrames(Box<Frames>);

impl EncryptedFrames {
    pub(crate) fn new(framing: &Framing, opener: Opener) -> Self {
        let protocol = Protocol { framing: Some(framing.clone()), acknowledge: true, ..Protocol::default() };
        Self(Frames::new(&protocol, Some(opener)).unwrap())
    }

    /// The frames that `data` completes, and what is wrong behind them.
    pub(crate) fn take(&mut self, data: Bytes) -> (Vec<Frame>, Option<FramingError>) {
        self.0.decrypt(&mut data.to_vec());
        let mut frames = Vec::new();
        loop {
            match self.0.next() {
                Ok(Some(frame)) => frames.push(frame),
                next => return (frames, next.err()),
            }
        }
    }
}

#[test]
fn a_slow_record_is_a_sign_of_life_by_its_progress_and_never_by_each_byte() {
    let (LinkCiphers { mut sealer, .. }, LinkCiphers { opener, .. }) = any_link();
    let mut record = Vec::new();
    sealer.seal([&[0; 60_000][..]], &mut record).unwrap();
    let mut frames = EncryptedFrames::new(&Framing::length(4, false, 100_000).unwrap(), opener).0;
    let signs: Vec<bool> = record.chunks_mut(256).map(|bytes| frames.decrypt(bytes)).collect();
    let wanted = |index: usize| (index + 1).is_multiple_of(SIGN_OF_LIFE_BYTES / 256) || index + 1 == signs.len();
    assert_eq!(signs, (0..signs.len()).map(wanted).collect::<Vec<_>>());
    sealer.seal([&[0; 1][..]], &mut record).unwrap();
    let signs: Vec<bool> = record.chunks_mut(1).map(|byte| frames.decrypt(byte)).collect();
    assert_eq!(signs.iter().position(|is_sign| *is_sign), Some(record.len() - 1));
    assert!(!frames.decrypt(&mut [0, 17]) && !frames.decrypt(&mut [9; 17]) && !frames.decrypt(&mut [9; 2000]));
}
