//! Spinners for long-running silent commands.

use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use anyhow::Result;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::{command, excerpt};

/// Interval of the animation.
const TICK: Duration = Duration::from_millis(100);

/// All spinners; there may be several, one below the other.
static SIGNS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Runs a silent command with a spinner on a terminal, then prints its output.
///
/// # Errors
///
/// When it cannot be started, or its status is not 0.
pub(crate) fn run(what: &str, child: &mut Command) -> Result<()> {
    let output = during(what, || child.stdin(Stdio::null()).output());
    let output = output.map_err(|error| command::cannot_start(child, &error))?;
    for text in [output.stdout, output.stderr] {
        let text = String::from_utf8_lossy(&text);
        if !text.is_empty() {
            say(text.trim_end());
        }
    }
    command::check(child, output.status)
}

/// Runs a silent command with a spinner; without a terminal, as in CI, nothing is shown.
pub(crate) fn during<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let sign = SIGNS.add(ProgressBar::new_spinner().with_message(what.to_owned()));
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        sign.set_style(style);
    }
    sign.enable_steady_tick(TICK);
    let outcome = work();
    sign.finish_and_clear();
    outcome
}

/// Prints a text while there may be spinners; the summary may repeat it.
pub(crate) fn say(text: &str) {
    excerpt::keep(text);
    print(text);
}

/// Prints a text while there may be spinners.
pub(crate) fn print(text: &str) {
    SIGNS.suspend(|| println!("{text}"));
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
