//! Reference decoder: slow, byte by byte, with the same result as the real one.

use bytes::Bytes;

use crate::framing::{
    Checksum, ChecksumKind, Decoded, Escape, Framing, FramingError, Layout, LengthField, LengthOptions, Markers,
};

/// Content of a stream of any layout.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) decoded: Vec<Decoded>,
    pub(super) error: Option<FramingError>,
}

/// A frame: its end, start of checksummed bytes and of message, and whether escapes are valid.
struct Frame {
    next: usize,
    covered: Vec<u8>,
    start: usize,
    is_corrupt: bool,
}

/// Decodes all of `stream`, followed by an idle gap.
pub(super) fn decode(framing: &Framing, stream: &[u8]) -> Found {
    let limit_bytes = framing.limit_bytes(false);
    let too_long = FramingError::TooLong { limit_bytes };
    let most_bytes = limit_bytes + framing.checksum_bytes();
    let (mut decoded, mut at, mut is_open) = (Vec::new(), 0, false);
    while at < stream.len() {
        let rest = &stream[at..];
        let frame = match &framing.layout {
            Layout::Length(options) => length(options, rest, most_bytes),
            Layout::Fixed(bytes) => Ok(plain(rest, bytes + framing.checksum_bytes(), 0)),
            Layout::Delimiter(list) => delimiter(list, rest, most_bytes),
            Layout::Markers(one) => markers(one, rest, most_bytes, &mut is_open),
            Layout::IdleGap(_) if rest.len() > most_bytes => Err(true),
            Layout::IdleGap(_) | Layout::Custom => Ok(plain(rest, rest.len(), 0)),
        };
        match frame {
            Err(is_too_long) => {
                return Found { decoded, error: Some(if is_too_long { too_long } else { FramingError::Malformed }) };
            }
            Ok(None) => break,
            Ok(Some(frame)) => {
                at += frame.next;
                decoded.push(checked(framing.checksum, frame));
            }
        }
    }
    Found { decoded, error: None }
}

/// Returns a frame of `end` bytes if they have arrived.
fn plain(rest: &[u8], end: usize, start: usize) -> Option<Frame> {
    let covered = rest.get(..end)?.to_vec();
    Some(Frame { next: end, covered, start, is_corrupt: false })
}

/// Finds a frame with a length field; the error is true if the message is too long.
fn length(options: &LengthOptions, rest: &[u8], most_bytes: usize) -> Result<Option<Frame>, bool> {
    let field: Vec<u8> = rest.iter().skip(options.offset).copied().collect();
    let (value, width) = match options.field {
        LengthField::Fixed { width_bytes, little_endian } => {
            let Some(field) = field.get(..width_bytes) else { return Ok(None) };
            let weight = |index: usize| 8 * if little_endian { index } else { width_bytes - 1 - index };
            let digits = field.iter().enumerate().map(|(index, byte)| i128::from(*byte) << weight(index));
            (digits.sum::<i128>(), width_bytes)
        }
        LengthField::Varint => {
            let Some(last) = field.iter().position(|byte| *byte < 0x80).filter(|last| *last < 5) else {
                return if field.len() >= 5 { Err(true) } else { Ok(None) };
            };
            let digits = field.iter().enumerate().take(last + 1);
            (digits.map(|(index, byte)| i128::from(byte & 0x7f) << (7 * index)).sum(), last + 1)
        }
    };
    let header = options.offset + width;
    let counted = if options.includes_header { 0 } else { header };
    let end = value + options.adjustment as i128 + counted as i128;
    if end < header as i128 {
        return Err(false);
    }
    let start = if options.strip_header { header } else { 0 };
    if end - start as i128 > most_bytes as i128 {
        return Err(true);
    }
    Ok(plain(rest, end as usize, start))
}

fn delimiter(list: &[Bytes], rest: &[u8], most_bytes: usize) -> Result<Option<Frame>, bool> {
    for next in 1..=rest.len() {
        let ended = &rest[..next];
        if let Some(longest) = list.iter().filter(|one| ended.ends_with(one)).map(Bytes::len).max() {
            let end = next - longest;
            return if end > most_bytes {
                Err(true)
            } else {
                Ok(plain(rest, end, 0).map(|frame| Frame { next, ..frame }))
            };
        }
    }
    let longest = list.iter().map(Bytes::len).max().unwrap_or(1);
    if rest.len() + 1 > most_bytes + longest { Err(true) } else { Ok(None) }
}

