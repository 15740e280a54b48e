//! ChaCha20-Poly1305 (RFC 8439), in a crate of its own to be compiled for speed.
//!
//! Generic code is compiled with the options of the crate that names its types. The engine is compiled for size, which would make the
//! cipher fifteen times slower.
//!
//! Encrypts and authenticates text in one pass, a kilobyte at a time, while that is in the processor's cache. The authenticator of
//! `cryptoxide` uses 64-bit limbs, also on arm64; that of `poly1305` takes 1.5 times as long.
#![forbid(unsafe_code)]

use chacha20::ChaCha20;
use chacha20::cipher::{Iv, KeyIvInit, StreamCipher};
use cryptoxide::poly1305::{Poly1305, Tag};

/// Length of a key.
pub const KEY_BYTES: usize = 32;

/// Length of the tag that authenticates a ciphertext.
pub const TAG_BYTES: usize = 16;

/// Block of the cipher.
/// The first block of each text has the authenticator's key (RFC 8439, section 2.6).
const BLOCK_BYTES: usize = 64;

/// Key stream per step: several blocks, which are computed in parallel.
const STREAM_BYTES: usize = 1024;

const WORD_BYTES: usize = size_of::<u64>();

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
    let tag = pass(key, number, ad, text, |mac, piece, stream| {
        combine(piece, stream);
        mac.update_mut(piece);
    });
    tag.map(|tag| tag.0)
}

/// Decrypts `text` in place.
/// Returns false, and fills `text` with zeros, if the tag is not the one from [`seal`].
pub fn open(key: &[u8; KEY_BYTES], number: u64, ad: &[u8], text: &mut [u8], tag: &[u8; TAG_BYTES]) -> bool {
    let is_genuine = decrypt(key, number, ad, text, tag);
    overwrite_stack();
    if !is_genuine {
        text.fill(0);
    }
    is_genuine
}

#[inline(never)]
fn decrypt(key: &[u8; KEY_BYTES], number: u64, ad: &[u8], text: &mut [u8], tag: &[u8; TAG_BYTES]) -> bool {
    let made = pass(key, number, ad, text, |mac, piece, stream| {
        mac.update_mut(piece);
        combine(piece, stream);
    });
    // Compares in constant time.
    made == Some(Tag(*tag))
}

/// Processes `text` in one pass, and returns the tag of the authenticated bytes.
/// `step` gets each piece with its key stream.
fn pass(
    key: &[u8; KEY_BYTES],
    number: u64,
    ad: &[u8],
    text: &mut [u8],
    step: impl Fn(&mut Poly1305, &mut [u8], &[u8]),
) -> Option<Tag> {
    let lengths = [ad.len() as u64, text.len() as u64];
    let mut cipher = ChaCha20::new(key.into(), &nonce(number));
    let mut stream = [0; STREAM_BYTES];
    let (first, rest) = text.split_at_mut(text.len().min(STREAM_BYTES - BLOCK_BYTES));
    // A short text needs one call of the cipher.
    let begun = stream.get_mut(..BLOCK_BYTES + first.len())?;
    cipher.try_write_keystream(begun).ok()?;
    let (block, first_stream) = begun.split_at(BLOCK_BYTES);
    let mut mac = Poly1305::new(block.first_chunk()?);
    mac.update_mut(ad);
    pad(&mut mac, ad.len());
    step(&mut mac, first, first_stream);
    for piece in rest.chunks_mut(STREAM_BYTES) {
        let stream = stream.get_mut(..piece.len())?;
        cipher.try_write_keystream(stream).ok()?;
        step(&mut mac, piece, stream);
    }
    pad(&mut mac, text.len());
    lengths.iter().for_each(|length| mac.update_mut(&length.to_le_bytes()));
    Some(mac.finalize())
}

/// Pads the authenticator's last block after `bytes` with zeros.
fn pad(mac: &mut Poly1305, bytes: usize) {
    let rest = bytes.next_multiple_of(TAG_BYTES) - bytes;
    mac.update_mut([0; TAG_BYTES].get(..rest).unwrap_or_default());
}

/// XORs text and key stream, eight bytes at a time.
///
/// Byte by byte would rely on the vectoriser, which is off when the program is linked for size.
fn combine(text: &mut [u8], stream: &[u8]) {
    let (words, rest) = text.as_chunks_mut::<WORD_BYTES>();
    let (stream_words, stream_rest) = stream.as_chunks::<WORD_BYTES>();
    for (word, stream) in words.iter_mut().zip(stream_words) {
        *word = (u64::from_ne_bytes(*word) ^ u64::from_ne_bytes(*stream)).to_ne_bytes();
    }
    rest.iter_mut().zip(stream_rest).for_each(|(byte, stream)| *byte ^= stream);
}

/// Overwrites the stack of a call that has just returned.
/// Moving the cipher leaves copies of the key there.
#[inline(never)]
fn overwrite_stack() {
    std::hint::black_box(&mut [0_u8; STACK_BYTES]);
}

/// Returns the nonce of the Noise protocol: four zero bytes and the number, little-endian.
fn nonce(number: u64) -> Iv<ChaCha20> {
    let mut nonce = Iv::<ChaCha20>::default();
    let (_, low) = nonce.split_at_mut(4);
    low.copy_from_slice(&number.to_le_bytes());
    nonce
}
