//! musl for both processors: what the stand-in SDK links with and what the test runs load.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::abi::Abi;
use crate::workspace::Workspace;
use crate::{apt, link, prepared};

/// The Debian release whose musl knows RELR relocations, which Node's musl builds have.
const SUITE: &str = "trixie";

/// `libunwind` is not musl's, but comes from the same place for the same processors.
const PACKAGES: [&str; 3] = ["musl", "musl-dev", "libunwind-19-dev"];

/// An unpacked tree with musl in it.
#[derive(Debug, Clone)]
pub(crate) struct Musl {
    abi: Abi,
    root: PathBuf,
}

impl Musl {
    /// Fetches it once.
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
            // Programs name their loader as /lib/ld-musl-….
            link::symbolic("usr/lib", folder.join("lib"))
        })?;
        Ok(Self { abi, root })
    }

    /// The tree's top, as `qemu -L` wants it.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The loader, which is at the same time the C library.
    pub(crate) fn loader(&self) -> PathBuf {
        self.root.join(format!("usr/lib/ld-musl-{}.so.1", self.abi.machine()))
    }

    /// An object that starts or ends a program, such as `crti.o`.
    pub(crate) fn start_object(&self, name: &str) -> PathBuf {
        self.root.join(format!("usr/lib/{}-linux-musl/{name}", self.abi.machine()))
    }

    /// The unwinder's archive.
    pub(crate) fn unwinder(&self) -> PathBuf {
        self.root.join("usr/lib/llvm-19/lib/libunwind.a")
    }
}
