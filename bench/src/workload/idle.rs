//! Idle connections.

use std::net::TcpStream;
use std::thread;

use anyhow::Result;
use serde_json::json;

use super::Workload;
use crate::contender::Contender;
use crate::figures::Figures;
use crate::placement::Placement;
use crate::scale::Scale;
use crate::server::Server;

/// Index in the numbers of connections.
struct Idle(usize);

pub fn all() -> Vec<Box<dyn Workload>> {
    vec![Box::new(Idle(0)), Box::new(Idle(1))]
}

impl Workload for Idle {
    fn name(&self) -> String {
        ["idle, fewer connections", "idle, more connections"].get(self.0).copied().unwrap_or_default().to_owned()
    }

    fn contenders(&self) -> &[Contender] {
        &[Contender::Module, Contender::Net]
    }

    fn measure(&self, contender: Contender, scale: &Scale) -> Result<Figures> {
        let count = scale.idle_connections.get(self.0).copied().unwrap_or_default();
        let mut server = Server::start(contender, Placement::Free, &json!({ "name": "echo" }))?;
        server.ask("settle")?;
        let (threads, memory) = (server.process.thread_count()?, server.process.anonymous_bytes()?);
        let _connections = open(&mut server, count)?;
        let growth = server.process.anonymous_bytes()?.saturating_sub(memory) as f64;
        let threads = server.process.thread_count()? - threads;
        // The server becomes idle after its reply.
        thread::sleep(scale.idle / 20);
        let before = server.process.usage()?;
        // Measures the idle time.
        thread::sleep(scale.idle);
        let used = server.process.usage()?.since(before);
        Ok(Figures::new()
            .with("connections", count as f64)
            .with("threads more", threads as f64)
            .with("context switches", used.context_switches as f64)
            .with("memory KiB/connection", growth / 1024.0 / count as f64))
    }
}

/// Opens connections that the server has accepted.
fn open(server: &mut Server, count: usize) -> Result<Vec<TcpStream>> {
    let connections = (0..count).map(|_| server.connect()).collect::<Result<_>>()?;
    server.tell(&format!("open {count}"))?;
    server.hear("open")?;
    Ok(connections)
}
