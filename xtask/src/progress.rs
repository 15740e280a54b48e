//! Signs of life from what takes long and says nothing.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

use crate::command;

/// How often the sign moves.
const TICK: Duration = Duration::from_millis(100);

/// Runs a command that is silent until its end; on a terminal a line says meanwhile what is being done and for how long.
/// Then prints what it wrote.
///
/// # Errors
///
/// When it cannot be started or ends with another status than 0.
pub(crate) fn run(what: &str, child: &mut Command) -> Result<()> {
    let line = command::line(child);
    let sign = sign(what);
    let output = child.stdin(Stdio::null()).output();
    sign.finish_and_clear();
    let output = output.with_context(|| format!("cannot start: {line}"))?;
    print!("{}", String::from_utf8_lossy(&output.stdout));
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    if output.status.success() {
        return Ok(());
    }
    bail!("failed ({}): {line}", output.status)
}

/// Invisible where nobody looks, such as in CI.
fn sign(what: &str) -> ProgressBar {
    let sign = ProgressBar::new_spinner().with_message(what.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        sign.set_style(style);
    }
    sign.enable_steady_tick(TICK);
    sign
}

#[cfg(test)]
mod tests {
    use super::run;
    use crate::command::command;

    #[test]
    fn a_failing_command_names_itself() {
        let error = run("failing", command("sh").args(["-c", "exit 3"]));
        assert!(error.is_err_and(|error| error.to_string().contains("sh -c exit 3")));
        assert!(run("succeeding", &mut command("true")).is_ok());
    }
}
