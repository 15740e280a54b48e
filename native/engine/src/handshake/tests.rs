//! One side at a time against what the other side might say.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod both_sides;
mod hostile;
mod malformed;
mod random;

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use super::client::{Entered, enter_with};
use super::server::greet_with;
use super::*;
use crate::error::PeerFault;
use crate::framing::Framing;
use crate::key::Key;
use crate::wire::tests::vectors::{HandshakeVector, handshakes};

/// More than a handshake.
const PIPE_BYTES: usize = 1024;

/// Where the connection was cut.
const CUT: HandshakeError = HandshakeError::Io(libc::ECONNRESET);

/// What came of one side whose peer said all of `script` and then nothing more.
#[derive(Debug, PartialEq)]
struct Outcome<T> {
    result: Result<T, HandshakeError>,
    /// What this side sent.
    said: Vec<u8>,
    /// What it left unread.
    unread: Vec<u8>,
}

/// What comes of `sides` before both wait for ever: with nothing else to do, a clock that is paused leaps to the end.
async fn settled<T>(sides: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(1), sides).await.expect("a side waits for what the other does not say")
}

/// The client of `vector`.
async fn client(vector: &HandshakeVector, script: &[u8]) -> Outcome<Entered> {
    let (mut stream, mut peer) = duplex(PIPE_BYTES);
    peer.write_all(script).await.unwrap();
    peer.shutdown().await.unwrap();
    let result = enter_with(&mut stream, &vector.framing, &vector.client, vector.asked, &vector.client_random).await;
    finish(result.map(|(entered, _)| entered), stream, peer).await
}

/// The server of `vector`; the outcome is the session that the client came back to, and the interval of its heartbeat.
async fn server(vector: &HandshakeVector, script: &[u8]) -> Outcome<(Option<Session>, Option<Duration>)> {
    let (mut stream, mut peer) = duplex(PIPE_BYTES);
    peer.write_all(script).await.unwrap();
    peer.shutdown().await.unwrap();
    let greeted = greet_with(&mut stream, &vector.framing, &vector.server, &vector.server_random, || {}).await;
    let result = match greeted {
        Ok(guest) => {
            let learnt = (guest.returning, guest.peer_heartbeat);
            guest.welcome(&mut stream, vector.answered, vector.resumed).await.map(|_| learnt)
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

/// The vector of this name.
fn vector(name: &str) -> HandshakeVector {
    handshakes().into_iter().find(|vector| vector.name == name).unwrap()
}

/// A vector with a key, whose client comes back to its session.
fn returning() -> HandshakeVector {
    vector("a session goes on")
}

/// A vector without a key, whose messages can be made up.
fn open() -> HandshakeVector {
    vector("a session that the server does not know")
}

impl HandshakeVector {
    /// What the client says.
    fn client_says(&self) -> Vec<u8> {
        [&self.hello[..], &self.proof].concat()
    }

    /// What the server says.
    fn server_says(&self) -> Vec<u8> {
        [&self.challenge[..], &self.welcome].concat()
    }

    /// What the client learns.
    fn entered(&self) -> Entered {
        Entered { session: self.answered, resumed: self.resumed, peer_heartbeat: self.server.heartbeat }
    }

    /// What the server learns.
    fn greeted(&self) -> (Option<Session>, Option<Duration>) {
        ((!self.asked.id.is_none()).then_some(self.asked), self.client.heartbeat)
    }
}