fn markers(markers: &Markers, rest: &[u8], most_bytes: usize, is_open: &mut bool) -> Result<Option<Frame>, bool> {
    let shares = markers.start.is_empty() || markers.start == markers.end;
    let mut at = 0;
    if !*is_open {
        let starts = |at: &usize| rest[*at..].starts_with(&markers.start);
        let Some(start) = (0..rest.len()).find(starts) else { return Ok(None) };
        at = start + markers.start.len();
        *is_open = shares;
    }
    let (mut covered, mut is_corrupt) = (Vec::new(), false);
    loop {
        if covered.len() > most_bytes {
            return Err(true);
        }
        let rest = &rest[at..];
        let escape = markers.escape.as_ref().filter(|escape| rest.first() == Some(&escape.byte));
        let escaped = escape.zip(rest.get(1)).and_then(|(escape, code)| byte_of(escape, *code, markers.end[0]));
        if rest.is_empty() || (escape.is_some() && rest.len() == 1) {
            return Ok(None);
        } else if let Some(byte) = escaped {
            covered.push(byte);
            at += 2;
        } else if rest.starts_with(&markers.end) {
            at += markers.end.len();
            if !shares || !covered.is_empty() {
                return Ok(Some(Frame { next: at, covered, start: 0, is_corrupt }));
            }
        } else if markers.end.starts_with(rest) {
            return Ok(None);
        } else {
            is_corrupt |= escape.is_some();
            covered.push(rest[0]);
            at += 1;
        }
    }
}

/// Returns the byte with this code; `None` for an invalid code.
fn byte_of(escape: &Escape, code: u8, end: u8) -> Option<u8> {
    match &escape.pairs {
        None if code == end => None,
        None => Some(code ^ 0x20),
        Some(pairs) => pairs.chunks(2).find(|pair| pair[1] == code).map(|pair| pair[0]),
    }
}

fn checked(checksum: Option<Checksum>, frame: Frame) -> Decoded {
    let Frame { mut covered, start, is_corrupt, .. } = frame;
    let sum_bytes = checksum.map_or(0, |checksum| if checksum.kind == ChecksumKind::Crc32 { 4 } else { 2 });
    let is_short = covered.len() < start + sum_bytes;
    if is_corrupt || is_short {
        return Decoded::Corrupt(covered.into());
    }
    let sum = covered.split_off(covered.len() - sum_bytes);
    if checksum.is_some_and(|checksum| sum_of(checksum, &covered) != sum) {
        covered.extend(sum);
        return Decoded::Corrupt(covered.into());
    }
    Decoded::Message(covered.split_off(start).into())
}

/// Computes the checksum bit by bit, from its polynomial.
fn sum_of(checksum: Checksum, data: &[u8]) -> Vec<u8> {
    let (width, polynomial, start, is_reflected, flips) = match checksum.kind {
        ChecksumKind::Crc16Modbus => (16, 0x8005, 0xffff, true, 0),
        ChecksumKind::Crc16Ccitt => (16, 0x1021, 0xffff, false, 0),
        ChecksumKind::Crc32 => (32, 0x04c1_1db7, 0xffff_ffff_u64, true, 0xffff_ffff),
    };
    let mask = (1 << width) - 1;
    let mut sum: u64 = start;
    for byte in data {
        let byte = if is_reflected { byte.reverse_bits() } else { *byte };
        sum ^= u64::from(byte) << (width - 8);
        for _ in 0..8 {
            let carries = sum >> (width - 1) & 1 == 1;
            sum = (sum << 1 ^ if carries { polynomial } else { 0 }) & mask;
        }
    }
    let sum = if is_reflected { sum.reverse_bits() >> (64 - width) } else { sum } ^ flips;
    let mut bytes = sum.to_be_bytes()[8 - width / 8..].to_vec();
    if checksum.little_endian {
        bytes.reverse();
    }
    bytes
}
