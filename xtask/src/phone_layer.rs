//! Layer between Node and the module that makes Node behave as the phone's engine.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use anyhow::Result;

use crate::command::{command, run};
use crate::workspace::Workspace;

/// Sources of the layer.
const SOURCES: [&str; 2] = ["tests/phone/engine.c", "tests/phone/node_api.h"];

/// Serialises builds by two steps.
static BUILDING: Mutex<()> = Mutex::new(());

/// Compiles the layer, which loads `library`, unless it is newer than both.
///
/// Uses the system's C compiler, which Rust needs for linking anyway.
///
/// # Errors
///
/// When there is no compiler, or it fails.
pub(crate) fn build(workspace: &Workspace, library: &Path) -> Result<PathBuf> {
    let _building = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = workspace.target().join("phone-like");
    let layer = folder.join("engine.node");
    let [engine, header] = SOURCES.map(|source| workspace.path(source));
    if is_newest(&layer, &[&engine, &header, library])? {
        return Ok(layer);
    }
    fs::create_dir_all(&folder)?;
    let fresh = folder.join("fresh.node");
    run(command("cc")
        .args(["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o"])
        .arg(&fresh)
        .arg(&engine)
        .arg("-Wl,--no-as-needed")
        .arg(library))?;
    // A running Node keeps the old one.
    fs::rename(&fresh, &layer)?;
    Ok(layer)
}

/// Returns whether `file` exists, and is not older than any of `others`.
fn is_newest(file: &Path, others: &[&Path]) -> Result<bool> {
    let time = |path: &Path| -> Result<SystemTime> { Ok(fs::metadata(path)?.modified()?) };
    let Ok(own) = time(file) else { return Ok(false) };
    for other in others {
        if time(other)? > own {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_that_is_missing_or_older_than_a_source_is_not_the_newest() -> Result<()> {
        let folder = std::env::temp_dir().join(format!("phone-layer-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let [layer, source] = ["layer", "source"].map(|name| folder.join(name));
        fs::write(&source, "")?;
        assert!(!is_newest(&layer, &[&source])?);
        fs::write(&layer, "")?;
        assert!(is_newest(&layer, &[&source])?);
        fs::File::open(&layer)?.set_modified(SystemTime::UNIX_EPOCH)?;
        assert!(!is_newest(&layer, &[&source])?);
        Ok(fs::remove_dir_all(&folder)?)
    }
}
