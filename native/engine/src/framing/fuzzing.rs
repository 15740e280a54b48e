//! Fuzzes the decoder with streams of frames.

// A fuzzer fails by panicking.
#![allow(clippy::indexing_slicing)]

mod layouts;
mod reference;

use bytes::{Bytes, BytesMut};

use super::{Decoder, Framing, FramingError, Layout};
use crate::wire::{CONTROL_MAX_BYTES, Frame, Kind};

pub use layouts::layouts;

/// Result of decoding a stream.
#[derive(Debug, PartialEq, Eq)]
struct Decoded {
    bodies: Vec<Bytes>,
    error: Option<FramingError>,
    /// Undecoded bytes at the end of the stream.
    waiting_bytes: usize,
}

/// Decodes a stream at once and in pieces, and encodes the result again.
///
/// The first four bytes choose the framing and the pieces.
pub fn frames(data: &[u8]) {
    let Some(([choice, low, high, piece], stream)) = data.split_first_chunk() else { return };
    let Ok((framing, typed)) = choose(*choice, usize::from(u16::from_le_bytes([*low, *high])) + 1) else { return };
    let at_once = decode(&framing, typed, stream, usize::MAX);
    let in_pieces = decode(&framing, typed, stream, usize::from(*piece) + 1);
    assert_eq!((&at_once.bodies, at_once.error), (&in_pieces.bodies, in_pieces.error));
    let again: Vec<Bytes> = at_once.bodies.iter().map_while(|body| encode(&framing, typed, body)).collect();
    let all = again.len() == at_once.bodies.len();
    let again = again.concat();
    assert!(stream.starts_with(&again));
    if all && at_once.error.is_none() {
        assert_eq!(again.len() + at_once.waiting_bytes, stream.len());
    }
}

fn choose(choice: u8, max_message_bytes: usize) -> Result<(Framing, bool), super::FramingOptionsError> {
    let typed = choice & 4 != 0;
    let little_endian = choice & 8 != 0;
    let framing = match choice & 3 {
        0 => Framing::length(1, little_endian, max_message_bytes.min(255)),
        1 => Framing::length(2, little_endian, max_message_bytes.min(65_535)),
        2 => Framing::length(4, little_endian, max_message_bytes),
        // Some of these delimiters overlap with themselves.
        _ => {
            let delimiters: [&'static [u8]; 4] = [b"\n", b"aa", b"aba", b"\r\n\r\n"];
            let delimiter = delimiters.get(usize::from(choice >> 4) % 4).copied().unwrap_or(b"\n");
            return Ok((Framing::delimiter(Bytes::from_static(delimiter), max_message_bytes)?, false));
        }
    };
    Ok((framing?, typed))
}

fn decode(framing: &Framing, typed: bool, stream: &[u8], piece_bytes: usize) -> Decoded {
    let mut decoder = Decoder::new(framing, typed);
    let (mut buffer, mut bodies) = (BytesMut::new(), Vec::new());
    for piece in stream.chunks(piece_bytes) {
        buffer.extend_from_slice(piece);
        loop {
            match decoder.decode(&mut buffer) {
                Ok(Some(decoded)) => bodies.push(decoded.bytes().clone()),
                Ok(None) => break,
                Err(error) => return Decoded { bodies, error: Some(error), waiting_bytes: buffer.len() },
            }
        }
        assert!(buffer.len() < frame_max_bytes(framing, typed), "{} bytes wait", buffer.len());
    }
    Decoded { bodies, error: None, waiting_bytes: buffer.len() }
}

/// Returns the length of the longest possible frame.
pub(super) fn frame_max_bytes(framing: &Framing, typed: bool) -> usize {
    let body_bytes = framing.limit_bytes(typed) + usize::from(typed);
    match &framing.layout {
        Layout::Length(length) => {
            length.field.limit_width_bytes() + body_bytes.max(if typed { CONTROL_MAX_BYTES } else { 0 })
        }
        Layout::Delimiter(list) => body_bytes + list.first().map_or(0, Bytes::len),
        _ => usize::MAX,
    }
}

/// Encodes `body`; returns `None` if a peer must not send it.
fn encode(framing: &Framing, typed: bool, body: &Bytes) -> Option<Bytes> {
    let control = |kind, fields: &[u8]| Some(framing.control_frame(kind, fields));
    let frame = if typed { Frame::parse(body.clone())? } else { Frame::Data(body.clone()) };
    match frame {
        Frame::Corrupt(_) => None,
        Frame::Data(data) => {
            let frame_parts = framing.frame_parts(&data, typed.then_some(Kind::Data));
            assert!(frame_parts.is_ok(), "what was received cannot be sent: {frame_parts:?}");
            let frame_parts = frame_parts.ok()?;
            Some(frame_parts.parts().concat().into())
        }
        Frame::Ping => control(Kind::Ping, &[]),
        Frame::Pong => control(Kind::Pong, &[]),
        Frame::Acknowledge(count) => control(Kind::Acknowledge, &count.to_be_bytes()),
        Frame::Bye => control(Kind::Bye, &[]),
    }
}
