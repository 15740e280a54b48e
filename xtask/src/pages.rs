//! Checks of the ArkTS pages, which run in Node.

use std::fs::{self, File};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command::{command, run, run_with_spinner};
use crate::digest;
use crate::host_node;
use crate::workspace::Workspace;

/// Folder with the checks and their packages.
const FOLDER: &str = "preview";

/// npm, which is a script on Windows.
pub(crate) const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// Contains the digest of the lock file whose packages are installed.
const STAMP: &str = "node_modules/.installed-from";

/// Installs npm packages if necessary, and runs the checks.
///
/// # Errors
///
/// When a package cannot be installed or a check fails.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    host_node::prepare()?;
    install(workspace)?;
    run_with_spinner("checking the pages", npm(workspace).args(["run", "--silent", "check"]))
}

/// As [`check`], but only with the compiler.
///
/// # Errors
///
/// As [`check`].
pub(crate) fn check_types(workspace: &Workspace) -> Result<()> {
    host_node::prepare()?;
    install(workspace)?;
    run_with_spinner("checking the types of the pages", npm(workspace).args(["run", "--silent", "check-types"]))
}

/// Installs the npm packages of the checks and of the preview if necessary.
/// Waits for a parallel installation.
///
/// # Errors
///
/// When a package cannot be installed.
pub(crate) fn install(workspace: &Workspace) -> Result<()> {
    let folder = workspace.path(FOLDER);
    let lock = digest::of_file(&folder.join("package-lock.json"))?;
    let stamp = folder.join(STAMP);
    let installing = File::create(workspace.target().join("node-modules.lock"))?;
    installing.lock()?;
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    println!("installing npm packages for the pages' checks and the preview");
    let options = ["ci", "--no-audit", "--no-fund", "--loglevel=http"];
    run(npm(workspace).args(options))?;
    fs::write(&stamp, lock).with_context(|| format!("cannot write {}", stamp.display()))
}

fn npm(workspace: &Workspace) -> Command {
    let mut npm = command(NPM);
    npm.current_dir(workspace.path(FOLDER));
    npm
}
