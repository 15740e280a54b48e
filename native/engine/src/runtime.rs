//! The one runtime of the process, made on first use and kept until the process ends.

use std::io;

use once_cell::sync::OnceCell;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::limits;

static RUNTIME: OnceCell<Runtime> = OnceCell::new();

/// The runtime's handle; the first call starts its threads.
///
/// # Errors
/// What the kernel said when it refused a thread or a descriptor. A later call tries again.
pub(crate) fn handle() -> io::Result<&'static Handle> {
    RUNTIME.get_or_try_init(build).map(Runtime::handle)
}

fn build() -> io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(limits::WORKER_THREADS)
        .max_blocking_threads(limits::LOOKUP_THREADS)
        .thread_keep_alive(limits::LOOKUP_THREAD_KEEP_ALIVE)
        .thread_name("socketkit")
        .enable_io()
        .enable_time()
        .build()
}
