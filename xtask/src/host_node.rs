//! The machine's own Node.

use anyhow::{Context, Result, bail};

use crate::command::{command, output};

/// The oldest release that our JavaScript runs on.
const MIN_MAJOR: u32 = 20;

/// The program's name.
///
/// # Errors
///
/// When there is none, or it is too old.
pub(crate) fn prepare() -> Result<&'static str> {
    let version = output(command("node").arg("--version"))
        .with_context(|| format!("Node {MIN_MAJOR} or newer has to be installed"))?;
    check(&version)?;
    Ok("node")
}

fn check(version: &str) -> Result<()> {
    let major = version.trim_start_matches('v').split('.').next().unwrap_or_default();
    match major.parse::<u32>() {
        Ok(major) if major >= MIN_MAJOR => Ok(()),
        _ => bail!("Node {MIN_MAJOR} or newer is needed; `node --version` says {version}"),
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn node_20_and_newer_will_do() {
        assert!(check("v20.0.0").is_ok());
        assert!(check("v24.1.0").is_ok());
        assert!(check("v18.20.1").is_err());
        assert!(check("nonsense").is_err());
    }
}
