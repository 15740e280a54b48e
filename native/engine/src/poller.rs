//! Links that one thread reads itself, and how it learns that something has come.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, Weak};

use rustix::event::Timespec;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::io::Errno;

use crate::counts::count_system_call;
use crate::event::{ConnectionEvent, EventSink, LinkId};
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
/// // It is given to `Client::new` or `PendingConnection::start`. In the thread that owns the connections:
/// while poller.post() {}
/// poller.arm();
/// // Then the thread waits for `woken`, calls `post` and so on.
/// # drop(woken);
/// ```
pub struct Poller {
    wake: Arc<Wake>,
    links: Mutex<Links>,
}

#[derive(Default)]
struct Links {
    /// Made for the first link.
    set: Option<Arc<GroupedSet>>,
    /// The thread asks no more.
    closed: bool,
    last: u64,
    owners: HashMap<LinkId, Weak<dyn EventSink<ConnectionEvent>>>,
}

impl Poller {
    /// A poller for a thread that `wake` wakes. It is called from another thread and must not block: once at most after the
    /// first link was added, and after each [`Poller::arm`]; it may also be called when the thread is awake again.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { wake: Arc::new(wake), links: Mutex::default() })
    }

    /// Posts `Readable` for links that have something, and `ReadClosed` for those that were watched for that: as many as one question to
    /// the kernel names. False when there is none.
    pub fn post(&self) -> bool {
        let Some(set) = self.set() else { return false };
        let mut events = [EMPTY_EVENT; POLLER_BATCH_LINKS];
        // A question that is interrupted is asked again at the next turn: the set is still full then, and armed.
        count_system_call();
        let count = epoll::wait(&*set, &mut events, Some(&Timespec::default())).unwrap_or(0);
        for event in events.iter().take(count) {
            let link = LinkId(event.data.u64());
            let owner = lock(&self.links).owners.get(&link).and_then(Weak::upgrade);
            if let Some(owner) = owner {
                let flags = event.flags;
                // A connection that the system has cut says neither: reading it tells why.
                let is_end = flags.contains(EventFlags::RDHUP) && !flags.contains(EventFlags::IN);
                owner.post(if is_end { ConnectionEvent::ReadClosed } else { ConnectionEvent::Readable(link) });
            }
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
        let mut links = lock(&self.links);
        links.closed = true;
        links.set = None;
    }

    /// A name for a new link.
    pub(crate) fn new_link(&self) -> LinkId {
        let mut links = lock(&self.links);
        links.last += 1;
        LinkId(links.last)
    }

    /// Has `Readable` posted to `owner`, once, when `socket` has something.
    ///
    /// # Errors
    /// What the kernel said: `EMFILE`, `ENOSPC`, …; `EBADF` when closed.
    pub(crate) fn add(
        &self,
        link: LinkId,
        owner: &Arc<dyn EventSink<ConnectionEvent>>,
        socket: impl AsFd,
    ) -> io::Result<()> {
        let mut links = lock(&self.links);
        let set = match &links.set {
            Some(set) => Arc::clone(set),
            None if links.closed => return Err(Errno::BADF.into()),
            None => Arc::clone(links.set.insert(Arc::new(GroupedSet::new(&self.wake)?))),
        };
        links.owners.insert(link, Arc::downgrade(owner));
        drop(links);
        count_system_call();
        Ok(epoll::add(&*set, socket, EventData::new_u64(link.0), oneshot())?)
    }

    /// Has it posted once more.
    ///
    /// # Errors
    /// When the socket is not there.
    pub(crate) fn watch(&self, link: LinkId, socket: impl AsFd) -> io::Result<()> {
        let set = self.set().ok_or(Errno::BADF)?;
        count_system_call();
        Ok(epoll::modify(&*set, socket, EventData::new_u64(link.0), oneshot())?)
    }

    /// Has `ReadClosed` posted, once, when the peer sends no more, and not `Readable`, until [`Poller::watch`].
    ///
    /// # Errors
    /// When the socket is not there.
    pub(crate) fn watch_end(&self, link: LinkId, socket: impl AsFd) -> io::Result<()> {
        let set = self.set().ok_or(Errno::BADF)?;
        let flags = EventFlags::RDHUP | EventFlags::ONESHOT;
        count_system_call();
        Ok(epoll::modify(&*set, socket, EventData::new_u64(link.0), flags)?)
    }

    /// Lets a link go that was told of, and not watched again.
    pub(crate) fn forget(&self, link: LinkId) {
        lock(&self.links).owners.remove(&link);
    }

    /// Lets a link go.
    pub(crate) fn remove(&self, link: LinkId, socket: impl AsFd) {
        self.forget(link);
        if let Some(set) = self.set() {
            count_system_call();
            // It is there; if it were not, so much the better.
            let _ = epoll::delete(&*set, socket);
        }
    }

    fn set(&self) -> Option<Arc<GroupedSet>> {
        lock(&self.links).set.clone()
    }
}

impl fmt::Debug for Poller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poller").field("links", &lock(&self.links).owners.len()).finish_non_exhaustive()
    }
}
