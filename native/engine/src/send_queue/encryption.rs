//! How what leaves is encrypted: record by record, as the kernel takes it.

use std::cell::RefCell;
use std::io::{self, IoSlice};

use crate::error::is_transient;
use crate::noise::Sealer;

thread_local! {
    /// Where records are made: one for each thread that writes, so that an idle connection owns no buffer.
    static RECORD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Encrypts what one link sends. What the kernel has not taken of a record goes before everything else.
pub(super) struct Encryption {
    sealer: Sealer,
    /// The rest of a record; empty: none was begun.
    rest: Vec<u8>,
    written: usize,
    /// Bytes of plaintext in that record.
    covers: usize,
}

impl Encryption {
    pub(super) fn new(sealer: Sealer) -> Self {
        Self { sealer, rest: Vec::new(), written: 0, covers: 0 }
    }

    /// How much of the front of the queue is in the record that was begun.
    pub(super) fn covers(&self) -> usize {
        self.covers
    }

    /// Writes the record that was begun, or else one with the beginning of `parts`. Returns how much plaintext the kernel has with
    /// it; counts the bytes of the record in `written`, also where it could not be written to its end.
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
                self.covers = self.sealer.seal(parts, record).ok_or(io::ErrorKind::InvalidData)?;
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
}

/// Nothing, where the kernel takes nothing now.
fn until_blocked(taken: io::Result<usize>) -> io::Result<usize> {
    match taken {
        Err(error) if is_transient(&error) => Ok(0),
        taken => taken,
    }
}
