//! Fields of handshake messages, without type bytes.

use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, TryGetError};

use super::error::HandshakeError;
use super::params::HandshakeParams;
use super::session::{Session, SessionId};
use crate::framing::LengthField;
use crate::noise::OVERHEAD_BYTES;

/// Longest accepted frame or record of a handshake, with its type byte.
/// Leaves room for later versions.
pub(super) const MESSAGE_MAX_BYTES: usize = 64;

/// Version of unencrypted streams.
const OPEN_VERSION: u8 = 1;

/// Version of encrypted streams.
const KEYED_VERSION: u8 = 2;

const HEARTBEAT: u8 = 1;
const ACKNOWLEDGE: u8 = 1 << 1;

/// Flag of a key in version 1, which did not encrypt.
const OLD_ADMISSION: u8 = 1 << 2;

/// Flag of the byte order, next to the width of lengths.
const LITTLE_ENDIAN: u8 = 1 << 7;

/// A random number, unique for each handshake.
pub(super) type Nonce = [u8; 32];

/// Encodes the fields of `Hello` and `Challenge` without a key.
pub(super) fn open_fields(params: &HandshakeParams, nonce: &Nonce) -> Vec<u8> {
    let mut fields = vec![OPEN_VERSION];
    put_params(&mut fields, params);
    fields.put_slice(nonce);
    fields
}

/// Checks the peer's fields without a key; returns the interval of the peer's heartbeat.
pub(super) fn agree_openly(mut fields: Bytes, params: &HandshakeParams) -> Result<Option<Duration>, HandshakeError> {
    if fields.try_get_u8()? != OPEN_VERSION {
        return Err(HandshakeError::ParamsDiffer);
    }
    let peer = PeerTerms::get(&mut fields)?;
    if fields.len() != size_of::<Nonce>() {
        return Err(HandshakeError::Malformed);
    }
    peer.agree(params)
}

/// Encodes the fields of `Hello` and `Challenge` with a key.
/// `message` contains the parameters.
pub(super) fn keyed_fields(message: &[u8]) -> Vec<u8> {
    [&[KEYED_VERSION], message].concat()
}

/// Returns the Noise message in these fields.
pub(super) fn keyed_message(mut fields: Bytes) -> Result<Bytes, HandshakeError> {
    match (fields.try_get_u8()?, fields.first()) {
        (KEYED_VERSION, _) if fields.len() == OVERHEAD_BYTES + KEYED_TERMS_BYTES => Ok(fields),
        (KEYED_VERSION, _) => Err(HandshakeError::Malformed),
        (OPEN_VERSION, Some(flags)) if flags & OLD_ADMISSION != 0 => Err(HandshakeError::OldVersion),
        _ => Err(HandshakeError::ParamsDiffer),
    }
}

/// Length of the parameters in a Noise message.
const KEYED_TERMS_BYTES: usize = size_of::<u8>() + size_of::<u32>() + size_of::<u8>();

/// Encodes the parameters for a Noise message.
pub(super) fn keyed_params(params: &HandshakeParams, field: LengthField) -> Vec<u8> {
    let mut payload = Vec::with_capacity(KEYED_TERMS_BYTES);
    put_params(&mut payload, params);
    payload.put_u8(lengths(field));
    payload
}

/// Checks the peer's parameters; returns the interval of the peer's heartbeat.
pub(super) fn agree_on(
    payload: &[u8],
    params: &HandshakeParams,
    field: LengthField,
) -> Result<Option<Duration>, HandshakeError> {
    let mut rest = payload;
    let peer = PeerTerms::get(&mut rest)?;
    let agreed = peer.agree(params)?;
    if rest == [lengths(field)] { Ok(agreed) } else { Err(HandshakeError::ParamsDiffer) }
}

/// Encodes the format of frame lengths.
fn lengths(field: LengthField) -> u8 {
    match field {
        LengthField::Fixed { width_bytes, little_endian } => {
            width_bytes as u8 | if little_endian { LITTLE_ENDIAN } else { 0 }
        }
        // Streams with a handshake never have a varint.
        LengthField::Varint => 0,
    }
}

/// Parameters that a peer has sent.
struct PeerTerms {
    flags: u8,
    heartbeat_ms: u32,
}

impl PeerTerms {
    fn get(from: &mut impl Buf) -> Result<Self, HandshakeError> {
        Ok(Self { flags: from.try_get_u8()?, heartbeat_ms: from.try_get_u32()? })
    }

    /// Returns the interval of the peer's heartbeat, if its parameters equal those of this side.
    fn agree(&self, params: &HandshakeParams) -> Result<Option<Duration>, HandshakeError> {
        if (self.flags & HEARTBEAT == 0) != (self.heartbeat_ms == 0) {
            return Err(HandshakeError::Malformed);
        }
        if self.flags != flags(params) {
            return Err(HandshakeError::ParamsDiffer);
        }
        Ok((self.heartbeat_ms > 0).then(|| Duration::from_millis(self.heartbeat_ms.into())))
    }
}

fn put_params(fields: &mut Vec<u8>, params: &HandshakeParams) {
    fields.put_u8(flags(params));
    fields.put_u32(params.heartbeat.map_or(0, whole_milliseconds));
}

fn flags(params: &HandshakeParams) -> u8 {
    let flag = |on: bool, flag: u8| if on { flag } else { 0 };
    flag(params.heartbeat.is_some(), HEARTBEAT) | flag(params.acknowledge, ACKNOWLEDGE)
}

/// At least 1: a peer takes 0 for no heartbeat.
fn whole_milliseconds(interval: Duration) -> u32 {
    u32::try_from(interval.as_millis()).unwrap_or(u32::MAX).max(1)
}

/// Encodes a session as fields of `Proof` and `Welcome`.
pub(super) fn put_session(fields: &mut Vec<u8>, session: Session) {
    fields.put_slice(&session.id.0);
    fields.put_u64(session.received);
}

/// Decodes a session; it must be all of `fields`.
pub(super) fn get_session(mut fields: &[u8]) -> Result<Session, HandshakeError> {
    let mut id = SessionId::default();
    fields.try_copy_to_slice(&mut id.0)?;
    let received = fields.try_get_u64()?;
    if fields.is_empty() { Ok(Session { id, received }) } else { Err(HandshakeError::Malformed) }
}

impl From<TryGetError> for HandshakeError {
    fn from(_: TryGetError) -> Self {
        Self::Malformed
    }
}
