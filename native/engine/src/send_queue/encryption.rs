//! Encrypts outgoing bytes, record by record, as the kernel takes them.

use std::cell::RefCell;
use std::io::{self, IoSlice};

use crate::error::is_transient;
use crate::noise::{Plaintext, Sealer};

thread_local! {
    /// Buffer for records.
    /// One for each thread that writes, so that an idle connection owns no buffer.
    static RECORD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Records per write: a message a little longer than a record is sent at once.
const RECORDS_AT_ONCE: usize = 2;

/// Encrypts the bytes that one link sends.
/// The rest of a partly written record goes before everything else.
pub(super) struct Encryption {
    sealer: Sealer,
    /// Rest of the records of one write; empty if none is in progress.
    rest: Vec<u8>,
    written: usize,
    /// Bytes of plaintext in those records.
    covers: usize,
}

impl Encryption {
    pub(super) fn new(sealer: Sealer) -> Self {
        Self { sealer, rest: Vec::new(), written: 0, covers: 0 }
    }

    /// Returns how many bytes at the front of the queue are in records in progress.
    pub(super) fn covers(&self) -> usize {
        self.covers
    }

    /// Writes the records in progress, otherwise new records with the start of `parts`.
    ///
    /// Returns the plaintext bytes of the records that the kernel has taken completely. Adds the bytes of the records to `written`, also
    /// those of incompletely written ones.
    ///
    /// # Errors
    /// The errors of `write`: after `WouldBlock` the rest is kept.
    pub(super) fn write<'a>(
        &mut self,
        parts: impl IntoIterator<Item = &'a [u8]>,
        mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
        written: &mut u64,
    ) -> io::Result<usize> {
        if self.rest.is_empty() {
            RECORD.with_borrow_mut(|record| {
                self.covers = self.seal(parts, record).ok_or(io::ErrorKind::InvalidData)?;
                let taken = until_blocked(write(&[IoSlice::new(record)]))?;
                *written += taken as u64;
                self.rest.extend_from_slice(record.get(taken..).unwrap_or_default());
                io::Result::Ok(())
            })?;
        }
        while let Some(rest) = self.rest.get(self.written..).filter(|rest| !rest.is_empty()) {
            let taken = write(&[IoSlice::new(rest)])?;
            *written += taken as u64;
            self.written += taken;
        }
        (self.rest, self.written) = (Vec::new(), 0);
        Ok(std::mem::take(&mut self.covers))
    }

    /// Replaces `records` with those of one write; returns the bytes of `parts` in them.
    fn seal<'a>(&mut self, parts: impl IntoIterator<Item = &'a [u8]>, records: &mut Vec<u8>) -> Option<usize> {
        records.clear();
        let mut plaintext = Plaintext::new(parts.into_iter());
        let mut covers = 0;
        for _ in 0..RECORDS_AT_ONCE {
            if plaintext.is_empty() {
                break;
            }
            covers += self.sealer.seal_behind(&mut plaintext, records)?;
        }
        Some(covers)
    }
}

/// Converts `WouldBlock` to 0 bytes.
fn until_blocked(taken: io::Result<usize>) -> io::Result<usize> {
    match taken {
        Err(error) if is_transient(&error) => Ok(0),
        taken => taken,
    }
}
