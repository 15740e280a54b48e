//! A minimal server: one thread, epoll, one buffer.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;

use anyhow::{Context, Result, bail};
use bench::blocks::Blocks;
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use serde_json::{Value, json};

const BUFFER_BYTES: usize = 256 * 1024;
const LISTENER: u64 = u64::MAX;
const EVENTS: usize = 128;

struct Server {
    epoll: rustix::fd::OwnedFd,
    listener: TcpListener,
    peers: HashMap<u64, Peer>,
    buffer: Vec<u8>,
    /// Number of bytes after which one byte is sent; `None`: echoes everything.
    sink_bytes: Option<usize>,
}

struct Peer {
    stream: TcpStream,
    /// Echo that the kernel has not taken.
    unsent: Vec<u8>,
    blocks: Blocks,
}

fn main() -> Result<()> {
    let task: Value = serde_json::from_str(&std::env::args().nth(1).context("a task is missing")?)?;
    let sink_bytes = match task.get("name").and_then(Value::as_str) {
        Some("echo") => None,
        Some("sink") => Some(task.get("bytes").and_then(Value::as_u64).context("bytes are missing")? as usize),
        _ => bail!("unknown task {task}"),
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
    println!("{}", json!({ "name": "listening", "value": listener.local_addr()?.port() }));
    Server { epoll, listener, peers: HashMap::new(), buffer: vec![0; BUFFER_BYTES], sink_bytes }.run()
}

impl Server {
    fn run(&mut self) -> Result<()> {
        let mut events = Vec::with_capacity(EVENTS);
        loop {
            events.clear();
            epoll::wait(&self.epoll, spare_capacity(&mut events), None)?;
            for event in &events {
                match event.data.u64() {
                    LISTENER => self.accept()?,
                    peer => self.serve(peer)?,
                }
            }
        }
    }

    fn accept(&mut self) -> Result<()> {
        while let Some((stream, _)) = now(self.listener.accept())? {
            stream.set_nonblocking(true)?;
            stream.set_nodelay(true)?;
            let id = stream.as_raw_fd() as u64;
            epoll::add(&self.epoll, &stream, EventData::new_u64(id), EventFlags::IN)?;
            self.peers.insert(id, Peer { stream, unsent: Vec::new(), blocks: Blocks::default() });
        }
        Ok(())
    }

    fn serve(&mut self, id: u64) -> Result<()> {
        let peer = self.peers.get_mut(&id).context("an unknown peer")?;
        if !peer.unsent.is_empty() {
            return peer.send_rest(&self.epoll, id);
        }
        let count = match now(peer.stream.read(&mut self.buffer)) {
            Ok(None) => return Ok(()),
            Ok(Some(0)) | Err(_) => {
                self.peers.remove(&id);
                return Ok(());
            }
            Ok(Some(count)) => count,
        };
        let bytes = self.buffer.get(..count).unwrap_or_default();
        match self.sink_bytes {
            None => peer.echo(&self.epoll, id, bytes),
            Some(expected) => peer.swallow(bytes, expected),
        }
    }
}

impl Peer {
    fn echo(&mut self, epoll: &rustix::fd::OwnedFd, id: u64, bytes: &[u8]) -> Result<()> {
        let sent = now(self.stream.write(bytes))?.unwrap_or(0);
        if sent < bytes.len() {
            self.unsent.extend_from_slice(bytes.get(sent..).unwrap_or_default());
            epoll::modify(epoll, &self.stream, EventData::new_u64(id), EventFlags::OUT)?;
        }
        Ok(())
    }

    fn send_rest(&mut self, epoll: &rustix::fd::OwnedFd, id: u64) -> Result<()> {
        let sent = now(self.stream.write(&self.unsent))?.unwrap_or(0);
        self.unsent.drain(..sent);
        if self.unsent.is_empty() {
            epoll::modify(epoll, &self.stream, EventData::new_u64(id), EventFlags::IN)?;
        }
        Ok(())
    }

    fn swallow(&mut self, bytes: &[u8], expected: usize) -> Result<()> {
        if !self.blocks.take(bytes) {
            bail!("a block is missing");
        }
        if self.blocks.taken() == expected {
            self.stream.write_all(&[1])?;
        }
        Ok(())
    }
}

/// Returns `None` if the call would block.
fn now<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}
