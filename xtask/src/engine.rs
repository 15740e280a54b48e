//! The engine's own tests, on this machine and as programs for HarmonyOS.

use std::process::Command;

use anyhow::Result;

use crate::abi::Abi;
use crate::command::{command, run};
use crate::musl::Musl;
use crate::musl_node;
use crate::sdk::Sdk;
use crate::workspace::Workspace;

const PACKAGE: [&str; 2] = ["--package", "socket_engine"];

/// Ends a test program that hangs; a full one takes a tenth of this time under emulation.
const TIME_LIMIT: [&str; 3] = ["timeout", "--foreground", "20m"];

/// Runs the tests on this machine, including examples in the documentation.
///
/// # Errors
///
/// When a test does not compile, fails, or takes too long.
pub(crate) fn test_on_host(workspace: &Workspace) -> Result<()> {
    let mut cargo = command("cargo");
    cargo.args(["test", "--locked"]).args(PACKAGE);
    run_tests_with(&mut cargo, "'cfg(unix)'", &[])?;
    run(cargo.current_dir(workspace.root()))
}

/// Runs the attack test with this number of manipulations.
///
/// # Errors
///
/// When secret data was visible, or a side received data that was not sent.
pub(crate) fn attack(workspace: &Workspace, manipulations: u32) -> Result<()> {
    let mut cargo = command("cargo");
    cargo.args(["test", "--locked", "--release"]).args(PACKAGE).args(["--lib", "noise::tests::attack"]);
    run(cargo.env("ATTACKS", manipulations.to_string()).current_dir(workspace.root()))
}

/// Runs the tests in `chosen` (all if empty) as musl programs for `abi`.
/// Uses emulation if necessary.
///
/// # Errors
///
/// When a tool cannot be installed, or a test does not compile, fails, or takes too long.
pub(crate) fn test_on_ohos(workspace: &Workspace, abi: Abi, chosen: &[&str]) -> Result<()> {
    let sdk = Sdk::prepare(workspace, &[abi])?;
    let runner = musl_node::runner(&Musl::prepare(workspace, abi)?, abi, None)?;
    let target = abi.rust_target();
    let mut cargo = sdk.cargo(workspace, abi)?;
    cargo.args(["test", "--locked", "--target", &target]).args(PACKAGE);
    match chosen {
        [] => cargo.args(["--lib", "--tests"]),
        programs => cargo.args(programs.iter().flat_map(|program| ["--test", program])),
    };
    run_tests_with(&mut cargo, &target, &runner)?;
    // Little to compile, and much less to emulate.
    cargo.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_PROFILE_DEV_OPT_LEVEL", "1");
    run(cargo.current_dir(workspace.root()))
}

/// Lets cargo start the tests of a target with `runner` and a time limit.
fn run_tests_with(cargo: &mut Command, target: &str, runner: &[String]) -> Result<()> {
    let words: Vec<&str> = TIME_LIMIT.into_iter().chain(runner.iter().map(String::as_str)).collect();
    // Lists of strings have the same syntax in JSON and in cargo's configuration.
    let words = serde_json::to_string(&words)?;
    cargo.args(["--config", &format!("target.{target}.runner={words}")]);
    Ok(())
}
