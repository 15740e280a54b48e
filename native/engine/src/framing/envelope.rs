//! What a message gets around it on the wire.

use bytes::{BufMut, Bytes};

use super::Framing;
use super::length::PREFIX_MAX_BYTES;
use crate::wire::Kind;

/// The length and the type byte.
const HEAD_MAX_BYTES: usize = PREFIX_MAX_BYTES + 1;

/// What goes before and behind one message.
#[derive(Clone, Debug)]
pub(crate) struct Envelope {
    head: [u8; HEAD_MAX_BYTES],
    head_bytes: usize,
    tail: Bytes,
}

impl Envelope {
    /// Checks nothing: the message is short enough and, if need be, free of delimiters.
    pub(crate) fn new(framing: &Framing, message_bytes: usize, kind: Option<Kind>) -> Self {
        let mut head = [0; HEAD_MAX_BYTES];
        let mut rest = head.as_mut_slice();
        let mut tail = Bytes::new();
        match framing {
            Framing::Length(framing) => framing.put_length(message_bytes + usize::from(kind.is_some()), &mut rest),
            Framing::Delimiter(framing) => tail = framing.delimiter().clone(),
        }
        if let Some(kind) = kind {
            rest.put_u8(kind.byte());
        }
        let head_bytes = HEAD_MAX_BYTES - rest.len();
        Self { head, head_bytes, tail }
    }

    /// What goes before the message.
    pub(crate) fn head(&self) -> &[u8] {
        self.head.get(..self.head_bytes).unwrap_or_default()
    }

    /// What goes behind the message.
    pub(crate) fn tail(&self) -> Bytes {
        self.tail.clone()
    }
}
