//! The one runtime of the process, made on first use and kept until the process ends.

use std::future::pending;
use std::io;
use std::thread;

use once_cell::sync::OnceCell;
use tokio::runtime::{Builder, Handle};

static RUNTIME: OnceCell<Handle> = OnceCell::new();

/// The runtime's handle; the first call starts its thread.
///
/// # Errors
/// What the kernel said when it refused a thread or a descriptor. A later call tries again.
pub(crate) fn handle() -> io::Result<&'static Handle> {
    RUNTIME.get_or_try_init(start)
}

/// A thread of our own, because tokio's pool of workers costs more for each wake-up, and there is one worker only.
fn start() -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new().name("socketkit".to_owned()).spawn(move || runtime.block_on(pending::<()>()))?;
    Ok(handle)
}
