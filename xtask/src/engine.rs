//! The engine's own tests, on this machine and as programs for HarmonyOS.

use anyhow::Result;

use crate::abi::Abi;
use crate::command::{command, run};
use crate::musl::Musl;
use crate::musl_node;
use crate::sdk::Sdk;
use crate::workspace::Workspace;

const PACKAGE: [&str; 2] = ["--package", "socket_engine"];

/// Runs them on this machine, examples in the documentation included.
///
/// # Errors
///
/// When one does not compile or fails.
pub(crate) fn test_on_host(workspace: &Workspace) -> Result<()> {
    run(command("cargo")
        .args(["test", "--locked"])
        .args(PACKAGE)
        .current_dir(workspace.root()))
}

/// Runs them as musl programs for `abi`, emulated where it has to be.
///
/// # Errors
///
/// When what it takes cannot be had, when one does not compile, or fails.
pub(crate) fn test_on_ohos(workspace: &Workspace, abi: Abi) -> Result<()> {
    let sdk = Sdk::prepare(workspace)?;
    let runner = musl_node::runner(&Musl::prepare(workspace, abi)?, abi, None)?;
    // A list of strings is spelled alike in JSON and in cargo's configuration.
    let runner = serde_json::to_string(&runner)?;
    let target = abi.rust_target();
    run(sdk
        .cargo(workspace, abi)?
        .args(["test", "--lib", "--tests", "--target", &target])
        .args(PACKAGE)
        .args(sdk.cargo_options())
        .args(["--config", &format!("target.{target}.runner={runner}")])
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .current_dir(workspace.root()))
}
