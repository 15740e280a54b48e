//! Bulk data in one direction.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use anyhow::{Context, Result};
use bench::blocks::{self, BLOCK_BYTES};
use serde_json::{Value, json};

use super::Workload;
use crate::contender::Contender;
use crate::figures::{Figures, mebibytes};
use crate::placement::Placement;
use crate::scale::Scale;
use crate::server::Server;

/// Bytes of one write.
const WRITE_BYTES: usize = 256 * 1024;

struct Bulk;

pub fn all() -> Vec<Box<dyn Workload>> {
    vec![Box::new(Bulk)]
}

impl Workload for Bulk {
    fn name(&self) -> String {
        "bulk".to_owned()
    }

    fn contenders(&self) -> &[Contender] {
        &Contender::ALL
    }

    fn measure(&self, contender: Contender, scale: &Scale) -> Result<Figures> {
        let task = json!({ "name": "sink", "bytes": scale.bulk_bytes });
        let mut server = Server::start(contender, Placement::Free, &task)?;
        let stream = server.connect()?;
        let resident = server.process.resident_bytes()?;
        server.process.reset_peak()?;
        let before = server.process.usage()?;
        let start = Instant::now();
        pour(stream, scale.bulk_bytes)?;
        let time = start.elapsed();
        let used = server.process.usage()?.since(before);
        let peak = server.process.peak_bytes()?.saturating_sub(resident);
        let gigabytes = scale.bulk_bytes as f64 / 1e9;
        let figures = Figures::new()
            .with("MB/s", scale.bulk_bytes as f64 / 1e6 / time.as_secs_f64())
            .with("server CPU s/GB", used.cpu.as_secs_f64() / gigabytes)
            .with("peak memory growth MiB", mebibytes(peak));
        match contender {
            Contender::Module | Contender::Net => with_delays(figures, &server.ask("delays")?),
            Contender::Engine | Contender::Raw => Ok(figures),
        }
    }
}

fn with_delays(figures: Figures, delays: &Value) -> Result<Figures> {
    ["p50", "p99", "max"].into_iter().try_fold(figures, |figures, name| {
        let delay = delays.get(name).and_then(Value::as_f64).context("a delay is missing")?;
        Ok(figures.with(format!("event loop delay {name} ms"), delay))
    })
}

/// Sends numbered blocks, and waits for the byte that confirms their arrival.
///
/// # Errors
/// When the receiver closes earlier, as it does when a block is missing.
pub fn pour(mut stream: TcpStream, total_bytes: usize) -> Result<()> {
    let mut bytes = vec![0xa5; WRITE_BYTES];
    for sent in (0..total_bytes).step_by(WRITE_BYTES) {
        blocks::number(&mut bytes, sent / BLOCK_BYTES);
        stream.write_all(&bytes)?;
    }
    stream.read_exact(&mut [0]).context("the receiver did not get everything")
}
