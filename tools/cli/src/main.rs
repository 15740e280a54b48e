//! `socketkit`: communicates with an app that uses socketkit.
//! It sends lines of standard input, and prints what it receives.

mod conversation;
mod event;
mod input;
mod options;
mod peer;
mod printer;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::{Parser, Subcommand};
use socket_engine::{
    AddressFamily, Client, ClientOptions, EventSink, NetAddress, OperationId, Server, ServerEvent, ServerOptions,
    SocketError,
};

use conversation::{Conversation, explained, reason_text};
use event::Event;
use options::StreamOptions;
use peer::{CONNECT, Peer};
use printer::Printer;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Sends lines of standard input to an app that uses socketkit, and prints what it receives.
///
/// With framing or `--hex`, each line is a message. The end of standard input half-closes the connection; the program exits when the peer has closed it.
#[derive(Debug, Parser)]
#[command(name = "socketkit")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Connects to an address.
    Connect {
        /// HOST:PORT; [ADDRESS]:PORT for IPv6
        address: String,
        #[command(flatten)]
        stream: StreamOptions,
    },
    /// Listens on an address, and takes one connection.
    Listen {
        /// ADDRESS:PORT; port 0 selects a free port
        address: String,
        #[command(flatten)]
        stream: StreamOptions,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Connect { address, stream } => connect(&address, &stream),
        Command::Listen { address, stream } => listen(&address, &stream),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn connect(address: &str, stream: &StreamOptions) -> Result<()> {
    let host = parse_address(address)?.to_host()?;
    let (sender, events) = channel();
    let printer = Arc::new(Printer::new(stream.lines(), sender.clone()));
    let options = ClientOptions { protocol: stream.protocol()?, reconnect: None };
    let client = Client::new(printer.clone(), None, options);
    client.connect(host, CONNECT_TIMEOUT, CONNECT)?;
    printer.serve(Peer::Client(client));
    Conversation::new(&printer, sender, events).hold()
}

fn listen(address: &str, stream: &StreamOptions) -> Result<()> {
    let (sender, events) = channel();
    let options = ServerOptions { protocol: stream.protocol()?, max_connections: Some(1), ..ServerOptions::default() };
    let server = Server::new(Arc::new(Acceptor(sender.clone())), options);
    eprintln!("listening on port {}", server.listen(parse_address(address)?.to_socket_address()?)?.port());
    let printer = Arc::new(Printer::new(stream.lines(), sender.clone()));
    printer.serve(Peer::Connection(accept(&server, &printer, &events)?));
    Conversation::new(&printer, sender, events).hold()
}

/// Waits for the first connection, and reports earlier rejections.
fn accept(server: &Server, printer: &Arc<Printer>, events: &Receiver<Event>) -> Result<socket_engine::Connection> {
    loop {
        if let Some(pending) = server.accept() {
            eprintln!("connected to {}", pending.peer());
            return Ok(pending.start(printer.clone(), None)?);
        }
        match events.recv()? {
            Event::Rejected(peer, reason) => {
                eprintln!("refused {peer}: {}", reason_text(reason));
                server.consume_rejection();
            }
            Event::Failed(error) => return Err(explained(error)),
            _ => {}
        }
    }
}

/// Passes events of the server to `accept`.
struct Acceptor(Sender<Event>);

impl EventSink<ServerEvent> for Acceptor {
    fn post(&self, event: ServerEvent) {
        let event = match event {
            ServerEvent::Accepted => Event::Accepted,
            ServerEvent::Rejected(peer, reason) => Event::Rejected(peer, reason),
            ServerEvent::AcceptFailed(error) => Event::Failed(error),
            ServerEvent::Listening(_) | ServerEvent::Closed => return,
        };
        // `main` may have ended.
        drop(self.0.send(event));
    }

    fn complete(&self, _: OperationId, _: Result<(), SocketError>) {}
}

/// Splits HOST:PORT.
fn parse_address(text: &str) -> Result<NetAddress> {
    let (host, port) = text.rsplit_once(':').with_context(|| format!("{text:?} has no port; HOST:PORT is required"))?;
    let port = port.parse().with_context(|| format!("{port:?} is no port"))?;
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if address.is_empty() {
        bail!("{text:?} has no host; HOST:PORT is required");
    }
    Ok(NetAddress { address: address.to_owned(), family: AddressFamily::Any, port })
}
