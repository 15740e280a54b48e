//! The fields of the handshake's messages, without their type bytes.

use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, TryGetError};

use super::transcript::PROOF_BYTES;
use super::{HandshakeError, Session, SessionId, Terms};

/// Longest frame of a handshake that is read, its type byte included. Leaves room for what later versions say first.
pub(super) const MESSAGE_MAX_BYTES: usize = 64;

/// The version of the protocol.
const VERSION: u8 = 1;

const HEARTBEAT: u8 = 1;
const ACKNOWLEDGE: u8 = 1 << 1;
const ADMISSION: u8 = 1 << 2;

/// A random number that no other handshake has.
pub(super) type Nonce = [u8; 32];

/// The fields of `Hello` and of `Challenge`.
pub(super) struct Opening {
    flags: u8,
    heartbeat_ms: u32,
    nonce: Nonce,
}

impl Opening {
    pub(super) fn new(terms: &Terms, nonce: Nonce) -> Self {
        Self { flags: flags(terms), heartbeat_ms: terms.heartbeat.map_or(0, whole_milliseconds), nonce }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut fields = vec![VERSION, self.flags];
        fields.put_u32(self.heartbeat_ms);
        fields.put_slice(&self.nonce);
        fields
    }

    /// Reads what the peer of a side with `terms` sent; returns the interval of the peer's heartbeat.
    pub(super) fn agree(mut fields: Bytes, terms: &Terms) -> Result<Option<Duration>, HandshakeError> {
        if fields.try_get_u8()? != VERSION {
            return Err(HandshakeError::TermsDiffer);
        }
        let (peer_flags, heartbeat_ms) = (fields.try_get_u8()?, fields.try_get_u32()?);
        if fields.len() != size_of::<Nonce>() || (peer_flags & HEARTBEAT == 0) != (heartbeat_ms == 0) {
            return Err(HandshakeError::Malformed);
        }
        if peer_flags != flags(terms) {
            return Err(HandshakeError::TermsDiffer);
        }
        Ok((heartbeat_ms > 0).then(|| Duration::from_millis(heartbeat_ms.into())))
    }
}

fn flags(terms: &Terms) -> u8 {
    let flag = |on: bool, flag: u8| if on { flag } else { 0 };
    flag(terms.heartbeat.is_some(), HEARTBEAT)
        | flag(terms.acknowledge, ACKNOWLEDGE)
        | flag(terms.key.is_some(), ADMISSION)
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

/// The proof that stands first in `fields` if there is a key, and what follows it.
pub(super) fn split_proof<'a>(fields: &'a [u8], terms: &Terms) -> Result<(&'a [u8], &'a [u8]), HandshakeError> {
    let proof_bytes = if terms.key.is_some() { PROOF_BYTES } else { 0 };
    fields.split_at_checked(proof_bytes).ok_or(HandshakeError::Malformed)
}

impl From<TryGetError> for HandshakeError {
    fn from(_: TryGetError) -> Self {
        Self::Malformed
    }
}
