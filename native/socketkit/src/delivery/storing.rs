//! Keeps received data while there is no listener for it, as far as the credit of the connection goes.

use std::collections::VecDeque;

use bytes::Bytes;
use socket_engine::{Connection, LinkId};

use super::{Delivery, Pending, Turn, with_scratch};
use crate::delivery_handler::DeliveryHandler;
use crate::limits;

impl Delivery {
    /// Reads and keeps data without a listener, limited by credit and share of a turn.
    ///
    /// This detects EOF and errors after the data. `turn` counts the bytes.
    pub(super) fn store(&self, handler: &dyn DeliveryHandler, turn: &mut Turn) {
        let mut waiting = self.waiting.borrow_mut();
        while let Some((place, link)) = first_readable(&waiting) {
            if handler.connection(Connection::has_room) == Some(false) {
                if self.drop_oldest(handler, &mut waiting) {
                    continue;
                }
                self.watch_end(handler, link);
                break;
            }
            if turn.stored >= limits::TURN_STREAM_BYTES {
                turn.awaits_next = true;
                handler.emitter().await_turn();
                break;
            }
            if handler.has_framing() {
                let (mut read, size) = self.read_messages(handler, link);
                let mut behind = waiting.split_off(place);
                behind.pop_front();
                waiting.append(&mut read);
                waiting.append(&mut behind);
                turn.stored += size;
                continue;
            }
            let read = |scratch: &mut [u8]| handler.read(|connection| connection.try_read(link, scratch));
            let (bytes, outcome) = with_scratch(read, Bytes::copy_from_slice);
            turn.stored += outcome.bytes;
            if outcome.is_last {
                waiting.remove(place);
            }
            bytes.into_iter().for_each(|bytes| waiting.insert(place, Pending::Received(bytes)));
        }
    }

    /// Watches for EOF of a link, once, whose bytes cannot be read for lack of credit.
    fn watch_end(&self, handler: &dyn DeliveryHandler, link: LinkId) {
        if handler.watches_end() && self.watched_link.replace(Some(link)) != Some(link) {
            handler.connection(|connection| connection.watch_end(link));
        }
    }

    /// Drops the oldest bytes without a listener.
    /// Returns false if they must be kept, or there are none.
    fn drop_oldest(&self, handler: &dyn DeliveryHandler, waiting: &mut VecDeque<Pending>) -> bool {
        if self.paused.get() || !handler.drops_unheard() {
            return false;
        }
        let oldest = waiting.iter().position(|event| matches!(event, Pending::Received(_)));
        let Some(Pending::Received(bytes)) = oldest.and_then(|oldest| waiting.remove(oldest)) else { return false };
        handler.consume(bytes.len());
        if !self.told_drop.replace(true) {
            log::warn!("received bytes are dropped, the oldest first: there is no message listener");
        }
        true
    }
}

/// Returns the place of the first link with unread data.
fn first_readable(waiting: &VecDeque<Pending>) -> Option<(usize, LinkId)> {
    waiting.iter().enumerate().find_map(|(place, event)| match event {
        Pending::Readable(link) => Some((place, *link)),
        _ => None,
    })
}
