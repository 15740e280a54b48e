//! Looks host names up.

use std::collections::HashMap;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::error::errno_of;
use crate::limits;
use crate::sync::lock;

/// The addresses of a name, as soon as they are known.
type Answer = watch::Receiver<Option<Arc<[SocketAddr]>>>;

/// Asks the system, and blocks until it answers.
type Ask = Box<dyn Fn(&str) -> Vec<SocketAddr> + Send + Sync>;

static SYSTEM: LazyLock<Arc<Resolver>> = LazyLock::new(|| Resolver::new(limits::LOOKUP_THREADS, Box::new(ask_system)));

/// Asks for the addresses of names.
///
/// Nobody can interrupt the system while it waits for a name server that is silent, so a look-up keeps its thread when its
/// caller has given up. Two rules bound what that costs: a name is asked for once at a time, whoever wants it, and who
/// waits for a thread leaves with their call.
pub(super) struct Resolver {
    threads: Arc<Semaphore>,
    under_way: Mutex<HashMap<String, Answer>>,
    ask: Ask,
}

impl Resolver {
    /// The one of this process.
    pub(super) fn system() -> &'static Arc<Self> {
        &SYSTEM
    }

    fn new(threads: usize, ask: Ask) -> Arc<Self> {
        Arc::new(Self { threads: Arc::new(Semaphore::new(threads)), under_way: Mutex::default(), ask })
    }

    /// The addresses of `name`, with port 0, in the system's order; none where it has none.
    ///
    /// # Errors
    /// The errno of a thread that the kernel refused.
    ///
    /// # Cancel safety
    /// A look-up that was begun goes on, and answers whoever asks for its name meanwhile.
    pub(super) async fn look_up(self: &Arc<Self>, name: &str) -> Result<Arc<[SocketAddr]>, i32> {
        let under_way = lock(&self.under_way).get(name).cloned();
        let mut answer = match under_way {
            Some(answer) => answer,
            None => self.begin(name, self.take_thread().await?)?,
        };
        // One that ended without an answer has panicked.
        let answer = answer.wait_for(Option::is_some).await.map_err(|_| libc::EIO)?;
        answer.clone().ok_or(libc::EIO)
    }

    async fn take_thread(&self) -> Result<OwnedSemaphorePermit, i32> {
        // It is never closed.
        Arc::clone(&self.threads).acquire_owned().await.map_err(|_| libc::EIO)
    }

    /// Starts to look `name` up, unless somebody did while this caller waited for a thread.
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

/// A look-up on its thread.
struct Lookup {
    resolver: Arc<Resolver>,
    name: String,
    sender: watch::Sender<Option<Arc<[SocketAddr]>>>,
    _permit: OwnedSemaphorePermit,
}

impl Lookup {
    fn run(self) {
        let addresses = (self.resolver.ask)(&self.name);
        // Forgotten first: who asks from now on wants a newer answer.
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
