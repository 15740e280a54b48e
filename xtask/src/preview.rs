//! `cargo xtask preview`: runs both apps in a browser.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command::{command, replace, run, run_with_spinner};
use crate::load::Load;
use crate::workspace::Workspace;
use crate::{host_node, javascript, pages, prepared};

/// Runs the apps and serves their screens.
const SCRIPT: &str = "preview/server/main.mjs";

/// Folder of the preview's tests without a browser.
const UNIT_TESTS: &str = "preview/tests/unit";

/// Folder of the preview's tests in a browser.
pub(crate) const BROWSER_TESTS: &str = "preview/tests/e2e";

/// Runs the tests of the app's module in Node.
const HYPIUM_TESTS: &str = "preview/tests/hypium/hypium.test.mjs";

/// Runs the tests of the native module in the phone's JavaScript engine on a desktop.
const ARK_TESTS: &str = "preview/tests/hypium/ark.test.mjs";

/// Folder of coverage data, with a subfolder for each test file.
const COVERAGE: &str = "coverage";

/// Merges the coverage data.
const COVERAGE_SCRIPT: &str = "preview/coverage.mjs";

/// Browser of the tests.
pub(crate) const BROWSER_PACKAGE: &str = "chromium";

/// Serves until it is interrupted; `port` 0 selects a free one.
///
/// # Errors
///
/// When a package cannot be installed, a build fails, or the port is in use.
pub(crate) fn perform(workspace: &Workspace, port: u16) -> Result<()> {
    // Checked before the builds, because it is quick.
    host_node::prepare()?;
    pages::install(workspace)?;
    let loader = Load::Host.prepare(workspace)?;
    let mut script = loader.host_script(workspace, Path::new(SCRIPT))?;
    // Tests set a folder of their own, which a preview that a developer uses does not share.
    let folder = std::env::var_os("PREVIEW_FOLDER").map_or_else(|| workspace.target().join("preview"), PathBuf::from);
    script.env("PREVIEW_DATA", folder.join("data")).env("PREVIEW_FOLDER", folder);
    script.env("PREVIEW_PORT", port.to_string());
    script.env("PREVIEW_TASKS", std::env::current_exe().context("this task has a file")?);
    replace(&mut script)
}

/// Runs the tests that need no browser.
///
/// # Errors
///
/// When a package cannot be installed or a test fails.
pub(crate) fn test_units(workspace: &Workspace) -> Result<()> {
    pages::install(workspace)?;
    let files = javascript::files(workspace, UNIT_TESTS)?;
    run(command(host_node::prepare()?).arg("--test").args(files).current_dir(workspace.root()))
}

/// Runs one test file in the browser, with both apps and the host build of the module.
///
/// # Errors
///
/// When a package cannot be installed, a build or a test fails, or the file takes too long.
pub(crate) fn test_in_browser(workspace: &Workspace, file: &str) -> Result<()> {
    let mut script = covered_script(workspace, file)?;
    script.env("PREVIEW_TASKS", std::env::current_exe().context("this task has a file")?);
    if std::env::var_os("PREVIEW_BROWSER").is_none() {
        script.env("PREVIEW_BROWSER", BROWSER_PACKAGE);
    }
    javascript::run_script(workspace, &mut script, Load::Host, file)
}

/// Runs the tests of the app's module that need no page, with the host build of the module.
///
/// # Errors
///
/// When a package cannot be installed, a build or a test fails, or they take too long.
pub(crate) fn test_hypium(workspace: &Workspace) -> Result<()> {
    javascript::run_script(workspace, &mut covered_script(workspace, HYPIUM_TESTS)?, Load::Host, HYPIUM_TESTS)?;
    javascript::run_script(workspace, &mut script(workspace, ARK_TESTS)?, Load::Host, ARK_TESTS)
}

/// Returns the command of a test script that records coverage of the pages.
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

/// Reports the statement coverage of the pages by browser and hypium tests.
///
/// # Errors
///
/// When it is too low, or those tests have not been run.
pub(crate) fn report_coverage(workspace: &Workspace) -> Result<()> {
    pages::install(workspace)?;
    let mut script = command(host_node::prepare()?);
    script.env("PREVIEW_COVERAGE", test_folder(workspace).join(COVERAGE));
    run_with_spinner("adding up what the tests ran", script.arg(COVERAGE_SCRIPT).current_dir(workspace.root()))
}

/// Creates an empty folder for the coverage data of a test file.
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
