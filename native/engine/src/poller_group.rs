//! Epoll sets of sleeping threads, and the thread that waits for all of them.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, Weak};
use std::thread;

use once_cell::sync::OnceCell;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;

use crate::counts::count_system_call;
use crate::limits::POLLER_BATCH_LINKS;
use crate::sync::lock;

static GROUP: OnceCell<Arc<PollerGroup>> = OnceCell::new();

/// Epoll set of one thread. It causes a wake-up only when it is armed.
pub(crate) struct GroupedSet {
    set: OwnedFd,
    number: u64,
    group: Arc<PollerGroup>,
}

/// Waits for the sets of all threads. Created on first use, and kept until the process ends.
struct PollerGroup {
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

impl GroupedSet {
    /// Creates an empty, armed set for the thread that `wake` wakes.
    ///
    /// # Errors
    /// The kernel's error when it refuses a thread or a descriptor.
    pub(crate) fn new(wake: &Arc<Wake>) -> io::Result<Self> {
        let group = Arc::clone(GROUP.get_or_try_init(PollerGroup::start)?);
        let set = epoll::create(CreateFlags::CLOEXEC)?;
        let number = lock(&group.sleepers).add(wake);
        let new = Self { set, number, group };
        epoll::add(&new.group.sets, &new.set, EventData::new_u64(number), oneshot())?;
        Ok(new)
    }

    /// Arms the set: its thread is woken once, as soon as the set is ready.
    /// At once if it is ready already.
    pub(crate) fn arm(&self) -> io::Result<()> {
        count_system_call();
        Ok(epoll::modify(&self.group.sets, &self.set, EventData::new_u64(self.number), oneshot())?)
    }
}

impl AsFd for GroupedSet {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.set.as_fd()
    }
}

impl Drop for GroupedSet {
    fn drop(&mut self) {
        lock(&self.group.sleepers).wakes.remove(&self.number);
    }
}

impl PollerGroup {
    fn start() -> io::Result<Arc<Self>> {
        let group = Arc::new(Self { sets: epoll::create(CreateFlags::CLOEXEC)?, sleepers: Mutex::default() });
        let waiting = Arc::clone(&group);
        thread::Builder::new().name("socketkit-watch".to_owned()).spawn(move || waiting.wait())?;
        Ok(group)
    }

    fn wait(&self) {
        let mut sets = [EMPTY_EVENT; POLLER_BATCH_LINKS];
        loop {
            match epoll::wait(&self.sets, &mut sets, None) {
                Ok(count) => sets.iter().take(count).for_each(|set| self.wake(set.data.u64())),
                Err(Errno::INTR) => {}
                Err(error) => return log::error!("epoll_wait failed, no more data will be received: {error}"),
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

/// Buffer element for an event.
pub(crate) const EMPTY_EVENT: Event = Event { flags: EventFlags::empty(), data: EventData::new_u64(0) };

/// Flags for one event per call; data that is already there counts.
fn oneshot() -> EventFlags {
    EventFlags::IN | EventFlags::ONESHOT
}
