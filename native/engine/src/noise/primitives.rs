//! X25519, ChaCha20-Poly1305 and SHA-256 for the Noise protocol.

use clatter::KeyPair;
use clatter::bytearray::{ByteArray, SensitiveByteArray};
use clatter::error::{CipherError, CipherResult, DhError, DhResult};
use clatter::traits::{Cipher, CryptoComponent, Dh, Hash, Rng};
use curve25519_dalek::constants::X25519_BASEPOINT;
use curve25519_dalek::montgomery::MontgomeryPoint;
use rand_core::{CryptoRng, RngCore};
use sha2::Digest;
use socket_aead::TAG_BYTES;
use zeroize::Zeroize;

/// A secret of 32 bytes.
pub(super) type Secret = SensitiveByteArray<[u8; 32]>;

/// The Diffie-Hellman function "25519".
#[derive(Clone)]
pub(super) struct Curve25519;

impl CryptoComponent for Curve25519 {
    fn name() -> &'static str {
        "25519"
    }
}

impl Dh for Curve25519 {
    type PrivateKey = Secret;
    type PubKey = [u8; 32];
    type Output = Secret;

    // Keys are generated elsewhere, where a lack of random numbers can be reported.
    fn genkey_rng<R: Rng>(_: &mut R) -> DhResult<KeyPair<Self::PubKey, Self::PrivateKey>> {
        Err(DhError::KeyGeneration)
    }

    fn pubkey(private: &Secret) -> Self::PubKey {
        X25519_BASEPOINT.mul_clamped(**private).to_bytes()
    }

    fn dh(private: &Secret, public: &Self::PubKey) -> DhResult<Secret> {
        Ok(Secret::new(MontgomeryPoint(*public).mul_clamped(**private).to_bytes()))
    }
}

/// The cipher "ChaChaPoly".
#[derive(Clone)]
pub(super) struct ChaChaPoly;

impl CryptoComponent for ChaChaPoly {
    fn name() -> &'static str {
        "ChaChaPoly"
    }
}

impl Cipher for ChaChaPoly {
    type Key = Secret;

    fn tag_len() -> usize {
        TAG_BYTES
    }

    fn encrypt(key: &Secret, nonce: u64, ad: &[u8], plaintext: &[u8], out: &mut [u8]) -> CipherResult<()> {
        out.get_mut(..plaintext.len()).ok_or(CipherError::Encrypt)?.copy_from_slice(plaintext);
        Self::encrypt_in_place(key, nonce, ad, out, plaintext.len()).map(drop)
    }

    fn encrypt_in_place(
        key: &Secret,
        nonce: u64,
        ad: &[u8],
        in_out: &mut [u8],
        plaintext_len: usize,
    ) -> CipherResult<usize> {
        let (text, rest) = in_out.split_at_mut_checked(plaintext_len).ok_or(CipherError::Encrypt)?;
        let to = rest.get_mut(..TAG_BYTES).ok_or(CipherError::Encrypt)?;
        to.copy_from_slice(&socket_aead::seal(key, nonce, ad, text).ok_or(CipherError::Encrypt)?);
        Ok(plaintext_len + TAG_BYTES)
    }

    fn decrypt(key: &Secret, nonce: u64, ad: &[u8], ciphertext: &[u8], out: &mut [u8]) -> CipherResult<()> {
        let (text, tag) = ciphertext.split_at_checked(out.len()).ok_or(CipherError::Decrypt)?;
        out.copy_from_slice(text);
        open(key, nonce, ad, out, tag)
    }

    fn decrypt_in_place(
        key: &Secret,
        nonce: u64,
        ad: &[u8],
        in_out: &mut [u8],
        ciphertext_len: usize,
    ) -> CipherResult<usize> {
        let text_bytes = ciphertext_len.checked_sub(TAG_BYTES).ok_or(CipherError::Decrypt)?;
        let (text, rest) = in_out.split_at_mut_checked(text_bytes).ok_or(CipherError::Decrypt)?;
        let tag = rest.get(..TAG_BYTES).ok_or(CipherError::Decrypt)?;
        open(key, nonce, ad, text, tag)?;
        Ok(text_bytes)
    }
}

fn open(key: &Secret, nonce: u64, ad: &[u8], text: &mut [u8], tag: &[u8]) -> CipherResult<()> {
    let tag = tag.try_into().map_err(|_| CipherError::Decrypt)?;
    if socket_aead::open(key, nonce, ad, text, tag) { Ok(()) } else { Err(CipherError::Decrypt) }
}

/// The hash function "SHA256".
#[derive(Clone, Default)]
pub(super) struct Sha256(sha2::Sha256);

impl CryptoComponent for Sha256 {
    fn name() -> &'static str {
        "SHA256"
    }
}

impl Hash for Sha256 {
    type Block = SensitiveByteArray<[u8; 64]>;
    type Output = Secret;

    fn input(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn result(self) -> Secret {
        let mut hash = self.0.finalize();
        let secret = Secret::from_slice(&hash);
        hash.as_mut_slice().zeroize();
        secret
    }
}

/// The system's random numbers.
#[derive(Clone, Default)]
pub(super) struct SystemRandom;

impl RngCore for SystemRandom {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, to: &mut [u8]) {
        while self.try_fill_bytes(to).is_err() {}
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), rand_core::Error> {
        getrandom::fill(to).map_err(|_| rand_core::Error::from(std::num::NonZeroU32::MIN))
    }
}

impl CryptoRng for SystemRandom {}
