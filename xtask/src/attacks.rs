//! `cargo xtask test attacks`: long runs of the tests that manipulate encrypted links.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::engine;
use crate::javascript;
use crate::load::Load;
use crate::workspace::Workspace;

/// Manipulations of links within a process.
const IN_PROCESS: u32 = 1_000_000;

/// Manipulations of links over sockets.
const OVER_SOCKETS: u32 = 10_000;

/// Time for one file. One takes about 25 minutes on a quiet machine with two cores.
const TIME_LIMIT: Duration = Duration::from_secs(2 * 60 * 60);

/// Tests whose number of manipulations is set by a variable.
const FILES: [&str; 2] = ["tests/attacker.test.mjs", "tests/attacker-sessions.test.mjs"];
const VARIABLE: &str = "SOCKETKIT_ATTACKS";

/// Attacks the engine, and then the module.
///
/// # Errors
///
/// When secret data was visible, manipulated data was delivered, or a side ended without a clear error.
pub(crate) fn perform(workspace: &Workspace) -> Result<()> {
    engine::attack(workspace, IN_PROCESS)?;
    let loader = Load::Host.prepare(workspace)?;
    FILES.into_iter().try_for_each(|file| {
        let mut script = loader.script(workspace, Path::new(file))?;
        script.env(VARIABLE, OVER_SOCKETS.to_string());
        javascript::run_script_within(workspace, &mut script, Load::Host, file, TIME_LIMIT)
    })
}
