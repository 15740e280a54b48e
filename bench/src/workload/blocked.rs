//! Bulk data for a listener that blocks its thread.

use anyhow::{Context, Result};
use serde_json::json;

use super::Workload;
use super::bulk::pour;
use crate::contender::Contender;
use crate::figures::{Figures, mebibytes};
use crate::placement::Placement;
use crate::scale::Scale;
use crate::server::Server;

struct Blocked;

pub fn all() -> Vec<Box<dyn Workload>> {
    vec![Box::new(Blocked)]
}

impl Workload for Blocked {
    fn name(&self) -> String {
        "blocked listener".to_owned()
    }

    fn contenders(&self) -> &[Contender] {
        &[Contender::Module, Contender::Net]
    }

    fn measure(&self, contender: Contender, scale: &Scale) -> Result<Figures> {
        let block_ms = scale.block.as_millis() as u64;
        let task = json!({ "name": "sink", "bytes": scale.bulk_bytes, "blockMs": block_ms });
        let mut server = Server::start(contender, Placement::Free, &task)?;
        pour(server.connect()?, scale.bulk_bytes)?;
        let growth = server.ask("growth")?.as_u64().context("a growth is a number")?;
        Ok(Figures::new().with("memory growth while blocked MiB", mebibytes(growth)))
    }
}
