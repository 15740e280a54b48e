//! How a driver learns that it has to look at what it shares with others.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::driver::Driver;
use super::transport::Transport;
use crate::sync::lock;

/// One driver waits, anybody calls. What was called for while the driver did not wait is not lost.
#[derive(Default)]
pub(super) struct Attention {
    wanted: AtomicBool,
    notify: Notify,
    sleeper: Mutex<Option<Sleeper>>,
}

/// A driver that has nothing to do yet, and so no task: its owner reads, what it sends the kernel takes, and no time matters.
pub(super) struct Sleeper {
    pub(super) driver: Box<Driver>,
    pub(super) transport: Box<Transport>,
    pub(super) runtime: Handle,
}

impl Attention {
    /// Lets the first call start `sleeper`; at once where there was one already.
    pub(super) fn let_sleep(&self, sleeper: Sleeper) {
        *lock(&self.sleeper) = Some(sleeper);
        if self.wanted.load(Ordering::SeqCst) {
            self.call();
        }
    }

    /// Wants the driver to look, after what it is to see was written.
    pub(super) fn call(&self) {
        self.wanted.store(true, Ordering::SeqCst);
        self.notify.notify_one();
        let sleeper = lock(&self.sleeper).take();
        if let Some(Sleeper { driver, transport, runtime }) = sleeper {
            runtime.spawn(driver.run(Some(transport)));
        }
    }

    /// Whether it was called since this was asked last. Takes no lock, so that a driver with much to read can ask often.
    pub(super) fn take(&self) -> bool {
        self.wanted.swap(false, Ordering::SeqCst)
    }

    /// Waits until it is called, or returns at once when it was since this returned last.
    pub(super) async fn called(&self) {
        self.notify.notified().await;
    }
}
