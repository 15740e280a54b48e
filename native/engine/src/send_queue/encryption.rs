//! Encrypts outgoing bytes, record by record, as the kernel takes them.

use std::cell::RefCell;
use std::io::{self, IoSlice};

use crate::error::is_transient;
use crate::noise::Sealer;

thread_local! {
    /// Buffer for a record.
    /// One for each thread that writes, so that an idle connection owns no buffer.
    static RECORD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Encrypts the bytes that one link sends.
/// The rest of a partly written record goes before everything else.
pub(super) struct Encryption {
    sealer: Sealer,
    /// Rest of the record in progress, empty if there is none. It is one, because the peer can read each whole record: a message must
    /// count as sent by then.
    rest: Vec<u8>,
    written: usize,
    /// Bytes of plaintext in that record.
    covers: usize,
}

impl Encryption {
    pub(super) fn new(sealer: Sealer) -> Self {
        Self { sealer, rest: Vec::new(), written: 0, covers: 0 }
    }

    /// Returns how many bytes at the front of the queue are in the record in progress.
    pub(super) fn covers(&self) -> usize {
        self.covers
    }

    /// Writes the record in progress, otherwise a new record with the start of `parts`.
    ///
    /// Returns the plaintext bytes of the record once the kernel has taken all of it. Adds the bytes of the record to `written`, also
    /// of an incompletely written one.
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

/// Converts `WouldBlock` to 0 bytes.
fn until_blocked(taken: io::Result<usize>) -> io::Result<usize> {
    match taken {
        Err(error) if is_transient(&error) => Ok(0),
        taken => taken,
    }
}
