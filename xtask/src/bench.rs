//! `cargo xtask bench`.
//! Benchmarks the module, Node's `net`, the engine alone and a plain epoll loop.

use anyhow::Result;

use crate::command::{command, run};
use crate::host_node;
use crate::load::Load;
use crate::workspace::Workspace;

const QUICK: &str = "--quick";

/// Arguments for CI: a quick run that does not overwrite the figures of a full run.
pub(crate) fn quick() -> Vec<String> {
    [QUICK, "--json", "target/bench-quick.json"].map(str::to_owned).to_vec()
}

/// Builds the servers, and runs the benchmark with `arguments` of the program `bench`.
///
/// # Errors
///
/// When a build or a server fails, or a byte is lost, altered or out of order; never for slow results.
pub(crate) fn perform(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    host_node::prepare()?;
    let loader = Load::Host.prepare(workspace)?;
    let (profile, folder) =
        if arguments.iter().any(|argument| argument == QUICK) { ("dev", "debug") } else { ("release", "release") };
    let mut cargo = command("cargo");
    cargo.args(["build", "--locked", "--package", "bench", "--profile", profile, "--target-dir"]);
    run(cargo.arg(workspace.target()).current_dir(workspace.root()))?;
    let mut bench = command(workspace.target().join(folder).join("bench"));
    loader.describe(&mut bench)?;
    run(bench.args(arguments).current_dir(workspace.root()))
}
