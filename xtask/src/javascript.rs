//! The JavaScript tests: each file is a program that ends with status 0 when all in it passed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::command::{command, run, run_recorded};
use crate::load::Load;
use crate::python;
use crate::workspace::Workspace;

/// Files that pass on every load.
pub(crate) const EVERY_LOAD: &str = "tests";

/// Files that look at the machine's own Node.
pub(crate) const HOST_ONLY: &str = "tests/host";

/// Files that need an engine which differs from Node as the phone's does.
pub(crate) const PHONE_LIKE_ONLY: &str = "tests/phone";

/// Files that need a build which counts what messages cost.
pub(crate) const COUNTED_ONLY: &str = "tests/counted";

/// The demo seen from outside, by the machine's Node, whatever its two processes load.
pub(crate) const DEMO: &str = "tests/host/demo.test.mjs";

/// Files that need the machine for themselves: they use both processors, or look at how much memory a process has.
const ALONE: [&str; 4] =
    ["tests/backpressure.test.mjs", "tests/churn.test.mjs", "tests/cuts.test.mjs", "tests/host/long.test.mjs"];

/// The file that starts the programs of `tools`.
const TOOLS: &str = "tests/host/tools.test.mjs";

/// System package with `ip`, with which a test makes a network of its own.
pub(crate) const NETWORK_PACKAGE: &str = "iproute2";

/// What marks a test file.
const SUFFIX: &str = ".test.mjs";

/// Longer than any file takes, so that one that hangs fails.
const TIME_LIMIT: Duration = Duration::from_secs(5 * 60);

/// The same under emulation.
const SLOW_TIME_LIMIT: Duration = Duration::from_secs(20 * 60);

/// The test files of a folder, without those in its subfolders, by their paths from the top.
///
/// # Errors
///
/// When the folder is not there or holds none: no tests must not look like passed tests.
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

/// Whether no other file may run at the same time.
pub(crate) fn needs_machine(file: &str) -> bool {
    ALONE.contains(&file)
}

/// Runs a file in the Node that can load the module.
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

/// The command line program of `tools`.
fn build_program(workspace: &Workspace) -> Result<PathBuf> {
    let mut cargo = command("cargo");
    run(cargo.args(["build", "--locked", "--package", "socketkit-cli"]).current_dir(workspace.root()))?;
    Ok(workspace.target().join("debug/socketkit"))
}

/// Runs a file in the machine's own Node; only the processes that it starts load the module.
///
/// # Errors
///
/// As [`run_on`].
pub(crate) fn run_beside(workspace: &Workspace, load: Load, file: &str) -> Result<()> {
    let loader = load.prepare(workspace)?;
    run_script(workspace, &mut loader.host_script(workspace, Path::new(file))?, load, file)
}

/// Runs the command that runs a file, and records what it says.
///
/// # Errors
///
/// When a test fails, or the file takes too long.
pub(crate) fn run_script(workspace: &Workspace, script: &mut Command, load: Load, file: &str) -> Result<()> {
    run_recorded(script, &record_path(workspace, load, file), time_limit(load))
}

fn record_path(workspace: &Workspace, load: Load, file: &str) -> PathBuf {
    let name = format!("{}.txt", file.replace('/', "-"));
    workspace.target().join("test-output").join(load.name()).join(name)
}

fn time_limit(load: Load) -> Duration {
    if load.is_slow() { SLOW_TIME_LIMIT } else { TIME_LIMIT }
}
