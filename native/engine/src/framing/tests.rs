//! Every message comes back as it was, however the stream is cut.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn framing(width_bytes: usize, little_endian: bool, max_message_bytes: usize) -> Framing {
    Framing::length(width_bytes, little_endian, max_message_bytes).unwrap()
}

/// `message` as it goes over the wire.
fn framed(framing: &Framing, message: &[u8], kind: Option<Kind>) -> Result<Vec<u8>, FramingError> {
    let envelope = framing.envelope(message, kind)?;
    Ok([envelope.head(), message, &envelope.tail()].concat())
}

/// What the decoder makes of `stream` when it comes in pieces of these sizes; the rest in one.
fn decoded(framing: &Framing, typed: bool, stream: &[u8], sizes: &[usize]) -> (Vec<Bytes>, Option<FramingError>) {
    let mut decoder = Decoder::new(framing, typed);
    let (mut buffer, mut messages, mut rest) = (BytesMut::new(), Vec::new(), stream);
    for size in sizes.iter().copied().chain([usize::MAX]) {
        let (piece, later) = rest.split_at(size.min(rest.len()));
        rest = later;
        buffer.extend_from_slice(piece);
        loop {
            match decoder.decode(&mut buffer) {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(decoder.decode(&mut buffer), Err(error), "an error is final");
                    return (messages, Some(error));
                }
            }
        }
    }
    (messages, None)
}

fn any_framing() -> impl Strategy<Value = Framing> {
    let length = (prop_oneof![Just(1), Just(2), Just(4)], any::<bool>(), 1..=255_usize)
        .prop_map(|(width_bytes, little_endian, max)| framing(width_bytes, little_endian, max));
    // Few different bytes, so that delimiters overlap with themselves and with messages.
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
        let typed = typed && matches!(framing, Framing::Length(_));
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
