//! Cached folders that are created once.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// File with the key of a finished folder.
const STAMP: &str = ".made-from";

/// Creates `folder` unless it was created with `key`, and returns it.
///
/// `make` fills an empty folder next to it, which replaces it only on success: a failed
/// or interrupted run leaves no partial folder. Waits for a parallel task.
///
/// # Errors
///
/// The errors of `make` and of the file system.
pub(crate) fn folder(folder: &Path, key: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let parent = folder.parent().context("a prepared folder has a parent")?;
    fs::create_dir_all(parent)?;
    let partial = beside(folder, "partial");
    let lock = File::create(beside(folder, "lock"))?;
    lock.lock()?;
    if fs::read_to_string(folder.join(STAMP)).is_ok_and(|made_from| made_from == key) {
        return Ok(folder.to_owned());
    }
    remove(&partial)?;
    fs::create_dir(&partial)?;
    make(&partial)?;
    fs::write(partial.join(STAMP), key)?;
    remove(folder)?;
    fs::rename(&partial, folder).with_context(|| format!("cannot move {} to its final path", folder.display()))?;
    Ok(folder.to_owned())
}

fn beside(folder: &Path, suffix: &str) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

/// Removes a folder with its content, if it exists.
///
/// # Errors
///
/// When a file cannot be removed.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::bail;

    fn scratch(name: &str) -> Result<PathBuf> {
        let path = std::env::temp_dir().join(format!("xtask-{}-{name}", std::process::id()));
        remove(&path)?;
        Ok(path)
    }

    #[test]
    fn the_same_key_makes_once_and_another_key_makes_again() -> Result<()> {
        let root = scratch("once")?;
        let mut made = 0;
        for key in ["1", "1", "2", "2"] {
            folder(&root.join("tool"), key, |_| {
                made += 1;
                Ok(())
            })?;
        }
        assert_eq!(made, 2);
        remove(&root)
    }

    #[test]
    fn a_failed_run_keeps_the_old_folder_and_the_next_one_starts_empty() -> Result<()> {
        let root = scratch("failed")?;
        let tool = root.join("tool");
        folder(&tool, "1", |path| Ok(fs::write(path.join("old"), "")?))?;
        let failed = folder(&tool, "2", |path| {
            fs::write(path.join("half"), "")?;
            bail!("no network")
        });
        assert!(failed.is_err());
        assert!(tool.join("old").exists());
        folder(&tool, "2", |path| {
            assert!(!path.join("half").exists());
            Ok(())
        })?;
        remove(&root)
    }
}
