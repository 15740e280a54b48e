//! The fields of the handshake's messages, without their type bytes.

use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, TryGetError};

use super::error::HandshakeError;
use super::session::{Session, SessionId};
use super::terms::Terms;
use crate::framing::LengthField;
use crate::noise::OVERHEAD_BYTES;

/// Longest frame or record of a handshake that is read, its type byte included. Leaves room for what later versions say first.
pub(super) const MESSAGE_MAX_BYTES: usize = 64;

/// The version of a stream without a key.
const OPEN_VERSION: u8 = 1;

/// The version of a stream that is encrypted.
const KEYED_VERSION: u8 = 2;

const HEARTBEAT: u8 = 1;
const ACKNOWLEDGE: u8 = 1 << 1;

/// Said of a key in version 1, which did not encrypt.
const OLD_ADMISSION: u8 = 1 << 2;

/// In what says how lengths are written, beside their width.
const LITTLE_ENDIAN: u8 = 1 << 7;

/// A random number that no other handshake has.
pub(super) type Nonce = [u8; 32];

/// The fields of `Hello` and of `Challenge` of a side that has no key.
pub(super) fn open_fields(terms: &Terms, nonce: &Nonce) -> Vec<u8> {
    let mut fields = vec![OPEN_VERSION];
    put_terms(&mut fields, terms);
    fields.put_slice(nonce);
    fields
}

/// Reads what the peer of a side without a key sent; returns the interval of the peer's heartbeat.
pub(super) fn agree_openly(mut fields: Bytes, terms: &Terms) -> Result<Option<Duration>, HandshakeError> {
    if fields.try_get_u8()? != OPEN_VERSION {
        return Err(HandshakeError::TermsDiffer);
    }
    let peer = PeerTerms::get(&mut fields)?;
    if fields.len() != size_of::<Nonce>() {
        return Err(HandshakeError::Malformed);
    }
    peer.agree(terms)
}

/// The fields of `Hello` and of `Challenge` of a side that has a key: `message` has the terms in it.
pub(super) fn keyed_fields(message: &[u8]) -> Vec<u8> {
    [&[KEYED_VERSION], message].concat()
}

/// The Noise message in the same.
pub(super) fn keyed_message(mut fields: Bytes) -> Result<Bytes, HandshakeError> {
    match (fields.try_get_u8()?, fields.first()) {
        (KEYED_VERSION, _) if fields.len() == OVERHEAD_BYTES + KEYED_TERMS_BYTES => Ok(fields),
        (KEYED_VERSION, _) => Err(HandshakeError::Malformed),
        (OPEN_VERSION, Some(flags)) if flags & OLD_ADMISSION != 0 => Err(HandshakeError::OldVersion),
        _ => Err(HandshakeError::TermsDiffer),
    }
}

/// Length of the terms in a Noise message.
const KEYED_TERMS_BYTES: usize = size_of::<u8>() + size_of::<u32>() + size_of::<u8>();

/// The terms in a Noise message.
pub(super) fn keyed_terms(terms: &Terms, field: LengthField) -> Vec<u8> {
    let mut payload = Vec::with_capacity(KEYED_TERMS_BYTES);
    put_terms(&mut payload, terms);
    payload.put_u8(lengths(field));
    payload
}

/// Reads the same; returns the interval of the peer's heartbeat.
pub(super) fn agree_on(payload: &[u8], terms: &Terms, field: LengthField) -> Result<Option<Duration>, HandshakeError> {
    let mut rest = payload;
    let peer = PeerTerms::get(&mut rest)?;
    let agreed = peer.agree(terms)?;
    if rest == [lengths(field)] { Ok(agreed) } else { Err(HandshakeError::TermsDiffer) }
}

/// How the lengths of frames are written.
fn lengths(field: LengthField) -> u8 {
    match field {
        LengthField::Fixed { width_bytes, little_endian } => {
            width_bytes as u8 | if little_endian { LITTLE_ENDIAN } else { 0 }
        }
        // No stream with a handshake has it.
        LengthField::Varint => 0,
    }
}

/// What a peer has said that it wants.
struct PeerTerms {
    flags: u8,
    heartbeat_ms: u32,
}

impl PeerTerms {
    fn get(from: &mut impl Buf) -> Result<Self, HandshakeError> {
        Ok(Self { flags: from.try_get_u8()?, heartbeat_ms: from.try_get_u32()? })
    }

    /// The interval of its heartbeat, where it wants the same as this side.
    fn agree(&self, terms: &Terms) -> Result<Option<Duration>, HandshakeError> {
        if (self.flags & HEARTBEAT == 0) != (self.heartbeat_ms == 0) {
            return Err(HandshakeError::Malformed);
        }
        if self.flags != flags(terms) {
            return Err(HandshakeError::TermsDiffer);
        }
        Ok((self.heartbeat_ms > 0).then(|| Duration::from_millis(self.heartbeat_ms.into())))
    }
}

fn put_terms(fields: &mut Vec<u8>, terms: &Terms) {
    fields.put_u8(flags(terms));
    fields.put_u32(terms.heartbeat.map_or(0, whole_milliseconds));
}

fn flags(terms: &Terms) -> u8 {
    let flag = |on: bool, flag: u8| if on { flag } else { 0 };
    flag(terms.heartbeat.is_some(), HEARTBEAT) | flag(terms.acknowledge, ACKNOWLEDGE)
}

/// Not zero, because a peer would take that for none.
fn whole_milliseconds(interval: Duration) -> u32 {
    u32::try_from(interval.as_millis()).unwrap_or(u32::MAX).max(1)
}

/// The part of `Proof` and `Welcome` that says which session is meant.
pub(super) fn put_session(fields: &mut Vec<u8>, session: Session) {
    fields.put_slice(&session.id.0);
    fields.put_u64(session.received);
}

/// Reads the same; nothing may follow it.
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
