//! The engine without JavaScript: handles data in the engine's event callbacks.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use anyhow::{Context, Result, anyhow, bail};
use bench::blocks::Blocks;
use bench::protocol;
use bytes::Bytes;
use serde_json::{Value, json};
use socket_engine::{
    Connection, ConnectionEvent, EventSink, OperationId, Server, ServerEvent, ServerOptions, SocketError,
};

/// What to do with received data.
#[derive(Clone, Copy)]
enum Work {
    Echo,
    /// Discards this many bytes, then sends one.
    Sink(usize),
}

/// Handles the server's events.
struct Acceptor {
    work: Work,
    server: OnceLock<Server>,
}

/// Handles the events of one connection.
struct Peer {
    work: Work,
    connection: OnceLock<Connection>,
    blocks: Mutex<Blocks>,
}

fn main() -> Result<()> {
    let task: Value = serde_json::from_str(&std::env::args().nth(1).context("a task is missing")?)?;
    let work = match task.get("name").and_then(Value::as_str) {
        Some("echo") => Work::Echo,
        Some("sink") => Work::Sink(task.get("bytes").and_then(Value::as_u64).context("bytes are missing")? as usize),
        _ => bail!("unknown task {task}"),
    };
    let options = ServerOptions { protocol: protocol::named(&task)?, ..ServerOptions::default() };
    let acceptor = Arc::new(Acceptor { work, server: OnceLock::new() });
    let server = acceptor.server.get_or_init(|| Server::new(acceptor.clone(), options));
    let address = server.listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).map_err(|error| anyhow!("{error}"))?;
    println!("{}", json!({ "name": "listening", "value": address.port() }));
    loop {
        thread::park();
    }
}

impl EventSink<ServerEvent> for Acceptor {
    fn post(&self, event: ServerEvent) {
        if event == ServerEvent::Accepted {
            self.accept();
        }
    }

    fn complete(&self, _: OperationId, _: std::result::Result<(), SocketError>) {}
}

impl Acceptor {
    fn accept(&self) {
        let Some(pending) = self.server.wait().accept() else { return };
        let peer = Arc::new(Peer { work: self.work, connection: OnceLock::new(), blocks: Mutex::default() });
        match pending.start(peer.clone(), None) {
            Ok(connection) => drop(peer.connection.set(connection)),
            Err(error) => eprintln!("{error}"),
        }
    }
}

impl EventSink<ConnectionEvent> for Peer {
    fn post(&self, event: ConnectionEvent) {
        match event {
            ConnectionEvent::Received(bytes) | ConnectionEvent::Message(bytes) => self.take(&bytes),
            ConnectionEvent::Ended => self.connection().finish(),
            _ => {}
        }
    }

    fn complete(&self, _: OperationId, _: std::result::Result<(), SocketError>) {}
}

impl Peer {
    /// Set before the engine's only worker can handle the connection.
    fn connection(&self) -> &Connection {
        self.connection.wait()
    }

    fn take(&self, bytes: &Bytes) {
        let connection = self.connection();
        let sent = match self.work {
            Work::Echo => connection.send(bytes, OperationId(0)).map(drop),
            Work::Sink(expected) => self.swallow(connection, bytes, expected),
        };
        if let Err(error) = sent {
            eprintln!("{error}");
        }
        connection.consume(bytes.len());
    }

    fn swallow(&self, connection: &Connection, bytes: &[u8], expected: usize) -> std::result::Result<(), SocketError> {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        if !blocks.take(bytes) {
            eprintln!("a block is missing");
            std::process::exit(1);
        }
        if blocks.taken() == expected { connection.send(&[1], OperationId(0)).map(drop) } else { Ok(()) }
    }
}
