//! Workloads.

mod blocked;
mod bulk;
mod churn;
mod encrypted;
mod framed;
mod framings;
mod idle;
mod import;
mod many_sends;
mod pipelined;
mod round_trip;
mod stalled;

use anyhow::Result;

use crate::contender::Contender;
use crate::figures::Figures;
use crate::scale::Scale;

/// A task for a server.
pub trait Workload {
    /// Name; filters match a part of it.
    fn name(&self) -> String;

    /// Contenders that support it.
    fn contenders(&self) -> &[Contender];

    /// Measures once, with a server of its own.
    ///
    /// # Errors
    /// When a byte is lost, altered or out of order, or when the server fails.
    fn measure(&self, contender: Contender, scale: &Scale) -> Result<Figures>;
}

/// Returns all workloads.
pub fn all() -> Vec<Box<dyn Workload>> {
    let parts = [
        round_trip::all(),
        pipelined::all(),
        framed::all(),
        framings::all(),
        many_sends::all(),
        bulk::all(),
        blocked::all(),
        stalled::all(),
        idle::all(),
        encrypted::all(),
        churn::all(),
        import::all(),
    ];
    parts.into_iter().flatten().collect()
}
