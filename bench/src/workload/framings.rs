//! All framings, compared with the default one.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::Workload;
use crate::contender::Contender;
use crate::echo_load::EchoLoad;
use crate::figures::{Figures, median, microseconds};
use crate::layout::{Layout, MESSAGE_BYTES};
use crate::placement::Placement;
use crate::scale::Scale;
use crate::server::Server;
use crate::stream::{Pattern, Position};

/// Bytes of one write.
const WRITE_BYTES: usize = 256 * 1024;

/// Messages in flight.
const WINDOW_MESSAGES: usize = 100;

/// Rounds in which two framings take turns.
const ROUNDS: u32 = 10;

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

/// A server and its peer, which work in rounds.
struct Side {
    server: Server,
    work: Work,
}

enum Work {
    Echo { load: EchoLoad, frame_bytes: usize, time: Duration },
    Receive { stream: TcpStream, pattern: Pattern, position: Position, messages: usize },
}

/// Medians of some rounds of two layouts: the speeds of both, and the ratios of the second to the first.
struct Comparison {
    thousands_per_s: [f64; 2],
    rate: f64,
    cpu: f64,
}

pub fn all() -> Vec<Box<dyn Workload>> {
    vec![Box::new(Framings::Echo), Box::new(Framings::Receive), Box::new(IdleGap), Box::new(Requests)]
}

impl Side {
    /// Messages that are echoed.
    fn echo(contender: Contender, layout: Layout, window_messages: usize, scale: &Scale) -> Result<Self> {
        let server = Server::start(contender, Placement::TwoCpus, &task("echo", layout, 0))?;
        let pattern = Pattern::of(layout);
        let frame_bytes = pattern.message_bytes();
        let mut load = EchoLoad::new(&server, pattern, 1, window_messages * frame_bytes)?;
        load.run(scale.warm_up)?;
        Ok(Self { server, work: Work::Echo { load, frame_bytes, time: scale.echo / ROUNDS } })
    }

    /// Messages that are received; the last one of a round is answered.
    fn receive(contender: Contender, layout: Layout, scale: &Scale) -> Result<Self> {
        let messages = scale.received_messages / ROUNDS as usize;
        let server = Server::start(contender, Placement::TwoCpus, &task("count", layout, messages))?;
        let stream = server.connect()?;
        let (pattern, position) = (Pattern::of(layout), Position::default());
        Ok(Self { server, work: Work::Receive { stream, pattern, position, messages } })
    }

    fn round(&mut self) -> Result<Speed> {
        let (before, start) = (self.server.process.usage()?, Instant::now());
        let messages = self.work.round()?;
        let time = start.elapsed();
        let used = self.server.process.usage()?.since(before);
        Ok(Speed { thousands_per_s: messages / time.as_secs_f64() / 1e3, cpu_us: microseconds(used.cpu) / messages })
    }

    /// Waits for the messages in flight.
    fn finish(self) -> Result<()> {
        match self.work {
            Work::Echo { load, .. } => load.finish(),
            Work::Receive { .. } => Ok(()),
        }
    }
}

impl Work {
    /// Returns the number of messages of a round.
    fn round(&mut self) -> Result<f64> {
        match self {
            Self::Echo { load, frame_bytes, time } => Ok(load.run(*time)? as f64 / *frame_bytes as f64),
            Self::Receive { stream, pattern, position, messages } => {
                let mut left = *messages * pattern.message_bytes();
                while left > 0 {
                    let piece = pattern.piece(*position, left.min(WRITE_BYTES));
                    stream.write_all(piece)?;
                    left -= piece.len();
                    pattern.advance(position, piece.len());
                }
                // The answer is one segment.
                ensure!(stream.read(&mut [0; 2 * MESSAGE_BYTES])? > MESSAGE_BYTES / 2, "the server sent no answer");
                Ok(*messages as f64)
            }
        }
    }
}

impl Comparison {
    fn of(rounds: &[[Speed; 2]]) -> Self {
        let median = |value: &dyn Fn(&[Speed; 2]) -> f64| median(&rounds.iter().map(value).collect::<Vec<_>>());
        Self {
            thousands_per_s: [median(&|[base, _]| base.thousands_per_s), median(&|[_, one]| one.thousands_per_s)],
            rate: median(&|[base, one]| one.thousands_per_s / base.thousands_per_s),
            cpu: median(&|[base, one]| one.cpu_us / base.cpu_us),
        }
    }
}

impl Framings {
    fn open(self, contender: Contender, layout: Layout, scale: &Scale) -> Result<Side> {
        match self {
            Self::Echo => Side::echo(contender, layout, WINDOW_MESSAGES, scale),
            Self::Receive => Side::receive(contender, layout, scale),
        }
    }

    /// Measures two layouts in turn, so that changes of the machine affect both.
    fn compare(self, contender: Contender, layouts: [Layout; 2], scale: &Scale) -> Result<Comparison> {
        let [base, one] = layouts;
        let (mut base, mut one) = (self.open(contender, base, scale)?, self.open(contender, one, scale)?);
        // Code that runs for the first time is slower.
        let _ = (base.round()?, one.round()?);
        let mut rounds = Vec::new();
        for round in 0..ROUNDS {
            let is_first = round % 2 == 0;
            let before = if is_first { Some(base.round()?) } else { None };
            let speed = one.round()?;
            rounds.push([before.map_or_else(|| base.round(), Ok)?, speed]);
        }
        base.finish()?;
        one.finish()?;
        Ok(Comparison::of(&rounds))
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
        let [first, others @ ..] = Layout::COMPARED;
        let mut figures = Figures::new();
        for layout in others.into_iter().chain(Layout::APART) {
            let comparison = self.compare(contender, [first, layout], scale)?;
            let [base, one] = comparison.thousands_per_s;
            figures = figures
                .with(format!("thousand messages/s, {}", first.name()), base)
                .with(format!("thousand messages/s, {}", layout.name()), one)
                .with(format!("rate, {} / {}", layout.name(), first.name()), comparison.rate)
                .with(format!("CPU, {} / {}", layout.name(), first.name()), comparison.cpu);
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
        let mut side = Side::echo(contender, Layout::IdleGap, 1, scale)?;
        let rate = side.round()?.thousands_per_s;
        side.finish()?;
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
