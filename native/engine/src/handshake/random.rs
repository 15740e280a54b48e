//! Random bytes of a handshake.

use zeroize::Zeroizing;

use super::error::HandshakeError;

/// Random bytes of one side for one handshake.
/// The nonce or, with a key, the ephemeral private key.
pub(super) type RandomBytes = Zeroizing<[u8; 32]>;

/// Generates random bytes. Fails only if the system has none.
pub(super) fn random_bytes() -> Result<RandomBytes, HandshakeError> {
    let mut bytes = RandomBytes::default();
    getrandom::fill(bytes.as_mut_slice()).map_err(std::io::Error::from)?;
    Ok(bytes)
}
