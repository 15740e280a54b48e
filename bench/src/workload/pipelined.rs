//! Many messages in flight.

use std::time::Instant;

use anyhow::Result;
use serde_json::json;

use super::Workload;
use crate::contender::Contender;
use crate::echo_load::EchoLoad;
use crate::figures::{Figures, microseconds};
use crate::placement::Placement;
use crate::scale::Scale;
use crate::server::Server;
use crate::stream::Pattern;

/// Messages in flight on each connection.
const WINDOW_MESSAGES: usize = 100;

struct Pipelined {
    message_bytes: usize,
    connections: usize,
    placement: Placement,
}

pub fn all() -> Vec<Box<dyn Workload>> {
    let mut all: Vec<Box<dyn Workload>> = Vec::new();
    for (connections, placement) in [(1, Placement::OneCpu), (1, Placement::TwoCpus), (50, Placement::Free)] {
        for message_bytes in [64, 1024] {
            all.push(Box::new(Pipelined { message_bytes, connections, placement }));
        }
    }
    all
}

impl Workload for Pipelined {
    fn name(&self) -> String {
        format!("pipelined {} B, {} connections, {}", self.message_bytes, self.connections, self.placement.name())
    }

    fn contenders(&self) -> &[Contender] {
        &Contender::ALL
    }

    fn measure(&self, contender: Contender, scale: &Scale) -> Result<Figures> {
        let server = Server::start(contender, self.placement, &json!({ "name": "echo" }))?;
        let window_bytes = WINDOW_MESSAGES * self.message_bytes;
        let mut load = EchoLoad::new(&server, Pattern::plain(), self.connections, window_bytes)?;
        load.run(scale.warm_up)?;
        let before = server.process.usage()?;
        let start = Instant::now();
        let messages = load.run(scale.echo)? as f64 / self.message_bytes as f64;
        let time = start.elapsed();
        let used = server.process.usage()?.since(before);
        load.finish()?;
        Ok(Figures::new()
            .with("thousand messages/s", messages / time.as_secs_f64() / 1e3)
            .with("server CPU µs/message", microseconds(used.cpu) / messages)
            .with("context switches/message", used.context_switches as f64 / messages))
    }
}
