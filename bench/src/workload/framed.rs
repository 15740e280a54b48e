//! Messages with a length field: echoed by a server or a client, or only received.

use std::io::{Read, Write};
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::Workload;
use crate::contender::Contender;
use crate::echo_load::EchoLoad;
use crate::figures::{Figures, microseconds};
use crate::placement::Placement;
use crate::scale::Scale;
use crate::server::Server;
use crate::stream::{PREFIX_BYTES, Pattern, Position};

/// Bytes of one write.
const WRITE_BYTES: usize = 256 * 1024;

/// Echo by a server.
struct Echo {
    message_bytes: usize,
    /// Messages in flight on each connection.
    window_messages: usize,
    connections: usize,
}

/// Echo by a client, with and without `reconnect`.
struct Reconnecting {
    window_messages: usize,
}

/// Messages in one direction, compared with a decoder in JavaScript.
struct Receiving;

pub fn all() -> Vec<Box<dyn Workload>> {
    let mut all: Vec<Box<dyn Workload>> = Vec::new();
    for connections in [1, 50] {
        for message_bytes in [64, 1024] {
            for window_messages in [1, 16, 100] {
                all.push(Box::new(Echo { message_bytes, window_messages, connections }));
            }
        }
    }
    all.push(Box::new(Echo { message_bytes: 64, window_messages: 10, connections: 50 }));
    all.extend([1, 100].map(|window_messages| Box::new(Reconnecting { window_messages }) as Box<dyn Workload>));
    all.push(Box::new(Receiving));
    all
}

impl Workload for Echo {
    fn name(&self) -> String {
        let Self { message_bytes, window_messages, connections } = self;
        format!("framed {message_bytes} B, {window_messages} under way, {connections} connections")
    }

    fn contenders(&self) -> &[Contender] {
        &[Contender::Module, Contender::Net, Contender::Engine]
    }

    fn measure(&self, contender: Contender, scale: &Scale) -> Result<Figures> {
        let task = json!({ "name": "echo", "framed": true });
        rate(contender, &task, self.message_bytes, self.window_messages, self.connections, scale)
    }
}

impl Workload for Reconnecting {
    fn name(&self) -> String {
        format!("framed 64 B, {} under way, client", self.window_messages)
    }

    fn contenders(&self) -> &[Contender] {
        &[Contender::Module]
    }

    fn measure(&self, contender: Contender, scale: &Scale) -> Result<Figures> {
        let rate = |reconnects: bool| {
            let task = json!({ "name": "client", "framed": true, "reconnects": reconnects });
            rate(contender, &task, 64, self.window_messages, 1, scale)
        };
        compare(["reconnect", "no reconnect"], [rate(true)?, rate(false)?])
    }
}

impl Workload for Receiving {
    fn name(&self) -> String {
        "framed 64 B, receive only".to_owned()
    }

    fn contenders(&self) -> &[Contender] {
        &[Contender::Module]
    }

    fn measure(&self, contender: Contender, scale: &Scale) -> Result<Figures> {
        let rate = |framed: bool| receive(contender, framed, 64, scale);
        compare(["framed", "decoded in JavaScript"], [rate(true)?, rate(false)?])
    }
}

/// Returns the rates of two variants, and their ratio.
fn compare(names: [&str; 2], figures: [Figures; 2]) -> Result<Figures> {
    let rates = figures.each_ref().map(|figures| figures.0.first().map(|(_, rate)| *rate));
    let [Some(one), Some(other)] = rates else { anyhow::bail!("a rate is missing") };
    Ok(Figures::new()
        .with(format!("thousand messages/s, {}", names[0]), one)
        .with(format!("thousand messages/s, {}", names[1]), other)
        .with(names.join(" / "), one / other))
}

fn rate(
    contender: Contender,
    task: &Value,
    message_bytes: usize,
    window_messages: usize,
    connections: usize,
    scale: &Scale,
) -> Result<Figures> {
    let server = Server::start(contender, Placement::TwoCpus, task)?;
    let message_bytes = message_bytes + PREFIX_BYTES;
    let pattern = Pattern::framed(message_bytes - PREFIX_BYTES);
    let mut load = EchoLoad::new(&server, pattern, connections, window_messages * message_bytes)?;
    load.run(scale.warm_up)?;
    let before = server.process.usage()?;
    let start = Instant::now();
    let messages = load.run(scale.echo)? as f64 / message_bytes as f64;
    let time = start.elapsed();
    let used = server.process.usage()?.since(before);
    load.finish()?;
    Ok(Figures::new()
        .with("thousand messages/s", messages / time.as_secs_f64() / 1e3)
        .with("server CPU µs/message", microseconds(used.cpu) / messages))
}

/// Sends messages, and waits for the reply to the last one.
fn receive(contender: Contender, framed: bool, message_bytes: usize, scale: &Scale) -> Result<Figures> {
    let messages = scale.received_messages;
    let task = json!({ "name": "count", "framed": framed, "messages": messages });
    let server = Server::start(contender, Placement::TwoCpus, &task)?;
    let (pattern, mut position) = (Pattern::framed(message_bytes), Position::default());
    let mut stream = server.connect()?;
    let mut left = messages * (PREFIX_BYTES + message_bytes);
    let start = Instant::now();
    while left > 0 {
        let piece = pattern.piece(position, left.min(WRITE_BYTES));
        stream.write_all(piece)?;
        left -= piece.len();
        pattern.advance(&mut position, piece.len());
    }
    stream.read_exact(&mut [0]).context("the server did not get everything")?;
    Ok(Figures::new().with("thousand messages/s", messages as f64 / start.elapsed().as_secs_f64() / 1e3))
}
