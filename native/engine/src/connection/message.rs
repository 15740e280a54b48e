//! A message on its way into the queues of connections.

use std::sync::OnceLock;

use bytes::{Bytes, BytesMut};

/// Bytes to send, to one connection or to several that speak the same protocol.
///
/// What their kernels do not take at once is stored once for all.
///
/// ```
/// use socket_engine::{Connection, Message, OperationId, SocketError};
///
/// /// Sends a message to all, which share one copy of what a kernel does not take at once.
/// fn broadcast(connections: &[Connection], data: &[u8]) -> Vec<Result<(), SocketError>> {
///     let message = Message::to_several(data);
///     connections.iter().map(|connection| connection.send_message(&message, OperationId(0)).map(drop)).collect()
/// }
/// ```
#[derive(Debug)]
pub struct Message<'a> {
    data: &'a [u8],
    /// The frame, once a connection has queued some of it.
    ///
    /// Only of a message to several connections.
    frame: Option<OnceLock<Bytes>>,
}

impl<'a> Message<'a> {
    /// A message to one connection.
    pub fn new(data: &'a [u8]) -> Self {
        Self { data, frame: None }
    }

    /// A message to connections of one server.
    pub fn to_several(data: &'a [u8]) -> Self {
        Self { data, frame: Some(OnceLock::new()) }
    }

    /// Its bytes.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    pub(super) fn data(&self) -> &'a [u8] {
        self.data
    }

    /// Copies the frame of `parts` without the first `skip` bytes.
    ///
    /// All connections share one copy.
    pub(super) fn kept(&self, parts: [&[u8]; 3], skip: usize) -> Bytes {
        match &self.frame {
            None => joined(parts, skip),
            Some(frame) => frame.get_or_init(|| joined(parts, 0)).slice(skip..),
        }
    }
}

fn joined(parts: [&[u8]; 3], skip: usize) -> Bytes {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut frame = BytesMut::with_capacity(length - skip);
    let mut left = skip;
    for part in parts {
        let skipped = left.min(part.len());
        frame.extend_from_slice(part.get(skipped..).unwrap_or_default());
        left -= skipped;
    }
    frame.freeze()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "a failure is the test's own")]

    use super::*;

    const PARTS: [&[u8]; 3] = [b"ab", b"cde", b"f"];

    #[test]
    fn a_message_to_several_is_kept_once() {
        let message = Message::to_several(b"cde");
        let (all, rest, nothing) = (message.kept(PARTS, 0), message.kept(PARTS, 4), message.kept(PARTS, 6));
        assert_eq!([&all[..], &rest, &nothing], [&b"abcdef"[..], b"ef", b""]);
        assert_eq!(all.slice(4..).as_ptr(), rest.as_ptr());
    }

    #[test]
    fn a_message_to_one_is_kept_without_what_is_written() {
        for skip in 0..=6 {
            assert_eq!(Message::new(b"cde").kept(PARTS, skip), b"abcdef"[skip..]);
        }
    }
}
