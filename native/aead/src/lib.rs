//! ChaCha20-Poly1305, in a crate of its own to be compiled for speed.
//!
//! Generic code is compiled with the options of the crate that names its types. The engine is compiled for size, which would make the
//! cipher fifteen times slower.
#![forbid(unsafe_code)]

mod wide;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaChaPoly1305, KeyInit, Nonce};
use wide::Wide;

type ChaCha20Poly1305 = ChaChaPoly1305<Wide>;

/// Length of a key.
pub const KEY_BYTES: usize = 32;

/// Length of the tag that authenticates a ciphertext.
pub const TAG_BYTES: usize = 16;

/// More stack than the cipher needs.
const STACK_BYTES: usize = 4096;

/// Encrypts `text` in place, and returns the tag; `None` if it is too long.
/// `number` must be unique for the key.
pub fn seal(key: &[u8; KEY_BYTES], number: u64, ad: &[u8], text: &mut [u8]) -> Option<[u8; TAG_BYTES]> {
    let tag = encrypt(key, number, ad, text);
    overwrite_stack();
    tag
}

#[inline(never)]
fn encrypt(key: &[u8; KEY_BYTES], number: u64, ad: &[u8], text: &mut [u8]) -> Option<[u8; TAG_BYTES]> {
    let tag = ChaCha20Poly1305::new(key.into()).encrypt_inout_detached(&nonce(number), ad, text.into());
    tag.ok().map(Into::into)
}

/// Decrypts `text` in place.
/// Returns false, and leaves `text` unchanged, if the tag is not the one from [`seal`].
pub fn open(key: &[u8; KEY_BYTES], number: u64, ad: &[u8], text: &mut [u8], tag: &[u8; TAG_BYTES]) -> bool {
    let is_genuine = decrypt(key, number, ad, text, tag);
    overwrite_stack();
    is_genuine
}

#[inline(never)]
fn decrypt(key: &[u8; KEY_BYTES], number: u64, ad: &[u8], text: &mut [u8], tag: &[u8; TAG_BYTES]) -> bool {
    ChaCha20Poly1305::new(key.into()).decrypt_inout_detached(&nonce(number), ad, text.into(), tag.into()).is_ok()
}

/// Overwrites the stack of a call that has just returned.
/// Moving the cipher leaves copies of the key there.
#[inline(never)]
fn overwrite_stack() {
    std::hint::black_box(&mut [0_u8; STACK_BYTES]);
}

/// Returns the nonce of the Noise protocol: four zero bytes and the number, little-endian.
fn nonce(number: u64) -> Nonce {
    let mut nonce = Nonce::default();
    let (_, low) = nonce.split_at_mut(4);
    low.copy_from_slice(&number.to_le_bytes());
    nonce
}
