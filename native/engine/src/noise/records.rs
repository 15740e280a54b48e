//! What is sent behind the handshake: a length of two bytes, and so many bytes of ciphertext.

use bytes::{Buf, BytesMut};
use clatter::cipherstate::CipherState;
use socket_aead::TAG_BYTES;

use super::primitives::ChaChaPoly;

/// The length before each record.
pub(crate) const LENGTH_BYTES: usize = 2;

/// Longest ciphertext of a record: that of a message of the Noise protocol.
pub(super) const RECORD_MAX_BYTES: usize = 65_535;

/// Longest plaintext of a record.
pub(super) const PLAINTEXT_MAX_BYTES: usize = RECORD_MAX_BYTES - TAG_BYTES;

/// Records of one direction after which its key is replaced.
pub(super) const REKEY_RECORDS: u64 = 4096;

/// Why bytes are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordError {
    /// Its length cannot be that of a record.
    Length,
    /// The peer has not encrypted it in this place.
    Forged,
}

/// Encrypts the records of one direction of one link. There is one, and it cannot be copied, so that no nonce is used twice.
pub(crate) struct Sealer(Direction);

/// Decrypts the records of the other direction.
pub(crate) struct Opener {
    direction: Direction,
    /// Something came that the peer has not sent: nothing behind it is taken.
    is_broken: bool,
}

/// The key of one direction, and how many records it was used for. Boxed, so that the key stays where it is overwritten.
struct Direction {
    cipher: Box<CipherState<ChaChaPoly>>,
    records: u64,
}

impl Direction {
    fn new(cipher: Box<CipherState<ChaChaPoly>>) -> Self {
        Self { cipher, records: 0 }
    }

    /// Counts a record; true when the key could be replaced where that is due.
    fn count(&mut self) -> bool {
        self.records += 1;
        !self.records.is_multiple_of(REKEY_RECORDS) || self.cipher.rekey().is_ok()
    }
}

impl Sealer {
    pub(super) fn new(cipher: Box<CipherState<ChaChaPoly>>) -> Self {
        Self(Direction::new(cipher))
    }

    /// Replaces `to` by a record with as much of `parts` as one holds, and returns how much that is. `None` when the cipher can
    /// encrypt no more.
    pub(crate) fn seal<'a>(&mut self, parts: impl IntoIterator<Item = &'a [u8]>, to: &mut Vec<u8>) -> Option<usize> {
        to.clear();
        self.seal_behind(&mut Plaintext::new(parts.into_iter()), to)
    }

    /// Does the same with `plaintext`, behind what `to` has.
    pub(crate) fn seal_behind<'a>(
        &mut self,
        plaintext: &mut Plaintext<'a, impl Iterator<Item = &'a [u8]>>,
        to: &mut Vec<u8>,
    ) -> Option<usize> {
        let start = to.len();
        to.extend_from_slice(&[0; LENGTH_BYTES]);
        let plaintext_bytes = plaintext.take_into(to);
        to.extend_from_slice(&[0; TAG_BYTES]);
        let (length, record) = to.get_mut(start..)?.split_at_mut_checked(LENGTH_BYTES)?;
        let record_bytes = self.0.cipher.encrypt_with_ad_in_place(&[], record, plaintext_bytes).ok()?;
        length.copy_from_slice(&u16::try_from(record_bytes).ok()?.to_be_bytes());
        self.0.count().then_some(plaintext_bytes)
    }
}

/// What is still to be encrypted of a list of parts.
pub(crate) struct Plaintext<'a, I> {
    part: &'a [u8],
    parts: I,
}

impl<'a, I: Iterator<Item = &'a [u8]>> Plaintext<'a, I> {
    pub(crate) fn new(parts: I) -> Self {
        Self { part: &[], parts }
    }

    /// Whether nothing is left.
    pub(crate) fn is_empty(&mut self) -> bool {
        while self.part.is_empty() {
            let Some(part) = self.parts.next() else { return true };
            self.part = part;
        }
        false
    }

    /// Appends as much as a record holds to `to`, and returns how much that is.
    fn take_into(&mut self, to: &mut Vec<u8>) -> usize {
        let mut room = PLAINTEXT_MAX_BYTES;
        while room > 0 && !self.is_empty() {
            let (taken, rest) = self.part.split_at_checked(room).unwrap_or((self.part, &[]));
            to.extend_from_slice(taken);
            room -= taken.len();
            self.part = rest;
        }
        PLAINTEXT_MAX_BYTES - room
    }
}

impl Opener {
    pub(super) fn new(cipher: Box<CipherState<ChaChaPoly>>) -> Self {
        Self { direction: Direction::new(cipher), is_broken: false }
    }

    /// Takes the first record out of `from`, and returns its plaintext, which is not empty; `None` while it is not all there.
    ///
    /// # Errors
    /// When it is none that the peer has sent in this place. No other record can be taken then.
    pub(crate) fn open(&mut self, from: &mut BytesMut) -> Result<Option<BytesMut>, RecordError> {
        let Some(record_bytes) = record_length(from)? else { return Ok(None) };
        let end = LENGTH_BYTES + record_bytes;
        if from.len() < end {
            return Ok(None);
        }
        let mut record = from.split_to(end);
        record.advance(LENGTH_BYTES);
        let plaintext_bytes = self.open_in_place(&mut record)?.len();
        record.truncate(plaintext_bytes);
        Ok(Some(record))
    }

    /// Decrypts a record, without its length, where it is.
    ///
    /// # Errors
    /// As [`Opener::open`].
    pub(crate) fn open_in_place<'a>(&mut self, record: &'a mut [u8]) -> Result<&'a [u8], RecordError> {
        if self.is_broken {
            return Err(RecordError::Forged);
        }
        let opened = self.direction.cipher.decrypt_with_ad_in_place(&[], record, record.len());
        self.is_broken = opened.is_err() || !self.direction.count();
        match opened {
            Ok(plaintext_bytes) if !self.is_broken => record.get(..plaintext_bytes).ok_or(RecordError::Forged),
            _ => Err(RecordError::Forged),
        }
    }
}

/// Both ends of a direction with `key` that has had so many records.
#[cfg(any(fuzzing, test))]
pub(crate) fn at_record(key: &[u8; 32], records: u64) -> (Sealer, Opener) {
    let direction = || Direction { cipher: Box::new(CipherState::new(key, records)), records };
    (Sealer(direction()), Opener { direction: direction(), is_broken: false })
}

/// How many bytes are known to be missing of the record that `from` begins with; 0: none.
pub(crate) fn record_rest(from: &[u8]) -> Result<usize, RecordError> {
    let known_bytes = record_length(from)?.map_or(LENGTH_BYTES, |record_bytes| LENGTH_BYTES + record_bytes);
    Ok(known_bytes.saturating_sub(from.len()))
}

/// The length of the record that `from` begins with; `None` while it is not all there.
pub(crate) fn record_length(from: &[u8]) -> Result<Option<usize>, RecordError> {
    let Some(length) = from.first_chunk() else { return Ok(None) };
    let length = usize::from(u16::from_be_bytes(*length));
    if length > TAG_BYTES { Ok(Some(length)) } else { Err(RecordError::Length) }
}
