//! The build as typed by users: `ohrs build --release --arch aarch` in the root.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::abi::Abi;
use crate::library::Library;
use crate::sdk::Sdk;
use crate::workspace::Workspace;
use crate::{ohos, ohrs, prepared};

/// Arguments of `ohrs` in README and docs/devices.md.
const WORDS: [&str; 4] = ["build", "--release", "--arch", "aarch"];

/// Output of `ohrs` at the end of each package.
const PACKAGE_DONE: &str = "Create index.d.ts succeed.";

/// Runs the build; leaves `dist/` unchanged.
///
/// # Errors
///
/// When the build fails, builds other packages than the module, or writes elsewhere than to `dist/`.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let sdk = Sdk::prepare(workspace, &[Abi::Arm64])?;
    let (dist, kept) = (workspace.dist(), workspace.target().join("dist-kept"));
    prepared::remove(&kept)?;
    if dist.exists() {
        fs::rename(&dist, &kept).with_context(|| format!("cannot move {} away", dist.display()))?;
    }
    let outcome = build(workspace, &sdk);
    prepared::remove(&dist)?;
    if kept.exists() {
        fs::rename(&kept, &dist).with_context(|| format!("cannot move {} back", dist.display()))?;
    }
    outcome
}

fn build(workspace: &Workspace, sdk: &Sdk) -> Result<()> {
    let said = ohrs::typed(workspace, sdk, &WORDS)?;
    let packages = said.lines().filter(|line| line.contains(PACKAGE_DONE)).count();
    if packages != 1 {
        bail!("`ohrs {}` built {packages} packages instead of the module alone:\n{said}", WORDS.join(" "));
    }
    let path = ohos::library(workspace, Abi::Arm64)?;
    Library::read(&path)?;
    println!("`ohrs {}` built {} and no other package", WORDS.join(" "), path.display());
    Ok(())
}
