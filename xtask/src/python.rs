//! Python packages for the tests.

use std::path::PathBuf;

use anyhow::Result;

use crate::command::{command, output, run};
use crate::workspace::Workspace;
use crate::{apt, digest, prepared, wheel};

/// File of packages with versions and digests.
const REQUIREMENTS: &str = "tests/requirements.txt";

/// Returns the folder of the packages, for `PYTHONPATH`; installs them at the first use.
///
/// # Errors
///
/// When a package cannot be downloaded, or has another digest.
pub(crate) fn packages(workspace: &Workspace) -> Result<PathBuf> {
    let requirements = workspace.path(REQUIREMENTS);
    // Some packages depend on the Python version.
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
