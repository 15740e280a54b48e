//! Tests that each message is received unchanged, however the stream is split.

// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod layouts;
mod vectors;

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;

use super::fuzzing::frame_max_bytes;
use super::*;
use crate::limits::{DELIMITER_LIMIT_BYTES, MESSAGE_BYTES, MESSAGE_LIMIT_BYTES};
use crate::wire::{Frame, Kind};

fn framing(width_bytes: usize, little_endian: bool, max_message_bytes: usize) -> Framing {
    Framing::length(width_bytes, little_endian, max_message_bytes).unwrap()
}

fn delimited(delimiter: &'static str, max_message_bytes: usize) -> Framing {
    Framing::delimiter(Bytes::from_static(delimiter.as_bytes()), max_message_bytes).unwrap()
}

/// Encodes `message`.
fn framed(framing: &Framing, message: &[u8], kind: Option<Kind>) -> Result<Vec<u8>, FramingError> {
    Ok(framing.frame_parts(message, kind)?.parts().concat())
}

/// Decodes `stream` in pieces of `sizes`; the rest is one piece.
fn decoded(framing: &Framing, typed: bool, stream: &[u8], sizes: &[usize]) -> (Vec<Bytes>, Option<FramingError>) {
    let mut decoder = Decoder::new(framing, typed);
    let (mut buffer, mut messages, mut rest) = (BytesMut::new(), Vec::new(), stream);
    for size in sizes.iter().copied().chain([usize::MAX]) {
        let (piece, later) = rest.split_at(size.min(rest.len()));
        rest = later;
        buffer.extend_from_slice(piece);
        loop {
            match decoder.decode(&mut buffer) {
                Ok(Some(decoded)) => messages.push(decoded.bytes().clone()),
                Ok(None) => {
                    assert!(buffer.len() < frame_max_bytes(framing, typed), "{} bytes wait", buffer.len());
                    break;
                }
                Err(error) => return (messages, Some(error)),
            }
        }
    }
    (messages, None)
}

fn any_framing() -> impl Strategy<Value = Framing> {
    let length = (prop_oneof![Just(1), Just(2), Just(4)], any::<bool>(), 1..=255_usize)
        .prop_map(|(width_bytes, little_endian, max)| framing(width_bytes, little_endian, max));
    // Few byte values, so that delimiters overlap with themselves and with messages.
    let delimiter = (vec(0..3_u8, 1..6), 1..=255_usize)
        .prop_map(|(delimiter, max)| Framing::delimiter(Bytes::from(delimiter), max).unwrap());
    prop_oneof![length, delimiter]
}

proptest! {
    #[test]
    fn messages_come_back_as_they_were(
        framing in any_framing(),
        messages in vec(vec(0..3_u8, 0..40), 0..8),
        sizes in vec(0..20_usize, 0..30),
        typed in any::<bool>(),
    ) {
        let typed = typed && framing.plain_length().is_ok();
        let kind = typed.then_some(Kind::Data);
        let (mut stream, mut expected) = (Vec::new(), Vec::new());
        for message in messages {
            if let Ok(bytes) = framed(&framing, &message, kind) {
                stream.extend(bytes);
                expected.push(kind.map(Kind::byte).into_iter().chain(message).collect::<Vec<_>>());
            }
        }
        let (messages, error) = decoded(&framing, typed, &stream, &sizes);
        prop_assert_eq!(error, None);
        prop_assert_eq!(messages, expected);
    }
}

proptest! {
    #[test]
    fn garbage_does_no_harm(
        framing in any_framing(),
        stream in vec(any::<u8>(), 0..400),
        sizes in vec(0..20_usize, 0..30),
        typed in any::<bool>(),
    ) {
        let typed = typed && framing.plain_length().is_ok();
        let (messages, error) = decoded(&framing, typed, &stream, &sizes);
        let limit_bytes = framing.limit_bytes(typed);
        let is_too_long = error == Some(FramingError::TooLong { limit_bytes });
        prop_assert!(error.is_none() || is_too_long);
        for message in messages {
            prop_assert!(message.len() < frame_max_bytes(&framing, typed));
            if typed && let Some(Frame::Data(data)) = Frame::parse(message) {
                prop_assert!(data.len() <= limit_bytes);
            }
        }
    }
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let width = Err(FramingOptionsError::Invalid { option: "lengthBytes", must: "1, 2, 3, 4 or 8" });
    let range = |option, most| Err(FramingOptionsError::Range { option, least: 1, most });
    let max_message = |most| range("maxMessageBytes", most);
    for (width_bytes, max_message_bytes, expected) in [
        (0, 1, width),
        (5, 1, width),
        (9, 1, width),
        (1, 0, max_message(255)),
        (1, 255, Ok(())),
        (1, 256, max_message(255)),
        (2, 65_535, Ok(())),
        (2, 65_536, max_message(65_535)),
        (4, MESSAGE_LIMIT_BYTES, Ok(())),
        (4, MESSAGE_LIMIT_BYTES + 1, max_message(MESSAGE_LIMIT_BYTES)),
    ] {
        assert_eq!(Framing::length(width_bytes, false, max_message_bytes).map(drop), expected, "{width_bytes}");
    }
    for (delimiter_bytes, max_message_bytes, expected) in [
        (0, 1, range("delimiter", DELIMITER_LIMIT_BYTES)),
        (1, 1, Ok(())),
        (DELIMITER_LIMIT_BYTES, MESSAGE_LIMIT_BYTES, Ok(())),
        (DELIMITER_LIMIT_BYTES + 1, 1, range("delimiter", DELIMITER_LIMIT_BYTES)),
        (1, 0, max_message(MESSAGE_LIMIT_BYTES)),
        (1, MESSAGE_LIMIT_BYTES + 1, max_message(MESSAGE_LIMIT_BYTES)),
    ] {
        let delimiter = Bytes::from(vec![b'.'; delimiter_bytes]);
        assert_eq!(Framing::delimiter(delimiter, max_message_bytes).map(drop), expected, "{delimiter_bytes}");
    }
}

