//! The JavaScript tests: each file is a program with status 0 if all its tests pass.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::command::{command, run, run_recorded};
use crate::load::Load;
use crate::python;
use crate::workspace::Workspace;

/// Folder of files that pass on every load.
pub(crate) const EVERY_LOAD: &str = "tests";

/// Folder of files that test Node on this machine.
pub(crate) const HOST_ONLY: &str = "tests/host";

/// Folder of files that need an engine with the phone's differences from Node.
pub(crate) const PHONE_LIKE_ONLY: &str = "tests/phone";

/// Folder of files that need a build which counts the costs of messages.
pub(crate) const COUNTED_ONLY: &str = "tests/counted";

/// Test of the demo, which runs in the host Node, whatever the two processes load.
pub(crate) const DEMO: &str = "tests/host/demo.test.mjs";

/// Files that run alone: they use both processors, or measure the memory of a process.
const ALONE: [&str; 4] =
    ["tests/backpressure.test.mjs", "tests/churn.test.mjs", "tests/cuts.test.mjs", "tests/host/long.test.mjs"];

/// File that starts the programs of `tools`.
const TOOLS: &str = "tests/host/tools.test.mjs";

/// System package with `ip`, for tests with their own network.
pub(crate) const NETWORK_PACKAGE: &str = "iproute2";

/// Suffix of test files.
const SUFFIX: &str = ".test.mjs";

/// Time limit of a file; much longer than any file takes.
const TIME_LIMIT: Duration = Duration::from_secs(5 * 60);

/// Time limit under emulation.
const SLOW_TIME_LIMIT: Duration = Duration::from_secs(20 * 60);

/// Returns the paths of the test files in a folder, without its subfolders.
///
/// # Errors
///
/// When the folder does not exist or has no tests: this must not count as passed.
pub(crate) fn files(workspace: &Workspace, folder: &str) -> Result<Vec<String>> {
    let mut files = Vec::new();
    let entries =
        std::fs::read_dir(workspace.path(folder)).with_context(|| format!("cannot list the tests in {folder}"))?;
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(SUFFIX) {
            files.push(format!("{folder}/{name}"));
        }
    }
    if files.is_empty() {
        bail!("no *{SUFFIX} in {folder}");
    }
    files.sort();
    Ok(files)
}

/// Returns whether the file must run alone.
pub(crate) fn needs_machine(file: &str) -> bool {
    ALONE.contains(&file)
}

/// Runs a file in the Node of the load.
///
/// # Errors
///
/// When the load cannot be prepared, a test fails, or the file takes too long.
pub(crate) fn run_on(workspace: &Workspace, load: Load, file: &str) -> Result<()> {
    let loader = load.prepare(workspace)?;
    let mut script = loader.script(workspace, Path::new(file))?;
    if file == TOOLS {
        script.env("PYTHONPATH", python::packages(workspace)?).env("SOCKETKIT_PROGRAM", build_program(workspace)?);
    }
    run_script(workspace, &mut script, load, file)
}

/// Builds the command-line program of `tools`, and returns its path.
fn build_program(workspace: &Workspace) -> Result<PathBuf> {
    let mut cargo = command("cargo");
    run(cargo.args(["build", "--locked", "--package", "socketkit-cli"]).current_dir(workspace.root()))?;
    Ok(workspace.target().join("debug/socketkit"))
}

/// Runs a file in the host Node; only the processes that it starts load the module.
///
/// # Errors
///
/// As [`run_on`].
pub(crate) fn run_beside(workspace: &Workspace, load: Load, file: &str) -> Result<()> {
    let loader = load.prepare(workspace)?;
    run_script(workspace, &mut loader.host_script(workspace, Path::new(file))?, load, file)
}

/// Runs a test file's command, and records its output.
///
/// # Errors
///
/// When a test fails, or the file takes too long.
pub(crate) fn run_script(workspace: &Workspace, script: &mut Command, load: Load, file: &str) -> Result<()> {
    run_script_within(workspace, script, load, file, time_limit(load))
}

/// Runs as [`run_script`] does, but for at most `limit`.
///
/// # Errors
///
/// Those of [`run_script`].
pub(crate) fn run_script_within(
    workspace: &Workspace,
    script: &mut Command,
    load: Load,
    file: &str,
    limit: Duration,
) -> Result<()> {
    run_recorded(script, &record_path(workspace, load, file), limit)
}

fn record_path(workspace: &Workspace, load: Load, file: &str) -> PathBuf {
    let name = format!("{}.txt", file.replace('/', "-"));
    workspace.target().join("test-output").join(load.name()).join(name)
}

fn time_limit(load: Load) -> Duration {
    if load.is_slow() { SLOW_TIME_LIMIT } else { TIME_LIMIT }
}
