//! Frames of the handshake over a stream.

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::message::MESSAGE_MAX_BYTES;
use super::{HandshakeError, RefusalReason};
use crate::framing::{FIELD_MAX_BYTES, Framing, LengthField};
use crate::wire::Kind;

/// A stream whose frames have no more to do with the longest message than with each other.
pub(super) struct Channel<'a, S> {
    stream: &'a mut S,
    framing: &'a Framing,
    field: LengthField,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Channel<'a, S> {
    /// There is no handshake but behind plain lengths: a delimiter could occur in it.
    pub(super) fn new(stream: &'a mut S, framing: &'a Framing) -> Result<Self, HandshakeError> {
        let field = framing.plain_length().map_err(|_| HandshakeError::Malformed)?;
        Ok(Self { stream, framing, field })
    }

    pub(super) async fn send(&mut self, kind: Kind, fields: &[u8]) -> Result<(), HandshakeError> {
        let frame = self.framing.control_frame(kind, fields);
        Ok(self.stream.write_all(&frame).await?)
    }

    pub(super) async fn refuse(&mut self, reason: RefusalReason) -> Result<(), HandshakeError> {
        self.send(Kind::Refused, &[reason as u8]).await
    }

    /// The fields of the next frame, which must be of this kind.
    pub(super) async fn receive(&mut self, kind: Kind) -> Result<Bytes, HandshakeError> {
        match self.receive_any().await? {
            (byte, fields) if byte == kind.byte() => Ok(fields),
            _ => Err(HandshakeError::Malformed),
        }
    }

    /// Likewise, from a server, which may refuse instead.
    pub(super) async fn receive_unless_refused(&mut self, kind: Kind) -> Result<Bytes, HandshakeError> {
        match self.receive_any().await? {
            (byte, fields) if byte == kind.byte() => Ok(fields),
            (byte, fields) if byte == Kind::Refused.byte() => Err(refusal(&fields)),
            _ => Err(HandshakeError::Malformed),
        }
    }

    /// The type byte and the fields of the next frame.
    async fn receive_any(&mut self) -> Result<(u8, Bytes), HandshakeError> {
        let mut prefix = [0; FIELD_MAX_BYTES];
        let prefix = prefix.get_mut(..self.field.limit_width_bytes()).unwrap_or_default();
        self.stream.read_exact(prefix).await?;
        let (length, _) = self.field.read(prefix).ok_or(HandshakeError::Malformed)?;
        let body_bytes = usize::try_from(length).ok().filter(|bytes| *bytes <= MESSAGE_MAX_BYTES);
        let mut body = vec![0; body_bytes.ok_or(HandshakeError::Malformed)?];
        self.stream.read_exact(&mut body).await?;
        let mut fields = Bytes::from(body);
        let kind = fields.try_get_u8().map_err(|_| HandshakeError::Malformed)?;
        Ok((kind, fields))
    }
}

fn refusal(fields: &[u8]) -> HandshakeError {
    match fields {
        [byte] => RefusalReason::from_byte(*byte).map_or(HandshakeError::Malformed, HandshakeError::Refused),
        _ => HandshakeError::Malformed,
    }
}
