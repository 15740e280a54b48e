//! Bytes that the kernel did not take yet, in the order of their sends.

use std::collections::VecDeque;
use std::io::{self, IoSlice};

use bytes::{Buf, Bytes};

use crate::event::Ticket;
use crate::limits::{EVENT_OVERHEAD_BYTES, WRITE_BATCH_MESSAGES, WRITE_TURN_BYTES};

/// How far a send got at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendProgress {
    /// The kernel has every byte; no `Completed` event follows.
    Sent,
    /// The rest is queued; a `Completed` event with the call's ticket follows.
    Queued,
}

struct QueuedSend {
    data: Bytes,
    ticket: Ticket,
}

/// The queue of one connection. Does no I/O of its own.
#[derive(Default)]
pub(crate) struct SendQueue {
    sends: VecDeque<QueuedSend>,
    bytes: usize,
}

impl SendQueue {
    pub(crate) fn is_empty(&self) -> bool {
        self.sends.is_empty()
    }

    /// Bytes that wait.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// What the queue costs, its messages included: many small ones take more than their bytes.
    pub(crate) fn cost_bytes(&self) -> usize {
        self.bytes + self.sends.len() * EVENT_OVERHEAD_BYTES
    }

    pub(crate) fn push(&mut self, data: Bytes, ticket: Ticket) {
        self.bytes += data.len();
        self.sends.push_back(QueuedSend { data, ticket });
    }

    /// Hands the front of the queue to `write`, until the queue is empty, `write` fails, or it has taken
    /// [`WRITE_TURN_BYTES`]. Returns the tickets of the sends that are complete, and the error that ended it;
    /// `WouldBlock` is one of them.
    pub(crate) fn write_with(
        &mut self,
        mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> (Vec<Ticket>, Option<io::Error>) {
        let mut done = Vec::new();
        let mut left = WRITE_TURN_BYTES;
        while !self.is_empty() && left > 0 {
            let slices: Vec<IoSlice<'_>> =
                self.sends.iter().take(WRITE_BATCH_MESSAGES).map(|send| IoSlice::new(&send.data)).collect();
            match write(&slices) {
                Ok(written) => {
                    left = left.saturating_sub(written);
                    self.advance(written, &mut done);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return (done, Some(error)),
            }
        }
        (done, None)
    }

    /// Drops everything and returns the tickets that will never be sent.
    pub(crate) fn clear(&mut self) -> Vec<Ticket> {
        self.bytes = 0;
        self.sends.drain(..).map(|send| send.ticket).collect()
    }

    fn advance(&mut self, mut written: usize, done: &mut Vec<Ticket>) {
        self.bytes = self.bytes.saturating_sub(written);
        while let Some(front) = self.sends.front_mut() {
            if front.data.len() > written {
                front.data.advance(written);
                return;
            }
            written -= front.data.len();
            done.push(front.ticket);
            self.sends.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(texts: &[&'static str]) -> SendQueue {
        let mut queue = SendQueue::default();
        for (index, text) in texts.iter().enumerate() {
            queue.push(Bytes::from_static(text.as_bytes()), Ticket(index as u64));
        }
        queue
    }

    /// A kernel that takes `sizes` bytes in turn and then blocks.
    fn kernel<'a>(taken: &'a mut Vec<u8>, sizes: &'a [usize]) -> impl FnMut(&[IoSlice<'_>]) -> io::Result<usize> + 'a {
        let mut sizes = sizes.iter();
        move |slices| {
            let size = sizes.next().ok_or(io::ErrorKind::WouldBlock)?;
            let flat: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).take(*size).collect();
            taken.extend_from_slice(&flat);
            Ok(flat.len())
        }
    }

    #[test]
    fn keeps_order_over_partial_writes_and_completes_each_send_at_its_last_byte() {
        let mut queue = queue(&["abc", "def", "g"]);
        let mut taken = Vec::new();
        let (done, error) = queue.write_with(kernel(&mut taken, &[2, 3]));
        assert_eq!(done, [Ticket(0)]);
        assert_eq!(error.map(|error| error.kind()), Some(io::ErrorKind::WouldBlock));
        assert_eq!(queue.bytes(), 2);
        let (done, error) = queue.write_with(kernel(&mut taken, &[100]));
        assert_eq!(done, [Ticket(1), Ticket(2)]);
        assert!(error.is_none() && queue.is_empty() && queue.bytes() == 0);
        assert_eq!(taken, b"abcdefg");
    }

    #[test]
    fn an_interrupted_write_is_repeated() {
        let mut queue = queue(&["a"]);
        let mut calls = 0;
        let (done, error) = queue.write_with(|_| {
            calls += 1;
            if calls == 1 { Err(io::ErrorKind::Interrupted.into()) } else { Ok(1) }
        });
        assert_eq!((done.len(), error.is_none(), calls), (1, true, 2));
    }

    #[test]
    fn clearing_names_every_send_that_is_lost() {
        let mut queue = queue(&["a", "b"]);
        assert_eq!(queue.clear(), [Ticket(0), Ticket(1)]);
        assert!(queue.is_empty() && queue.bytes() == 0);
    }
}
