//! Compares the module with Node's `net`, the engine alone, and a bare epoll loop.
//!
//! This process is the load generator; every server runs in a fresh process. The load generator checks the received bytes: a run that
//! loses, alters or reorders a byte fails.

mod contender;
mod echo_load;
mod figures;
mod layout;
mod peer;
mod placement;
mod report;
mod scale;
mod server;
mod stream;
mod usage;
mod workload;

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Parser;

use crate::report::Report;
use crate::scale::Scale;
use crate::workload::Workload;

/// Measures all workloads, or those with one of the given texts in their names.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask bench")]
struct Arguments {
    /// Texts in the names of workloads
    filters: Vec<String>,
    /// Prove that everything works, within two minutes; the figures mean nothing
    #[arg(long)]
    quick: bool,
    /// Name the workloads and run none
    #[arg(long)]
    list: bool,
    /// Measure each this often instead of five times
    #[arg(long)]
    repetitions: Option<usize>,
    /// Where all values go as JSON, from the top of the checkout
    #[arg(long, default_value = "target/bench.json")]
    json: PathBuf,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let workloads = chosen(&arguments.filters)?;
    if arguments.list {
        workloads.iter().for_each(|workload| println!("{}", workload.name()));
        return Ok(());
    }
    server::raise_descriptor_limit()?;
    let mut scale = if arguments.quick { Scale::quick() } else { Scale::full() };
    scale.repetitions = arguments.repetitions.unwrap_or(scale.repetitions);
    let mut report = Report::default();
    for workload in &workloads {
        measure(workload.as_ref(), &scale, &mut report)?;
    }
    report.print();
    report.write(&arguments.json)
}

fn chosen(filters: &[String]) -> Result<Vec<Box<dyn Workload>>> {
    let fits = |name: &str| filters.is_empty() || filters.iter().any(|filter| name.contains(filter.as_str()));
    let workloads: Vec<_> = workload::all().into_iter().filter(|workload| fits(&workload.name())).collect();
    if workloads.is_empty() {
        bail!("no workload has one of {filters:?} in its name; --list names all");
    }
    Ok(workloads)
}

/// Alternates between the contenders, so that changes of the machine affect all of them.
fn measure(workload: &dyn Workload, scale: &Scale, report: &mut Report) -> Result<()> {
    let name = workload.name();
    for repetition in 1..=scale.repetitions {
        eprintln!("{name}: {repetition} of {}", scale.repetitions);
        for contender in workload.contenders() {
            let figures = workload
                .measure(*contender, scale)
                .map_err(|error| error.context(format!("{name}, {}", contender.name())))?;
            report.add(&name, *contender, figures);
        }
    }
    Ok(())
}