#[test]
fn a_message_of_the_limit_passes_both_ways_and_one_byte_more_does_not() {
    for (framing, kind, limit_bytes) in [
        (framing(1, false, 255), None, 255),
        (framing(1, false, 255), Some(Kind::Data), 254),
        (framing(2, true, 65_535), Some(Kind::Data), 65_534),
        (framing(4, false, 65_535), Some(Kind::Data), 65_535),
        (framing(4, false, 1), Some(Kind::Data), 1),
        (framing(4, false, 10), None, 10),
        (delimited("\n", 10), None, 10),
        (delimited("<end>", 3), None, 3),
    ] {
        let typed = kind.is_some();
        let stream = framed(&framing, &vec![b'x'; limit_bytes], kind).unwrap();
        let (messages, error) = decoded(&framing, typed, &stream, &[1, 2, 1]);
        assert_eq!((messages.len(), error), (1, None), "{framing:?}");
        let too_long = FramingError::TooLong { limit_bytes };
        let longer = vec![b'x'; limit_bytes + 1];
        assert_eq!(framed(&framing, &longer, kind), Err(too_long), "{framing:?}");
        assert_eq!(too_long.errno(), libc::EMSGSIZE);
        // A message from a peer with a higher limit, if the field can express its length.
        if longer.len() + usize::from(typed) < 256 || limit_bytes == 65_535 {
            let stream = FrameParts::new(&framing, &longer, kind).unwrap().parts().concat();
            assert_eq!(decoded(&framing, typed, &stream, &[1; 8]), (vec![], Some(too_long)), "{framing:?}");
        }
    }
}

#[test]
fn a_length_that_is_too_long_is_refused_before_its_message_comes() {
    let framing = framing(4, false, 100);
    let too_long = Some(FramingError::TooLong { limit_bytes: 100 });
    assert_eq!(decoded(&framing, false, &[0, 0, 0, 101], &[]), (vec![], too_long));
    assert_eq!(decoded(&framing, false, &[255, 255, 255, 255], &[]), (vec![], too_long));
}

#[test]
fn the_shortest_messages_leave_room_for_control_frames() {
    let framing = framing(1, false, 1);
    let stream = framing.control_frame(Kind::Acknowledge, &5_u64.to_be_bytes());
    let (messages, error) = decoded(&framing, true, &stream, &[1, 3]);
    assert_eq!((messages.len(), error), (1, None));
    assert_eq!(Frame::parse(messages.first().unwrap().clone()), Some(Frame::Acknowledge(5)));
}

#[test]
fn a_message_in_which_the_peer_would_find_the_delimiter_is_refused() {
    for (delimiter, message, is_refused) in [
        ("\n", "one\ntwo", true),
        ("\n", "one", false),
        ("\r\n", "one\r", false),
        ("\r\n", "one\r\n", true),
        ("aa", "ba", true),
        ("aa", "ab", false),
        ("abab", "xab", true),
        ("abab", "xaba", false),
        ("abcabc", "abc", true),
    ] {
        let result = framed(&delimited(delimiter, 100), message.as_bytes(), None);
        assert_eq!(result == Err(FramingError::Ambiguous), is_refused, "{message:?} before {delimiter:?}");
    }
    assert_eq!(FramingError::Ambiguous.errno(), libc::EINVAL);
}

#[test]
fn the_buffer_is_empty_between_two_frames_only() {
    for framing in [framing(4, false, 100), delimited("\r\n", 100)] {
        let mut decoder = Decoder::new(&framing, false);
        let mut buffer = BytesMut::new();
        let stream = framed(&framing, b"message", None).unwrap();
        let (last, first) = stream.split_last().unwrap();
        for byte in first {
            buffer.extend_from_slice(&[*byte]);
            assert_eq!((decoder.decode(&mut buffer), buffer.is_empty()), (Ok(None), false));
        }
        buffer.extend_from_slice(&[*last]);
        assert_eq!(decoder.decode(&mut buffer), Ok(Some(Decoded::Message(Bytes::from_static(b"message")))));
        assert!(buffer.is_empty());
    }
}
