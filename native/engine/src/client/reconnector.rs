//! Link source of a client that reconnects.

use std::sync::{Arc, Weak};

use tokio::time::{Instant, sleep};

use super::bound::Bound;
use super::connector::Connector;
use super::local_endpoint::LocalEndpoint;
use crate::backoff::Backoff;
use crate::connection::{BoxFuture, LinkLost, LinkSource, NewLink};
use crate::error::{PeerFault, SocketError};
use crate::event::{CloseReason, ConnectionEvent, EventSink, Reconnecting};
use crate::handshake::SessionId;
use crate::options::SocketOptions;
use crate::proxy::ProxyFault;

pub(super) struct Reconnector {
    pub(super) sink: Arc<dyn EventSink<ConnectionEvent>>,
    pub(super) connector: Connector,
    /// The bound socket; the connection owns it.
    pub(super) bound: Option<Weak<Bound>>,
    /// Returns the options of each attempt.
    pub(super) options: Box<dyn Fn() -> SocketOptions + Send + Sync>,
    pub(super) backoff: Backoff,
    /// Session to resume.
    pub(super) session: Option<SessionId>,
    /// Time of the newest link; `None` before the first one.
    pub(super) up_since: Option<Instant>,
}

impl Reconnector {
    async fn bring(&mut self, lost: Option<SocketError>, received: u64) -> Result<NewLink, LinkLost> {
        let is_wanted = lost.is_none();
        match self.up_since {
            _ if is_wanted => self.backoff.begin(),
            Some(since) => self.backoff.lose(since.elapsed()),
            None => {}
        }
        let mut why = lost;
        while let Some((attempt, delay)) = self.backoff.next(jitter()) {
            if let Some(error) = why {
                self.sink.post(ConnectionEvent::Reconnecting(Box::new(Reconnecting { attempt, delay, error })));
            }
            sleep(delay).await;
            match self.attempt(received).await {
                Ok(new_link) => {
                    if is_wanted {
                        self.backoff.reset();
                    }
                    self.up_since = Some(Instant::now());
                    return Ok(new_link);
                }
                Err(error) => match final_reason(&error) {
                    // After a first link, another program that uses the port for a moment may have answered.
                    Some(reason) if self.up_since.is_none() => return Err(LinkLost { error, reason }),
                    _ => why = Some(error),
                },
            }
        }
        let error = why.unwrap_or_else(|| self.connector.error(libc::ETIMEDOUT));
        let is_full = error.peer == Some(PeerFault::Limit);
        let last = if is_full { CloseReason::Rejected } else { CloseReason::Timeout };
        let reason = final_reason(&error).unwrap_or(last);
        Err(LinkLost { error, reason })
    }

    async fn attempt(&mut self, received: u64) -> Result<NewLink, SocketError> {
        let cancelled = || self.connector.error(libc::ECANCELED);
        let bound = self.bound.as_ref().map(|bound| bound.upgrade().ok_or_else(cancelled)).transpose()?;
        let endpoint = LocalEndpoint { bound, options: (self.options)() };
        let (new_link, session) = self.connector.open(endpoint, self.session, received).await?;
        self.session = session;
        Ok(new_link)
    }
}

impl LinkSource for Reconnector {
    fn outlives_peer(&self) -> bool {
        true
    }

    fn cancelled(&self) -> SocketError {
        self.connector.error(libc::ECANCELED)
    }

    fn next_link(&mut self, lost: Option<SocketError>, received: u64) -> BoxFuture<'_, Result<NewLink, LinkLost>> {
        Box::pin(self.bring(lost, received))
    }
}

/// Returns the close reason if further attempts would fail, too.
fn final_reason(error: &SocketError) -> Option<CloseReason> {
    // A proxy's requirements do not change; its reachability, and that of the target, may.
    let of_proxy = error.proxy.as_ref().and_then(|proxy| match proxy.fault {
        ProxyFault::Credentials | ProxyFault::Authentication => Some(CloseReason::Rejected),
        ProxyFault::Request | ProxyFault::Answer => Some(CloseReason::Protocol),
        ProxyFault::Unreachable | ProxyFault::Target | ProxyFault::Send | ProxyFault::Receive => None,
    });
    let of_peer = error.peer.and_then(|fault| match fault {
        PeerFault::Key => Some(CloseReason::Rejected),
        PeerFault::Protocol | PeerFault::OldVersion => Some(CloseReason::Protocol),
        PeerFault::Limit => None,
    });
    let of_system = error.is_forbidden.then_some(CloseReason::Rejected);
    of_proxy.or(of_peer).or(of_system)
}

/// Returns a random number from 0 to 1; 0, as without jitter, if there is no entropy.
fn jitter() -> f64 {
    getrandom::u32().map_or(0.0, |random| f64::from(random) / f64::from(u32::MAX))
}
