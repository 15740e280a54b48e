//! Keeps received data while there is no listener for it, as far as the credit of the connection goes.

use std::collections::VecDeque;

use bytes::Bytes;
use socket_engine::Connection;

use super::{Delivery, Pending, Turn, with_scratch};
use crate::limits;
use crate::receiver::Receiver;

impl Delivery {
    /// Reads and keeps data without a listener, limited by credit and share of a turn.
    ///
    /// This detects EOF and errors after the data. `turn` counts the bytes.
    pub(super) fn store(&self, receiver: &dyn Receiver, turn: &mut Turn) {
        let mut waiting = self.waiting.borrow_mut();
        while let Some(place) = waiting.iter().position(|event| matches!(event, Pending::Readable(_))) {
            if receiver.connection(Connection::has_room) == Some(false) {
                if self.drop_oldest(receiver, &mut waiting) {
                    continue;
                }
                self.watch_end(receiver, waiting.get(place));
                break;
            }
            if turn.stored >= limits::TURN_STREAM_BYTES {
                turn.awaits_next = true;
                receiver.emitter().await_turn();
                break;
            }
            let Some(&Pending::Readable(link)) = waiting.get(place) else { break };
            if receiver.has_framing() {
                let (mut read, size) = self.read_messages(receiver, link);
                let mut behind = waiting.split_off(place);
                behind.pop_front();
                waiting.append(&mut read);
                waiting.append(&mut behind);
                turn.stored += size;
                continue;
            }
            let read = |scratch: &mut [u8]| receiver.read(|connection| connection.try_read(link, scratch));
            let (bytes, piece) = with_scratch(read, Bytes::copy_from_slice);
            turn.stored += piece.bytes;
            if piece.is_last {
                waiting.remove(place);
            }
            bytes.into_iter().for_each(|bytes| waiting.insert(place, Pending::Received(bytes)));
        }
    }

    /// Watches for EOF of a link, once, whose bytes cannot be read for lack of credit.
    fn watch_end(&self, receiver: &dyn Receiver, unread: Option<&Pending>) {
        if let Some(&Pending::Readable(link)) = unread
            && receiver.watches_end()
            && self.watched_link.replace(Some(link)) != Some(link)
        {
            receiver.connection(|connection| connection.watch_end(link));
        }
    }

    /// Drops the oldest bytes without a listener.
    /// Returns false if they must be kept, or there are none.
    fn drop_oldest(&self, receiver: &dyn Receiver, waiting: &mut VecDeque<Pending>) -> bool {
        if self.paused.get() || !receiver.drops_unheard() {
            return false;
        }
        let oldest = waiting.iter().position(|event| matches!(event, Pending::Received(_)));
        let Some(Pending::Received(bytes)) = oldest.and_then(|oldest| waiting.remove(oldest)) else { return false };
        receiver.consume(bytes.len());
        if !self.told_drop.replace(true) {
            log::warn!("received bytes are dropped, the oldest first: there is no message listener");
        }
        true
    }
}
