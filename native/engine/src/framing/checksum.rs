//! Checksums that follow messages.

use crc::{CRC_16_IBM_3740, CRC_16_MODBUS, CRC_32_ISO_HDLC, Crc};

// Lookup tables, 2 KiB in total: without them a byte takes ten times as long.
static MODBUS: Crc<u16> = Crc::<u16>::new(&CRC_16_MODBUS);
static CCITT: Crc<u16> = Crc::<u16>::new(&CRC_16_IBM_3740);
static CRC_32: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// A checksum and its byte order.
///
/// ```
/// use std::time::Duration;
/// use socket_engine::{Checksum, ChecksumKind, Framing, Layout};
///
/// // Modbus RTU over TCP.
/// let checksum = Checksum { kind: ChecksumKind::Crc16Modbus, little_endian: true };
/// let framing = Framing::new(Layout::IdleGap(Duration::from_millis(20)), Some(checksum), Some(254))?;
/// # drop(framing);
/// # Ok::<(), socket_engine::FramingOptionsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checksum {
    /// The algorithm.
    pub kind: ChecksumKind,
    /// Whether the least significant byte comes first.
    pub little_endian: bool,
}

/// Checksum algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecksumKind {
    /// CRC-16/MODBUS.
    Crc16Modbus,
    /// CRC-16/IBM-3740, often called CCITT or CCITT-FALSE.
    Crc16Ccitt,
    /// CRC-32/ISO-HDLC, as used by Ethernet, zip and PNG.
    Crc32,
}

/// The bytes of a checksum.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChecksumBytes {
    bytes: [u8; 4],
    count: usize,
}

impl Checksum {
    /// Length in bytes.
    pub(super) fn len(self) -> usize {
        if self.kind == ChecksumKind::Crc32 { 4 } else { 2 }
    }

    /// Computes the checksum of the concatenation of `parts`.
    pub(super) fn of(self, parts: &[&[u8]]) -> ChecksumBytes {
        let sum = match self.kind {
            ChecksumKind::Crc16Modbus => crc16(&MODBUS, parts),
            ChecksumKind::Crc16Ccitt => crc16(&CCITT, parts),
            ChecksumKind::Crc32 => crc32(parts),
        };
        let (mut bytes, count) = (sum.to_le_bytes(), self.len());
        if !self.little_endian
            && let Some(bytes) = bytes.get_mut(..count)
        {
            bytes.reverse();
        }
        ChecksumBytes { bytes, count }
    }
}

impl ChecksumBytes {
    /// Empty: no checksum.
    pub(super) const NONE: Self = Self { bytes: [0; 4], count: 0 };

    pub(super) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.count).unwrap_or_default()
    }
}

fn crc16(crc: &'static Crc<u16>, parts: &[&[u8]]) -> u32 {
    let mut digest = crc.digest();
    parts.iter().for_each(|part| digest.update(part));
    digest.finalize().into()
}

fn crc32(parts: &[&[u8]]) -> u32 {
    let mut digest = CRC_32.digest();
    parts.iter().for_each(|part| digest.update(part));
    digest.finalize()
}
