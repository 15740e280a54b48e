//! Keeps connections to an echo server busy, and checks the echo.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::fd::OwnedFd;
use rustix::time::Timespec;

use crate::server::Server;
use crate::stream::{Pattern, Position};

const BUFFER_BYTES: usize = 256 * 1024;
const EVENTS: usize = 128;

/// Time without data after which a server counts as stuck.
const SILENCE: Timespec = Timespec { tv_sec: 20, tv_nsec: 0 };

/// Connections, each with a constant number of bytes in flight.
pub struct EchoLoad {
    pattern: Pattern,
    peers: Vec<Peer>,
    epoll: OwnedFd,
    window_bytes: usize,
    buffer: Vec<u8>,
}

struct Peer {
    stream: TcpStream,
    sent: Position,
    received: Position,
    under_way_bytes: usize,
}

impl EchoLoad {
    /// Opens connections, each with `window_bytes` of `pattern` in flight.
    ///
    /// # Errors
    /// The kernel's error.
    pub fn new(server: &Server, pattern: Pattern, connections: usize, window_bytes: usize) -> Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let mut peers = Vec::new();
        for id in 0..connections {
            let stream = server.connect()?;
            stream.set_nonblocking(true)?;
            epoll::add(&epoll, &stream, EventData::new_u64(id as u64), EventFlags::IN)?;
            peers.push(Peer { stream, sent: Position::default(), received: Position::default(), under_way_bytes: 0 });
        }
        Ok(Self { pattern, peers, epoll, window_bytes, buffer: vec![0; BUFFER_BYTES] })
    }

    /// Runs for `time`. Returns the number of echoed bytes.
    ///
    /// # Errors
    /// When an echoed byte is wrong, or no data arrives any more.
    pub fn run(&mut self, time: Duration) -> Result<usize> {
        let end = Instant::now() + time;
        for peer in &mut self.peers {
            peer.fill(&self.pattern, self.window_bytes)?;
        }
        let mut received = 0;
        while Instant::now() < end {
            received += self.turn(Some(self.window_bytes))?;
        }
        Ok(received)
    }

    /// Starts no more messages, and receives those in flight.
    ///
    /// # Errors
    /// As [`EchoLoad::run`].
    pub fn finish(mut self) -> Result<()> {
        while self.peers.iter().any(|peer| peer.under_way_bytes > 0) {
            self.turn(None)?;
        }
        Ok(())
    }

    /// Sends within the window; without one, completes a partial message.
    fn turn(&mut self, window_bytes: Option<usize>) -> Result<usize> {
        let mut events = Vec::with_capacity(EVENTS);
        if epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&SILENCE))? == 0 {
            bail!("the server echoes nothing any more");
        }
        let mut received = 0;
        for event in &events {
            let peer = self.peers.get_mut(event.data.u64() as usize).context("an unknown connection")?;
            received += peer.receive(&self.pattern, &mut self.buffer)?;
            let rest_bytes = peer.under_way_bytes + self.pattern.rest_bytes(peer.sent);
            peer.fill(&self.pattern, window_bytes.unwrap_or(rest_bytes))?;
        }
        Ok(received)
    }
}

impl Peer {
    fn receive(&mut self, pattern: &Pattern, buffer: &mut [u8]) -> Result<usize> {
        let count = self.stream.read(buffer)?;
        if count == 0 || count > self.under_way_bytes {
            bail!("the server sent {count} bytes while {} were under way", self.under_way_bytes);
        }
        pattern.check(&mut self.received, buffer.get(..count).unwrap_or_default())?;
        self.under_way_bytes -= count;
        Ok(count)
    }

    fn fill(&mut self, pattern: &Pattern, window_bytes: usize) -> Result<()> {
        while self.under_way_bytes < window_bytes {
            let piece = pattern.piece(self.sent, window_bytes - self.under_way_bytes);
            match self.stream.write(piece) {
                Ok(count) => {
                    pattern.advance(&mut self.sent, count);
                    self.under_way_bytes += count;
                }
                // Received echo makes room.
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
