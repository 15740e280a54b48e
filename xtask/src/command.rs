//! Child processes: started without traces of the cargo that runs this task, named when they fail.

use std::ffi::OsStr;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often a child with a deadline is looked at.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Set by `cargo run` or for one toolchain; they would reach another one, or another target folder.
const FOREIGN_VARIABLES: [&str; 3] = ["LD_LIBRARY_PATH", "RUSTFLAGS", "CARGO_TARGET_DIR"];

/// A command whose environment is that of a fresh shell.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for variable in FOREIGN_VARIABLES {
        command.env_remove(variable);
    }
    command
}

/// Runs to the end; the child writes to this task's own output.
///
/// # Errors
///
/// When the child cannot be started or ends with another status than 0.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| cannot_start(command))?;
    check(command, status)
}

/// Runs to the end, but at most for `limit`; then the child is killed.
///
/// # Errors
///
/// As [`run`], and when the limit has passed.
pub(crate) fn run_within(command: &mut Command, limit: Duration) -> Result<()> {
    let mut child = command.spawn().with_context(|| cannot_start(command))?;
    let end = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return check(command, status);
        }
        if Instant::now() >= end {
            child.kill()?;
            child.wait()?;
            bail!("still running after {} s, killed: {}", limit.as_secs(), line(command));
        }
        std::thread::sleep(POLL_INTERVAL);
    }
}

/// Runs to the end and returns what the child wrote to standard output, without the last newline.
///
/// # Errors
///
/// As [`run`]; what the child wrote to standard error is in the message.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| cannot_start(command))?;
    if !output.status.success() {
        bail!("{} ({})\n{}", line(command), output.status, String::from_utf8_lossy(&output.stderr).trim_end());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// Whether the command can be started and ends with status 0; its output is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The command as one would type it.
pub(crate) fn line(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// What it means that the child ended so.
///
/// # Errors
///
/// When that is another status than 0.
pub(crate) fn check(command: &Command, status: ExitStatus) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    bail!("failed ({status}): {}", line(command))
}

fn cannot_start(command: &Command) -> String {
    format!("cannot start: {}", line(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_command_names_itself() {
        let error = run(command("sh").args(["-c", "exit 3"])).map_err(|error| error.to_string());
        assert!(error.is_err_and(|text| text.contains("sh -c exit 3") && text.contains('3')));
    }

    #[test]
    fn a_command_that_outlives_its_limit_is_killed() {
        let error = run_within(command("sleep").arg("60"), Duration::from_millis(1));
        assert!(error.is_err_and(|error| error.to_string().contains("still running")));
    }

    #[test]
    fn output_has_no_last_newline() {
        let text = output(command("echo").arg("one")).ok();
        assert_eq!(text.as_deref(), Some("one"));
    }
}
