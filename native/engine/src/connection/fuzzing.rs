//! Streams of records that a peer might send, and what happens to them on the way.

use bytes::{Buf, Bytes};

use super::frames::Frames;
use crate::framing::{Framing, FramingError};
use crate::noise::{Opener, Sealer, at_record};
use crate::protocol::Protocol;
use crate::wire::Frame;

const KEY: [u8; 32] = [7; 32];

/// Most records before the first change of the key.
///
/// So inputs need not have thousands of records.
const REKEY: u64 = 4096;

/// Longest plaintext of a record.
const PLAINTEXT_MAX_BYTES: usize = 65_519;

/// The keys and numbers of one direction, done as the specification says it.
struct Reference {
    key: [u8; 32],
    number: u64,
}

/// Sends records that `data` describes, does with some what an attacker might, and takes the stream apart. The first three bytes choose
/// the framing, the number of the first record, and the pieces.
///
/// The reference seals and opens one record after the other, and lets a stream without encryption have the plaintext.
pub fn records(data: &[u8]) {
    let Some(([choice, first, piece], script)) = data.split_first_chunk() else { return };
    let first = if first & 128 == 0 { 0 } else { REKEY - u64::from(first & 7) };
    let width_bytes = [1, 2, 4, 4].get(usize::from(choice & 3)).copied().unwrap_or(4);
    let Ok(framing) = Framing::length(width_bytes, choice & 4 != 0, 200) else { return };
    let (sealer, opener) = at_record(&KEY, first);
    let stream = stream(script, sealer, Reference { key: KEY, number: first });
    let (plaintext, is_good) = Reference { key: KEY, number: first }.open_all(&stream);
    let plain = take(&framing, None, &plaintext, usize::MAX);
    assert_eq!(take(&framing, None, &plaintext, usize::from(*piece) + 1), plain);
    let (frames, mut error) = plain;
    if !is_good && error.is_none() {
        error = Some(FramingError::Forged);
    }
    assert_eq!(take(&framing, Some(opener), &stream, usize::from(*piece) + 1), (frames, error));
}

/// What is sent, and what has become of it on the way.
fn stream(mut script: &[u8], mut sealer: Sealer, mut reference: Reference) -> Vec<u8> {
    let (mut stream, mut last) = (Vec::new(), Vec::new());
    while let Ok(deed) = script.try_get_u8() {
        let length = usize::from(script.try_get_u8().unwrap_or_default());
        let (said, rest) = script.split_at_checked(length).unwrap_or((script, &[]));
        script = rest;
        let place = usize::from(deed >> 3);
        match deed & 7 {
            0 => stream.extend_from_slice(&last),
            1 => stream.extend_from_slice(said),
            2 => stream.truncate(stream.len().saturating_sub(place)),
            3 => stream.iter_mut().rev().skip(place).take(1).for_each(|byte| *byte ^= said.first().unwrap_or(&0)),
            4 => seal(&vec![deed; length * 300], &mut sealer, &mut reference, &mut last),
            5 => stream.extend(sealed(said, &mut sealer, &mut reference, &mut last).iter().rev()),
            _ => stream.extend_from_slice(sealed(said, &mut sealer, &mut reference, &mut last)),
        }
    }
    stream
}

/// A record with `plaintext`, which the reference has made as well.
fn sealed<'a>(plaintext: &[u8], sealer: &mut Sealer, reference: &mut Reference, record: &'a mut Vec<u8>) -> &'a [u8] {
    seal(plaintext, sealer, reference, record);
    record
}

fn seal(plaintext: &[u8], sealer: &mut Sealer, reference: &mut Reference, record: &mut Vec<u8>) {
    let plaintext = plaintext.get(..PLAINTEXT_MAX_BYTES).unwrap_or(plaintext);
    let (one, other) = plaintext.split_at(plaintext.len() / 2);
    assert_eq!(sealer.seal([one, &[], other], record), Some(plaintext.len()));
    assert_eq!(*record, reference.seal(plaintext));
}

fn take(
    framing: &Framing,
    opener: Option<Opener>,
    stream: &[u8],
    piece_bytes: usize,
) -> (Vec<Frame>, Option<FramingError>) {
    let protocol = Protocol { framing: Some(framing.clone()), acknowledge: true, ..Protocol::default() };
    let is_encrypted = opener.is_some();
    let mut taken = Vec::new();
    let Some(mut frames) = Frames::new(&protocol, opener) else { return (taken, None) };
    for (index, piece) in stream.chunks(piece_bytes).enumerate() {
        if is_encrypted {
            frames.decrypt(&mut piece.to_vec());
        } else if index.is_multiple_of(2) {
            frames.add_slice(piece);
        } else {
            frames.add(Bytes::copy_from_slice(piece));
        }
        loop {
            match frames.next() {
                Ok(Some(frame)) => taken.push(frame),
                Ok(None) => break,
                Err(error) => return (taken, Some(error)),
            }
        }
    }
    (taken, None)
}

impl Reference {
    fn seal(&mut self, plaintext: &[u8]) -> Vec<u8> {
        let mut text = plaintext.to_vec();
        let tag = socket_aead::seal(&self.key, self.number, &[], &mut text).unwrap_or_default();
        self.count();
        let length = (text.len() + tag.len()) as u16;
        [&length.to_be_bytes()[..], &text, &tag].concat()
    }

    /// The plaintext up to the first record that is none, and whether there was no such.
    fn open_all(&mut self, mut stream: &[u8]) -> (Vec<u8>, bool) {
        let mut plaintext = Vec::new();
        while let Some((length, rest)) = stream.split_first_chunk() {
            let length = usize::from(u16::from_be_bytes(*length));
            if length <= socket_aead::TAG_BYTES {
                return (plaintext, false);
            }
            let Some((record, rest)) = rest.split_at_checked(length) else { break };
            let Some((text, tag)) = record.split_last_chunk() else { return (plaintext, false) };
            let mut text = text.to_vec();
            if !socket_aead::open(&self.key, self.number, &[], &mut text, tag) {
                return (plaintext, false);
            }
            self.count();
            plaintext.extend(text);
            stream = rest;
        }
        (plaintext, true)
    }

    /// `Rekey` of the specification: the encryption of 32 zeros with the highest nonce.
    fn count(&mut self) {
        self.number += 1;
        if self.number.is_multiple_of(REKEY) {
            let mut key = [0; 32];
            socket_aead::seal(&self.key, u64::MAX, &[], &mut key);
            self.key = key;
        }
    }
}
