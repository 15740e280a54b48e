//! Sending to a peer that does not read for a while.

use std::io::Read;
use std::net::TcpStream;
use std::thread;

use anyhow::{Context, Result, bail};
use bench::blocks::{BLOCK_BYTES, Blocks};
use serde_json::{Value, json};

use super::Workload;
use crate::contender::Contender;
use crate::figures::{Figures, mebibytes};
use crate::placement::Placement;
use crate::scale::Scale;
use crate::server::Server;

/// Kind of sending.
#[derive(Clone, Copy)]
enum Sends {
    /// One after the other.
    Awaited,
    /// All at once, within the queue limit.
    Unawaited,
    /// All at once, beyond the queue limit.
    Refused,
}

struct Stalled(Sends);

pub fn all() -> Vec<Box<dyn Workload>> {
    vec![Box::new(Stalled(Sends::Awaited)), Box::new(Stalled(Sends::Unawaited)), Box::new(Stalled(Sends::Refused))]
}

impl Sends {
    fn name(self) -> &'static str {
        match self {
            Self::Awaited => "awaited",
            Self::Unawaited => "unawaited",
            Self::Refused => "refused",
        }
    }
}

impl Workload for Stalled {
    fn name(&self) -> String {
        format!("stalled peer, sends {}", self.0.name())
    }

    fn contenders(&self) -> &[Contender] {
        match self.0 {
            Sends::Awaited | Sends::Unawaited => &[Contender::Module, Contender::Net],
            Sends::Refused => &[Contender::Module],
        }
    }

    fn measure(&self, contender: Contender, scale: &Scale) -> Result<Figures> {
        let task = json!({ "name": "pour", "sends": self.0.name() });
        let mut server = Server::start(contender, Placement::Free, &task)?;
        // Warms up: code that runs for the first time also takes memory.
        server.tell(&format!("pour {} {}", scale.warm_up_bytes, Sends::Awaited.name()))?;
        take_all(server.connect()?)?;
        server.hear("pour")?;
        let stream = server.connect()?;
        server.ask("ready")?;
        let resident = server.process.resident_bytes()?;
        server.process.reset_peak()?;
        server.tell(&format!("pour {} {}", scale.stalled_bytes, self.0.name()))?;
        // The stall under test.
        thread::sleep(scale.stall);
        let received = take_all(stream)?;
        let poured = server.hear("pour")?;
        let peak = server.process.peak_bytes()?.saturating_sub(resident);
        let number = |name: &str| poured.get(name).and_then(Value::as_u64).context("the server's report is not whole");
        if received != number("accepted")? {
            bail!("{received} bytes came of {poured}");
        }
        if (number("refused")? > 0) != matches!(self.0, Sends::Refused) {
            bail!("unexpected refusals: {poured}");
        }
        Ok(Figures::new()
            .with("sent MiB", mebibytes(received))
            .with("peak memory growth MiB", mebibytes(peak))
            .with("growth beside what was sent MiB", mebibytes(peak) - mebibytes(received)))
    }
}

/// Reads until EOF; the blocks must be in order.
fn take_all(mut stream: TcpStream) -> Result<u64> {
    let mut buffer = vec![0; 64 * BLOCK_BYTES];
    let mut blocks = Blocks::default();
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(blocks.taken() as u64);
        }
        if !blocks.take(buffer.get(..count).unwrap_or_default()) {
            bail!("a block is missing");
        }
    }
}
