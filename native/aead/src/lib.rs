//! ChaCha20-Poly1305 (RFC 8439). A crate of its own, because generic code is compiled as the crate that names its types: this one is
//! compiled for speed, and the engine for size, which would make the cipher fifteen times slower.
//!
//! Text is encrypted and authenticated in one pass, a kilobyte at a time, while that is in the processor's cache. The authenticator of
//! `cryptoxide` calculates with 64-bit limbs, on arm64 as well; that of `poly1305` takes half as long again.
#![forbid(unsafe_code)]

use chacha20::ChaCha20;
use chacha20::cipher::{Iv, KeyIvInit, StreamCipher};
use cryptoxide::poly1305::{Poly1305, Tag};

/// Length of a key.
pub const KEY_BYTES: usize = 32;

/// Length of the tag that authenticates a ciphertext.
pub const TAG_BYTES: usize = 16;

/// Block of the cipher. The first one of each text has the key of the authenticator (RFC 8439, section 2.6).
const BLOCK_BYTES: usize = 64;

/// Key stream that is made at a time: some of the blocks that are made side by side.
const STREAM_BYTES: usize = 1024;

const WORD_BYTES: usize = size_of::<u64>();

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
    let tag = pass(key, number, ad, text, |mac, piece, stream| {
        combine(piece, stream);
        mac.update_mut(piece);
    });
    tag.map(|tag| tag.0)
}

/// Decrypts `text` where it is. False, and `text` is zeros, when the tag is not the one that [`seal`] has made of it.
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

/// Passes over `text` once: `step` gets each piece of it with its key stream. Returns the tag of what it has authenticated.
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
    // A short text takes one call of the cipher.
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

/// Fills the authenticator's block behind `bytes` with zeros.
fn pad(mac: &mut Poly1305, bytes: usize) {
    let rest = bytes.next_multiple_of(TAG_BYTES) - bytes;
    mac.update_mut([0; TAG_BYTES].get(..rest).unwrap_or_default());
}

/// Combines text and key stream, eight bytes at a time: byte by byte is left to the vectoriser, which does not run where the program
/// is linked for size.
fn combine(text: &mut [u8], stream: &[u8]) {
    let (words, rest) = text.as_chunks_mut::<WORD_BYTES>();
    let (stream_words, stream_rest) = stream.as_chunks::<WORD_BYTES>();
    for (word, stream) in words.iter_mut().zip(stream_words) {
        *word = (u64::from_ne_bytes(*word) ^ u64::from_ne_bytes(*stream)).to_ne_bytes();
    }
    rest.iter_mut().zip(stream_rest).for_each(|(byte, stream)| *byte ^= stream);
}

/// Overwrites what a call that has just returned left on the stack: the cipher is moved, and copies of the key stay where it was.
#[inline(never)]
fn overwrite_stack() {
    std::hint::black_box(&mut [0_u8; STACK_BYTES]);
}

/// Four zero bytes and the number, its low byte first: how the Noise protocol counts.
fn nonce(number: u64) -> Iv<ChaCha20> {
    let mut nonce = Iv::<ChaCha20>::default();
    let (_, low) = nonce.split_at_mut(4);
    low.copy_from_slice(&number.to_le_bytes());
    nonce
}
