//! What is half received of a stream with frames.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

use crate::framing::{Decoded, Decoder, FramingError};
use crate::limits;
use crate::noise::{LENGTH_BYTES, Opener, RecordError, record_length, record_rest};
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
    /// A record that is read in part, with its length before it; empty without one.
    begun: Vec<u8>,
    /// Bytes of it since the last sign of life.
    unproved_bytes: usize,
    /// Why nothing follows what was decrypted.
    fault: Option<RecordError>,
}

impl Records {
    fn new(opener: Opener) -> Self {
        Self { opener, begun: Vec::new(), unproved_bytes: 0, fault: None }
    }

    /// Decrypts whole records, passes their plaintext to `take`, and keeps the rest.
    ///
    /// Only a record that came in parts is copied.
    ///
    /// # Errors
    /// When the peer sent what is no record.
    fn open_all(&mut self, mut data: &mut [u8], mut take: impl FnMut(&[u8])) -> Result<(), RecordError> {
        while !self.begun.is_empty() {
            let rest_bytes = record_rest(&self.begun)?;
            if rest_bytes == 0 {
                let mut record = std::mem::take(&mut self.begun);
                let (_, record) = record.split_at_mut(LENGTH_BYTES);
                take(self.opener.open_in_place(record)?);
                break;
            }
            let (rest, behind) = data.split_at_mut(rest_bytes.min(data.len()));
            if rest.is_empty() {
                return Ok(());
            }
            self.begun.reserve_exact(rest_bytes);
            self.begun.extend_from_slice(rest);
            data = behind;
        }
        while let Some(record_bytes) = record_length(data)? {
            if data.len() < LENGTH_BYTES + record_bytes {
                break;
            }
            let (record, behind) = data.split_at_mut(LENGTH_BYTES + record_bytes);
            let (_, record) = record.split_at_mut(LENGTH_BYTES);
            take(self.opener.open_in_place(record)?);
            data = behind;
        }
        self.begun.extend_from_slice(data);
        Ok(())
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

    /// Adds what was read of a link that is not encrypted, without a copy if nothing is half received.
    pub(super) fn add(&mut self, data: Bytes) {
        if self.buffer.is_empty() {
            self.buffer = data.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&*shared));
            self.restart_gap();
        } else {
            self.add_slice(&data);
        }
    }

    /// Adds a copy of what was read of a link that is not encrypted.
    pub(super) fn add_slice(&mut self, data: &[u8]) {
        self.buffer.extend_from_slice(data);
        self.restart_gap();
    }

    fn restart_gap(&mut self) {
        self.gap_end = self.idle_gap.map(|gap| Instant::now() + gap);
    }

    /// Whether the link is encrypted, so that what is read has to be decrypted.
    pub(super) fn is_encrypted(&self) -> bool {
        self.records.is_some()
    }

    /// Decrypts what was read, where it is, and adds it.
    ///
    /// True when it is a sign of life: a record is one, and so is a good part of one, because a slow link takes long for the
    /// whole.
    pub(super) fn decrypt(&mut self, data: &mut [u8]) -> bool {
        let Self { decoder, buffer, records, .. } = self;
        let Some(records) = records.as_deref_mut().filter(|records| records.fault.is_none()) else { return false };
        records.unproved_bytes += data.len();
        let mut is_proved = false;
        let opened = records.open_all(data, |plaintext| {
            is_proved = true;
            append_plaintext(buffer, decoder, plaintext);
        });
        records.fault = opened.err();
        let is_sign = is_proved || records.unproved_bytes >= limits::SIGN_OF_LIFE_BYTES;
        if is_sign {
            records.unproved_bytes = 0;
        }
        is_sign
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

    /// Returns what was received, if EOF or the gap makes it a message.
    pub(super) fn finish(&mut self) -> Option<Frame> {
        self.gap_end = None;
        self.decoder.finish(&mut self.buffer).map(Frame::from)
    }

    /// The next whole frame, with its type byte where it has one.
    ///
    /// Where there is none, an idle connection owns no buffer.
    ///
    /// # Errors
    /// When the peer sent what is no frame.
    pub(super) fn next_decoded(&mut self) -> Result<Option<Decoded>, FramingError> {
        let decoded = self.decoder.decode(&mut self.buffer)?;
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
        }
        match self.records.as_ref().and_then(|records| records.fault) {
            Some(fault) if decoded.is_none() => Err(fault.into()),
            _ => Ok(decoded),
        }
    }

    /// Whether a frame was begun and not ended.
    pub(super) fn is_within(&self) -> bool {
        !self.buffer.is_empty() || self.records.as_ref().is_some_and(|records| !records.begun.is_empty())
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

/// Appends `plaintext`, with room for all of the frame that it begins.
fn append_plaintext(buffer: &mut BytesMut, decoder: &Decoder, plaintext: &[u8]) {
    if buffer.is_empty() {
        let frame_bytes = decoder.frame_bytes(plaintext).min(limits::RECEIVE_HIGH_BYTES);
        *buffer = BytesMut::with_capacity(frame_bytes.max(plaintext.len()));
    }
    buffer.extend_from_slice(plaintext);
}
