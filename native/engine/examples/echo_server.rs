//! Sends everything back that it receives: `cargo run -p socket_engine --example echo_server -- 127.0.0.1:1234`.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::thread;

use socket_engine::{
    Connection, ConnectionEvent, EventSink, OperationId, Server, ServerEvent, ServerOptions, SocketError,
};

/// Receives the events of the server.
#[derive(Default)]
struct Acceptor {
    server: OnceLock<Server>,
}

/// Receives the events of one connection.
#[derive(Default)]
struct Echo {
    connection: OnceLock<Connection>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let address: SocketAddr = std::env::args().nth(1).as_deref().unwrap_or("127.0.0.1:1234").parse()?;
    let acceptor = Arc::new(Acceptor::default());
    let server = acceptor.server.get_or_init(|| Server::new(acceptor.clone(), ServerOptions::default()));
    println!("listening on {}", server.listen(address)?);
    loop {
        thread::park();
    }
}

impl EventSink<ServerEvent> for Acceptor {
    fn post(&self, event: ServerEvent) {
        if event == ServerEvent::Accepted {
            while let Some(pending) = self.server.wait().accept() {
                let echo = Arc::new(Echo::default());
                match pending.start(echo.clone(), None) {
                    Ok(connection) => drop(echo.connection.set(connection)),
                    Err(error) => eprintln!("{error}"),
                }
            }
        }
    }

    fn complete(&self, _: OperationId, _: Result<(), SocketError>) {}
}

impl EventSink<ConnectionEvent> for Echo {
    fn post(&self, event: ConnectionEvent) {
        match event {
            ConnectionEvent::Received(bytes) => {
                let connection = self.connection.wait();
                if let Err(error) = connection.send(&bytes, OperationId(0)) {
                    eprintln!("{error}");
                }
                // Until here the bytes count against the connection's credit.
                connection.consume(bytes.len());
            }
            // The peer sends no more; everything sent so far goes out before the connection closes.
            ConnectionEvent::Ended => self.connection.wait().finish(),
            ConnectionEvent::Failed(error) => eprintln!("{error}"),
            _ => {}
        }
    }

    fn complete(&self, _: OperationId, result: Result<(), SocketError>) {
        if let Err(error) = result {
            eprintln!("{error}");
        }
    }
}
