//! What is half received of a stream with frames.

use bytes::{Bytes, BytesMut};

use crate::framing::{Decoder, FramingError};
use crate::protocol::Protocol;
use crate::wire::Frame;

pub(super) struct Frames {
    decoder: Decoder,
    typed: bool,
    buffer: BytesMut,
}

impl Frames {
    /// Those of a new link; `None` where the protocol has no frames.
    pub(super) fn new(protocol: &Protocol) -> Option<Box<Self>> {
        let (framing, typed) = (protocol.framing.as_ref()?, protocol.is_typed());
        Some(Box::new(Self { decoder: Decoder::new(framing, typed), typed, buffer: BytesMut::new() }))
    }

    /// Adds what was read.
    pub(super) fn add(&mut self, data: Bytes) {
        if self.buffer.is_empty() {
            self.buffer = data.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&*shared));
        } else {
            self.buffer.extend_from_slice(&data);
        }
    }

    /// The next whole frame of what was read.
    ///
    /// # Errors
    /// When the peer sent what is no frame.
    pub(super) fn next(&mut self) -> Result<Option<Frame>, FramingError> {
        let Some(body) = self.next_body()? else { return Ok(None) };
        if self.typed {
            Frame::parse(body).ok_or(FramingError::Malformed).map(Some)
        } else {
            Ok(Some(Frame::Data(body)))
        }
    }

    /// The next whole frame, with its type byte where it has one.
    ///
    /// # Errors
    /// When the peer sent what is no frame.
    pub(super) fn next_body(&mut self) -> Result<Option<Bytes>, FramingError> {
        let body = self.decoder.decode(&mut self.buffer)?;
        // An idle connection owns no buffer.
        if body.is_none() && self.buffer.is_empty() {
            self.buffer = BytesMut::new();
        }
        Ok(body)
    }

    /// Whether a frame was begun and not ended.
    pub(super) fn is_within(&self) -> bool {
        !self.buffer.is_empty()
    }
}
