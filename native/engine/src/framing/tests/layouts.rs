//! Tests of single layouts.

use std::time::Duration;

use super::*;

fn length(change: impl FnOnce(&mut LengthOptions)) -> Result<Framing, FramingOptionsError> {
    let mut options = LengthOptions::new(LengthField::Fixed { width_bytes: 2, little_endian: false });
    change(&mut options);
    Framing::new(Layout::Length(options), None, None)
}

fn markers(start: &'static [u8], end: &'static [u8], escape: Option<Escape>) -> Layout {
    Layout::Markers(Markers { start: Bytes::from_static(start), end: Bytes::from_static(end), escape })
}

const CRC: Option<Checksum> = Some(Checksum { kind: ChecksumKind::Crc32, little_endian: false });

fn slip(byte: u8, pairs: &'static [u8]) -> Layout {
    markers(b"\xc0", b"\xc0", Some(Escape { byte, pairs: Some(Bytes::from_static(pairs)) }))
}

#[test]
fn options_that_exclude_each_other_are_named() {
    let layouts = [
        (Layout::Fixed(4), None, Some(4)),
        (Layout::Delimiter(Arc::new([Bytes::from_static(b"\n")])), CRC, None),
        (markers(b"\x02", b"\x03", None), CRC, None),
    ];
    let errors: Vec<String> = layouts
        .into_iter()
        .map(|(layout, checksum, limit)| Framing::new(layout, checksum, limit))
        .chain([
            length(|options| (options.field, options.includes_header) = (LengthField::Varint, true)),
            length(|options| options.offset = 1),
            length(|options| {
                (options.offset, options.whole_frames) = (1, true);
                options.header_prefix = Bytes::from_static(b"x");
            }),
        ])
        .map(|result| result.unwrap_err().to_string())
        .collect();
    assert_eq!(
        errors,
        [
            "framing.maxMessageBytes and framing.messageBytes exclude each other",
            "framing.checksum and framing.delimiter exclude each other",
            "framing.checksum needs framing.escapeByte",
            "framing.includesHeader and framing.type 'varint' exclude each other",
            "framing.lengthOffset needs framing.headerPrefix or wholeFrames",
            "framing.headerPrefix and framing.wholeFrames exclude each other",
        ]
    );
}

#[test]
fn options_out_of_range_are_named() {
    for (expected, result) in [
        ("lengthOffset", length(|options| options.offset = 65)),
        ("lengthAdjustment", length(|options| options.adjustment = -65_536)),
        ("lengthAdjustment", length(|options| options.adjustment = isize::MIN)),
        ("headerPrefix", length(|options| (options.offset, options.header_prefix) = (2, Bytes::from_static(b"x")))),
        ("messageBytes", Framing::new(Layout::Fixed(0), None, None)),
        ("messageBytes", Framing::new(Layout::Fixed(MESSAGE_LIMIT_BYTES + 1), None, None)),
        ("delimiter", Framing::new(Layout::Delimiter(Arc::new([])), None, None)),
        ("delimiter", Framing::new(Layout::Delimiter(vec![Bytes::from_static(b"x"); 9].into()), None, None)),
        (
            "delimiter",
            Framing::new(Layout::Delimiter(Arc::new([&b"ab"[..], b"a"].map(Bytes::from_static))), None, None),
        ),
        ("start", Framing::new(markers(&[1; 65], b"x", None), None, None)),
        ("end", Framing::new(markers(b"x", b"", None), None, None)),
        ("escapePairs", Framing::new(slip(0xdb, b"\xc0\xdc\xdb"), None, None)),
        ("escapePairs", Framing::new(slip(0xdb, b"\xc0\xdc"), None, None)),
        ("escapePairs", Framing::new(slip(0xdb, b"\xdb\xdd"), None, None)),
        ("escapeByte", Framing::new(markers(b"x", b"x", Some(Escape { byte: b'x', pairs: None })), None, None)),
        ("escapePairs", Framing::new(slip(0xc0, b"\xc0\xc0"), None, None)),
    ] {
        let option = match result.unwrap_err() {
            FramingOptionsError::Range { option, .. } | FramingOptionsError::Invalid { option, .. } => option,
            error => panic!("{error}"),
        };
        assert_eq!(option, expected);
    }
}

#[test]
fn the_longest_message_is_what_the_length_can_say() {
    for (expected, framing) in [
        (65_535, length(|_| {})),
        (65_533, length(|options| options.includes_header = true)),
        (65_537, length(|options| options.strip_header = false)),
        (65_635, length(|options| options.adjustment = 100)),
        (MESSAGE_BYTES, length(|options| options.field = LengthField::Varint)),
        (7, Framing::new(Layout::Fixed(7), None, None)),
        (MESSAGE_BYTES, Framing::new(Layout::IdleGap(Duration::from_millis(1)), None, None)),
    ] {
        assert_eq!(framing.unwrap().limit_bytes(false), expected);
    }
}

