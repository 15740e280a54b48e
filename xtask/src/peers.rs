//! Tests of the protocols in `docs/protocols.md` with third-party programs.

use std::env;
use std::ffi::OsString;
use std::path::Path;

use anyhow::Result;

use crate::load::Load;
use crate::workspace::Workspace;
use crate::{apt, javascript, pages, python};

/// Folder of the tests.
const FOLDER: &str = "tests/peers";

/// System packages with an MQTT broker and Redis.
pub(crate) const PACKAGES: [&str; 2] = ["mosquitto", "redis-server"];

/// Folder of Debian's system programs, which is not always in PATH.
const SYSTEM_PROGRAMS: &str = "/usr/sbin";

/// Installs the peers if necessary, and runs the tests.
///
/// # Errors
///
/// When a peer cannot be installed, or a test fails.
pub(crate) fn test(workspace: &Workspace) -> Result<()> {
    apt::install(&PACKAGES)?;
    let python_packages = python::packages(workspace)?;
    // For the conversion of the example's ArkTS to JavaScript.
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
