//! `ohrs`, the build tool for native modules of OpenHarmony.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::abi::Abi;
use crate::command::{command, output, run};
use crate::prepared;
use crate::sdk::Sdk;
use crate::workspace::Workspace;

/// Tested version.
const VERSION: &str = "1.5.0";

/// Build profile of the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Optimised, for `dist/`; its symbols are in `dist/symbols`.
    Release,
    /// For debuggers; in `dist/debug`.
    Debug,
}

/// Builds the module for `abis` into the folder `dist`.
///
/// `ohrs` exits with status 0 for some failures, so check its results.
///
/// # Errors
///
/// When `ohrs` cannot be installed or started, or when the compiler fails.
pub(crate) fn build(workspace: &Workspace, sdk: &Sdk, profile: Profile, abis: &[Abi], dist: &Path) -> Result<()> {
    let mut ohrs = command(install(workspace)?);
    sdk.lend(workspace, &mut ohrs)?;
    ohrs.arg("build").arg("--dist").arg(dist);
    if profile == Profile::Release {
        ohrs.arg("--release");
    }
    for abi in abis {
        ohrs.args(["--arch", &abi.rust_target()]);
    }
    ohrs.args(["--", "--locked"]);
    run(ohrs.current_dir(workspace.root())).context("ohrs could not build the module")
}

/// Runs `ohrs` with a user's arguments in the root, and returns its standard output.
///
/// # Errors
///
/// As [`build`].
pub(crate) fn typed(workspace: &Workspace, sdk: &Sdk, words: &[&str]) -> Result<String> {
    let mut ohrs = command(install(workspace)?);
    sdk.lend(workspace, &mut ohrs)?;
    output(ohrs.args(words).current_dir(workspace.root()))
}

/// Packs the folder `package` in `folder` into an archive there, `<name>.har`.
///
/// `ohrs` exits with status 0 when it fails, so check that the archive exists.
///
/// # Errors
///
/// When `ohrs` cannot be installed or started.
pub(crate) fn artifact(workspace: &Workspace, folder: &Path, name: &str) -> Result<()> {
    let options = ["artifact", "--no-workspace", "--skip-libs", "--name", name];
    run(command(install(workspace)?).args(options).current_dir(folder)).context("ohrs could not pack the module")
}

/// Returns the program, compiled from its published sources at the first use.
/// There is no prebuilt one.
///
/// Not optimised: compiling takes longer than all its runs.
fn install(workspace: &Workspace) -> Result<PathBuf> {
    let folder = prepared::folder(&workspace.tool("ohrs"), VERSION, |folder| {
        println!("installing ohrs {VERSION}");
        run(command("cargo")
            .args(["install", "ohrs", "--version", VERSION, "--locked", "--debug", "--root"])
            .arg(folder)
            .arg("--target-dir")
            .arg(workspace.target().join("ohrs-build"))
            .env("CARGO_PROFILE_DEV_DEBUG", "0"))
    })?;
    Ok(folder.join("bin").join(format!("ohrs{}", std::env::consts::EXE_SUFFIX)))
}
