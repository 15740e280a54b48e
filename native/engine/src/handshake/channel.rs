//! Handshake messages on a stream: each is a frame or, with encryption, a record.

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::error::{HandshakeError, RefusalReason};
use super::message::MESSAGE_MAX_BYTES;
use crate::framing::{FIELD_MAX_BYTES, Framing, LengthField};
use crate::noise::{LENGTH_BYTES, LinkCiphers, record_length};
use crate::wire::Kind;

/// A stream of frames with a length limit of their own, independent of the longest message.
pub(super) struct Channel<'a, S> {
    stream: &'a mut S,
    framing: &'a Framing,
    pub(super) field: LengthField,
    /// Ciphers of an encrypted link, whose messages are records.
    pub(super) ciphers: Option<LinkCiphers>,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Channel<'a, S> {
    /// Fails for framings other than plain lengths: a handshake could contain a delimiter.
    pub(super) fn new(stream: &'a mut S, framing: &'a Framing) -> Result<Self, HandshakeError> {
        let field = framing.plain_length().map_err(|_| HandshakeError::Malformed)?;
        Ok(Self { stream, framing, field, ciphers: None })
    }

    pub(super) async fn send(&mut self, kind: Kind, fields: &[u8]) -> Result<(), HandshakeError> {
        let Some(ciphers) = &mut self.ciphers else {
            let frame = self.framing.control_frame(kind, fields);
            return Ok(self.stream.write_all(&frame).await?);
        };
        let mut record = Vec::new();
        let sealed = ciphers.sealer.seal([&[kind.byte()], fields], &mut record);
        sealed.ok_or(HandshakeError::Malformed)?;
        Ok(self.stream.write_all(&record).await?)
    }

    pub(super) async fn refuse(&mut self, reason: RefusalReason) -> Result<(), HandshakeError> {
        self.send(Kind::Refused, &[reason as u8]).await
    }

    /// Receives the fields of the next message, which must be of `kind`.
    pub(super) async fn receive(&mut self, kind: Kind) -> Result<Bytes, HandshakeError> {
        match self.receive_any().await? {
            (byte, fields) if byte == kind.byte() => Ok(fields),
            _ => Err(HandshakeError::Malformed),
        }
    }

    /// As [`Channel::receive`], from a server, which may send `Refused` instead.
    pub(super) async fn receive_unless_refused(&mut self, kind: Kind) -> Result<Bytes, HandshakeError> {
        match self.receive_any().await? {
            (byte, fields) if byte == kind.byte() => Ok(fields),
            (byte, fields) if byte == Kind::Refused.byte() => Err(refusal(&fields)),
            _ => Err(HandshakeError::Malformed),
        }
    }

    /// Receives the type byte and the fields of the next message.
    async fn receive_any(&mut self) -> Result<(u8, Bytes), HandshakeError> {
        let mut fields = match &mut self.ciphers {
            Some(ciphers) => {
                let mut record = receive_record(self.stream).await?;
                ciphers.opener.open(&mut record)?.unwrap_or_default().freeze()
            }
            None => receive_frame(self.stream, self.field).await?,
        };
        let kind = fields.try_get_u8()?;
        Ok((kind, fields))
    }
}

async fn receive_frame<S: AsyncRead + Unpin>(stream: &mut S, field: LengthField) -> Result<Bytes, HandshakeError> {
    let mut prefix = [0; FIELD_MAX_BYTES];
    let prefix = prefix.get_mut(..field.limit_width_bytes()).unwrap_or_default();
    stream.read_exact(prefix).await?;
    let (length, _) = field.read(prefix).ok_or(HandshakeError::Malformed)?;
    let body_bytes = usize::try_from(length).ok().filter(|bytes| *bytes <= MESSAGE_MAX_BYTES);
    let mut body = vec![0; body_bytes.ok_or(HandshakeError::Malformed)?];
    stream.read_exact(&mut body).await?;
    Ok(body.into())
}

/// Receives a record, including its length.
async fn receive_record<S: AsyncRead + Unpin>(stream: &mut S) -> Result<BytesMut, HandshakeError> {
    let mut record = BytesMut::zeroed(LENGTH_BYTES);
    stream.read_exact(&mut record).await?;
    let record_bytes = record_length(&record)?.unwrap_or_default();
    if record_bytes > MESSAGE_MAX_BYTES {
        return Err(HandshakeError::Malformed);
    }
    record.resize(LENGTH_BYTES + record_bytes, 0);
    let (_, body) = record.split_at_mut(LENGTH_BYTES);
    stream.read_exact(body).await?;
    Ok(record)
}

fn refusal(fields: &[u8]) -> HandshakeError {
    match fields {
        [byte] => RefusalReason::from_byte(*byte).map_or(HandshakeError::Malformed, HandshakeError::Refused),
        _ => HandshakeError::Malformed,
    }
}
