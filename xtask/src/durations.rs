//! Durations of the steps when they last passed, for `cargo xtask test --list`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// Seconds by step name.
#[derive(Debug, Default)]
pub(crate) struct Durations(BTreeMap<String, f64>);

impl Durations {
    /// Reads the durations of earlier runs in this checkout.
    /// Empty if there are none or they are unreadable.
    pub(crate) fn read(workspace: &Workspace) -> Self {
        let text = fs::read_to_string(file(workspace)).unwrap_or_default();
        Self(serde_json::from_str(&text).unwrap_or_default())
    }

    pub(crate) fn set(&mut self, name: &str, took: Duration) {
        // More digits have no meaning, as the load of the machine varies.
        self.0.insert(name.to_owned(), (took.as_secs_f64() * 10.0).round() / 10.0);
    }

    /// Writes the durations for later runs.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub(crate) fn write(&self, workspace: &Workspace) -> Result<()> {
        let path = file(workspace);
        fs::create_dir_all(workspace.target())?;
        fs::write(&path, serde_json::to_string(&self.0)?).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Returns the step's line in the list.
    pub(crate) fn line(&self, name: &str) -> String {
        match self.0.get(name) {
            Some(seconds) => format!("{seconds:>7.1} s  {name}"),
            None => format!("{:>9}  {name}", "-"),
        }
    }
}

fn file(workspace: &Workspace) -> PathBuf {
    workspace.target().join("durations.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_never_ran_has_no_duration() {
        let mut durations = Durations::default();
        durations.set("lint", Duration::from_millis(31_940));
        assert_eq!(durations.line("lint"), "   31.9 s  lint");
        assert_eq!(durations.line("pages"), "        -  pages");
    }
}
