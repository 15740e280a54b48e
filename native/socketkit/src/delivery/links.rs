//! Keeps the data of successive links apart.

use std::net::SocketAddr;
use std::rc::Rc;

use socket_engine::ConnectionEvent;

use super::{Delivery, Pending, Raw};
use crate::delivery_handler::DeliveryHandler;
use crate::emitter::Emitter;
use crate::types::Peer;

impl Delivery {
    /// Returns the number of `Connected` events that were taken.
    pub fn links(&self) -> u64 {
        self.links.get()
    }

    /// Takes a new link, whose data is behind that of earlier links. Returns what is pending.
    pub(super) fn begin_link(&self, handler: &dyn DeliveryHandler, peer: SocketAddr) -> Pending {
        self.links.set(self.links.get() + 1);
        let new_link = self.uncut(Raw::NewLink(peer)).unwrap_or(Pending::NewLink(peer));
        let mut waiting = self.waiting.borrow_mut();
        // Otherwise links without data would add up.
        if matches!(waiting.back(), Some(Pending::NewLink(_))) {
            waiting.pop_back();
        }
        waiting.push_back(new_link);
        drop(waiting);
        self.end_link(handler, Pending::Connected)
    }

    /// Ends the last link, and returns `pending`: that the peer has closed its side of it concerns no other link.
    pub(super) fn end_link(&self, handler: &dyn DeliveryHandler, pending: Pending) -> Pending {
        self.is_read_closed.set(false);
        handler.link_changed();
        pending
    }

    /// Returns the peer of the link whose data is delivered.
    pub(super) fn peer(&self) -> Option<Rc<Peer>> {
        self.peer.borrow().clone()
    }

    /// Fails the newest link with `errno`, unless it is already replaced.
    pub(super) fn fail_link(&self, handler: &dyn DeliveryHandler, errno: i32) {
        let is_behind = |event: &Pending| matches!(event, Pending::NewLink(_) | Pending::Raw(Raw::NewLink(_)));
        if self.knows_all_links(handler.emitter()) && !self.waiting.borrow().iter().any(is_behind) {
            handler.fail(errno);
        }
    }

    /// Returns whether there is no newer link than the last one that was taken.
    pub(super) fn knows_all_links(&self, emitter: &Emitter<ConnectionEvent>) -> bool {
        self.links.get() == emitter.queue().connects()
    }

    /// Returns input for the cutter; `None` if there is none.
    pub(super) fn uncut(&self, raw: Raw) -> Option<Pending> {
        self.has_raw.set(true);
        self.cutter.is_some().then_some(Pending::Raw(raw))
    }
}
