//! `cargo xtask sanitize`: engine tests with AddressSanitizer, module tests with valgrind.
//! Both detect leaks.

use anyhow::Result;

use crate::command::{command, output, run};
use crate::valgrind;
use crate::workspace::Workspace;

/// Tests with real sockets and threads.
/// The others have no threads, or check the whole process, which differs under a sanitizer.
const TESTS: [&str; 6] = ["--test", "behaviour", "--test", "one_worker", "--test", "options"];

/// Runs the tests.
///
/// # Errors
///
/// When a test fails, or memory is misused or leaks.
pub(crate) fn perform(workspace: &Workspace) -> Result<()> {
    // Explicit target, so that the flag does not affect build scripts.
    let host = output(command("rustc").args(["--print", "host-tuple"]))?;
    let mut cargo = command("cargo");
    cargo.args(["test", "--locked", "--package", "socket_engine", "--target", &host]).args(TESTS);
    cargo.arg("--target-dir").arg(workspace.target().join("sanitize"));
    // A release of Rust has the sanitizer, and enables it with this variable only.
    cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Zsanitizer=address");
    run(cargo.current_dir(workspace.root()))?;
    valgrind::perform(workspace)
}
