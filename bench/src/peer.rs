//! Client of typed streams, based on the engine.

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use bytes::Bytes;
use socket_engine::{
    Client, ClientOptions, ConnectionEvent, EventSink, Host, OperationId, Protocol, SendProgress, SocketError,
};

use crate::figures::microseconds;

/// Time limit of each wait; longer than any measurement takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Maximum number of queued messages.
const QUEUED_MESSAGES: usize = 8;

const CONNECT: OperationId = OperationId(0);
const SEND: OperationId = OperationId(1);

/// A connection to a server.
pub struct Peer {
    sink: Arc<Sink>,
    heard: Receiver<Result<Heard>>,
    queued: usize,
}

enum Heard {
    Completed(OperationId),
    Answer,
    Times(Vec<f64>),
}

/// Handles events on the engine's worker, and echoes there.
struct Sink {
    client: OnceLock<Client>,
    heard: Sender<Result<Heard>>,
    exchange: Mutex<Option<Exchange>>,
}

/// Round trips until `end`.
struct Exchange {
    message: Bytes,
    start: Instant,
    end: Instant,
    times: Vec<f64>,
}

impl Peer {
    /// Connects and performs the handshake.
    ///
    /// # Errors
    /// When the server rejects the connection.
    pub fn connect(server: SocketAddr, protocol: Protocol) -> Result<Self> {
        let (sender, heard) = channel();
        let sink = Arc::new(Sink { client: OnceLock::new(), heard: sender, exchange: Mutex::default() });
        let options = ClientOptions { protocol, reconnect: None };
        let client = sink.client.get_or_init(|| Client::new(sink.clone(), None, options));
        client.connect(Host::Address(server), PATIENCE, CONNECT).map_err(|error| anyhow!("{error}"))?;
        let mut this = Self { sink, heard, queued: 0 };
        match this.hear()? {
            Heard::Completed(CONNECT) => Ok(this),
            _ => bail!("something came before the connection"),
        }
    }

    /// Sends a message as soon as there is room.
    ///
    /// # Errors
    /// When the connection has ended.
    pub fn send(&mut self, message: &[u8]) -> Result<()> {
        while self.queued >= QUEUED_MESSAGES {
            self.hear()?;
        }
        let progress = self.sink.client.wait().send(message, SEND).map_err(|error| anyhow!("{error}"))?;
        self.queued += usize::from(progress != SendProgress::Sent);
        Ok(())
    }

    /// Waits for a message.
    ///
    /// # Errors
    /// When the connection has ended.
    pub fn answer(&mut self) -> Result<()> {
        while !matches!(self.hear()?, Heard::Answer) {}
        Ok(())
    }

    /// Exchanges `message` with an echo server for `time`, one at a time.
    /// Returns the microseconds of each.
    ///
    /// # Errors
    /// When an echo is wrong.
    pub fn exchange(&mut self, message: Bytes, time: Duration) -> Result<Vec<f64>> {
        let start = Instant::now();
        let exchange = Exchange { message: message.clone(), start, end: start + time, times: Vec::new() };
        *self.sink.exchange.lock().unwrap_or_else(PoisonError::into_inner) = Some(exchange);
        self.send(&message)?;
        loop {
            if let Heard::Times(times) = self.hear()? {
                return Ok(times);
            }
        }
    }

    fn hear(&mut self) -> Result<Heard> {
        let heard = self.heard.recv_timeout(PATIENCE)??;
        if matches!(heard, Heard::Completed(SEND)) {
            self.queued -= 1;
        }
        Ok(heard)
    }
}

impl Sink {
    fn tell(&self, heard: Result<Heard>) {
        // The measurement may have ended.
        drop(self.heard.send(heard));
    }

    fn take(&self, bytes: &Bytes) {
        let mut place = self.exchange.lock().unwrap_or_else(PoisonError::into_inner);
        match place.as_mut() {
            None => self.tell(Ok(Heard::Answer)),
            Some(exchange) if exchange.message != bytes => self.tell(Err(anyhow!("what came back was not sent"))),
            Some(exchange) => {
                let now = Instant::now();
                exchange.times.push(microseconds(now - exchange.start));
                exchange.start = now;
                if now >= exchange.end {
                    self.tell(Ok(Heard::Times(std::mem::take(&mut exchange.times))));
                    *place = None;
                } else if let Err(error) = self.client.wait().send(&exchange.message, OperationId(2)) {
                    self.tell(Err(anyhow!("{error}")));
                }
            }
        }
        drop(place);
        self.client.wait().consume(bytes.len());
    }
}

impl EventSink<ConnectionEvent> for Sink {
    fn post(&self, event: ConnectionEvent) {
        match event {
            ConnectionEvent::Message(bytes) => self.take(&bytes),
            ConnectionEvent::Failed(error) => self.tell(Err(anyhow!("{error}"))),
            _ => {}
        }
    }

    fn complete(&self, operation_id: OperationId, result: std::result::Result<(), SocketError>) {
        self.tell(result.map(|()| Heard::Completed(operation_id)).map_err(|error| anyhow!("{error}")));
    }
}
