//! The build as users type it, `ohrs build --release --arch aarch` in the root: the module, and nothing else.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::abi::Abi;
use crate::library::Library;
use crate::sdk::Sdk;
use crate::workspace::Workspace;
use crate::{ohos, ohrs, prepared};

/// What README and docs/devices.md tell users to type, after `ohrs`.
const WORDS: [&str; 4] = ["build", "--release", "--arch", "aarch"];

/// What `ohrs` says at the end of each package that it builds.
const PACKAGE_DONE: &str = "Create index.d.ts succeed.";

/// Types it; leaves `dist/` as it was.
///
/// # Errors
///
/// When the build fails, builds more than the module, or leaves it elsewhere than in `dist/`.
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
