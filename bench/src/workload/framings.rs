//! All framings, compared with the default one.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::Workload;
use crate::contender::Contender;
use crate::echo_load::EchoLoad;
use crate::figures::{Figures, microseconds};
use crate::layout::{Layout, MESSAGE_BYTES};
use crate::placement::Placement;
use crate::scale::Scale;
use crate::server::Server;
use crate::stream::{Pattern, Position};
use crate::usage::Usage;

/// Bytes of one write.
const WRITE_BYTES: usize = 256 * 1024;

/// Messages in flight.
const WINDOW_MESSAGES: usize = 100;

/// Simultaneous requests.
const OPEN_REQUESTS: usize = 100;

/// Task for each framing.
#[derive(Clone, Copy)]
enum Framings {
    Echo,
    Receive,
}

/// Cost of messages. CPU time hardly depends on other load of the machine.
struct Speed {
    thousands_per_s: f64,
    cpu_us: f64,
}

/// Messages that end with an idle gap, one after the other.
struct IdleGap;

/// Requests to an echoing peer.
struct Requests;

pub fn all() -> Vec<Box<dyn Workload>> {
    vec![Box::new(Framings::Echo), Box::new(Framings::Receive), Box::new(IdleGap), Box::new(Requests)]
}

impl Speed {
    /// Returns the speed of `messages` since `start`, when the server's usage was `before`.
    fn of(messages: f64, server: &Server, before: Usage, start: Instant) -> Result<Self> {
        let time = start.elapsed();
        let used = server.process.usage()?.since(before);
        Ok(Self { thousands_per_s: messages / time.as_secs_f64() / 1e3, cpu_us: microseconds(used.cpu) / messages })
    }
}

impl Workload for Framings {
    fn name(&self) -> String {
        match self {
            Self::Echo => format!("framings, echo, {WINDOW_MESSAGES} under way"),
            Self::Receive => "framings, receive only".to_owned(),
        }
    }

    fn contenders(&self) -> &[Contender] {
        &[Contender::Module]
    }

    fn measure(&self, contender: Contender, scale: &Scale) -> Result<Figures> {
        let rate = |layout: Layout| match self {
            Self::Echo => echo(contender, layout, WINDOW_MESSAGES, scale),
            Self::Receive => receive(contender, layout, scale),
        };
        let [first, others @ ..] = Layout::COMPARED;
        let mut figures = Figures::new();
        for layout in others.into_iter().chain(Layout::APART) {
            // Measures the base again for each, so that changes of the machine affect both.
            let (base, one) = (rate(first)?, rate(layout)?);
            figures = figures
                .with(format!("thousand messages/s, {}", first.name()), base.thousands_per_s)
                .with(format!("thousand messages/s, {}", layout.name()), one.thousands_per_s)
                .with(format!("rate, {} / {}", layout.name(), first.name()), one.thousands_per_s / base.thousands_per_s)
                .with(format!("CPU, {} / {}", layout.name(), first.name()), one.cpu_us / base.cpu_us);
        }
        Ok(figures)
    }
}

impl Workload for IdleGap {
    fn name(&self) -> String {
        "framings, idleGap of 1 ms, one under way".to_owned()
    }

    fn contenders(&self) -> &[Contender] {
        &[Contender::Module]
    }

    fn measure(&self, contender: Contender, scale: &Scale) -> Result<Figures> {
        let rate = echo(contender, Layout::IdleGap, 1, scale)?.thousands_per_s;
        Ok(Figures::new().with("thousand messages/s", rate).with("ms/message", 1.0 / rate))
    }
}

impl Workload for Requests {
    fn name(&self) -> String {
        format!("framings, requests, {OPEN_REQUESTS} open")
    }

    fn contenders(&self) -> &[Contender] {
        &[Contender::Module]
    }

    fn measure(&self, contender: Contender, scale: &Scale) -> Result<Figures> {
        let task = json!({
            "name": "request", "framing": Layout::Length.options(), "open": OPEN_REQUESTS, "messages": scale.requests
        });
        let mut server = Server::start(contender, Placement::TwoCpus, &task)?;
        let stream = server.connect()?;
        server.hear("connect")?;
        let echo = thread::spawn(move || give_back(stream));
        server.ask("request")?;
        let start = Instant::now();
        server.ask("request")?;
        let rate = scale.requests as f64 / start.elapsed().as_secs_f64() / 1e3;
        drop(server);
        // It ends with the process.
        let _ = echo.join();
        Ok(Figures::new().with("thousand requests/s", rate))
    }
}

/// Measures echoed messages.
fn echo(contender: Contender, layout: Layout, window_messages: usize, scale: &Scale) -> Result<Speed> {
    let server = Server::start(contender, Placement::TwoCpus, &task("echo", layout, 0))?;
    let pattern = Pattern::of(layout);
    let frame_bytes = pattern.message_bytes();
    let mut load = EchoLoad::new(&server, pattern, 1, window_messages * frame_bytes)?;
    load.run(scale.warm_up)?;
    let (before, start) = (server.process.usage()?, Instant::now());
    let messages = load.run(scale.echo)? as f64 / frame_bytes as f64;
    let speed = Speed::of(messages, &server, before, start)?;
    load.finish()?;
    Ok(speed)
}

/// Measures received messages, until the reply to the last one.
fn receive(contender: Contender, layout: Layout, scale: &Scale) -> Result<Speed> {
    let messages = scale.received_messages;
    let server = Server::start(contender, Placement::TwoCpus, &task("count", layout, messages))?;
    let (pattern, mut position) = (Pattern::of(layout), Position::default());
    let mut stream = server.connect()?;
    let mut left = messages * pattern.message_bytes();
    let (before, start) = (server.process.usage()?, Instant::now());
    while left > 0 {
        let piece = pattern.piece(position, left.min(WRITE_BYTES));
        stream.write_all(piece)?;
        left -= piece.len();
        pattern.advance(&mut position, piece.len());
    }
    stream.read_exact(&mut [0]).context("the server did not get everything")?;
    Speed::of(messages as f64, &server, before, start)
}

fn task(name: &str, layout: Layout, messages: usize) -> Value {
    json!({ "name": name, "framed": true, "framing": layout.options(), "messages": messages, "answerBytes": MESSAGE_BYTES })
}

/// Echoes all received data until EOF.
fn give_back(mut stream: TcpStream) -> Result<()> {
    let mut buffer = vec![0; WRITE_BYTES];
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            count => stream.write_all(buffer.get(..count).unwrap_or_default())?,
        }
    }
}
