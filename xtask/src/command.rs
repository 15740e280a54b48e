//! Child processes, started without the environment of the cargo that runs this task.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::ErrorKind;
#[cfg(unix)]
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Error, Result, anyhow, bail};

use crate::excerpt::{self, Copying, say};
use crate::progress;

/// Interval at which a child with a deadline is checked.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Variables set by `cargo run` or for one toolchain.
/// They would affect another toolchain or target folder.
const FOREIGN_VARIABLES: [&str; 3] = ["LD_LIBRARY_PATH", "RUSTFLAGS", "CARGO_TARGET_DIR"];

/// Advice for a program that is not installed.
const MISSING: &str = "next: `cargo xtask doctor` says what this machine misses, and how to get it";

/// Advice for a program that has failed.
const CORRECT: &str =
    "next: correct what it says, and run the same task again; `cargo xtask doctor` says what this machine misses";

/// Returns a command with the environment of a fresh shell.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for variable in FOREIGN_VARIABLES {
        command.env_remove(variable);
    }
    command
}

/// Runs the command to its end.
/// Its output is part of this task's output, through the step, if there is one.
///
/// # Errors
///
/// When the command cannot be started, or its status is not 0.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let copying = excerpt::divert(command)?;
    let child = command.spawn();
    // The command holds the other end of the pipe, and might be run again.
    if copying.is_some() {
        command.stdout(Stdio::inherit()).stderr(Stdio::inherit());
    }
    let mut child = child.map_err(|error| cannot_start(command, &error))?;
    let ended = copying.map(Copying::start);
    let status = child.wait()?;
    if let Some(ended) = ended {
        excerpt::finish(&ended);
    }
    check(command, status)
}

/// Replaces this process with the command, so that signals for this task reach the command.
///
/// # Errors
///
/// When the command cannot be started. Otherwise it does not return.
#[cfg(unix)]
pub(crate) fn replace(command: &mut Command) -> Result<()> {
    let error = command.exec();
    Err(cannot_start(command, &error))
}

/// As [`run`]: this system cannot replace a process.
#[cfg(not(unix))]
pub(crate) fn replace(command: &mut Command) -> Result<()> {
    run(command)
}

/// Runs the command to its end, for at most `limit`; then kills it.
///
/// # Errors
///
/// As [`run`], and when the limit has passed.
pub(crate) fn run_within(command: &mut Command, limit: Duration) -> Result<()> {
    let mut child = command.spawn().map_err(|error| cannot_start(command, &error))?;
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

/// As [`run_within`], but records the output in a file and prints it at once at the end.
///
/// Several commands can run at a time; a spinner shows that each is running.
///
/// # Errors
///
/// As [`run_within`], and when the file cannot be written or read.
pub(crate) fn run_recorded(command: &mut Command, record: &Path, limit: Duration) -> Result<()> {
    let file = create(record).with_context(|| format!("cannot write {}", record.display()))?;
    command.stdout(file.try_clone()?).stderr(file);
    let what = record.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let outcome = progress::during(&what, || run_within(command, limit));
    let text = fs::read(record).with_context(|| format!("cannot read {}", record.display()))?;
    say(&format!("-- {}\n{}", line(command), String::from_utf8_lossy(&text).trim_end()));
    outcome
}

/// Runs a silent command with a spinner on a terminal, then prints its output.
///
/// # Errors
///
/// When it cannot be started, or its status is not 0.
pub(crate) fn run_with_spinner(what: &str, child: &mut Command) -> Result<()> {
    let output = progress::during(what, || child.stdin(Stdio::null()).output());
    let output = output.map_err(|error| cannot_start(child, &error))?;
    for text in [output.stdout, output.stderr] {
        let text = String::from_utf8_lossy(&text);
        if !text.is_empty() {
            say(text.trim_end());
        }
    }
    check(child, output.status)
}

/// Runs the command and returns its standard output, without the last newline.
///
/// # Errors
///
/// As [`run`]; the message contains standard error.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| cannot_start(command, &error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
        bail!("failed ({}): {}\n{said}\n  {CORRECT}", output.status, line(command));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// Returns whether the command can be started and its status is 0; drops its output.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Returns the command as typed in a shell.
pub(crate) fn line(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Creates an empty file to append to, and its folder.
fn create(path: &Path) -> Result<File> {
    fs::create_dir_all(path.parent().context("a file has a folder")?)?;
    let _ = File::create(path)?;
    Ok(File::options().append(true).open(path)?)
}

/// Checks that a status is 0.
///
/// # Errors
///
/// When it is not.
pub(crate) fn check(command: &Command, status: ExitStatus) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    bail!("failed ({status}): {}\n  {CORRECT}", line(command))
}

/// Returns the error of a command that cannot be started.
pub(crate) fn cannot_start(command: &Command, error: &std::io::Error) -> Error {
    let next = if error.kind() == ErrorKind::NotFound { MISSING } else { CORRECT };
    anyhow!("cannot start: {}: {error}\n  {next}", line(command))
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
    fn failing_command_with_spinner_names_itself() {
        let error = run_with_spinner("failing", command("sh").args(["-c", "exit 3"]));
        assert!(error.is_err_and(|error| error.to_string().contains("sh -c exit 3")));
        assert!(run_with_spinner("succeeding", &mut command("true")).is_ok());
    }

    #[test]
    fn whatever_a_command_fails_of_its_error_ends_with_the_next_step() {
        let failing = || {
            let mut failing = command("sh");
            failing.args(["-c", "echo wrong >&2; exit 3"]);
            failing
        };
        let record = std::env::temp_dir().join(format!("xtask-{}-next", std::process::id())).join("record.txt");
        let missing = || command("a-program-that-nobody-has");
        let limit = Duration::from_secs(60);
        for (next, mut child) in [(CORRECT, failing()), (MISSING, missing())] {
            let outcomes = [
                run(&mut child),
                run_within(&mut child, limit),
                run_recorded(&mut child, &record, limit),
                output(&mut child).map(drop),
                run_with_spinner("failing", &mut child),
            ];
            for outcome in outcomes {
                assert!(outcome.is_err_and(|error| format!("{error:#}").ends_with(next)));
            }
        }
    }

    #[test]
    fn a_command_that_outlives_its_limit_is_killed() {
        let error = run_within(command("sleep").arg("60"), Duration::from_millis(1));
        assert!(error.is_err_and(|error| error.to_string().contains("still running")));
    }

    #[test]
    fn what_a_recorded_command_writes_is_in_the_file() -> Result<()> {
        let record = std::env::temp_dir().join(format!("xtask-{}", std::process::id())).join("record.txt");
        run_recorded(command("sh").args(["-c", "echo one; echo two >&2"]), &record, Duration::from_secs(60))?;
        assert_eq!(fs::read_to_string(&record)?, "one\ntwo\n");
        fs::remove_dir_all(record.parent().context("a file has a folder")?)?;
        Ok(())
    }

    #[test]
    fn output_has_no_last_newline() {
        let text = output(command("echo").arg("one")).ok();
        assert_eq!(text.as_deref(), Some("one"));
    }
}
