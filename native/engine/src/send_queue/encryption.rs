//! How what leaves is encrypted: record by record, as the kernel takes it.

use std::cell::RefCell;
use std::io::{self, IoSlice};

use crate::error::is_transient;
use crate::noise::{Plaintext, Sealer};

thread_local! {
    /// Where records are made: one for each thread that writes, so that an idle connection owns no buffer.
    static RECORD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Records of one write: the rest of a message that is a little longer than a record leaves with its beginning.
const RECORDS_AT_ONCE: usize = 2;

/// Encrypts what one link sends. What the kernel has not taken of a record goes before everything else.
pub(super) struct Encryption {
    sealer: Sealer,
    /// The rest of the records of one write; empty: none were begun.
    rest: Vec<u8>,
    written: usize,
    /// Bytes of plaintext in those records.
    covers: usize,
}

impl Encryption {
    pub(super) fn new(sealer: Sealer) -> Self {
        Self { sealer, rest: Vec::new(), written: 0, covers: 0 }
    }

    /// How much of the front of the queue is in records that were begun.
    pub(super) fn covers(&self) -> usize {
        self.covers
    }

    /// Writes the records that were begun, or else some with the beginning of `parts`. Returns how much plaintext the kernel has with
    /// them; counts the bytes of the records in `written`, also where they could not be written to their end.
    ///
    /// # Errors
    /// Those of `write`: after `WouldBlock` the rest is kept.
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

    /// Replaces `records` by those of one write, and returns how much of `parts` they have.
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

/// Nothing, where the kernel takes nothing now.
fn until_blocked(taken: io::Result<usize>) -> io::Result<usize> {
    match taken {
        Err(error) if is_transient(&error) => Ok(0),
        taken => taken,
    }
}
