//! Fuzzes all layouts with streams from a peer.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::reference::{self, Found};
use crate::framing::{
    Checksum, ChecksumKind, Decoded, Decoder, Escape, Framing, FramingOptionsError, Layout, LengthField, LengthOptions,
    Markers,
};

/// Decodes a stream at once and in pieces, and compares with the slow reference.
///
/// The first four bytes choose the layout, its options, the longest message and the pieces.
pub fn layouts(data: &[u8]) {
    let Some(([layout, details, limit, piece], stream)) = data.split_first_chunk() else { return };
    let Ok(framing) = framing_of(*layout, *details, usize::from(*limit) + 1) else { return };
    let expected = reference::decode(&framing, stream);
    assert_eq!(decode(&framing, stream, usize::MAX), expected, "{framing:?}");
    assert_eq!(decode(&framing, stream, usize::from(*piece) + 1), expected, "in pieces: {framing:?}");
    for decoded in &expected.decoded {
        if let Decoded::Message(message) = decoded {
            assert_comes_back(&framing, message);
        }
    }
}

/// Asserts that an encoded message decodes to itself.
/// If only one side has the header, to the message with or without it.
fn assert_comes_back(framing: &Framing, message: &Bytes) {
    if matches!(&framing.layout, Layout::Length(options) if options.strip_header == options.whole_frames) {
        return;
    }
    let Ok(frame_parts) = framing.frame_parts(message, None) else { return };
    let stream = frame_parts.parts().concat();
    let all = decode(framing, &stream, usize::MAX);
    // A gap without bytes ends no message.
    if !stream.is_empty() {
        assert_eq!(all, Found { decoded: vec![Decoded::Message(message.clone())], error: None }, "{framing:?}");
    }
}

fn decode(framing: &Framing, stream: &[u8], piece_bytes: usize) -> Found {
    let mut decoder = Decoder::new(framing, false);
    let (mut buffer, mut decoded) = (BytesMut::new(), Vec::new());
    for piece in stream.chunks(piece_bytes) {
        buffer.extend_from_slice(piece);
        loop {
            match decoder.decode(&mut buffer) {
                Ok(Some(one)) => decoded.push(one),
                Ok(None) => break,
                Err(error) => return Found { decoded, error: Some(error) },
            }
        }
    }
    decoded.extend(decoder.finish(&mut buffer));
    Found { decoded, error: None }
}

fn framing_of(layout: u8, details: u8, limit_bytes: usize) -> Result<Framing, FramingOptionsError> {
    let checksum = match details >> 6 {
        0 => None,
        1 => Some(ChecksumKind::Crc16Modbus),
        2 => Some(ChecksumKind::Crc16Ccitt),
        _ => Some(ChecksumKind::Crc32),
    };
    let little_endian = details & 1 != 0;
    let layout = match layout % 8 {
        0..=2 => Layout::Length(length(layout >> 3, details)),
        3 => Layout::Fixed(1 + usize::from(details & 7)),
        4 => Layout::Delimiter(delimiters(details)),
        5 | 6 => Layout::Markers(markers(details)),
        _ => Layout::IdleGap(Duration::from_millis(1)),
    };
    let limit_bytes = (!matches!(layout, Layout::Fixed(_))).then_some(limit_bytes);
    let checksum = checksum.map(|kind| Checksum { kind, little_endian });
    // Layouts without support for a checksum get none; layouts with short lengths get a lower limit.
    Framing::new(layout.clone(), checksum, limit_bytes)
        .or_else(|_| Framing::new(layout.clone(), None, limit_bytes))
        .or_else(|_| Framing::new(layout, checksum, None))
}

fn length(choice: u8, details: u8) -> LengthOptions {
    let little_endian = details & 1 != 0;
    let field = match choice & 7 {
        0 | 1 => LengthField::Varint,
        choice => LengthField::Fixed { width_bytes: [1, 2, 3, 4, 8, 1][usize::from(choice) - 2], little_endian },
    };
    let offset = usize::from(choice >> 3);
    let whole_frames = details & 2 != 0;
    LengthOptions {
        field,
        offset,
        adjustment: [0, 2, -1, -3][usize::from(details >> 2 & 3)],
        includes_header: details & 16 != 0 && field != LengthField::Varint,
        strip_header: details & 32 == 0,
        header_prefix: if whole_frames { Bytes::new() } else { vec![0xca; offset].into() },
        whole_frames,
    }
}

fn delimiters(details: u8) -> Arc<[Bytes]> {
    let lists: [&[&'static [u8]]; 8] = [
        &[b"\n"],
        &[b"\r\n", b"\n"],
        &[b"aa"],
        &[b"aba"],
        &[b"\r\n\r\n"],
        &[b"a", b"b", b"cc"],
        &[b"ab", b"bcb"],
        &[b"\n", b"\r\n"],
    ];
    lists[usize::from(details & 7)].iter().copied().map(Bytes::from_static).collect()
}

fn markers(details: u8) -> Markers {
    let slip = || Some(Escape { byte: 0xdb, pairs: Some(Bytes::from_static(b"\xc0\xdc\xdb\xdd")) });
    let turned_over = |byte| Some(Escape { byte, pairs: None });
    let doubled = || Some(Escape { byte: 0x10, pairs: Some(Bytes::from_static(b"\x10\x10")) });
    let of = |start: &'static [u8], end: &'static [u8], escape| Markers {
        start: Bytes::from_static(start),
        end: Bytes::from_static(end),
        escape,
    };
    match details & 7 {
        0 => of(b"\x02", b"\x03", None),
        1 => of(b"\xc0", b"\xc0", slip()),
        2 => of(b"\x7e", b"\x7e", turned_over(0x7d)),
        3 => of(b"\x10\x02", b"\x10\x03", doubled()),
        4 => of(b"\x0b", b"\x1c\x0d", None),
        5 => of(b"", b"\xc0", slip()),
        6 => of(b"aab", b"aba", None),
        _ => of(b"aab", b"aba", turned_over(b'c')),
    }
}
