//! Typed streams with a key, compared with those without.

use std::time::Instant;

use anyhow::{Result, bail};
use bench::blocks::{self, BLOCK_BYTES};
use bench::protocol;
use bytes::Bytes;
use serde_json::{Value, json};

use super::Workload;
use crate::contender::Contender;
use crate::figures::{Figures, median, microseconds};
use crate::peer::Peer;
use crate::placement::Placement;
use crate::scale::Scale;
use crate::server::Server;

/// Length of an echoed message.
const ECHO_BYTES: usize = 64;

/// Length of a bulk message.
const BULK_BYTES: usize = 64 * 1024;

/// Measurement of both.
enum Encrypted {
    RoundTrip(Placement),
    Bulk,
    Connect,
    Idle,
}

pub fn all() -> Vec<Box<dyn Workload>> {
    let round_trips = [Placement::OneCpu, Placement::TwoCpus].map(Encrypted::RoundTrip);
    let all = round_trips.into_iter().chain([Encrypted::Bulk, Encrypted::Connect, Encrypted::Idle]);
    all.map(|workload| Box::new(workload) as Box<dyn Workload>).collect()
}

impl Workload for Encrypted {
    fn name(&self) -> String {
        match self {
            Self::RoundTrip(placement) => format!("encrypted round trip {ECHO_BYTES} B, {}", placement.name()),
            Self::Bulk => "encrypted bulk".to_owned(),
            Self::Connect => "encrypted connect".to_owned(),
            Self::Idle => "encrypted idle".to_owned(),
        }
    }

    fn contenders(&self) -> &[Contender] {
        match self {
            Self::Idle => &[Contender::Module],
            _ => &[Contender::Module, Contender::Engine],
        }
    }

    fn measure(&self, contender: Contender, scale: &Scale) -> Result<Figures> {
        let both = [false, true].map(|is_encrypted| self.once(contender, is_encrypted, scale));
        let [open, encrypted] = both;
        let (open, encrypted) = (open?, encrypted?);
        let unit = self.unit();
        let figures = Figures::new().with(format!("{unit}, open"), open).with(format!("{unit}, encrypted"), encrypted);
        Ok(match self {
            Self::RoundTrip(_) | Self::Bulk => figures.with("encrypted / open", encrypted / open),
            Self::Connect | Self::Idle => figures.with(format!("{unit} more"), encrypted - open),
        })
    }
}

impl Encrypted {
    fn unit(&self) -> &'static str {
        match self {
            Self::RoundTrip(_) => "p50 µs",
            Self::Bulk => "MB/s",
            Self::Connect => "p50 µs",
            Self::Idle => "memory KiB/connection",
        }
    }

    fn once(&self, contender: Contender, is_encrypted: bool, scale: &Scale) -> Result<f64> {
        let name = if matches!(self, Self::Bulk) { "sink" } else { "echo" };
        let task = json!({
            "name": name, "bytes": scale.bulk_bytes, "framed": true, "typed": true, "encrypted": is_encrypted
        });
        match self {
            Self::RoundTrip(placement) => {
                let (_server, mut peer) = pair(contender, *placement, &task)?;
                let message = Bytes::from(vec![0x5a; ECHO_BYTES]);
                peer.exchange(message.clone(), scale.warm_up)?;
                Ok(median(&peer.exchange(message, scale.echo)?))
            }
            Self::Bulk => {
                let (_server, peer) = pair(contender, Placement::Free, &task)?;
                bulk(peer, scale.bulk_bytes)
            }
            Self::Connect => {
                let server = Server::start(contender, Placement::Free, &task)?;
                let times: Result<Vec<f64>> = (0..scale.keyed_connects).map(|_| connect(&server, &task)).collect();
                Ok(median(&times?))
            }
            Self::Idle => idle(Server::start(contender, Placement::Free, &task)?, &task, scale),
        }
    }
}

/// Starts a server, and connects to it.
fn pair(contender: Contender, placement: Placement, task: &Value) -> Result<(Server, Peer)> {
    let server = Server::start(contender, placement, task)?;
    let peer = Peer::connect(server.address()?, protocol::named(task)?)?;
    // The engine's thread exists now.
    placement.take(crate::placement::Side::Generator)?;
    Ok((server, peer))
}

/// Returns megabytes per second.
fn bulk(mut peer: Peer, total_bytes: usize) -> Result<f64> {
    let mut message = vec![0xa5; BULK_BYTES];
    let start = Instant::now();
    for sent in (0..total_bytes).step_by(BULK_BYTES) {
        blocks::number(&mut message, sent / BLOCK_BYTES);
        peer.send(&message)?;
    }
    peer.answer()?;
    Ok(total_bytes as f64 / 1e6 / start.elapsed().as_secs_f64())
}

/// Returns the duration of a handshake in microseconds.
fn connect(server: &Server, task: &Value) -> Result<f64> {
    let start = Instant::now();
    Peer::connect(server.address()?, protocol::named(task)?)?;
    Ok(microseconds(start.elapsed()))
}

/// Returns the server's memory for each idle connection, in KiB.
fn idle(mut server: Server, task: &Value, scale: &Scale) -> Result<f64> {
    let count = scale.keyed_idle_connections;
    server.ask("settle")?;
    let before = server.process.anonymous_bytes()?;
    let peers: Result<Vec<Peer>> =
        (0..count).map(|_| Peer::connect(server.address()?, protocol::named(task)?)).collect();
    let peers = peers?;
    server.tell(&format!("open {count}"))?;
    server.hear("open")?;
    let growth = server.process.anonymous_bytes()?.saturating_sub(before) as f64;
    if peers.len() != count {
        bail!("a connection is missing");
    }
    Ok(growth / 1024.0 / count as f64)
}
