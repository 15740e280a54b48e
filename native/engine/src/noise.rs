//! `Noise_NNpsk0_25519_ChaChaPoly_SHA256`: the handshake of encrypted links.

mod primitives;
mod records;
#[cfg(test)]
pub(crate) mod tests;

use clatter::bytearray::ByteArray;
use clatter::error::HandshakeError as ClatterError;
use clatter::handshakepattern::noise_nn_psk0;
use clatter::traits::{Dh, Handshaker, Hash};
use clatter::{KeyPair, NqHandshakeCore};
use socket_aead::TAG_BYTES;

use crate::key::Key;
use primitives::{ChaChaPoly, Curve25519, Secret, Sha256, SystemRandom};
#[cfg(any(fuzzing, test))]
pub(crate) use records::at_record;
pub(crate) use records::{LENGTH_BYTES, Opener, RecordError, Sealer, record_length, record_rest};

/// Prologue that both sides mix into the handshake: another protocol has another prologue.
const PROLOGUE: &[u8] = b"socketkit 2";

/// Prefix of the pairing key in the hash.
const KEY_LABEL: &[u8] = b"socketkit 2 key";

/// Overhead of a handshake message: a public key and a tag.
pub(crate) const OVERHEAD_BYTES: usize = 32 + TAG_BYTES;

type State = NqHandshakeCore<Curve25519, ChaChaPoly, Sha256, SystemRandom>;

/// Reason why a handshake message is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoiseError {
    /// It has the wrong length.
    Length,
    /// It was made with another key, or changed in transit.
    Key,
}

/// Ciphers of one link, one for each direction.
pub(crate) struct LinkCiphers {
    pub(crate) sealer: Sealer,
    pub(crate) opener: Opener,
}

impl LinkCiphers {
    /// Splits the ciphers of a link that may be encrypted.
    pub(crate) fn split(this: Option<Self>) -> (Option<Sealer>, Option<Opener>) {
        this.map(|Self { sealer, opener }| (sealer, opener)).unzip()
    }
}

/// One side of a handshake in progress.
/// Boxed, so that its secrets stay in memory that is overwritten.
pub(crate) struct Handshake(Box<State>);

impl Handshake {
    /// Creates the side that sends the first message.
    pub(crate) fn initiator(key: &Key, ephemeral: &[u8; 32]) -> Result<Self, NoiseError> {
        Self::new(key, ephemeral, true)
    }

    /// Creates the side that answers.
    pub(crate) fn responder(key: &Key, ephemeral: &[u8; 32]) -> Result<Self, NoiseError> {
        Self::new(key, ephemeral, false)
    }

    fn new(key: &Key, ephemeral: &[u8; 32], initiator: bool) -> Result<Self, NoiseError> {
        Self::with(shared_secret(key).as_slice(), ephemeral, PROLOGUE, initiator)
    }

    fn with(shared: &[u8], ephemeral: &[u8; 32], prologue: &[u8], initiator: bool) -> Result<Self, NoiseError> {
        let secret = Secret::from_slice(ephemeral);
        let pair = KeyPair::new(Curve25519::pubkey(&secret), secret);
        let state = State::new(noise_nn_psk0(), prologue, initiator, None, Some(pair), None, None)?;
        let mut this = Self(Box::new(state));
        this.0.push_psk(shared);
        Ok(this)
    }

    /// Encodes the next message of this side.
    pub(crate) fn write(&mut self, payload: &[u8]) -> Result<Vec<u8>, NoiseError> {
        let mut message = vec![0; payload.len() + OVERHEAD_BYTES];
        let written = self.0.write_message(payload, &mut message);
        self.forget_key();
        message.truncate(written?);
        Ok(message)
    }

    /// Decodes the next message of the peer and returns its payload.
    pub(crate) fn read(&mut self, message: &[u8]) -> Result<Vec<u8>, NoiseError> {
        let length = message.len().checked_sub(OVERHEAD_BYTES).ok_or(NoiseError::Length)?;
        let mut payload = vec![0; length];
        let read = self.0.read_message(message, &mut payload);
        self.forget_key();
        read?;
        Ok(payload)
    }

    /// Returns the keys, after both messages.
    pub(crate) fn finish(self) -> Result<LinkCiphers, NoiseError> {
        let is_initiator = self.0.is_initiator();
        let ciphers = self.0.get_state().split().map_err(|_| NoiseError::Key)?;
        let (out, back) = (Box::new(ciphers.initiator_to_responder), Box::new(ciphers.responder_to_initiator));
        let (to_peer, from_peer) = if is_initiator { (out, back) } else { (back, out) };
        Ok(LinkCiphers { sealer: Sealer::new(to_peer), opener: Opener::new(from_peer) })
    }

    /// Overwrites the pre-shared key, which the library does not wipe after use.
    fn forget_key(&mut self) {
        self.0.push_psk(&[0; 32]);
    }
}

impl From<ClatterError> for NoiseError {
    fn from(error: ClatterError) -> Self {
        match error {
            ClatterError::Cipher(_) => Self::Key,
            _ => Self::Length,
        }
    }
}

/// Derives the pre-shared key of the pattern.
fn shared_secret(key: &Key) -> Secret {
    let mut hash = Sha256::default();
    hash.input(KEY_LABEL);
    hash.input(key.as_bytes());
    hash.result()
}
