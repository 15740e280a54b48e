//! Links that one thread reads itself, and how it learns that something has come.

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
use crate::poller_group::{EMPTY_EVENT, GroupedSet, Wake, oneshot};
use crate::sync::lock;

/// The links of the connections that one thread reads. While it is awake it asks for what has come, and nobody is woken by
/// that; when it goes to sleep it has them watched.
///
/// ```
/// use std::sync::mpsc::channel;
/// use socket_engine::Poller;
///
/// let (wake, woken) = channel();
/// let poller = Poller::new(move || drop(wake.send(())));
/// // It is given to `Client::new` or `PendingConnection::start`, with the number of the connection.
/// let target = poller.target(1);
/// // In the thread that owns the connections, whose `try_read` finds something on a link that is readable:
/// let mut ready = Vec::new();
/// while poller.poll(|id, link, readiness| ready.push((id, link, readiness))) {}
/// poller.arm();
/// // Then the thread waits for `woken`, calls `poll` and so on.
/// # drop(target);
/// # drop(woken);
/// ```
pub struct Poller {
    wake: Arc<Wake>,
    owned: Mutex<Owned>,
    /// The set, for each message: nothing locks it.
    set: OnceCell<Weak<GroupedSet>>,
    last: AtomicU64,
    /// How many links it has.
    links: AtomicUsize,
}

/// What a poller has until it is closed.
#[derive(Default)]
struct Owned {
    /// Made for the first link.
    set: Option<Arc<GroupedSet>>,
    is_closed: bool,
}

/// An object whose links a poller has, by the name that its thread gave it.
#[derive(Clone, Debug)]
pub struct PollTarget {
    poller: Arc<Poller>,
    id: u64,
}

/// What a link is ready for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// `Connection::try_read` finds bytes, the end or an error.
    Readable,
    /// The peer sends no more, and the link was watched for that.
    ReadClosed,
}

impl Poller {
    /// A poller for a thread that `wake` wakes. It is called from another thread and must not block: once at most after the
    /// first link was added, and after each [`Poller::arm`]; it may also be called when the thread is awake again.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            wake: Arc::new(wake),
            owned: Mutex::default(),
            set: OnceCell::new(),
            last: AtomicU64::new(0),
            links: AtomicUsize::new(0),
        })
    }

    /// The object that this thread calls `id`, below 2^40.
    pub fn target(self: &Arc<Self>, id: u64) -> PollTarget {
        PollTarget { poller: Arc::clone(self), id }
    }

    /// Calls `each` for links that are ready, with the id of their object: as many as one question to the kernel names. False when
    /// there is none. A link is ready once; [`Connection::try_read`](crate::Connection::try_read) has it watched again.
    pub fn poll(&self, mut each: impl FnMut(u64, LinkId, Readiness)) -> bool {
        let Some(set) = self.set() else { return false };
        let mut events = [EMPTY_EVENT; POLLER_BATCH_LINKS];
        count_system_call();
        // A question that is interrupted is asked again at the next turn: the set is still full then, and armed.
        let count = epoll::wait(&*set, &mut events, Some(&Timespec::default())).unwrap_or(0);
        for event in events.iter().take(count) {
            let (link, flags) = (LinkId(event.data.u64()), event.flags);
            // A connection that the system has cut says neither: reading it tells why.
            let is_end = flags.contains(EventFlags::RDHUP) && !flags.contains(EventFlags::IN);
            each(link.target(), link, if is_end { Readiness::ReadClosed } else { Readiness::Readable });
        }
        count > 0
    }

    /// Goes to sleep: has the thread woken, once, when a link has something, and at once where one has already.
    pub fn arm(&self) {
        if let Some(Err(error)) = self.set().map(|set| set.arm()) {
            log::error!("epoll_ctl failed, the thread is not woken any more: {error}");
        }
    }

    /// Watches no link any more, now and later, and gives the descriptor back.
    pub fn close(&self) {
        *lock(&self.owned) = Owned { set: None, is_closed: true };
    }

    /// Has it be ready, once, when `socket` has something.
    ///
    /// # Errors
    /// What the kernel said: `EMFILE`, `ENOSPC`, …; `EBADF` when closed.
    pub(crate) fn add(&self, link: LinkId, socket: impl AsFd) -> io::Result<()> {
        let set = self.make_set()?;
        self.links.fetch_add(1, Ordering::SeqCst);
        count_system_call();
        Ok(epoll::add(&*set, socket, EventData::new_u64(link.0), oneshot())?)
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

    /// Has it be ready once more.
    ///
    /// # Errors
    /// When the socket is not there.
    pub(crate) fn watch(&self, link: LinkId, socket: impl AsFd) -> io::Result<()> {
        self.modify(link, socket, oneshot())
    }

    /// Has [`Readiness::ReadClosed`], once, when the peer sends no more, and not `Readable`, until [`Poller::watch`].
    ///
    /// # Errors
    /// When the socket is not there.
    pub(crate) fn watch_end(&self, link: LinkId, socket: impl AsFd) -> io::Result<()> {
        self.modify(link, socket, EventFlags::RDHUP | EventFlags::ONESHOT)
    }

    fn modify(&self, link: LinkId, socket: impl AsFd, flags: EventFlags) -> io::Result<()> {
        let set = self.set().ok_or(Errno::BADF)?;
        count_system_call();
        Ok(epoll::modify(&*set, socket, EventData::new_u64(link.0), flags)?)
    }

    /// Lets a link go.
    pub(crate) fn remove(&self, socket: impl AsFd) {
        self.links.fetch_sub(1, Ordering::SeqCst);
        if let Some(set) = self.set() {
            count_system_call();
            // It is there; if it were not, so much the better.
            let _ = epoll::delete(&*set, socket);
        }
    }

    fn set(&self) -> Option<Arc<GroupedSet>> {
        self.set.get().and_then(Weak::upgrade)
    }
}

impl PollTarget {
    pub(crate) fn poller(&self) -> &Arc<Poller> {
        &self.poller
    }

    /// A name for a new link of the object.
    pub(crate) fn new_link(&self) -> LinkId {
        LinkId::new(self.id, self.poller.last.fetch_add(1, Ordering::SeqCst))
    }
}

impl fmt::Debug for Poller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poller").field("links", &self.links.load(Ordering::SeqCst)).finish_non_exhaustive()
    }
}
