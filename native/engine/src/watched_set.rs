//! Epoll sets of threads that sleep, and the one thread that waits for all of them.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, Weak};
use std::thread;

use once_cell::sync::OnceCell;
use rustix::event::epoll::{self, CreateFlags, Event as Arrival, EventData, EventFlags};
use rustix::io::Errno;

use crate::limits::ARRIVALS_BATCH;
use crate::sync::lock;

static WATCH: OnceCell<Arc<Watch>> = OnceCell::new();

/// A set of sockets of which nobody has to be told, unless its thread sleeps and has armed it.
pub(crate) struct WatchedSet {
    set: OwnedFd,
    number: u64,
    watch: Arc<Watch>,
}

/// Waits for the sets of all threads. Made on first use and kept until the process ends.
struct Watch {
    sets: OwnedFd,
    sleepers: Mutex<Sleepers>,
}

/// Wakes a thread. Called from another one; must not block.
pub(crate) type Wake = dyn Fn() + Send + Sync;

#[derive(Default)]
struct Sleepers {
    last: u64,
    wakes: HashMap<u64, Weak<Wake>>,
}

impl WatchedSet {
    /// An empty set of the thread that `wake` wakes, armed.
    ///
    /// # Errors
    /// What the kernel said when it refused a thread or a descriptor.
    pub(crate) fn new(wake: &Arc<Wake>) -> io::Result<Self> {
        let watch = Arc::clone(WATCH.get_or_try_init(Watch::start)?);
        let set = epoll::create(CreateFlags::CLOEXEC)?;
        let number = lock(&watch.sleepers).add(wake);
        let new = Self { set, number, watch };
        epoll::add(&new.watch.sets, &new.set, EventData::new_u64(number), told_once())?;
        Ok(new)
    }

    /// Has the thread woken, once, as soon as there is something in the set; at once where there is already.
    pub(crate) fn arm(&self) -> io::Result<()> {
        Ok(epoll::modify(&self.watch.sets, &self.set, EventData::new_u64(self.number), told_once())?)
    }
}

impl AsFd for WatchedSet {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.set.as_fd()
    }
}

impl Drop for WatchedSet {
    fn drop(&mut self) {
        lock(&self.watch.sleepers).wakes.remove(&self.number);
    }
}

impl Watch {
    fn start() -> io::Result<Arc<Self>> {
        let watch = Arc::new(Self { sets: epoll::create(CreateFlags::CLOEXEC)?, sleepers: Mutex::default() });
        let waiting = Arc::clone(&watch);
        thread::Builder::new().name("socketkit-watch".to_owned()).spawn(move || waiting.wait())?;
        Ok(watch)
    }

    fn wait(&self) {
        let mut sets = [no_arrival(); ARRIVALS_BATCH];
        loop {
            match epoll::wait(&self.sets, &mut sets, None) {
                Ok(count) => sets.iter().take(count).for_each(|set| self.wake(set.data.u64())),
                Err(Errno::INTR) => {}
                Err(error) => return log::error!("nobody is told of arrivals any more: {error}"),
            }
        }
    }

    fn wake(&self, number: u64) {
        let wake = lock(&self.sleepers).wakes.get(&number).and_then(Weak::upgrade);
        if let Some(wake) = wake {
            wake();
        }
    }
}

impl Sleepers {
    fn add(&mut self, wake: &Arc<Wake>) -> u64 {
        self.last += 1;
        self.wakes.insert(self.last, Arc::downgrade(wake));
        self.last
    }
}

/// Told once for each time that it is asked for; asking for what is there already counts.
pub(crate) fn told_once() -> EventFlags {
    EventFlags::IN | EventFlags::ONESHOT
}

pub(crate) fn no_arrival() -> Arrival {
    Arrival { flags: EventFlags::empty(), data: EventData::new_u64(0) }
}
