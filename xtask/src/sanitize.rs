//! `cargo xtask sanitize`: the engine's tests under AddressSanitizer, and the module's under valgrind. Both look for leaks
//! as well.

use anyhow::Result;

use crate::command::{command, output, run};
use crate::valgrind;
use crate::workspace::Workspace;

/// Tests that use real sockets and threads. The others have either no threads or look at the process as a whole, which
/// is not the same under a sanitizer.
const TESTS: [&str; 6] = ["--test", "behaviour", "--test", "one_worker", "--test", "options"];

/// Runs them.
///
/// # Errors
///
/// When a test fails, or memory is misused or leaks.
pub(crate) fn perform(workspace: &Workspace) -> Result<()> {
    // Named, so that the flag does not reach build scripts.
    let host = output(command("rustc").args(["--print", "host-tuple"]))?;
    let mut cargo = command("cargo");
    cargo.args(["test", "--locked", "--package", "socket_engine", "--target", &host]).args(TESTS);
    cargo.arg("--target-dir").arg(workspace.target().join("sanitize"));
    // A release of Rust has the sanitizer, and lets only this variable use it.
    cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Zsanitizer=address");
    run(cargo.current_dir(workspace.root()))?;
    valgrind::perform(workspace)
}
