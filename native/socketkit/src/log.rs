//! Output of the `log` macros: hilog on OpenHarmony, otherwise standard error.

#[cfg(not(target_env = "ohos"))]
use std::io::Write;

use log::{LevelFilter, Log, Metadata, Record};

struct Logger;

static LOGGER: Logger = Logger;

/// Installs the logger. May be called again: every Worker loads the module anew.
pub fn install() {
    if log::set_logger(&LOGGER).is_ok() {
        log::set_max_level(LevelFilter::Info);
    }
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            write(record);
        }
    }

    fn flush(&self) {}
}

#[cfg(target_env = "ohos")]
fn write(record: &Record<'_>) {
    crate::node_api::hilog(record.level(), &record.args().to_string());
}

#[cfg(not(target_env = "ohos"))]
fn write(record: &Record<'_>) {
    // Unlike `eprintln`, this does not panic if standard error is closed.
    let _ = writeln!(std::io::stderr(), "socketkit {}: {}", record.level(), record.args());
}
