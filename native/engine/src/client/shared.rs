//! State that a client shares with its connect attempts and the sinks of its connections.

use std::sync::{Arc, Mutex};

use super::bound::Bound;
use super::link_sink::{FailOpening, LinkSink};
use super::phase::{Phase, State};
use crate::backoff::Reconnect;
use crate::connection::{ConnectionConfig, LinkSource};
use crate::event::{ConnectionEvent, EventSink, OperationId};
use crate::options::SocketOptions;
use crate::poller::PollTarget;
use crate::protocol::Protocol;
use crate::statistics::Counters;
use crate::sync::lock;

/// State with the lifetime of the client.
pub(super) struct Shared {
    pub(super) sink: Arc<dyn EventSink<ConnectionEvent>>,
    pub(super) poller: Option<PollTarget>,
    pub(super) protocol: Arc<Protocol>,
    pub(super) reconnect: Option<Reconnect>,
    pub(super) counters: Arc<Counters>,
    pub(super) state: Mutex<State>,
}

impl Shared {
    /// Creates the sink of the next connection.
    ///
    /// `opening` is the id of the `connect` that the connection completes itself.
    pub(super) fn new_link_sink(
        self: &Arc<Self>,
        state: &mut State,
        opening: Option<OperationId>,
        bound: Option<Arc<Bound>>,
    ) -> Arc<dyn EventSink<ConnectionEvent>> {
        let client = Arc::downgrade(self);
        let fail = move |sink: &LinkSink| {
            if let Some(client) = client.upgrade() {
                client.fail_opening(sink);
            }
        };
        let opening = opening.map(|operation_id| (operation_id, Box::new(fail) as Box<FailOpening>));
        let sink = Arc::new(LinkSink::new(&self.sink, opening, bound));
        state.link_sink = Some(Arc::clone(&sink));
        sink
    }

    /// Returns a function that returns the options of each connect attempt.
    pub(super) fn options(self: &Arc<Self>) -> Box<dyn Fn() -> SocketOptions + Send + Sync> {
        let client = Arc::downgrade(self);
        // Attempts end with the client.
        Box::new(move || client.upgrade().map_or_else(SocketOptions::default, |client| lock(&client.state).options))
    }

    /// Handles the end of `sink`'s connection before its first link: another connect may follow.
    fn fail_opening(&self, sink: &LinkSink) {
        let mut state = lock(&self.state);
        let is_newest = state.link_sink.as_ref().is_some_and(|newest| std::ptr::eq(&**newest, sink));
        if is_newest && matches!(state.phase, Phase::Active(_)) {
            state.leave_connection();
            state.phase = state.failed();
        }
    }

    pub(super) fn connection_config(
        &self,
        sink: Arc<dyn EventSink<ConnectionEvent>>,
        link_source: Option<Box<dyn LinkSource>>,
        bound: Option<Arc<Bound>>,
    ) -> ConnectionConfig {
        let (protocol, poller) = (Arc::clone(&self.protocol), self.poller.clone());
        let (counters, options) = (Counters::of(&self.counters), SocketOptions::default());
        let guard = bound.map(|bound| Box::new(bound) as Box<dyn Send + Sync>);
        ConnectionConfig { sink, poller, protocol, counters, options, guard, link_source }
    }
}
