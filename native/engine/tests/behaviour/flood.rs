//! A peer that sends until it is held up.

use std::io::{ErrorKind, Write};
use std::net::TcpStream;

use socket_engine::ConnectionEvent;
use socket_engine::limits::{EVENT_OVERHEAD_BYTES, RECEIVE_HIGH_BYTES};

use crate::pair::{Pair, assert_silent};

/// What the kernel never takes for a receiver that has stopped.
pub(crate) const FLOOD_BYTES: usize = 16 * 1024 * 1024;

/// What came before reading stopped.
pub(crate) struct Unconsumed {
    pub(crate) data: Vec<u8>,
    pub(crate) sizes: Vec<usize>,
    pub(crate) written_bytes: usize,
}

impl Unconsumed {
    /// What it takes of the credit.
    pub(crate) fn cost(&self) -> usize {
        self.data.len() + self.sizes.len() * EVENT_OVERHEAD_BYTES
    }
}

/// The peer writes until the kernel takes nothing more and the engine reads nothing more.
pub(crate) fn flood_until_stopped(pair: &Pair, data: &[u8]) -> Unconsumed {
    pair.peer.set_nonblocking(true).unwrap();
    let mut unconsumed = Unconsumed { data: Vec::new(), sizes: Vec::new(), written_bytes: 0 };
    while unconsumed.cost() < RECEIVE_HIGH_BYTES {
        unconsumed.written_bytes += write_until_full(&pair.peer, &data[unconsumed.written_bytes..]);
        let bytes = expect!(pair.events, ConnectionEvent::Received(bytes) => bytes);
        unconsumed.sizes.push(bytes.len());
        unconsumed.data.extend_from_slice(&bytes);
    }
    assert_silent(&pair.events);
    unconsumed.written_bytes += write_until_full(&pair.peer, &data[unconsumed.written_bytes..]);
    assert_silent(&pair.events);
    unconsumed
}

fn write_until_full(mut peer: &TcpStream, data: &[u8]) -> usize {
    let mut written = 0;
    loop {
        match peer.write(&data[written..]) {
            Ok(0) => return written,
            Ok(count) => written += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return written,
            Err(error) => panic!("the peer cannot write: {error}"),
        }
    }
}
