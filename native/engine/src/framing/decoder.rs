//! Messages out of a stream of bytes.

use bytes::{Buf, Bytes, BytesMut};
use tokio_util::codec::{self, LengthDelimitedCodec};

use super::delimiter::DelimiterCodec;
use super::{Framing, FramingError};
use crate::wire::{CONTROL_MAX_BYTES, Kind};

/// Takes the frames of one direction of one connection apart.
pub(crate) struct Decoder {
    codec: Codec,
    limit_bytes: usize,
    typed: bool,
}

enum Codec {
    Length { codec: LengthDelimitedCodec, width_bytes: usize },
    Delimiter(Box<DelimiterCodec>),
}

impl Decoder {
    /// For a stream of `framing`, whose frames begin with a type byte if it is `typed`.
    pub(crate) fn new(framing: &Framing, typed: bool) -> Self {
        let limit_bytes = framing.limit_bytes(typed);
        let codec = match framing {
            Framing::Length(framing) => {
                let body_max_bytes = if typed { CONTROL_MAX_BYTES.max(limit_bytes + 1) } else { limit_bytes };
                Codec::Length { codec: framing.codec(body_max_bytes), width_bytes: framing.width_bytes() }
            }
            Framing::Delimiter(framing) => Codec::Delimiter(Box::new(framing.codec())),
        };
        Self { codec, limit_bytes, typed }
    }

    /// Takes the next message, with its type byte in a typed stream, out of the front of `buffer`. `None` when it is
    /// not all there: then `buffer` keeps what there is of it, and is empty only between two frames. Call it until
    /// then before reading more: what waits in `buffer` then is less than the longest frame. After an error the stream
    /// cannot be taken apart any more.
    pub(crate) fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Bytes>, FramingError> {
        let too_long = FramingError::TooLong { limit_bytes: self.limit_bytes };
        let Ok(frame) = self.codec.decode(buffer) else { return Err(too_long) };
        if frame.as_ref().is_some_and(|frame| self.is_too_long(frame)) {
            return Err(too_long);
        }
        Ok(frame)
    }

    /// Whether a frame that is no longer than a control frame may be is too long for the data that it carries.
    fn is_too_long(&self, frame: &[u8]) -> bool {
        self.typed && frame.first() == Some(&Kind::Data.byte()) && frame.len() > self.limit_bytes + 1
    }
}

impl Codec {
    fn decode(&mut self, buffer: &mut BytesMut) -> std::io::Result<Option<Bytes>> {
        let frame = match self {
            Self::Length { codec, .. } => codec::Decoder::decode(codec, buffer)?,
            Self::Delimiter(codec) => codec::Decoder::decode(&mut **codec, buffer)?,
        };
        Ok(frame.map(|mut frame| {
            if let Self::Length { width_bytes, .. } = self {
                frame.advance(*width_bytes);
            }
            frame.freeze()
        }))
    }
}
