//! Many sends at once.
//! To one connection in one handler, and the same message to all connections.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use anyhow::Result;
use serde_json::{Value, json};

use super::Workload;
use crate::contender::Contender;
use crate::figures::{Figures, microseconds};
use crate::placement::Placement;
use crate::scale::Scale;
use crate::server::Server;
use crate::usage::Usage;

const MESSAGE_BYTES: usize = 64;
const CONTENDERS: [Contender; 2] = [Contender::Module, Contender::Net];

/// Messages that one handler sends.
const BURST_MESSAGES: usize = 1_000;

/// Number of connections for each message.
const CONNECTIONS: usize = 50;

struct Burst;

struct Broadcast;

pub fn all() -> Vec<Box<dyn Workload>> {
    vec![Box::new(Burst), Box::new(Broadcast)]
}

impl Workload for Burst {
    fn name(&self) -> String {
        format!("burst of {BURST_MESSAGES} sends of {MESSAGE_BYTES} B")
    }

    fn contenders(&self) -> &[Contender] {
        &CONTENDERS
    }

    fn measure(&self, contender: Contender, scale: &Scale) -> Result<Figures> {
        let server = Server::start(contender, Placement::TwoCpus, &task("burst", BURST_MESSAGES))?;
        let mut stream = server.connect()?;
        let mut answer = vec![0; BURST_MESSAGES * MESSAGE_BYTES];
        let mut run = |bursts: usize| -> Result<()> {
            for _ in 0..bursts {
                stream.write_all(b"!")?;
                stream.read_exact(&mut answer)?;
            }
            Ok(())
        };
        run(scale.bursts / 10)?;
        let (before, start) = (server.process.usage()?, Instant::now());
        run(scale.bursts)?;
        figures(&server, before, start, scale.bursts * BURST_MESSAGES)
    }
}

impl Workload for Broadcast {
    fn name(&self) -> String {
        format!("broadcast of {MESSAGE_BYTES} B to {CONNECTIONS}")
    }

    fn contenders(&self) -> &[Contender] {
        &CONTENDERS
    }

    fn measure(&self, contender: Contender, scale: &Scale) -> Result<Figures> {
        let mut server = Server::start(contender, Placement::TwoCpus, &task("broadcast", scale.broadcasts))?;
        let mut streams: Vec<TcpStream> = (0..CONNECTIONS).map(|_| server.connect()).collect::<Result<_>>()?;
        server.tell(&format!("open {CONNECTIONS}"))?;
        server.hear("open")?;
        broadcast(&mut server, &mut streams, scale.broadcasts)?;
        let (before, start) = (server.process.usage()?, Instant::now());
        broadcast(&mut server, &mut streams, scale.broadcasts)?;
        figures(&server, before, start, scale.broadcasts * CONNECTIONS)
    }
}

fn task(name: &str, messages: usize) -> Value {
    json!({ "name": name, "messages": messages, "messageBytes": MESSAGE_BYTES })
}

/// Requests messages, and receives them.
fn broadcast(server: &mut Server, streams: &mut [TcpStream], messages: usize) -> Result<()> {
    server.tell("broadcast")?;
    let mut left = vec![messages * MESSAGE_BYTES; streams.len()];
    let mut buffer = vec![0; 256 * 1024];
    while left.iter().any(|left| *left > 0) {
        for (stream, left) in streams.iter_mut().zip(&mut left).filter(|(_, left)| **left > 0) {
            let count = stream.read(&mut buffer)?;
            anyhow::ensure!(count > 0 && count <= *left, "the server sent {count} bytes of {left}");
            *left -= count;
        }
    }
    server.hear("broadcast").map(drop)
}

fn figures(server: &Server, before: Usage, start: Instant, messages: usize) -> Result<Figures> {
    let (time, used) = (start.elapsed(), server.process.usage()?.since(before));
    Ok(Figures::new()
        .with("thousand messages/s", messages as f64 / time.as_secs_f64() / 1e3)
        .with("server CPU µs/message", microseconds(used.cpu) / messages as f64))
}
