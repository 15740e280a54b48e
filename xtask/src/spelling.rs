//! `typos`: common misspellings in code and documents.

use anyhow::Result;

use crate::command::{command, run_with_spinner};
use crate::wheel::Wheel;
use crate::workspace::Workspace;

/// Version that `typos.toml` was written for, prebuilt.
const WHEEL: Wheel<'_> = Wheel {
    package: "typos==1.52.0",
    platform: "manylinux_2_17_x86_64",
    sha256: "418fd85f7fc11dec14e5482e747f6e916af56da96207cde0cdd69540a4b389f6",
    program: "typos-1.52.0.data/scripts/typos",
};

/// Allowed words, and files without prose.
const RULES: &str = "typos.toml";

/// Checks every file that git does not ignore, including hidden ones.
///
/// # Errors
///
/// When `typos` cannot be installed, or finds a misspelling.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let program = WHEEL.program(workspace, "typos")?;
    let mut typos = command(program);
    typos.args(["--config", RULES, "--hidden", "--exclude", ".git", "--format", "brief"]);
    run_with_spinner("checking the spelling", typos.current_dir(workspace.root()))
}
