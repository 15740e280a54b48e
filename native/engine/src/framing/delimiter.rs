//! Messages that end with a delimiter.

use bytes::Bytes;
use memchr::memchr2;

use super::cut::{Cut, Scan};
use super::options_error::FramingOptionsError;
use crate::limits::DELIMITER_LIMIT_BYTES;

/// Checks that each delimiter in `list` can end a message.
pub(super) fn check(list: &[Bytes]) -> Result<(), FramingOptionsError> {
    list.iter().try_for_each(|one| FramingOptionsError::check("delimiter", one.len(), 1..=DELIMITER_LIMIT_BYTES))?;
    // A delimiter that contains another one is never found: the other one ends the message first.
    let is_hidden = |one: &Bytes| {
        let (_, rest) = one.split_last().unwrap_or((&0, &[]));
        find_end(list, rest, 0).is_some()
    };
    if list.iter().any(is_hidden) {
        return Err(FramingOptionsError::Invalid {
            option: "delimiter",
            must: "none that contains another before its end",
        });
    }
    Ok(())
}

/// Finds the first message of `buffer`, which may exceed the limit.
pub(super) fn find(list: &[Bytes], buffer: &[u8], scan: &mut Scan) -> Option<Cut> {
    let Some((end, next)) = find_end(list, buffer, scan.done) else {
        // The last bytes may be the start of a delimiter.
        scan.done = (buffer.len() + 1).saturating_sub(longest(list));
        return None;
    };
    scan.done = 0;
    Some(Cut { frame: 0, start: 0, end, next })
}

/// Returns whether `message`, followed by the first delimiter of `list`, would end early.
pub(super) fn is_cut(list: &[Bytes], message: &[u8]) -> bool {
    let left_bytes = message.len().min(longest(list) - 1);
    let is_cut_at_seam = || {
        let mut seam = [0; 2 * DELIMITER_LIMIT_BYTES];
        let (_, left) = message.split_at(message.len() - left_bytes);
        let bytes = left.iter().chain(list.first().into_iter().flatten());
        let count = seam.iter_mut().zip(bytes).map(|(place, byte)| *place = *byte).count();
        let seam = seam.get(..count).unwrap_or_default();
        find_end(list, seam, 0).is_none_or(|(end, _)| end != left_bytes)
    };
    find_end(list, message, 0).is_some() || (left_bytes > 0 && is_cut_at_seam())
}

/// Finds the end of the first message of `buffer` and of its delimiter.
///
/// No delimiter begins before `from`. The delimiter that ends first counts; of several that end there, the longest.
fn find_end(list: &[Bytes], buffer: &[u8], from: usize) -> Option<(usize, usize)> {
    let lasts = |index: usize| list.get(index).and_then(|one| one.last().copied());
    let first = lasts(0)?;
    let second = lasts(1).unwrap_or(first);
    let mut at = from;
    loop {
        let rest = buffer.get(at..)?;
        let last = if list.len() > 2 {
            rest.iter().position(|byte| list.iter().any(|one| one.last() == Some(byte)))
        } else {
            memchr2(first, second, rest)
        };
        at += last? + 1;
        let whole = buffer.get(from..at)?;
        let found = list.iter().filter(|one| whole.ends_with(one)).map(Bytes::len).max();
        if let Some(delimiter_bytes) = found {
            return Some((at - delimiter_bytes, at));
        }
    }
}

fn longest(list: &[Bytes]) -> usize {
    list.iter().map(Bytes::len).max().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failure is the test's own")]

    use super::*;

    #[test]
    fn no_byte_is_searched_twice_when_a_peer_sends_byte_by_byte() {
        let list = [Bytes::from_static(b"--")];
        let (mut scan, mut buffer) = (Scan::default(), Vec::new());
        for received in 1..=50 {
            buffer.push(b'x');
            assert_eq!(find(&list, &buffer, &mut scan), None);
            assert_eq!(scan.done, received - 1);
        }
        buffer.extend_from_slice(b"--y");
        assert_eq!(find(&list, &buffer, &mut scan), Some(Cut { frame: 0, start: 0, end: 50, next: 52 }));
        assert_eq!(scan.done, 0);
    }
}
