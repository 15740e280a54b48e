//! Runs the module in Node under valgrind, which reports invalid memory accesses and leaks.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::apt;
use crate::command::{command, run, run_with_spinner, succeeds};
use crate::host_node;
use crate::workspace::Workspace;

/// System package of valgrind.
const PACKAGE: &str = "valgrind";

/// Suppressed findings of Node and napi-ohos.
const SUPPRESSIONS: &str = "xtask/src/valgrind/node.supp";

/// Tests of unsafe code, in 90 seconds.
/// Buffers in both directions, listeners, promises, objects with ended sockets.
const TESTS: [&str; 3] = ["views", "reset", "early-bytes"];

/// Reports memory errors and definite leaks; each fails the run.
const OPTIONS: [&str; 7] = [
    "--quiet",
    "--error-exitcode=9",
    "--leak-check=full",
    "--show-leak-kinds=definite",
    "--errors-for-leak-kinds=definite",
    // Stack depth from the test through Node to the module.
    "--num-callers=40",
    "--tool=memcheck",
];

/// Runs some of the module's tests under memcheck, with symbols.
///
/// JavaScript is not compiled, because valgrind would have to follow the generated code.
///
/// # Errors
///
/// When a test fails, or memory is misused or leaks.
pub(crate) fn perform(workspace: &Workspace) -> Result<()> {
    if !succeeds(command(PACKAGE).arg("--version")) {
        apt::install(&[PACKAGE])?;
    }
    let library = build(workspace)?;
    TESTS.into_iter().try_for_each(|test| check(workspace, &library, test))
}

fn build(workspace: &Workspace) -> Result<PathBuf> {
    let target = workspace.target();
    let mut cargo = command("cargo");
    cargo.args(["build", "--locked", "--package", "socketkit", "--target-dir"]).arg(&target);
    run(cargo.current_dir(workspace.root()))?;
    Ok(target.join("debug/libsocketkit.so"))
}

fn check(workspace: &Workspace, library: &Path, test: &str) -> Result<()> {
    let mut valgrind = command(PACKAGE);
    valgrind.args(OPTIONS).arg(format!("--suppressions={}", workspace.path(SUPPRESSIONS).display()));
    valgrind.args([host_node::prepare()?, "--jitless"]).arg(format!("tests/{test}.test.mjs"));
    // Everything is many times slower.
    valgrind.env("SOCKETKIT_LIBRARY", library).env("SOCKETKIT_SLOW", "1");
    run_with_spinner(&format!("memcheck: {test}"), valgrind.current_dir(workspace.root()))
}
