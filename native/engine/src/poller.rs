//! Links that one thread reads itself: finds those that are readable.

use std::fmt;
use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};

use once_cell::sync::OnceCell;
use rustix::event::Timespec;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::io::Errno;

use crate::counts::count_system_call;
use crate::event::LinkId;
use crate::limits::POLLER_BATCH_LINKS;
use crate::poller_group::{EMPTY_EVENT, GroupedSet, Wake};
use crate::sync::lock;

/// The links of the connections that one thread reads, as an epoll set.
///
/// While the thread is awake, it polls the set, and arriving bytes cause no wake-up. Before it sleeps, it arms the set.
///
/// ```
/// use std::sync::mpsc::channel;
/// use socket_engine::Poller;
///
/// let (wake, woken) = channel();
/// let poller = Poller::new(move || drop(wake.send(())));
// For `Client::new` or `PendingConnection::start`, with the number of the connection.
/// let target = poller.target(1);
// In the thread that owns the connections; `try_read` reads each ready link, or `pause_reads` leaves it for later:
/// let mut ready = Vec::new();
/// while poller.poll(|id, link, readiness| ready.push((id, link, readiness))) {
///     ready.clear();
/// }
/// poller.arm();
// Then the thread waits for `woken`, calls `poll`, and so on.
/// # drop(target);
/// # drop(woken);
/// ```
pub struct Poller {
    wake: Arc<Wake>,
    owned: Mutex<Owned>,
    /// The set, cached for each message: reading it takes no lock.
    set: OnceCell<Weak<GroupedSet>>,
    last: AtomicU64,
    /// Number of links.
    links: AtomicUsize,
}

/// State of a poller until it is closed.
#[derive(Default)]
struct Owned {
    /// Created for the first link.
    set: Option<Arc<GroupedSet>>,
    is_closed: bool,
}

/// An object with links of a poller, by the id that its thread chose.
#[derive(Clone, Debug)]
pub struct PollTarget {
    poller: Arc<Poller>,
    id: u64,
}

/// Readiness of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// `Connection::try_read` returns bytes, EOF or an error.
    Readable,
    /// The peer has closed its side; reported only by links that are watched for this.
    ReadClosed,
}

impl Poller {
    /// Creates a poller for a thread that `wake` wakes.
    ///
    /// `wake` is called on another thread and must not block: at most once after the first link was added, and after each
    /// [`Poller::arm`]. It may also be called when the thread is awake again.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            wake: Arc::new(wake),
            owned: Mutex::default(),
            set: OnceCell::new(),
            last: AtomicU64::new(0),
            links: AtomicUsize::new(0),
        })
    }

    /// Returns the object with the id `id` of this thread, below 2^40.
    pub fn target(self: &Arc<Self>, id: u64) -> PollTarget {
        PollTarget { poller: Arc::clone(self), id }
    }

    /// Calls `each` for ready links, with the id of their object.
    ///
    /// Handles the links of one `epoll_wait`; returns false if none was ready. A readable link is reported by each call until
    /// [`Connection::try_read`](crate::Connection::try_read) has read everything, or
    /// [`Connection::pause_reads`](crate::Connection::pause_reads) was called.
    pub fn poll(&self, mut each: impl FnMut(u64, LinkId, Readiness)) -> bool {
        let Some(set) = self.set() else { return false };
        let mut events = [EMPTY_EVENT; POLLER_BATCH_LINKS];
        count_system_call();
        // An interrupted call is repeated in the next turn: the set is still ready then, and armed.
        let count = epoll::wait(&*set, &mut events, Some(&Timespec::default())).unwrap_or(0);
        for event in events.iter().take(count) {
            let (link, flags) = (LinkId(event.data.u64()), event.flags);
            // A connection that the system has aborted sets neither flag: reading it reports the reason.
            let is_end = flags.contains(EventFlags::RDHUP) && !flags.contains(EventFlags::IN);
            each(link.target(), link, if is_end { Readiness::ReadClosed } else { Readiness::Readable });
        }
        count > 0
    }

    /// Arms the wake-up before the thread sleeps.
    ///
    /// `wake` is called once, as soon as a link is ready; at once if one is ready already.
    pub fn arm(&self) {
        if let Some(Err(error)) = self.set().map(|set| set.arm()) {
            log::error!("epoll_ctl failed, the thread is not woken any more: {error}");
        }
    }

    /// Closes the descriptor; no link is watched from now on.
    pub fn close(&self) {
        *lock(&self.owned) = Owned { set: None, is_closed: true };
    }

    /// Adds a link, and watches its `socket` for data.
    ///
    /// # Errors
    /// The kernel's error: `EMFILE`, `ENOSPC`, …; `EBADF` when closed.
    pub(crate) fn add(&self, link: LinkId, socket: impl AsFd) -> io::Result<()> {
        self.links.fetch_add(1, Ordering::SeqCst);
        drop(self.make_set()?);
        self.watch(link, socket)
    }

    fn make_set(&self) -> io::Result<Arc<GroupedSet>> {
        let mut owned = lock(&self.owned);
        match &owned.set {
            Some(set) => Ok(Arc::clone(set)),
            None if owned.is_closed => Err(Errno::BADF.into()),
            None => {
                let set = Arc::clone(owned.set.insert(Arc::new(GroupedSet::new(&self.wake)?)));
                self.set.get_or_init(|| Arc::downgrade(&set));
                Ok(set)
            }
        }
    }

    /// Watches `socket`, which is not watched, for data. Reports [`Readiness::Readable`] as long as there is some.
    ///
    /// # Errors
    /// The kernel's error: `ENOSPC`, …; `EBADF` when closed.
    pub(crate) fn watch(&self, link: LinkId, socket: impl AsFd) -> io::Result<()> {
        self.watch_for(link, socket, EventFlags::IN)
    }

    /// Watches `socket`, which is not watched, for the end. Reports [`Readiness::ReadClosed`] once.
    ///
    /// # Errors
    /// Those of [`Poller::watch`].
    pub(crate) fn watch_end(&self, link: LinkId, socket: impl AsFd) -> io::Result<()> {
        self.watch_for(link, socket, EventFlags::RDHUP | EventFlags::ONESHOT)
    }

    fn watch_for(&self, link: LinkId, socket: impl AsFd, flags: EventFlags) -> io::Result<()> {
        let set = self.set().ok_or(Errno::BADF)?;
        count_system_call();
        Ok(epoll::add(&*set, socket, EventData::new_u64(link.0), flags)?)
    }

    /// Watches `socket` no more. Without flags it would: the kernel reports EPOLLHUP and EPOLLERR anyway.
    pub(crate) fn unwatch(&self, socket: impl AsFd) {
        if let Some(set) = self.set() {
            count_system_call();
            // Ignore the error: the descriptor may already be removed.
            let _ = epoll::delete(&*set, socket);
        }
    }

    /// Removes a link that is not watched.
    pub(crate) fn remove(&self) {
        self.links.fetch_sub(1, Ordering::SeqCst);
    }

    fn set(&self) -> Option<Arc<GroupedSet>> {
        self.set.get().and_then(Weak::upgrade)
    }
}

impl PollTarget {
    pub(crate) fn poller(&self) -> &Arc<Poller> {
        &self.poller
    }

    /// Returns an id for a new link of the object.
    pub(crate) fn new_link(&self) -> LinkId {
        LinkId::new(self.id, self.poller.last.fetch_add(1, Ordering::SeqCst))
    }
}

impl fmt::Debug for Poller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poller").field("links", &self.links.load(Ordering::SeqCst)).finish_non_exhaustive()
    }
}
