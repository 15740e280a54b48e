//! Symbolic links and execute permissions, with errors on systems without them.

use std::path::Path;

use anyhow::{Context, Result};

/// Creates the symbolic link `link` to `target`.
///
/// # Errors
///
/// When that fails; always, on systems without symbolic links.
#[cfg(unix)]
pub(crate) fn symbolic(target: impl AsRef<Path>, link: impl AsRef<Path>) -> Result<()> {
    let link = link.as_ref();
    std::os::unix::fs::symlink(target, link).with_context(|| format!("cannot make the link {}", link.display()))
}

/// As for Unix.
#[cfg(not(unix))]
pub(crate) fn symbolic(_target: impl AsRef<Path>, link: impl AsRef<Path>) -> Result<()> {
    anyhow::bail!("the link {} can only be made on Linux", link.as_ref().display())
}

/// Makes a file executable.
///
/// # Errors
///
/// When the user lacks the right.
pub(crate) fn make_executable(file: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755))?;
    }
    file.metadata().map(drop).with_context(|| format!("cannot start {}", file.display()))
}
