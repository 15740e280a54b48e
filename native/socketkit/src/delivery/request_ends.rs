//! Ends requests that get no answer any more, because their link or connection has ended.

use socket_engine::ConnectionEvent;

use super::{Delivery, Pending, Raw};
use crate::emitter::Emitter;
use crate::requests::{Lost, Requests};

impl Delivery {
    /// Takes an event that is delivered in order.
    pub(super) fn take_pending(&self, pending: Pending) {
        if let Some(requests) = self.requests().filter(|_| is_link_change(&pending)) {
            requests.take_link_change(self.drops_new());
        }
        self.waiting.borrow_mut().push_back(pending);
        self.tell_requests();
    }

    /// Returns whether new events are those of a connection that this side has closed.
    pub(super) fn drops_new(&self) -> bool {
        let is_close = |event: &&Pending| matches!(event, Pending::Closed(_));
        self.is_muted() && self.muted.get() > self.waiting.borrow().iter().filter(is_close).count() as u64
    }

    /// Drops the events of a connection that this side has closed, except `close`.
    pub(super) fn drop_waiting(&self, requests: &Requests) {
        if !self.is_muted() {
            return;
        }
        self.waiting.borrow_mut().retain(|event| {
            if let Pending::Answer(operation_id, _) = event {
                requests.give_up_answer(*operation_id);
            }
            matches!(event, Pending::Closed(_))
        });
    }

    /// Applies link changes to the requests, up to bytes that may still contain answers.
    ///
    /// Does not wait for their delivery: the next link has requests and answers of its own.
    pub(super) fn tell_requests(&self) {
        let Some(requests) = self.requests() else { return };
        let untold = requests.untold();
        if untold == 0 {
            return;
        }
        let waiting = self.waiting.borrow();
        let told = waiting.iter().filter(|event| is_link_change(event)).count().saturating_sub(untold);
        let until_raw = waiting.iter().take_while(|event| !matches!(event, Pending::Raw(_)));
        for change in until_raw.filter(|event| is_link_change(event)).skip(told) {
            let (lost, errno) = lost_with(change);
            requests.change_link(lost, errno);
        }
    }

    /// Rejects ended requests before a link change, or if nothing else is left to deliver.
    ///
    /// Returns what is next then: a callback may close the connection.
    pub(super) fn reject_requests(&self, emitter: &Emitter<ConnectionEvent>, next: Option<Pending>) -> Option<Pending> {
        let Some(requests) = self.requests().filter(|_| next.as_ref().is_none_or(is_link_change)) else { return next };
        requests.reject_ended(emitter.environment());
        let is_dropped = self.is_muted() && !matches!(next, Some(Pending::Closed(_)));
        if is_dropped { self.next(emitter) } else { next }
    }

    /// Rejects the requests that were made until `Ended` was delivered.
    pub(super) fn fail_later_requests(&self, emitter: &Emitter<ConnectionEvent>) {
        let Some(requests) = self.requests() else { return };
        let behind = self.waiting.borrow().iter().filter(|event| is_link_change(event)).count();
        requests.end(behind, libc::ECONNRESET);
        requests.reject_ended(emitter.environment());
    }
}

fn is_link_change(event: &Pending) -> bool {
    use Pending::{Closed, Connected, Ended, EndedWithin, Failed, Reconnecting};
    matches!(event, Connected | Reconnecting(_) | Ended | EndedWithin | Failed(_) | Closed(_))
        || matches!(event, Pending::Raw(Raw::Ended))
}

/// Returns which requests a link change ends, and why.
fn lost_with(change: &Pending) -> (Lost, i32) {
    match change {
        Pending::Reconnecting(reconnecting) => (Lost::Sent, reconnecting.error.errno),
        // Its delivery fails the link, unless another one has begun.
        Pending::EndedWithin => (Lost::Nothing, 0),
        Pending::Ended => (Lost::All, libc::ECONNRESET),
        Pending::Failed(error) => (Lost::All, error.errno),
        Pending::Closed(_) => (Lost::All, libc::ECONNABORTED),
        _ => (Lost::Sent, libc::ECONNRESET),
    }
}
