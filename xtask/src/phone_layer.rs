//! The layer between Node and the module that makes Node behave as the phone's engine does.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::command::{command, run};
use crate::workspace::Workspace;

/// What the layer is made of.
const SOURCE: &str = "tests/phone/engine.c";

/// Compiles the layer, which brings `library` along. The system's own compiler will do, which linking Rust takes as well.
///
/// # Errors
///
/// When there is no compiler, or it fails.
pub(crate) fn build(workspace: &Workspace, library: &Path) -> Result<PathBuf> {
    let folder = workspace.target().join("phone-like");
    fs::create_dir_all(&folder)?;
    let layer = folder.join("engine.node");
    run(command("cc")
        .args(["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o"])
        .arg(&layer)
        .arg(workspace.path(SOURCE))
        .arg("-Wl,--no-as-needed")
        .arg(library))?;
    Ok(layer)
}