#[test]
fn an_announced_message_takes_no_memory_before_it_comes() {
    let framing = Framing::length(4, false, MESSAGE_LIMIT_BYTES).unwrap();
    let mut buffer = BytesMut::from(&b"\x40\0\0\0some"[..]);
    assert_eq!(Decoder::new(&framing, false).decode(&mut buffer), Ok(None));
    assert!(buffer.capacity() < 100, "{} bytes", buffer.capacity());
}

#[test]
fn noise_before_a_start_takes_no_memory() {
    let framing = Framing::new(markers(b"\x02\x02", b"\x03", None), None, None).unwrap();
    let mut decoder = Decoder::new(&framing, false);
    let mut buffer = BytesMut::new();
    for (noise, left) in [(&b"noise"[..], 0), (b"noise\x02", 1), (b"noise", 0), (b"\x02", 1), (b"\x02", 2)] {
        buffer.extend_from_slice(noise);
        assert_eq!((decoder.decode(&mut buffer), buffer.len()), (Ok(None), left), "{noise:?}");
    }
}

#[test]
fn what_waits_for_an_end_marker_is_no_longer_than_a_message() {
    const LIMIT_BYTES: usize = 100;
    let framing = Framing::new(slip(0xdb, b"\xc0\xdc\xdb\xdd"), None, Some(LIMIT_BYTES)).unwrap();
    for (piece, is_too_long) in [(&b"abcd"[..], true), (b"\xdb\xdc\xdb\xdd", true), (b"\xc0\xc0", false)] {
        let (mut decoder, mut buffer) = (Decoder::new(&framing, false), BytesMut::from(&b"\xc0"[..]));
        let result = (0..1_000).try_for_each(|_| {
            buffer.extend_from_slice(piece);
            let decoded = decoder.decode(&mut buffer);
            assert!(buffer.len() <= LIMIT_BYTES + piece.len(), "{} bytes wait", buffer.len());
            decoded.map(drop)
        });
        assert_eq!(result.is_err(), is_too_long, "{piece:?}");
    }
}

#[test]
fn a_message_of_a_gap_is_too_long_as_soon_as_so_much_has_come() {
    let framing = Framing::new(Layout::IdleGap(Duration::from_millis(1)), CRC, Some(3)).unwrap();
    let mut decoder = Decoder::new(&framing, false);
    let mut buffer = BytesMut::from(&[0; 7][..]);
    assert_eq!(decoder.decode(&mut buffer), Ok(None));
    buffer.extend_from_slice(&[0]);
    assert_eq!(decoder.decode(&mut buffer), Err(FramingError::TooLong { limit_bytes: 3 }));
}

#[test]
fn what_only_plain_lengths_carry_excludes_every_other_option() {
    assert!(length(|_| {}).unwrap().plain_length().is_ok());
    for (option, framing) in [
        ("lengthAdjustment", length(|options| options.adjustment = 1)),
        ("includesHeader", length(|options| options.includes_header = true)),
        ("stripHeader", length(|options| options.strip_header = false)),
        ("wholeFrames", length(|options| options.whole_frames = true)),
        ("lengthOffset", length(|options| (options.offset, options.header_prefix) = (1, Bytes::from_static(b"x")))),
        ("type", length(|options| options.field = LengthField::Varint)),
        ("type", Framing::new(Layout::Fixed(1), None, None)),
    ] {
        assert_eq!(framing.unwrap().plain_length(), Err(option));
    }
    let options = LengthOptions::new(LengthField::Fixed { width_bytes: 2, little_endian: false });
    assert_eq!(Framing::new(Layout::Length(options), CRC, None).unwrap().plain_length(), Err("checksum"));
}

/// Bytes with a special meaning in at least one layout.
const SPECIAL: &[u8] = b"\x00\x01\x02\x03\x04\x08\x0a\x0b\x0d\x10\x1c\x5d\x5e\x7d\x7e\x80\xc0\xdb\xdc\xddabc";

proptest! {
    #[test]
    fn every_layout_is_cut_as_the_slow_decoder_cuts_it(
        choice in any::<[u8; 4]>(),
        stream in vec(prop_oneof![4 => proptest::sample::select(SPECIAL), 1 => any::<u8>()], 0..60),
    ) {
        crate::fuzzing::layouts(&[&choice[..], &stream].concat());
    }
}
