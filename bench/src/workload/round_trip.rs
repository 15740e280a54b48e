//! Round trips, one at a time.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::json;

use super::Workload;
use crate::contender::Contender;
use crate::figures::{Figures, microseconds, quantile};
use crate::placement::Placement;
use crate::scale::Scale;
use crate::server::Server;
use crate::stream::{Pattern, Position};

struct RoundTrip {
    message_bytes: usize,
    placement: Placement,
}

pub fn all() -> Vec<Box<dyn Workload>> {
    let mut all: Vec<Box<dyn Workload>> = Vec::new();
    for placement in [Placement::OneCpu, Placement::TwoCpus] {
        for message_bytes in [6, 1024] {
            all.push(Box::new(RoundTrip { message_bytes, placement }));
        }
    }
    all
}

impl Workload for RoundTrip {
    fn name(&self) -> String {
        format!("round trip {} B, {}", self.message_bytes, self.placement.name())
    }

    fn contenders(&self) -> &[Contender] {
        &Contender::ALL
    }

    fn measure(&self, contender: Contender, scale: &Scale) -> Result<Figures> {
        let server = Server::start(contender, self.placement, &json!({ "name": "echo" }))?;
        let mut exchange = Exchange::new(server.connect()?, self.message_bytes);
        exchange.run(scale.warm_up)?;
        let before = server.process.usage()?;
        let mut times = exchange.run(scale.echo)?;
        let used = server.process.usage()?.since(before);
        let messages = times.len() as f64;
        times.sort_by(f64::total_cmp);
        Ok(Figures::new()
            .with("p50 µs", quantile(&times, 0.5))
            .with("p99 µs", quantile(&times, 0.99))
            .with("server CPU µs/message", microseconds(used.cpu) / messages)
            .with("context switches/message", used.context_switches as f64 / messages))
    }
}

struct Exchange {
    stream: TcpStream,
    pattern: Pattern,
    position: Position,
    answer: Vec<u8>,
}

impl Exchange {
    fn new(stream: TcpStream, message_bytes: usize) -> Self {
        Self { stream, pattern: Pattern::plain(), position: Position::default(), answer: vec![0; message_bytes] }
    }

    /// Returns the microseconds of each round trip.
    fn run(&mut self, time: Duration) -> Result<Vec<f64>> {
        let mut times = Vec::new();
        let end = Instant::now() + time;
        loop {
            let start = Instant::now();
            if start >= end {
                return Ok(times);
            }
            self.stream.write_all(self.pattern.piece(self.position, self.answer.len()))?;
            self.stream.read_exact(&mut self.answer)?;
            times.push(microseconds(start.elapsed()));
            self.pattern.check(&mut self.position, &self.answer)?;
        }
    }
}
