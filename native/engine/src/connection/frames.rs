//! What is half received of a stream with frames.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

use crate::framing::{Decoded, Decoder, FramingError};
use crate::noise::Opener;
use crate::protocol::Protocol;
use crate::wire::Frame;

pub(super) struct Frames {
    decoder: Decoder,
    typed: bool,
    buffer: BytesMut,
    /// How long nothing comes behind a message, where that is what ends it.
    idle_gap: Option<Duration>,
    /// When that will have been.
    gap_end: Option<Instant>,
    /// Where the link is encrypted, what decrypts it, and what is half received of a record.
    records: Option<Box<Records>>,
}

struct Records {
    opener: Opener,
    buffer: BytesMut,
}

impl Frames {
    /// Those of a new link; `None` where the protocol has no frames.
    pub(super) fn new(protocol: &Protocol, opener: Option<Opener>) -> Option<Box<Self>> {
        let (framing, typed) = (protocol.framing.as_ref()?, protocol.is_typed());
        let (decoder, idle_gap) = (Decoder::new(framing, typed), framing.idle_gap());
        let records = opener.map(|opener| Box::new(Records { opener, buffer: BytesMut::new() }));
        Some(Box::new(Self { decoder, typed, buffer: BytesMut::new(), idle_gap, gap_end: None, records }))
    }

    /// Adds what was read.
    pub(super) fn add(&mut self, data: Bytes) {
        let buffer = self.records.as_mut().map_or(&mut self.buffer, |records| &mut records.buffer);
        append(buffer, data.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&*shared)));
        self.gap_end = self.idle_gap.map(|gap| Instant::now() + gap);
    }

    /// The next whole frame of what was read.
    ///
    /// # Errors
    /// When the peer sent what is no frame.
    pub(super) fn next(&mut self) -> Result<Option<Frame>, FramingError> {
        match self.next_decoded()? {
            Some(Decoded::Message(body)) if self.typed => Frame::parse(body).ok_or(FramingError::Malformed).map(Some),
            decoded => Ok(decoded.map(Frame::from)),
        }
    }

    /// When the message that is being received ends, if nothing comes until then.
    pub(super) fn gap_end(&self) -> Option<Instant> {
        self.gap_end
    }

    /// What was received, as the message that it is now that nothing has come or comes any more; `None` where that ends none.
    pub(super) fn finish(&mut self) -> Option<Frame> {
        self.gap_end = None;
        self.decoder.finish(&mut self.buffer).map(Frame::from)
    }

    /// The next whole frame, with its type byte where it has one.
    ///
    /// # Errors
    /// When the peer sent what is no frame.
    pub(super) fn next_decoded(&mut self) -> Result<Option<Decoded>, FramingError> {
        loop {
            let decoded = self.decoder.decode(&mut self.buffer)?;
            if decoded.is_some() || !self.decrypt()? {
                return Ok(decoded);
            }
        }
    }

    /// Decrypts the next record of what was read. False where there is none; then an idle connection owns no buffer.
    fn decrypt(&mut self) -> Result<bool, FramingError> {
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
        }
        let Some(records) = &mut self.records else { return Ok(false) };
        let Some(plaintext) = records.opener.open(&mut records.buffer)? else {
            if records.buffer.is_empty() {
                records.buffer = BytesMut::new();
            }
            return Ok(false);
        };
        append(&mut self.buffer, plaintext);
        Ok(true)
    }

    /// Whether a frame was begun and not ended.
    pub(super) fn is_within(&self) -> bool {
        !self.buffer.is_empty() || self.records.as_ref().is_some_and(|records| !records.buffer.is_empty())
    }
}

/// Appends `data`, without a copy where it is all there is.
fn append(buffer: &mut BytesMut, data: BytesMut) {
    if buffer.is_empty() {
        *buffer = data;
    } else {
        buffer.extend_from_slice(&data);
    }
}
