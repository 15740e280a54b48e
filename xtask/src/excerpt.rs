//! Excerpt of a failed step's output, for the summary.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, PipeReader, PipeWriter};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::progress;

/// Maximum number of kept lines that report failures: the first ones.
const FAILURES_MAX: usize = 20;

/// Maximum number of other kept lines: the last ones.
const LAST_MAX: usize = 25;

/// Maximum length of a kept line.
const LINE_MAX_CHARS: usize = 300;

/// Prefixes of lines with failures: Node's two reporters, rustc and clippy, our own checks.
const FAILURES: [&str; 5] = ["not ok ", "✖ ", "error: ", "error[", "FAILED "];

/// Time limit for the end of a child's output after its exit.
/// A process that it left behind may keep the pipe open.
const END_LIMIT: Duration = Duration::from_secs(2);

thread_local! {
    /// Excerpt of the step that this thread runs.
    static CURRENT: RefCell<Option<Excerpt>> = const { RefCell::new(None) };
}

/// Lines of a step's output, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Excerpt(Arc<Mutex<Lines>>);

#[derive(Debug, Default)]
struct Lines {
    failures: Vec<String>,
    last: VecDeque<String>,
}

/// Copies a child's output to this task's output.
pub(crate) struct Copying {
    excerpt: Excerpt,
    reader: PipeReader,
}

/// Runs a step, and returns the lines of its output to repeat.
pub(crate) fn of<T>(work: impl FnOnce() -> T) -> (T, Vec<String>) {
    let excerpt = Excerpt::default();
    let before = CURRENT.replace(Some(excerpt.clone()));
    let outcome = work();
    CURRENT.set(before);
    (outcome, excerpt.lines())
}

/// Prints a text while there may be spinners; the summary may repeat it.
pub(crate) fn say(text: &str) {
    keep(text);
    progress::print(text);
}

/// Keeps the relevant lines of a text that this thread prints, if it runs a step.
fn keep(text: &str) {
    if let Some(excerpt) = CURRENT.with_borrow(Clone::clone) {
        text.lines().for_each(|line| excerpt.push(line));
    }
}

/// Redirects the output of a child to a pipe, if this thread runs a step.
///
/// # Errors
///
/// When the pipe cannot be created.
pub(crate) fn divert(command: &mut Command) -> io::Result<Option<Copying>> {
    let Some(excerpt) = CURRENT.with_borrow(Clone::clone) else {
        return Ok(None);
    };
    let (reader, writer): (PipeReader, PipeWriter) = io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
    Ok(Some(Copying { excerpt, reader }))
}

impl Copying {
    /// Prints each line until all writers have closed the pipe, then notifies the receiver.
    pub(crate) fn start(self) -> Receiver<()> {
        let (done, ended) = channel();
        thread::spawn(move || {
            for line in BufReader::new(self.reader).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line);
                progress::print(&line);
                self.excerpt.push(&line);
            }
            // The receiver may be gone.
            let _ = done.send(());
        });
        ended
    }
}

/// Waits for the end of the output, but not for processes that the child has left behind.
pub(crate) fn finish(ended: &Receiver<()>) {
    // Whether it has ended or the limit has passed, nothing is left to do.
    let _ = ended.recv_timeout(END_LIMIT);
}

impl Excerpt {
    fn push(&self, line: &str) {
        let line: String = line.trim_end().chars().take(LINE_MAX_CHARS).collect();
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names_failure(&line) && lines.failures.len() < FAILURES_MAX {
            lines.failures.push(line);
            return;
        }
        lines.last.push_back(line);
        if lines.last.len() > LAST_MAX {
            lines.last.pop_front();
        }
    }

    /// Returns the lines with failures, followed by the last ones.
    fn lines(&self) -> Vec<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.failures.iter().chain(&lines.last).cloned().collect()
    }
}

fn names_failure(line: &str) -> bool {
    let line = line.trim_start();
    let is_rust = line.starts_with("test ") && line.ends_with(" FAILED");
    let is_open_fault = line.starts_with("not ok ") && line.contains(" # TODO ");
    is_rust || (!is_open_fault && FAILURES.iter().any(|start| line.starts_with(start)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{command, run, run_recorded, run_with_spinner};

    #[test]
    fn the_failing_test_is_kept_and_so_are_the_last_lines() {
        let script = "echo 'test a::b ... FAILED'; for i in $(seq 500); do echo $i; done; echo 'not ok 2 - it closes' >&2; exit 1";
        let (outcome, lines) = of(|| run(command("sh").args(["-c", script])));
        assert!(outcome.is_err());
        let names = ["test a::b ... FAILED", "not ok 2 - it closes"];
        assert_eq!(lines.get(..2), Some(names.map(str::to_owned).as_slice()));
        assert_eq!((lines.len(), lines.last().map(String::as_str)), (2 + LAST_MAX, Some("500")));
    }

    #[test]
    fn whatever_a_step_prints_with_is_kept() {
        let record = std::env::temp_dir().join(format!("xtask-{}-excerpt", std::process::id())).join("record.txt");
        let limit = Duration::from_secs(60);
        let (_, lines) = of(|| {
            say("said");
            run_recorded(command("sh").args(["-c", "echo recorded"]), &record, limit)?;
            run_with_spinner("silent", command("sh").args(["-c", "echo silent; echo wrong >&2"]))?;
            run(command("echo").arg("run"))
        });
        for line in ["said", "recorded", "silent", "wrong", "run"] {
            assert!(lines.iter().any(|kept| kept == line), "{line}: {lines:?}");
        }
    }

    #[test]
    fn an_excerpt_is_bounded() {
        let (_, lines) = of(|| (0..1000).for_each(|_| keep(&format!("not ok {}", "x".repeat(5000)))));
        assert_eq!(lines.len(), FAILURES_MAX + LAST_MAX);
        assert!(lines.iter().all(|line| line.chars().count() <= LINE_MAX_CHARS));
    }

    #[test]
    fn a_process_that_a_child_leaves_behind_is_not_waited_for() {
        let start = std::time::Instant::now();
        let (outcome, lines) = of(|| run(command("sh").args(["-c", "sleep 60 & echo left"])));
        assert!(outcome.is_ok() && start.elapsed() < Duration::from_secs(40));
        assert_eq!(lines, ["left"]);
    }
}
