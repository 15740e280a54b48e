//! What is half received of a stream with frames.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

use crate::framing::{Decoded, Decoder, FramingError};
use crate::noise::{Opener, RecordError, record_rest};
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
    /// A record that was not all there when its beginning was read; empty: there is none.
    begun: BytesMut,
    /// What follows it.
    buffer: BytesMut,
}

impl Records {
    fn new(opener: Opener) -> Self {
        Self { opener, begun: BytesMut::new(), buffer: BytesMut::new() }
    }

    /// The plaintext of the next record; `None` where there is none, and then an idle connection owns no buffer. Only a record that
    /// came in parts is copied.
    ///
    /// # Errors
    /// When the peer sent what is no record.
    fn next(&mut self) -> Result<Option<BytesMut>, RecordError> {
        if self.begun.is_empty() {
            let opened = self.opener.open(&mut self.buffer)?;
            if opened.is_none() {
                self.begun = std::mem::take(&mut self.buffer);
            }
            return Ok(opened);
        }
        loop {
            let rest_bytes = record_rest(&self.begun)?.min(self.buffer.len());
            if rest_bytes == 0 {
                return self.opener.open(&mut self.begun);
            }
            self.begun.extend_from_slice(&self.buffer.split_to(rest_bytes));
        }
    }
}

impl Frames {
    /// Those of a new link; `None` where the protocol has no frames.
    pub(super) fn new(protocol: &Protocol, opener: Option<Opener>) -> Option<Box<Self>> {
        let (framing, typed) = (protocol.framing.as_ref()?, protocol.is_typed());
        let (decoder, idle_gap) = (Decoder::new(framing, typed), framing.idle_gap());
        let records = opener.map(|opener| Box::new(Records::new(opener)));
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

    /// Decrypts the next record of what was read. False where there is none.
    fn decrypt(&mut self) -> Result<bool, FramingError> {
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
        }
        let Some(records) = &mut self.records else { return Ok(false) };
        let Some(plaintext) = records.next()? else { return Ok(false) };
        append(&mut self.buffer, plaintext);
        Ok(true)
    }

    /// Whether a frame was begun and not ended.
    pub(super) fn is_within(&self) -> bool {
        let has_record = |records: &Records| !records.begun.is_empty() || !records.buffer.is_empty();
        !self.buffer.is_empty() || self.records.as_deref().is_some_and(has_record)
    }
}

impl From<Decoded> for Frame {
    /// What a stream without types brings.
    fn from(decoded: Decoded) -> Self {
        match decoded {
            Decoded::Message(data) => Self::Data(data),
            Decoded::Corrupt(data) => Self::Corrupt(data),
        }
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
