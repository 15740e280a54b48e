//! What takes long: `cargo xtask soak`, and the fuzzer of what JavaScript sees, which `cargo xtask fuzz` runs last.

use std::path::Path;

use anyhow::Result;

use crate::command::run;
use crate::load::Load;
use crate::workspace::Workspace;

/// Everything at once, with faults.
const SOAK: &str = "tests/soak/soak.mjs";

/// Random calls with random values.
const SURFACE: &str = "tests/fuzz/surface.mjs";

/// How the fuzzer of the surface is chosen among the others.
pub(crate) const SURFACE_NAME: &str = "surface";

/// Soaks the build for this machine for so many minutes.
///
/// # Errors
///
/// When a message was lost, or something has grown.
pub(crate) fn soak(workspace: &Workspace, minutes: u32) -> Result<()> {
    run_script(workspace, SOAK, &["--minutes", &minutes.to_string()])
}

/// Makes so many random calls of the build for this machine.
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
