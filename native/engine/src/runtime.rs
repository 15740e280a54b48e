//! The one runtime of the process, made on first use and kept until the process ends.

use std::future::pending;
use std::io;
use std::os::fd::AsRawFd;
use std::thread;

use once_cell::sync::OnceCell;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::runtime::{Builder, Handle};

static RUNTIME: OnceCell<Handle> = OnceCell::new();

/// The runtime's handle; the first call starts its thread.
///
/// # Errors
/// What the kernel said when it refused a thread or a descriptor. A later call tries again.
pub(crate) fn handle() -> io::Result<&'static Handle> {
    RUNTIME.get_or_try_init(start)
}

/// Has the runtime, which is to be there, tell of what `interest` says of `socket`, which owns its descriptor.
///
/// # Errors
/// What the kernel said: `ENOSPC`, …
pub(crate) fn register<T: AsRawFd>(socket: T, interest: Interest) -> io::Result<AsyncFd<T>> {
    #[expect(deprecated, reason = "what replaces it asks its caller to vouch for the descriptor, which `socket` owns")]
    AsyncFd::with_interest(socket, interest)
}

/// A thread of our own, because tokio's pool of workers costs more for each wake-up, and there is one worker only.
fn start() -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new().name("socketkit".to_owned()).spawn(move || runtime.block_on(pending::<()>()))?;
    Ok(handle)
}
