//! Long runs: `cargo xtask soak`, and the fuzzer of the module's API, which `cargo xtask fuzz` runs last.

use std::path::Path;

use anyhow::Result;

use crate::command::run;
use crate::load::Load;
use crate::workspace::Workspace;

/// The stress test with injected faults.
const SOAK: &str = "tests/soak/soak.mjs";

/// Random calls with random values.
const SURFACE: &str = "tests/fuzz/surface.mjs";

/// How the fuzzer of the surface is chosen among the others.
pub(crate) const SURFACE_NAME: &str = "surface";

/// Runs the stress test with the host build for `minutes`.
///
/// # Errors
///
/// When a message was lost, or something has grown.
pub(crate) fn soak(workspace: &Workspace, minutes: u32) -> Result<()> {
    run_script(workspace, SOAK, &["--minutes", &minutes.to_string()])
}

/// Makes `calls` random calls with the host build.
///
/// # Errors
///
/// When the process died, or a call failed with what is no documented error.
pub(crate) fn fuzz_surface(workspace: &Workspace, calls: u32) -> Result<()> {
    run_script(workspace, SURFACE, &["--calls", &calls.to_string()])
}

fn run_script(workspace: &Workspace, script: &str, arguments: &[&str]) -> Result<()> {
    let loader = Load::Host.prepare(workspace)?;
    run(loader.script(workspace, Path::new(script))?.args(arguments))
}
