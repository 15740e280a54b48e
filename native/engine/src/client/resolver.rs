//! DNS lookups of host names.

use std::collections::HashMap;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::error::errno_of;
use crate::limits;
use crate::sync::lock;

/// Receives the addresses of a name when they are known.
type Answer = watch::Receiver<Option<Arc<[SocketAddr]>>>;

/// Resolves a name with the system's resolver; blocks.
type Ask = Box<dyn Fn(&str) -> Vec<SocketAddr> + Send + Sync>;

static SYSTEM: LazyLock<Arc<Resolver>> = LazyLock::new(|| Resolver::new(limits::LOOKUP_THREADS, Box::new(ask_system)));

/// Resolves host names on threads of its own.
///
/// A lookup cannot be interrupted while the system waits for a silent name server: it keeps its thread after its caller was
/// cancelled. Two rules limit the number of threads: concurrent calls for one name share a lookup, and a cancelled call that
/// waits for a thread starts no lookup.
pub(super) struct Resolver {
    threads: Arc<Semaphore>,
    under_way: Mutex<HashMap<String, Answer>>,
    ask: Ask,
}

impl Resolver {
    /// Returns the resolver of this process.
    pub(super) fn system() -> &'static Arc<Self> {
        &SYSTEM
    }

    fn new(threads: usize, ask: Ask) -> Arc<Self> {
        Arc::new(Self { threads: Arc::new(Semaphore::new(threads)), under_way: Mutex::default(), ask })
    }

    /// Returns the addresses of `name`, with port 0, in the system's order.
    ///
    /// Empty if the name has none, or was not found.
    ///
    /// # Errors
    /// The errno of a failure to start a thread; `EIO` if the lookup panicked.
    ///
    /// # Cancel safety
    /// A started lookup continues, and answers later calls for the same name.
    pub(super) async fn look_up(self: &Arc<Self>, name: &str) -> Result<Arc<[SocketAddr]>, i32> {
        let under_way = lock(&self.under_way).get(name).cloned();
        let mut answer = match under_way {
            Some(answer) => answer,
            None => self.begin(name, self.take_thread().await?)?,
        };
        // A lookup that ended without an answer has panicked.
        let answer = answer.wait_for(Option::is_some).await.map_err(|_| libc::EIO)?;
        answer.clone().ok_or(libc::EIO)
    }

    async fn take_thread(&self) -> Result<OwnedSemaphorePermit, i32> {
        // The semaphore is never closed.
        Arc::clone(&self.threads).acquire_owned().await.map_err(|_| libc::EIO)
    }

    /// Starts a lookup of `name`, unless another call has started one meanwhile.
    fn begin(self: &Arc<Self>, name: &str, permit: OwnedSemaphorePermit) -> Result<Answer, i32> {
        let mut under_way = lock(&self.under_way);
        if let Some(answer) = under_way.get(name) {
            return Ok(answer.clone());
        }
        let (sender, answer) = watch::channel(None);
        let lookup = Lookup { resolver: Arc::clone(self), name: name.to_owned(), sender, _permit: permit };
        let builder = thread::Builder::new().name("socketkit-names".to_owned());
        builder.spawn(move || lookup.run()).map_err(|error| errno_of(&error))?;
        under_way.insert(name.to_owned(), answer.clone());
        Ok(answer)
    }
}

/// A lookup on its thread.
struct Lookup {
    resolver: Arc<Resolver>,
    name: String,
    sender: watch::Sender<Option<Arc<[SocketAddr]>>>,
    _permit: OwnedSemaphorePermit,
}

impl Lookup {
    fn run(self) {
        let addresses = (self.resolver.ask)(&self.name);
        // Removed before the answer: later calls start a new lookup.
        lock(&self.resolver.under_way).remove(&self.name);
        self.sender.send_replace(Some(addresses.into()));
    }
}

fn ask_system(name: &str) -> Vec<SocketAddr> {
    (name, 0).to_socket_addrs().map(Iterator::collect).unwrap_or_else(|error| {
        log::info!("\"{name}\" was not found: {error}, errno {}", errno_of(&error));
        Vec::new()
    })
}

#[cfg(test)]
mod tests;
