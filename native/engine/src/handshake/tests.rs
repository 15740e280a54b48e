//! Tests of one side against scripted messages of the other.

// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod both_sides;
mod hostile;
mod malformed;
mod random;

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use super::client::{Negotiated, connect_with};
use super::server::accept_with;
use super::*;
use crate::error::PeerFault;
use crate::framing::Framing;
use crate::key::Key;
use crate::wire::tests::vectors::{HandshakeVector, handshakes};

/// Longer than a handshake.
const PIPE_BYTES: usize = 1024;

/// The error of a broken connection.
const CUT: HandshakeError = HandshakeError::Io(libc::ECONNRESET);

/// Result of one side whose peer sent all of `script` and then nothing.
#[derive(Debug, PartialEq)]
struct Outcome<T> {
    result: Result<T, HandshakeError>,
    /// Bytes that this side sent.
    said: Vec<u8>,
    /// Bytes that this side left unread.
    unread: Vec<u8>,
}

/// Returns the result of `sides`, or panics when both wait forever.
/// The paused clock then jumps to the deadline.
async fn settled<T>(sides: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(1), sides).await.expect("a side waits for what the other does not say")
}

/// Runs the client of `vector`.
async fn client(vector: &HandshakeVector, script: &[u8]) -> Outcome<Negotiated> {
    let (mut stream, mut peer) = duplex(PIPE_BYTES);
    peer.write_all(script).await.unwrap();
    peer.shutdown().await.unwrap();
    let result = connect_with(&mut stream, &vector.framing, &vector.client, vector.asked, &vector.client_random).await;
    finish(result.map(|(negotiated, _)| negotiated), stream, peer).await
}

/// Runs the server of `vector`.
/// Returns the session to resume, and the interval of the client's heartbeat.
async fn server(vector: &HandshakeVector, script: &[u8]) -> Outcome<(Option<Session>, Option<Duration>)> {
    let (mut stream, mut peer) = duplex(PIPE_BYTES);
    peer.write_all(script).await.unwrap();
    peer.shutdown().await.unwrap();
    let accepted = accept_with(&mut stream, &vector.framing, &vector.server, &vector.server_random, || {}).await;
    let result = match accepted {
        Ok(client_hello) => {
            let learnt = (client_hello.resumes, client_hello.peer_heartbeat);
            client_hello.finish(&mut stream, vector.answered, vector.resumed).await.map(|_| learnt)
        }
        Err(error) => Err(error),
    };
    finish(result, stream, peer).await
}

async fn finish<T>(
    result: Result<T, HandshakeError>,
    mut stream: tokio::io::DuplexStream,
    mut peer: tokio::io::DuplexStream,
) -> Outcome<T> {
    let (mut said, mut unread) = (Vec::new(), Vec::new());
    stream.read_to_end(&mut unread).await.unwrap();
    drop(stream);
    peer.read_to_end(&mut said).await.unwrap();
    Outcome { result, said, unread }
}

/// Returns the vector `name`.
fn vector(name: &str) -> HandshakeVector {
    handshakes().into_iter().find(|vector| vector.name == name).unwrap()
}

/// Returns a vector with a key, whose client resumes its session.
fn resuming() -> HandshakeVector {
    vector("a session goes on")
}

/// Returns a vector without a key, whose messages can be forged.
fn open() -> HandshakeVector {
    vector("a session that the server does not know")
}

impl HandshakeVector {
    /// Returns all messages of the client.
    fn client_says(&self) -> Vec<u8> {
        [&self.hello[..], &self.proof].concat()
    }

    /// Returns all messages of the server.
    fn server_says(&self) -> Vec<u8> {
        [&self.challenge[..], &self.welcome].concat()
    }

    /// Returns the client's result.
    fn negotiated(&self) -> Negotiated {
        Negotiated { session: self.answered, resumed: self.resumed, peer_heartbeat: self.server.heartbeat }
    }

    /// Returns the server's result.
    fn accepted(&self) -> (Option<Session>, Option<Duration>) {
        ((!self.asked.id.is_none()).then_some(self.asked), self.client.heartbeat)
    }
}
