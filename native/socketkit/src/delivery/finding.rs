//! Finds messages and answers in received data.

use std::collections::VecDeque;

use bytes::Bytes;
use napi_ohos::Result;
use socket_engine::{Decoded, LinkId, OperationId};

use super::{Delivery, Pending, Raw};
use crate::cutter::{Cutter, Found};
use crate::delivery_handler::DeliveryHandler;
use crate::emitter::PING;
use crate::error::{self, ArgumentError};
use crate::fields;
use crate::node_api;
use crate::requests::Claim;

impl Delivery {
    /// Takes a message that the connection's task has read. Returns true if it must be delivered.
    pub(super) fn take_message(&self, handler: &dyn DeliveryHandler, message: Bytes) -> bool {
        let pending = self.claim(handler, message, Pending::Message);
        let is_some = pending.is_some();
        self.waiting.borrow_mut().extend(pending);
        is_some
    }

    /// Decides whether a message is an answer; otherwise it becomes an `event`.
    fn claim(&self, handler: &dyn DeliveryHandler, message: Bytes, event: fn(Bytes) -> Pending) -> Option<Pending> {
        match self.cutter {
            Some(_) => self.uncut(Raw::Bytes(message)),
            None => self.claim_whole(handler, message, event),
        }
    }

    fn claim_whole(
        &self,
        handler: &dyn DeliveryHandler,
        message: Bytes,
        event: fn(Bytes) -> Pending,
    ) -> Option<Pending> {
        let Some(requests) = self.requests() else { return Some(event(message)) };
        match requests.claim(&message, handler.emitter().environment()) {
            Claim::Message => Some(event(message)),
            Claim::Answer(operation_id) => Some(Pending::Answer(operation_id, message)),
            Claim::Late => {
                handler.consume(message.len());
                None
            }
        }
    }

    /// Splits read bytes into messages with the app's function.
    ///
    /// # Errors
    /// When there is no memory for the bytes. The next call splits them.
    pub(super) fn cut(&self, handler: &dyn DeliveryHandler) -> Result<()> {
        let Some(cutter) = &self.cutter else { return Ok(()) };
        while self.has_raw.get() && !self.is_muted() {
            self.tell_requests();
            let place = self.waiting.borrow().iter().position(|event| matches!(event, Pending::Raw(_)));
            self.has_raw.set(place.is_some());
            let Some(place) = place else { break };
            let raw = self.waiting.borrow_mut().remove(place);
            match raw {
                Some(Pending::Raw(Raw::Bytes(data))) => self.cut_bytes(cutter, handler, place, &data)?,
                Some(Pending::Raw(Raw::NewLink(peer))) => {
                    cutter.clear();
                    self.insert(place, [Pending::NewLink(peer)]);
                }
                Some(Pending::Raw(Raw::Ended)) => {
                    self.insert(place, [if cutter.is_within() { Pending::EndedWithin } else { Pending::Ended }]);
                }
                _ => break,
            }
        }
        Ok(())
    }

    fn cut_bytes(&self, cutter: &Cutter, handler: &dyn DeliveryHandler, place: usize, data: &Bytes) -> Result<()> {
        let mut found = cutter.cut(handler.emitter(), data);
        found.iter_mut().for_each(|found| found.messages.retain(|message| !handler.protocol().is_pong(message)));
        found.iter().flat_map(|found| &found.messages).for_each(|message| handler.hold(message.len()));
        handler.consume(data.len());
        let Found { messages, fault } = found.inspect_err(|_| {
            handler.hold(0);
            self.insert(place, [Pending::Raw(Raw::Bytes(Bytes::new()))]);
        })?;
        // The app's function has closed the connection.
        if self.is_muted() {
            return Ok(());
        }
        let claimed = messages.into_iter().filter_map(|message| self.claim_whole(handler, message, Pending::Read));
        self.insert(place, claimed.collect::<Vec<_>>());
        fault.into_iter().for_each(|errno| self.fail_link(handler, errno));
        Ok(())
    }

    fn insert(&self, place: usize, events: impl IntoIterator<Item = Pending>) {
        let mut waiting = self.waiting.borrow_mut();
        // The app's function may have removed some.
        let place = place.min(waiting.len());
        let behind = waiting.split_off(place);
        waiting.extend(events.into_iter().chain(behind));
    }

    /// Reads messages once, followed by `Readable` if there may be more data.
    /// Also returns the number of bytes.
    pub(super) fn read_messages(&self, handler: &dyn DeliveryHandler, link: LinkId) -> (VecDeque<Pending>, usize) {
        let mut messages = Vec::new();
        let piece = handler.read(|connection| connection.read_messages(link, &mut messages));
        let size = messages.iter().map(|message| message.bytes().len()).sum();
        let more = (!piece.is_last).then_some(Pending::Readable(link));
        let read = messages.into_iter().filter_map(|message| match message {
            Decoded::Message(bytes) => self.claim(handler, bytes, Pending::Read),
            Decoded::Corrupt(bytes) => Some(Pending::Corrupt(bytes)),
        });
        (read.chain(more).collect(), size)
    }

    /// Creates the next ping with the app's function.
    /// If that fails, the previous ping is sent again.
    pub(super) fn make_ping(&self, handler: &dyn DeliveryHandler) {
        let emitter = handler.emitter();
        let made = node_api::with_handle_scope(emitter.env(), || {
            let Some(function) = emitter.function(PING)? else { return Ok(None) };
            fields::made_bytes(emitter.env(), &function, "heartbeat.ping").map_err(ArgumentError::into_internal)
        });
        match made.flatten() {
            Ok(ping) => ping.into_iter().for_each(|ping| {
                handler.connection(|connection| connection.set_ping(ping));
            }),
            Err(error) => error::report("a ping could not be made", &error),
        }
    }

    /// Passes an answer to its call. Returns the number of bytes.
    ///
    /// # Errors
    /// When there is no memory for it. It is then first in the queue.
    pub(super) fn deliver_answer(
        &self,
        handler: &dyn DeliveryHandler,
        operation_id: OperationId,
        bytes: Bytes,
    ) -> Result<usize> {
        let (emitter, size) = (handler.emitter(), bytes.len());
        let delivered = node_api::with_handle_scope(emitter.env(), || {
            let answer = node_api::array_buffer_from_parts(emitter.env(), &[&bytes])?;
            // The code that awaits it may send.
            self.last_call.set(emitter.environment().turn_number());
            handler.consume(size);
            emitter.environment().complete_with(operation_id, &answer);
            Ok(size)
        });
        delivered.flatten().inspect_err(|_| self.waiting.borrow_mut().push_front(Pending::Answer(operation_id, bytes)))
    }
}
