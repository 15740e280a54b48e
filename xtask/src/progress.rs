//! Spinners for long-running silent commands.

use std::sync::LazyLock;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// Interval of the animation.
const TICK: Duration = Duration::from_millis(100);

/// All spinners; there may be several, one below the other.
static SIGNS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Does silent work with a spinner; without a terminal, as in CI, nothing is shown.
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

/// Prints a text while there may be spinners.
pub(crate) fn print(text: &str) {
    SIGNS.suspend(|| println!("{text}"));
}
