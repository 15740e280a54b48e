//! `cargo deny`: what licences dependencies have, where they come from, and that none comes twice.

use std::path::PathBuf;

use anyhow::Result;

use crate::command::{command, run};
use crate::prepared;
use crate::progress;
use crate::workspace::Workspace;

/// The version that `deny.toml` was written for.
const VERSION: &str = "0.20.2";

/// What may be and what may not.
const RULES: &str = "deny.toml";

/// All that is looked at but advisories, which are not in the repository.
const CHECKS: [&str; 3] = ["licenses", "bans", "sources"];

/// Rules that one of the manifests has no use for.
const UNUSED_RULES: [&str; 4] = ["--allow", "license-not-encountered", "--allow", "unnecessary-skip"];

/// The workspace, and the fuzzers beside it.
const MANIFESTS: [&str; 2] = ["Cargo.toml", "fuzz/Cargo.toml"];

/// Checks every dependency of every manifest.
///
/// # Errors
///
/// When `cargo deny` cannot be installed, or finds what must not be.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let program = install(workspace)?;
    for manifest in MANIFESTS {
        let mut deny = command(&program);
        deny.args(["--manifest-path", manifest, "--locked", "--config", RULES, "check"])
            .args(UNUSED_RULES)
            .args(CHECKS);
        let what = format!("checking the dependencies of {manifest}");
        progress::run(&what, deny.current_dir(workspace.root()))?;
    }
    Ok(())
}

/// The program, compiled from its registered sources at the first use. Not optimised: compiling takes longer than all it
/// ever does.
fn install(workspace: &Workspace) -> Result<PathBuf> {
    let folder = prepared::folder(&workspace.tool("cargo-deny"), VERSION, |folder| {
        println!("installing cargo-deny {VERSION}");
        let mut cargo = command("cargo");
        cargo.args(["install", "cargo-deny", "--version", VERSION, "--locked", "--debug", "--root"]).arg(folder);
        cargo.arg("--target-dir").arg(workspace.target().join("cargo-deny-build"));
        run(cargo.env("CARGO_PROFILE_DEV_DEBUG", "0"))
    })?;
    Ok(folder.join("bin/cargo-deny"))
}
