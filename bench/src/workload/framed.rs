//! Messages with their length before them, against the same without.

use std::time::Instant;

use anyhow::Result;
use serde_json::json;

use super::Workload;
use crate::contender::Contender;
use crate::echo_load::EchoLoad;
use crate::figures::Figures;
use crate::placement::Placement;
use crate::scale::Scale;
use crate::server::Server;
use crate::stream::{PREFIX_BYTES, Pattern};

struct Framed {
    message_bytes: usize,
    /// Messages under way.
    window_messages: usize,
}

pub fn all() -> Vec<Box<dyn Workload>> {
    let mut all: Vec<Box<dyn Workload>> = Vec::new();
    for message_bytes in [64, 16 * 1024] {
        for window_messages in [1, 100] {
            all.push(Box::new(Framed { message_bytes, window_messages }));
        }
    }
    all
}

impl Workload for Framed {
    fn name(&self) -> String {
        format!("framed {} B, {} under way", self.message_bytes, self.window_messages)
    }

    fn contenders(&self) -> &[Contender] {
        &[Contender::Module, Contender::Engine]
    }

    fn measure(&self, contender: Contender, scale: &Scale) -> Result<Figures> {
        let plain = self.rate(contender, scale, false)?;
        let framed = self.rate(contender, scale, true)?;
        Ok(Figures::new()
            .with("thousand messages/s, framed", framed / 1e3)
            .with("thousand messages/s, unframed", plain / 1e3)
            .with("framed / unframed", framed / plain))
    }
}

impl Framed {
    fn rate(&self, contender: Contender, scale: &Scale, framed: bool) -> Result<f64> {
        let server = Server::start(contender, Placement::TwoCpus, &json!({ "name": "echo", "framed": framed }))?;
        let (pattern, prefix_bytes) =
            if framed { (Pattern::framed(self.message_bytes), PREFIX_BYTES) } else { (Pattern::plain(), 0) };
        let message_bytes = self.message_bytes + prefix_bytes;
        let mut load = EchoLoad::new(&server, pattern, 1, self.window_messages * message_bytes)?;
        load.run(scale.warm_up)?;
        let start = Instant::now();
        let messages = load.run(scale.echo)? as f64 / message_bytes as f64;
        let time = start.elapsed();
        load.finish()?;
        Ok(messages / time.as_secs_f64())
    }
}
