//! Frame layouts under comparison.

use serde_json::{Value, json};

/// Length of every message.
pub const MESSAGE_BYTES: usize = 64;

/// A framing of the module, by its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    Length,
    LengthInHeader,
    Varint,
    Fixed,
    Delimiter,
    TwoDelimiters,
    Markers,
    Slip,
    Hdlc,
    Crc16,
    Crc32,
    IdleGap,
    Custom,
}

impl Layout {
    /// Layouts that are compared with the first one.
    pub const COMPARED: [Self; 9] = [
        Self::Length,
        Self::LengthInHeader,
        Self::Varint,
        Self::Fixed,
        Self::Delimiter,
        Self::TwoDelimiters,
        Self::Markers,
        Self::Slip,
        Self::Hdlc,
    ];

    /// Layouts with an inherent cost.
    pub const APART: [Self; 3] = [Self::Crc16, Self::Crc32, Self::Custom];

    /// Name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::LengthInHeader => "length in a header",
            Self::Varint => "varint",
            Self::Fixed => "fixed",
            Self::Delimiter => "delimiter",
            Self::TwoDelimiters => "two delimiters",
            Self::Markers => "markers",
            Self::Slip => "markers, SLIP",
            Self::Hdlc => "markers, HDLC",
            Self::Crc16 => "length, crc16-modbus",
            Self::Crc32 => "length, crc32",
            Self::IdleGap => "idleGap",
            Self::Custom => "custom",
        }
    }

    /// Returns `FramingOptions`, with bytes as lists of numbers, without the function of `custom`.
    pub fn options(self) -> Value {
        match self {
            Self::Length => json!({ "type": "length" }),
            Self::LengthInHeader => json!({
                "type": "length", "lengthBytes": 2, "lengthOffset": 4, "headerPrefix": [1, 2, 3, 4], "includesHeader": true
            }),
            Self::Varint => json!({ "type": "varint" }),
            Self::Fixed => json!({ "type": "fixed", "messageBytes": MESSAGE_BYTES }),
            Self::Delimiter => json!({ "type": "delimiter" }),
            Self::TwoDelimiters => json!({ "type": "delimiter", "delimiter": ["\r\n", "\n"] }),
            Self::Markers => json!({ "type": "markers", "start": [2], "end": [3] }),
            Self::Slip => json!({
                "type": "markers", "start": [0xc0], "end": [0xc0],
                "escapeByte": 0xdb, "escapePairs": [0xc0, 0xdc, 0xdb, 0xdd]
            }),
            Self::Hdlc => json!({ "type": "markers", "start": [0x7e], "end": [0x7e], "escapeByte": 0x7d }),
            Self::Crc16 => json!({ "type": "length", "checksum": "crc16-modbus" }),
            Self::Crc32 => json!({ "type": "length", "checksum": "crc32" }),
            Self::IdleGap => json!({ "type": "idleGap", "idleGapMs": 1 }),
            Self::Custom => json!({ "type": "custom" }),
        }
    }

    /// Returns a frame with a message of [`MESSAGE_BYTES`] from `random`.
    /// With escapes, it contains one.
    pub fn frame(self, random: &mut impl Iterator<Item = u8>) -> Vec<u8> {
        let message: Vec<u8> = random.filter(|byte| !self.special().contains(byte)).take(MESSAGE_BYTES).collect();
        let length = MESSAGE_BYTES as u8;
        match self {
            Self::Length => [&[0, 0, 0, length], &message[..]].concat(),
            Self::LengthInHeader => [&[1, 2, 3, 4, 0, length + 6], &message[..]].concat(),
            Self::Varint => [&[length], &message[..]].concat(),
            Self::Fixed | Self::IdleGap => message,
            Self::Delimiter => [&message[..], b"\n"].concat(),
            Self::TwoDelimiters => [&message[..], b"\r\n"].concat(),
            Self::Markers => [&[2], &message[..], &[3]].concat(),
            Self::Slip => escaped(0xc0, &[0xdb, 0xdc], &message),
            Self::Hdlc => escaped(0x7e, &[0x7d, 0x5e], &message),
            Self::Crc16 => with_sum(&message, |sum, byte| shifted(sum ^ u32::from(byte), 0xa001), 0xffff, 2),
            Self::Crc32 => with_sum(&message, |sum, byte| shifted(sum ^ u32::from(byte), 0xedb8_8320), u32::MAX, 4),
            // The message contains its length, which the function returns.
            Self::Custom => [&[0, 0, 0, length + 4], &message[..]].concat(),
        }
    }

    /// Returns bytes that no message contains unless inserted deliberately.
    fn special(self) -> &'static [u8] {
        match self {
            Self::Delimiter | Self::TwoDelimiters => b"\r\n",
            Self::Markers => &[2, 3],
            Self::Slip => &[0xc0, 0xdb],
            Self::Hdlc => &[0x7e, 0x7d],
            _ => &[],
        }
    }
}

/// Returns `message` between two markers, with its last byte replaced by an escape sequence.
fn escaped(marker: u8, escape: &[u8], message: &[u8]) -> Vec<u8> {
    let rest = message.get(1..).unwrap_or_default();
    [&[marker], rest, escape, &[marker]].concat()
}

/// Returns length, `message` and a checksum of both, which the length counts.
fn with_sum(message: &[u8], step: impl Fn(u32, u8) -> u32, start: u32, sum_bytes: usize) -> Vec<u8> {
    let length = (message.len() + sum_bytes) as u8;
    let mut frame = [&[0, 0, 0, length], message].concat();
    let sum = frame.iter().fold(start, |sum, byte| step(sum, *byte));
    if sum_bytes == 2 {
        frame.extend((sum as u16).to_le_bytes());
    } else {
        frame.extend((!sum).to_be_bytes());
    }
    frame
}

/// Performs eight steps of a reflected CRC.
fn shifted(sum: u32, polynomial: u32) -> u32 {
    (0..8).fold(sum, |sum, _| sum >> 1 ^ if sum & 1 == 1 { polynomial } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_a_layout_have_one_length() {
        let mut random = (0..=255).cycle();
        for layout in Layout::COMPARED.into_iter().chain(Layout::APART).chain([Layout::IdleGap]) {
            let lengths: Vec<usize> = (0..9).map(|_| layout.frame(&mut random).len()).collect();
            assert!(lengths.iter().all(|length| Some(length) == lengths.first()), "{layout:?}");
        }
    }
}
