//! What is measured.

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

/// Something to do with a server.
pub trait Workload {
    /// Chosen by a part of it.
    fn name(&self) -> String;

    /// Who can do it.
    fn contenders(&self) -> &[Contender];

    /// Does it once, with a server of its own.
    ///
    /// # Errors
    /// When a byte is lost, altered or out of order, or when the server fails.
    fn measure(&self, contender: Contender, scale: &Scale) -> Result<Figures>;
}

/// All of them.
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
