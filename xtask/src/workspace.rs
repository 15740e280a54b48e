//! Paths in this checkout.

use std::path::{Path, PathBuf};

/// The checkout whose tasks run here.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Returns the checkout that cargo runs this task from.
    pub(crate) fn current() -> Self {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.parent().map_or(manifest.clone(), Path::to_owned);
        Self { root }
    }

    /// Root folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the path of a file or folder, relative to the root.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Folder of all downloads and builds: never committed, safe to delete.
    pub(crate) fn target(&self) -> PathBuf {
        self.path("target")
    }

    /// Folder of one prepared tool, such as `ohrs` or the stand-in SDK.
    pub(crate) fn tool(&self, name: &str) -> PathBuf {
        self.target().join("tools").join(name)
    }

    /// Folder of downloads for `name`.
    ///
    /// Downloads of a failed or interrupted run are reused; the folder is removed when the tool is complete.
    pub(crate) fn downloads(&self, name: &str) -> PathBuf {
        self.target().join("downloads").join(name)
    }

    /// Output folder of `ohrs build`.
    pub(crate) fn dist(&self) -> PathBuf {
        self.path("dist")
    }
}
