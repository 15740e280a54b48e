//! ChaCha20-Poly1305. A crate of its own, because generic code is compiled as the crate that names its types: this one is compiled for
//! speed, and the engine for size, which would make the cipher fifteen times slower.
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

/// More than the cipher needs of the stack.
const STACK_BYTES: usize = 4096;

/// Encrypts `text` where it is, and returns the tag; `None` where it is too long. `number` is what no other text of the key has.
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

/// Decrypts `text` where it is. False, and `text` stays as it is, when the tag is not the one that [`seal`] has made of it.
pub fn open(key: &[u8; KEY_BYTES], number: u64, ad: &[u8], text: &mut [u8], tag: &[u8; TAG_BYTES]) -> bool {
    let is_genuine = decrypt(key, number, ad, text, tag);
    overwrite_stack();
    is_genuine
}

#[inline(never)]
fn decrypt(key: &[u8; KEY_BYTES], number: u64, ad: &[u8], text: &mut [u8], tag: &[u8; TAG_BYTES]) -> bool {
    ChaCha20Poly1305::new(key.into()).decrypt_inout_detached(&nonce(number), ad, text.into(), tag.into()).is_ok()
}

/// Overwrites what a call that has just returned left on the stack: the cipher is moved, and copies of the key stay where it was.
#[inline(never)]
fn overwrite_stack() {
    std::hint::black_box(&mut [0_u8; STACK_BYTES]);
}

/// Four zero bytes and the number, its low byte first: how the Noise protocol counts.
fn nonce(number: u64) -> Nonce {
    let mut nonce = Nonce::default();
    let (_, low) = nonce.split_at_mut(4);
    low.copy_from_slice(&number.to_le_bytes());
    nonce
}
