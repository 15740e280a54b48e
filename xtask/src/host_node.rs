//! Node on this machine.

use anyhow::{Context, Result, bail};

use crate::command::{command, output};

/// Oldest supported release: major and minor number.
const MIN: (u32, u32) = (20, 19);

/// Returns the program's name.
///
/// # Errors
///
/// When it is missing or too old.
pub(crate) fn prepare() -> Result<&'static str> {
    let version =
        output(command("node").arg("--version")).with_context(|| format!("Node {} is not installed", wanted()))?;
    check(&version)?;
    Ok("node")
}

fn check(version: &str) -> Result<()> {
    let mut numbers = version.trim_start_matches('v').split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) if (major, minor) >= MIN => Ok(()),
        _ => bail!("Node {} is required; `node --version` prints {version}", wanted()),
    }
}

fn wanted() -> String {
    format!("{}.{} or newer", MIN.0, MIN.1)
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn node_20_19_and_newer_will_do() {
        assert!(check("v20.19.0").is_ok());
        assert!(check("v24.1.0").is_ok());
        assert!(check("v20.18.9").is_err());
        assert!(check("v18.20.1").is_err());
        assert!(check("nonsense").is_err());
    }
}
