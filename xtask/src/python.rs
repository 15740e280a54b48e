//! Python packages that the tests import.

use std::path::PathBuf;

use anyhow::Result;

use crate::command::{command, output, run};
use crate::workspace::Workspace;
use crate::{apt, digest, prepared, wheel};

/// The packages, each with its version and the digests of its files.
const REQUIREMENTS: &str = "tests/requirements.txt";

/// The folder with the packages for `PYTHONPATH`, made at the first use.
///
/// # Errors
///
/// When a package cannot be had, or is not the one that was tried.
pub(crate) fn packages(workspace: &Workspace) -> Result<PathBuf> {
    let requirements = workspace.path(REQUIREMENTS);
    // Some packages are built for one version of Python.
    let version = output(command("python3").arg("--version"))?;
    let key = format!("{} for {version}", digest::of_file(&requirements)?);
    prepared::folder(&workspace.tool("python-packages"), &key, |folder| {
        if !wheel::has_pip() {
            apt::install(&[wheel::PIP_PACKAGE])?;
        }
        let mut pip = command("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--no-cache-dir", "--no-deps", "--only-binary=:all:"]);
        run(pip.args(["--require-hashes", "--requirement"]).arg(&requirements).arg("--target").arg(folder))
    })
}
