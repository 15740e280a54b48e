//! Records after the handshake: a length of two bytes, and ciphertext of that length.

use bytes::{Buf, BytesMut};
use clatter::cipherstate::CipherState;
use socket_aead::TAG_BYTES;

use super::primitives::ChaChaPoly;

/// Bytes of the length field.
pub(crate) const LENGTH_BYTES: usize = 2;

/// Longest ciphertext of a record: that of a Noise message.
pub(super) const RECORD_MAX_BYTES: usize = 65_535;

/// Longest plaintext of a record.
pub(super) const PLAINTEXT_MAX_BYTES: usize = RECORD_MAX_BYTES - TAG_BYTES;

/// Records of one direction after which its key is replaced.
pub(super) const REKEY_RECORDS: u64 = 4096;

/// Reason why a record is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordError {
    /// A record cannot have this length.
    Length,
    /// It is not authentic at this position of the stream.
    Forged,
}

/// Encrypts the records of one direction of one link.
/// Not `Clone`, so that no nonce is used twice.
pub(crate) struct Sealer(Direction);

/// Decrypts the records of one direction.
pub(crate) struct Opener {
    direction: Direction,
    /// Whether a record was not authentic: no more records are accepted.
    is_broken: bool,
}

/// Key of one direction, with its record counter.
/// Boxed, so that the key stays in memory that is overwritten.
struct Direction {
    cipher: Box<CipherState<ChaChaPoly>>,
    records: u64,
}

impl Direction {
    fn new(cipher: Box<CipherState<ChaChaPoly>>) -> Self {
        Self { cipher, records: 0 }
    }

    /// Counts a record and replaces the key when due; returns false if that fails.
    fn count(&mut self) -> bool {
        self.records += 1;
        !self.records.is_multiple_of(REKEY_RECORDS) || self.cipher.rekey().is_ok()
    }
}

impl Sealer {
    pub(super) fn new(cipher: Box<CipherState<ChaChaPoly>>) -> Self {
        Self(Direction::new(cipher))
    }

    /// Replaces the content of `to` with a record of as many bytes of `parts` as fit.
    ///
    /// Returns that number of bytes, or `None` if the cipher cannot encrypt any more.
    pub(crate) fn seal<'a>(&mut self, parts: impl IntoIterator<Item = &'a [u8]>, to: &mut Vec<u8>) -> Option<usize> {
        to.clear();
        to.extend_from_slice(&[0; LENGTH_BYTES]);
        let plaintext_bytes = take_into(to, parts);
        to.extend_from_slice(&[0; TAG_BYTES]);
        let (length, record) = to.split_at_mut_checked(LENGTH_BYTES)?;
        let record_bytes = self.0.cipher.encrypt_with_ad_in_place(&[], record, plaintext_bytes).ok()?;
        length.copy_from_slice(&u16::try_from(record_bytes).ok()?.to_be_bytes());
        self.0.count().then_some(plaintext_bytes)
    }
}

/// Appends as many bytes of `parts` as fit into a record to `to`, and returns their number.
fn take_into<'a>(to: &mut Vec<u8>, parts: impl IntoIterator<Item = &'a [u8]>) -> usize {
    let mut room = PLAINTEXT_MAX_BYTES;
    for part in parts {
        let taken = part.get(..room).unwrap_or(part);
        to.extend_from_slice(taken);
        room -= taken.len();
        if room == 0 {
            break;
        }
    }
    PLAINTEXT_MAX_BYTES - room
}

impl Opener {
    pub(super) fn new(cipher: Box<CipherState<ChaChaPoly>>) -> Self {
        Self { direction: Direction::new(cipher), is_broken: false }
    }

    /// Removes the first record from `from` and returns its plaintext, which is not empty.
    ///
    /// Returns `None` while the record is incomplete.
    ///
    /// # Errors
    /// When the record is not authentic at this position. All later calls then fail, too.
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

    /// Decrypts a record, without its length, in place.
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

/// Returns both ends of a direction with `key` after the given number of records.
#[cfg(any(fuzzing, test))]
pub(crate) fn at_record(key: &[u8; 32], records: u64) -> (Sealer, Opener) {
    let direction = || Direction { cipher: Box::new(CipherState::new(key, records)), records };
    (Sealer(direction()), Opener { direction: direction(), is_broken: false })
}

/// Returns the known number of missing bytes of the first record of `from`, or 0.
pub(crate) fn record_rest(from: &[u8]) -> Result<usize, RecordError> {
    let known_bytes = record_length(from)?.map_or(LENGTH_BYTES, |record_bytes| LENGTH_BYTES + record_bytes);
    Ok(known_bytes.saturating_sub(from.len()))
}

/// Returns the length of the first record of `from`.
/// `None` while its length field is incomplete.
pub(crate) fn record_length(from: &[u8]) -> Result<Option<usize>, RecordError> {
    let Some(length) = from.first_chunk() else { return Ok(None) };
    let length = usize::from(u16::from_be_bytes(*length));
    if length > TAG_BYTES { Ok(Some(length)) } else { Err(RecordError::Length) }
}
