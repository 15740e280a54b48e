//! Results are posted under the lock that a send takes: else that of a later send, made meanwhile by another thread, could
//! come first.

use std::sync::{OnceLock, TryLockError, Weak};

use socket2::SockRef;

use super::*;

/// Passes events on, and for every result says whether a send could have been made while it was posted.
struct Watch {
    recorder: Recorder,
    shared: OnceLock<Weak<Shared>>,
}

impl Watch {
    fn is_locked(&self) -> bool {
        let shared = self.shared.get().and_then(Weak::upgrade).expect("the connection is gone");
        matches!(shared.state.try_lock(), Err(TryLockError::WouldBlock))
    }
}

impl EventSink<ConnectionEvent> for Watch {
    fn post(&self, event: ConnectionEvent) {
        self.recorder.post(event);
    }

    fn complete(&self, operation_id: OperationId, result: Result<(), SocketError>) {
        assert!(self.is_locked(), "the result of {operation_id:?} may be overtaken");
        self.recorder.complete(operation_id, result);
    }
}

struct Watched {
    connection: Connection,
    events: Events,
    peer: TcpStream,
    links: mpsc::Sender<NewLink>,
}

impl Watched {
    async fn new(protocol: Protocol) -> Self {
        let (sender, events) = unbounded_channel();
        let (links, receiver) = mpsc::channel(1);
        let watch = Arc::new(Watch { recorder: Recorder(sender), shared: OnceLock::new() });
        let config = ConnectionConfig {
            sink: Arc::clone(&watch) as Arc<dyn EventSink<ConnectionEvent>>,
            poller: None,
            protocol: Arc::new(protocol),
            counters: Counters::default(),
            options: SocketOptions::default(),
            guard: None,
            link_source: Some(Box::new(Links { links: receiver, outlives_peer: true })),
        };
        let (stream, peer) = link().await;
        let initial = InitialLink {
            peer: stream.peer_addr().unwrap(),
            stream: stream.into_std().unwrap(),
            peer_interval: None,
            ciphers: None,
            is_known: false,
        };
        let connection = Connection::start(config, initial, &Handle::current()).unwrap();
        watch.shared.set(Arc::downgrade(&connection.shared)).expect("it is set once");
        Self { connection, events: Events(events), peer, links }
    }

    async fn relink(&mut self, peer_received: Option<u64>) {
        let (stream, peer) = link().await;
        let new_link =
            NewLink { peer: stream.peer_addr().unwrap(), stream, peer_interval: None, peer_received, ciphers: None };
        drop(std::mem::replace(&mut self.peer, peer));
        self.links.send(new_link).await.ok().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn the_result_of_a_send_that_waited_for_the_kernel_cannot_be_overtaken() {
    const MESSAGE_BYTES: usize = 24 * 1024 * 1024;
    let mut this = Watched::new(Protocol::default()).await;
    assert_eq!(this.connection.send(&vec![7; MESSAGE_BYTES], SEND), Ok(SendProgress::Queued));
    this.connection.end(END).unwrap();
    let mut heard = Vec::new();
    this.peer.read_to_end(&mut heard).await.unwrap();
    assert_eq!(heard.len(), MESSAGE_BYTES);
    this.events.assert_next("completed 1").await;
    this.events.assert_next("completed 2").await;
}

#[tokio::test(start_paused = true)]
async fn the_result_of_an_acknowledged_send_cannot_be_overtaken() {
    let mut this = Watched::new(protocol(false, true)).await;
    this.connection.send(b"one", SEND).unwrap();
    settle().await;
    this.peer.write_all(&frame(Kind::Acknowledge, &1_u64.to_be_bytes())).await.unwrap();
    this.events.assert_next("completed 1").await;
}

#[tokio::test(start_paused = true)]
async fn the_result_of_a_send_that_the_next_link_finishes_cannot_be_overtaken() {
    for (peer_received, wanted) in
        [(Some(1), "completed 1".to_owned()), (None, format!("failed 1 {}", libc::ECONNRESET))]
    {
        let mut this = Watched::new(protocol(false, true)).await;
        this.connection.send(b"one", SEND).unwrap();
        settle().await;
        this.relink(peer_received).await;
        this.events.assert_next("connected").await;
        this.events.assert_next(&wanted).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_failure_of_a_send_that_does_not_wait_for_a_link_cannot_be_overtaken() {
    let unsent = crate::protocol::Unsent::Reject;
    let mut this = Watched::new(Protocol { unsent, ..Protocol::default() }).await;
    assert_eq!(this.connection.send(&vec![7; 24 * 1024 * 1024], SEND), Ok(SendProgress::Queued));
    SockRef::from(&this.peer).set_linger(Some(Duration::ZERO)).unwrap();
    this.relink(None).await;
    this.events.assert_next(&format!("failed 1 {}", libc::ECONNRESET)).await;
}
