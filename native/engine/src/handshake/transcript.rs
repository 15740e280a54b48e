//! Everything that was said so far, and proofs over it.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::HandshakeError;
use crate::key::Key;
use crate::wire::Kind;

/// Length of a proof.
pub(super) const PROOF_BYTES: usize = 32;

/// Whose proof it is. Each has its own label, so that nobody can send back what it was sent.
#[derive(Clone, Copy)]
pub(super) enum Role {
    Client,
    Server,
}

impl Role {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Client => b"socketkit 1 client",
            Self::Server => b"socketkit 1 server",
        }
    }
}

/// The handshake's messages in their order, each with its type byte. Their kinds say how long they are, so that no two
/// handshakes have the same one.
pub(super) struct Transcript {
    key: Option<Arc<Key>>,
    bytes: Vec<u8>,
}

impl Transcript {
    /// The empty one. Without a key every proof is empty and right.
    pub(super) fn new(key: Option<Arc<Key>>) -> Self {
        Self { key, bytes: Vec::new() }
    }

    pub(super) fn append(&mut self, kind: Kind, fields: &[u8]) {
        self.bytes.push(kind.byte());
        self.bytes.extend_from_slice(fields);
    }

    /// The proof of `role` over everything so far and over the message that carries it.
    pub(super) fn prove(&self, role: Role, kind: Kind, fields: &[u8]) -> Result<Vec<u8>, HandshakeError> {
        let Some(key) = &self.key else { return Ok(Vec::new()) };
        Ok(self.hmac(key, role, kind, fields)?.finalize().into_bytes().to_vec())
    }

    /// Compares in a time that does not depend on `proof`.
    pub(super) fn verify(&self, role: Role, kind: Kind, fields: &[u8], proof: &[u8]) -> Result<(), HandshakeError> {
        let Some(key) = &self.key else { return Ok(()) };
        self.hmac(key, role, kind, fields)?.verify_slice(proof).map_err(|_| HandshakeError::WrongKey)
    }

    fn hmac(&self, key: &Key, role: Role, kind: Kind, fields: &[u8]) -> Result<Hmac<Sha256>, HandshakeError> {
        // HMAC takes keys of every length; were it not so, there would be no proof.
        let hmac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).map_err(|_| HandshakeError::WrongKey)?;
        Ok(hmac.chain_update(role.label()).chain_update(&self.bytes).chain_update([kind.byte()]).chain_update(fields))
    }
}
