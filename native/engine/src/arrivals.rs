//! Links that one thread reads itself, and how it learns that something has come.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, Weak};

use once_cell::sync::OnceCell;
use rustix::event::Timespec;
use rustix::event::epoll::{self, EventData};

use crate::connection::Reader;
use crate::limits::ARRIVALS_BATCH;
use crate::sync::lock;
use crate::watched_set::{WatchedSet, no_arrival, told_once};

/// The links of the connections that one thread reads. While it is awake it asks for what has come, and nobody is woken by
/// that; when it goes to sleep it has them watched.
pub struct Arrivals {
    wake: Box<dyn Fn() + Send + Sync>,
    /// Made for the first link.
    set: OnceCell<WatchedSet>,
    readers: Mutex<Readers>,
}

#[derive(Default)]
struct Readers {
    last: u64,
    readers: HashMap<u64, Weak<Reader>>,
}

impl Arrivals {
    /// Arrivals for a thread that `wake` wakes. It is called from another thread and must not block: once after the first link
    /// was added, and once after each [`Arrivals::arm`].
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { wake: Box::new(wake), set: OnceCell::new(), readers: Mutex::default() })
    }

    /// Posts `Readable` for links that have something: as many as one question to the kernel names. False when there is none.
    pub fn post(&self) -> bool {
        let Some(set) = self.set.get() else { return false };
        let mut arrivals = [no_arrival(); ARRIVALS_BATCH];
        // A question that is interrupted is asked again at the next turn: the set is still full then, and armed.
        let count = epoll::wait(set, &mut arrivals, Some(&Timespec::default())).unwrap_or(0);
        for arrival in arrivals.iter().take(count) {
            if let Some(reader) = self.reader(arrival.data.u64()) {
                reader.post();
            }
        }
        count > 0
    }

    /// Goes to sleep: has the thread woken, once, when a link has something, and at once where one has already.
    pub fn arm(&self) {
        if let Some(Err(error)) = self.set.get().map(WatchedSet::arm) {
            log::error!("arrivals are not watched any more: {error}");
        }
    }

    pub(crate) fn wake(&self) {
        (self.wake)();
    }

    /// A number for a new link.
    pub(crate) fn new_number(&self) -> u64 {
        let mut readers = lock(&self.readers);
        readers.last += 1;
        readers.last
    }

    /// Has `Readable` posted for `reader`, once, when `socket` has something.
    ///
    /// # Errors
    /// What the kernel said: `EMFILE`, `ENOSPC`, …
    pub(crate) fn add(self: &Arc<Self>, reader: &Arc<Reader>, socket: impl AsFd) -> io::Result<()> {
        let set = self.set.get_or_try_init(|| WatchedSet::new(self))?;
        lock(&self.readers).readers.insert(reader.number(), Arc::downgrade(reader));
        Ok(epoll::add(set, socket, EventData::new_u64(reader.number()), told_once())?)
    }

    /// Has it posted once more.
    ///
    /// # Errors
    /// When the socket is not there.
    pub(crate) fn watch(&self, number: u64, socket: impl AsFd) -> io::Result<()> {
        let set = self.set.get().ok_or(io::ErrorKind::NotFound)?;
        Ok(epoll::modify(set, socket, EventData::new_u64(number), told_once())?)
    }

    /// Lets a link go that is not watched any more.
    pub(crate) fn forget(&self, number: u64) {
        lock(&self.readers).readers.remove(&number);
    }

    /// Lets a link go.
    pub(crate) fn remove(&self, number: u64, socket: impl AsFd) {
        self.forget(number);
        if let Some(set) = self.set.get() {
            // One that could not be added is not there.
            let _ = epoll::delete(set, socket);
        }
    }

    fn reader(&self, number: u64) -> Option<Arc<Reader>> {
        lock(&self.readers).readers.get(&number).and_then(Weak::upgrade)
    }
}

impl fmt::Debug for Arrivals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrivals").field("links", &lock(&self.readers).readers.len()).finish_non_exhaustive()
    }
}
