//! `cargo xtask preview`: both apps in a browser.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command::{command, run};
use crate::load::Load;
use crate::workspace::Workspace;
use crate::{host_node, javascript, pages, prepared, progress};

/// Runs the apps and serves their screens.
const SCRIPT: &str = "preview/server/main.mjs";

/// Where the preview's tests are that need no browser.
const UNIT_TESTS: &str = "preview/tests/unit";

/// Where its tests are that touch and type.
pub(crate) const BROWSER_TESTS: &str = "preview/tests/e2e";

/// Runs the tests of the app's module in Node, as an app does.
const HYPIUM_TESTS: &str = "preview/tests/hypium/hypium.test.mjs";

/// Runs those of the native module as the phone's engine on a desktop does, which has nothing of an app.
const ARK_TESTS: &str = "preview/tests/hypium/ark.test.mjs";

/// What the tests ran of the pages, in a folder for each of their files.
const COVERAGE: &str = "coverage";

/// Adds that up.
const COVERAGE_SCRIPT: &str = "preview/coverage.mjs";

/// The browser of those tests.
pub(crate) const BROWSER_PACKAGE: &str = "chromium";

/// Serves until it is interrupted; `port` 0 takes a free one.
///
/// # Errors
///
/// When something cannot be installed or built, or the port is taken.
pub(crate) fn perform(workspace: &Workspace, port: u16) -> Result<()> {
    // Before the builds, because its absence is found quickly.
    host_node::prepare()?;
    pages::install(workspace)?;
    let loader = Load::Host.prepare(workspace)?;
    let mut script = loader.host_script(workspace, Path::new(SCRIPT))?;
    let folder = workspace.target().join("preview");
    script.env("PREVIEW_DATA", folder.join("data")).env("PREVIEW_FOLDER", folder);
    script.env("PREVIEW_PORT", port.to_string());
    script.env("PREVIEW_TASKS", std::env::current_exe().context("this task has a file")?);
    run(&mut script)
}

/// Runs the tests that need no browser.
///
/// # Errors
///
/// When a package cannot be had or a test fails.
pub(crate) fn test_units(workspace: &Workspace) -> Result<()> {
    pages::install(workspace)?;
    let files = javascript::files(workspace, UNIT_TESTS)?;
    run(command(host_node::prepare()?).arg("--test").args(files).current_dir(workspace.root()))
}

/// Runs one file of tests in the browser, against both apps with the module for this machine.
///
/// # Errors
///
/// When something cannot be had, a test fails, or the file takes too long.
pub(crate) fn test_in_browser(workspace: &Workspace, file: &str) -> Result<()> {
    let mut script = covered_script(workspace, file)?;
    script.env("PREVIEW_TASKS", std::env::current_exe().context("this task has a file")?);
    if std::env::var_os("PREVIEW_BROWSER").is_none() {
        script.env("PREVIEW_BROWSER", BROWSER_PACKAGE);
    }
    javascript::run_script(workspace, &mut script, Load::Host, file)
}

/// Runs the tests of the app's module that need no page with the module for this machine.
///
/// # Errors
///
/// When something cannot be had, a test fails, or they take too long.
pub(crate) fn test_hypium(workspace: &Workspace) -> Result<()> {
    javascript::run_script(workspace, &mut covered_script(workspace, HYPIUM_TESTS)?, Load::Host, HYPIUM_TESTS)?;
    javascript::run_script(workspace, &mut script(workspace, ARK_TESTS)?, Load::Host, ARK_TESTS)
}

/// A script of tests that notes what they ran of the pages.
fn covered_script(workspace: &Workspace, file: &str) -> Result<Command> {
    let mut script = script(workspace, file)?;
    script.env("PREVIEW_COVERAGE", prepare_coverage(workspace, file)?);
    Ok(script)
}

fn script(workspace: &Workspace, file: &str) -> Result<Command> {
    pages::install(workspace)?;
    let loader = Load::Host.prepare(workspace)?;
    let mut script = loader.host_script(workspace, Path::new(file))?;
    script.env("PREVIEW_FOLDER", test_folder(workspace));
    Ok(script)
}

/// Reports which statements of the pages ran in the tests in the browser and in those of hypium.
///
/// # Errors
///
/// When too few did; also when those tests have not been run.
pub(crate) fn report_coverage(workspace: &Workspace) -> Result<()> {
    pages::install(workspace)?;
    let mut script = command(host_node::prepare()?);
    script.env("PREVIEW_COVERAGE", test_folder(workspace).join(COVERAGE));
    progress::run("adding up what the tests ran", script.arg(COVERAGE_SCRIPT).current_dir(workspace.root()))
}

/// An empty folder for what a file of tests finds out.
fn prepare_coverage(workspace: &Workspace, file: &str) -> Result<PathBuf> {
    let name = Path::new(file).file_stem().context("a test has a file")?;
    let folder = test_folder(workspace).join(COVERAGE).join(name);
    prepared::remove(&folder)?;
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn test_folder(workspace: &Workspace) -> PathBuf {
    workspace.target().join("preview-test")
}
