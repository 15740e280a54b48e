//! Paths in this checkout.

use std::path::{Path, PathBuf};

/// The checkout whose tasks run here.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The checkout that cargo runs this task from.
    pub(crate) fn current() -> Self {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.parent().map_or(manifest.clone(), Path::to_owned);
        Self { root }
    }

    /// The top folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A file or folder given by its path from the top.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Where everything goes that is downloaded or built: never committed, safe to delete.
    pub(crate) fn target(&self) -> PathBuf {
        self.path("target")
    }

    /// A folder for one prepared tool, such as `ohrs` or the stand-in SDK.
    pub(crate) fn tool(&self, name: &str) -> PathBuf {
        self.target().join("tools").join(name)
    }

    /// A folder for what is being downloaded. What a run has left that failed or was broken off is not downloaded again;
    /// it is removed when a tool has been made of it.
    pub(crate) fn downloads(&self, name: &str) -> PathBuf {
        self.target().join("downloads").join(name)
    }

    /// The folder that `ohrs build` fills.
    pub(crate) fn dist(&self) -> PathBuf {
        self.path("dist")
    }
}
