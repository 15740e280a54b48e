//! Tests with third-party programs for the protocols of `docs/protocols.md` as peers.

use std::env;
use std::ffi::OsString;
use std::path::Path;

use anyhow::Result;

use crate::load::Load;
use crate::workspace::Workspace;
use crate::{apt, javascript, pages, python};

/// The files of tests.
const FOLDER: &str = "tests/peers";

/// System packages with a broker of MQTT and a Redis.
pub(crate) const PACKAGES: [&str; 2] = ["mosquitto", "redis-server"];

/// Where Debian has programs that users seldom start.
const SYSTEM_PROGRAMS: &str = "/usr/sbin";

/// Installs the peers where they are not, and runs the tests with them.
///
/// # Errors
///
/// When a peer cannot be had, or a test fails.
pub(crate) fn test(workspace: &Workspace) -> Result<()> {
    apt::install(&PACKAGES)?;
    let python_packages = python::packages(workspace)?;
    // The example's ArkTS becomes JavaScript.
    pages::install(workspace)?;
    let loader = Load::Host.prepare(workspace)?;
    for file in javascript::files(workspace, FOLDER)? {
        let mut script = loader.script(workspace, Path::new(&file))?;
        script.env("PATH", search_path()).env("PYTHONPATH", &python_packages);
        javascript::run_script(workspace, &mut script, Load::Host, &file)?;
    }
    Ok(())
}

fn search_path() -> OsString {
    let mut path = env::var_os("PATH").unwrap_or_default();
    path.push(":");
    path.push(SYSTEM_PROGRAMS);
    path
}
