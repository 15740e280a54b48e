//! Sends each line of standard input and prints what comes back:
//! `cargo run -p socket_engine --example client -- 127.0.0.1:1234`.

use std::error::Error;
use std::io::{self, BufRead, Write};
use std::net::SocketAddr;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use socket_engine::{Client, ClientOptions, ConnectionEvent, EventSink, Host, OperationId, SendProgress, SocketError};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Prints what arrives, and tells `main` the results of its calls and the end.
struct Printer {
    client: OnceLock<Client>,
    results: Sender<Result<(), SocketError>>,
    closed: Sender<()>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let address: SocketAddr = std::env::args().nth(1).as_deref().unwrap_or("127.0.0.1:1234").parse()?;
    let ((results, completed), (closed, has_closed)) = (channel(), channel());
    let printer = Arc::new(Printer { client: OnceLock::new(), results, closed });
    let client = printer.client.get_or_init(|| Client::new(printer.clone(), None, ClientOptions::default()));
    client.connect(Host::Address(address), CONNECT_TIMEOUT, OperationId(0))?;
    completed.recv()??;
    for line in io::stdin().lock().lines() {
        // `Sent`: the kernel has it all. Otherwise the result comes later, which paces the input.
        if client.send(format!("{}\n", line?).as_bytes(), OperationId(1))? != SendProgress::Sent {
            completed.recv()??;
        }
    }
    // Half-closes: the peer sees the end of the stream, and what it still sends arrives.
    client.end(OperationId(2))?;
    Ok(has_closed.recv()?)
}

impl EventSink<ConnectionEvent> for Printer {
    fn post(&self, event: ConnectionEvent) {
        match event {
            ConnectionEvent::Received(bytes) => {
                let mut output = io::stdout().lock();
                if let Err(error) = output.write_all(&bytes).and_then(|()| output.flush()) {
                    eprintln!("{error}");
                }
                self.client.wait().consume(bytes.len());
            }
            ConnectionEvent::Ended => self.client.wait().finish(),
            ConnectionEvent::Failed(error) => eprintln!("{error}"),
            // `main` may have ended.
            ConnectionEvent::Closed(_) => drop(self.closed.send(())),
            _ => {}
        }
    }

    fn complete(&self, _: OperationId, result: Result<(), SocketError>) {
        drop(self.results.send(result));
    }
}
