//! Symbolic links and execute permissions, with errors on systems without them.

use std::path::Path;

use anyhow::{Context, Result};

/// Makes `link` stand for `target`.
///
/// # Errors
///
/// When that is not possible; always, where there are no such links.
#[cfg(unix)]
pub(crate) fn symbolic(target: impl AsRef<Path>, link: impl AsRef<Path>) -> Result<()> {
    let link = link.as_ref();
    std::os::unix::fs::symlink(target, link).with_context(|| format!("cannot make the link {}", link.display()))
}

/// As on other systems.
#[cfg(not(unix))]
pub(crate) fn symbolic(_target: impl AsRef<Path>, link: impl AsRef<Path>) -> Result<()> {
    anyhow::bail!("the link {} can only be made on Linux", link.as_ref().display())
}

/// Lets a file be started as a program.
///
/// # Errors
///
/// When this user may not.
pub(crate) fn make_executable(file: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755))?;
    }
    file.metadata().map(drop).with_context(|| format!("cannot start {}", file.display()))
}
