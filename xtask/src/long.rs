//! Long runs: `cargo xtask soak`, and the API fuzzer, which `cargo xtask fuzz` runs last.

use std::path::Path;

use anyhow::Result;

use crate::command::run;
use crate::load::Load;
use crate::workspace::Workspace;

/// The stress test with injected faults.
const SOAK: &str = "tests/soak/soak.mjs";

/// Fuzzer with random calls and values.
const SURFACE: &str = "tests/fuzz/surface.mjs";

/// Name of the API fuzzer among the others.
pub(crate) const SURFACE_NAME: &str = "surface";

/// Runs the stress test with the host build for `minutes`.
///
/// # Errors
///
/// When a message was lost, or memory has grown.
pub(crate) fn soak(workspace: &Workspace, minutes: u32) -> Result<()> {
    run_script(workspace, SOAK, &["--minutes", &minutes.to_string()])
}

/// Makes `calls` random calls with the host build.
///
/// # Errors
///
/// When the process crashed, or a call failed with an undocumented error.
pub(crate) fn fuzz_surface(workspace: &Workspace, calls: u32) -> Result<()> {
    run_script(workspace, SURFACE, &["--calls", &calls.to_string()])
}

fn run_script(workspace: &Workspace, script: &str, arguments: &[&str]) -> Result<()> {
    let loader = Load::Host.prepare(workspace)?;
    run(loader.script(workspace, Path::new(script))?.args(arguments))
}
