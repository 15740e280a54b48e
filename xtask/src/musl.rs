//! musl for both ABIs, for linking with the stand-in SDK and for running tests.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::abi::Abi;
use crate::workspace::Workspace;
use crate::{apt, link, prepared};

/// Debian release whose musl supports RELR relocations, which Node's musl builds need.
const SUITE: &str = "trixie";

/// `libunwind` is not part of musl, but is in the same release for the same processors.
const PACKAGES: [&str; 3] = ["musl", "musl-dev", "libunwind-19-dev"];

/// An unpacked tree with musl.
#[derive(Debug, Clone)]
pub(crate) struct Musl {
    abi: Abi,
    root: PathBuf,
}

impl Musl {
    /// Downloads it once.
    ///
    /// # Errors
    ///
    /// When a package cannot be downloaded.
    pub(crate) fn prepare(workspace: &Workspace, abi: Abi) -> Result<Self> {
        let folder = workspace.tool(&format!("musl-{}", abi.machine()));
        let key = format!("{SUITE} {}", PACKAGES.join(" "));
        let downloads = workspace.downloads(&format!("musl-{}", abi.machine()));
        let root = prepared::folder(&folder, &key, |folder| {
            apt::unpack(SUITE, abi.debian(), &PACKAGES, &downloads, folder)?;
            // Programs expect their loader as /lib/ld-musl-….
            link::symbolic("usr/lib", folder.join("lib"))
        })?;
        Ok(Self { abi, root })
    }

    /// Root of the tree, for `qemu -L`.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The loader, which is also the C library.
    pub(crate) fn loader(&self) -> PathBuf {
        self.root.join(format!("usr/lib/ld-musl-{}.so.1", self.abi.machine()))
    }

    /// Returns a start file, such as `crti.o`.
    pub(crate) fn start_object(&self, name: &str) -> PathBuf {
        self.root.join(format!("usr/lib/{}-linux-musl/{name}", self.abi.machine()))
    }

    /// Archive of the unwinder.
    pub(crate) fn unwinder(&self) -> PathBuf {
        self.root.join("usr/lib/llvm-19/lib/libunwind.a")
    }
}
