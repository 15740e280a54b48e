//! Random bytes of a handshake.

use zeroize::Zeroizing;

use super::error::HandshakeError;

/// What one side brings to one handshake: its nonce, or, with a key, the private key that it uses once.
pub(super) type RandomBytes = Zeroizing<[u8; 32]>;

/// New random bytes. Fails only where the system has none.
pub(super) fn random_bytes() -> Result<RandomBytes, HandshakeError> {
    let mut bytes = RandomBytes::default();
    getrandom::fill(bytes.as_mut_slice()).map_err(std::io::Error::from)?;
    Ok(bytes)
}
