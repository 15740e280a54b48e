//! hilog, the log of OpenHarmony.

use std::ffi::CString;

use hilog_sys::{LogLevel, LogType, OH_LOG_Print};
use log::Level;

/// Domain of module and pages: `hdc shell hilog -D 5353` shows both.
const DOMAIN: u32 = 0x5353;

/// Tag of the module in the log; at most 31 bytes.
const TAG: &std::ffi::CStr = c"socketkit";

/// hilog truncates lines at 4096 bytes, including its own prefix.
const LINE_BYTES: usize = 3500;

/// Writes one line. Omits everything after a NUL.
pub fn hilog(level: Level, text: &str) {
    let line: Vec<u8> = text.bytes().take(LINE_BYTES).take_while(|byte| *byte != 0).collect();
    let Ok(line) = CString::new(line) else { return };
    // SAFETY: tag, format and line are C strings that live during the call; the format takes one string.
    unsafe {
        OH_LOG_Print(LogType::LOG_APP, level_of(level), DOMAIN, TAG.as_ptr(), c"%{public}s".as_ptr(), line.as_ptr())
    };
}

fn level_of(level: Level) -> LogLevel {
    match level {
        Level::Error => LogLevel::LOG_ERROR,
        Level::Warn => LogLevel::LOG_WARN,
        Level::Info => LogLevel::LOG_INFO,
        Level::Debug | Level::Trace => LogLevel::LOG_DEBUG,
    }
}
