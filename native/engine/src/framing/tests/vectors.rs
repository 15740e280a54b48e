//! Tests with `docs/framing-vectors.json`, which tests of the module use, too.

use std::time::Duration;

use serde_json::Value;

use super::*;

const VECTORS: &str = include_str!("../../../../../docs/framing-vectors.json");

fn vectors(name: &str) -> Vec<Value> {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let vectors = vectors[name].as_array().unwrap().clone();
    assert!(!vectors.is_empty(), "{name}");
    vectors
}

fn unhex(value: &Value) -> Bytes {
    data_encoding::HEXLOWER.decode(value.as_str().unwrap_or_default().as_bytes()).unwrap().into()
}

fn number(value: &Value) -> Option<usize> {
    value.as_u64().map(|number| number as usize)
}

fn framing_of(vector: &Value) -> Framing {
    let fields = &vector["framing"];
    let little_endian = fields["littleEndian"].as_bool().unwrap_or(false);
    let width_bytes = number(&fields["lengthBytes"]).unwrap_or(4);
    let layout = match fields["type"].as_str().unwrap() {
        "length" => length_of(fields, LengthField::Fixed { width_bytes, little_endian }),
        "varint" => length_of(fields, LengthField::Varint),
        "fixed" => Layout::Fixed(number(&fields["messageBytes"]).unwrap()),
        "delimiter" => Layout::Delimiter(delimiters_of(&fields["delimiter"])),
        "markers" => Layout::Markers(markers_of(fields)),
        "idleGap" => Layout::IdleGap(Duration::from_millis(fields["idleGapMs"].as_u64().unwrap())),
        other => panic!("{other} is no type"),
    };
    Framing::new(layout, checksum_of(fields, little_endian), number(&fields["maxMessageBytes"])).unwrap()
}

fn length_of(fields: &Value, field: LengthField) -> Layout {
    Layout::Length(LengthOptions {
        field,
        offset: number(&fields["lengthOffset"]).unwrap_or(0),
        adjustment: fields["lengthAdjustment"].as_i64().unwrap_or(0) as isize,
        includes_header: fields["includesHeader"].as_bool().unwrap_or(false),
        strip_header: fields["stripHeader"].as_bool().unwrap_or(true),
        header_prefix: unhex(&fields["headerPrefix"]),
        whole_frames: fields["wholeFrames"].as_bool().unwrap_or(false),
    })
}

fn delimiters_of(value: &Value) -> Arc<[Bytes]> {
    match value {
        Value::Null => Arc::new([Bytes::from_static(b"\n")]),
        Value::Array(list) => list.iter().map(unhex).collect(),
        one => Arc::new([unhex(one)]),
    }
}

fn markers_of(fields: &Value) -> Markers {
    let pairs = fields["escapePairs"].is_string().then(|| unhex(&fields["escapePairs"]));
    let escape = number(&fields["escapeByte"]).map(|byte| Escape { byte: byte as u8, pairs });
    Markers { start: unhex(&fields["start"]), end: unhex(&fields["end"]), escape }
}

fn checksum_of(fields: &Value, little_endian: bool) -> Option<Checksum> {
    let kind = match fields["checksum"].as_str()? {
        "crc16-modbus" => ChecksumKind::Crc16Modbus,
        "crc16-ccitt" => ChecksumKind::Crc16Ccitt,
        "crc32" => ChecksumKind::Crc32,
        other => panic!("{other} is no checksum"),
    };
    Some(Checksum { kind, little_endian: little_endian || kind == ChecksumKind::Crc16Modbus })
}

/// Returns the messages to receive, and the messages to send for the same bytes.
fn messages_of(vector: &Value) -> (Vec<Decoded>, Option<Vec<Bytes>>) {
    let received: Vec<Decoded> = vector["messages"].as_array().unwrap().iter().map(decoded_of).collect();
    let same = || received.iter().map(|decoded| decoded.bytes().clone()).collect();
    let sent = match vector.get("sent") {
        None => Some(same()),
        Some(Value::Array(list)) => Some(list.iter().map(unhex).collect()),
        Some(_) => None,
    };
    (received, sent)
}

fn decoded_of(value: &Value) -> Decoded {
    match value {
        Value::Object(fields) => Decoded::Corrupt(unhex(&fields["corrupt"])),
        message => Decoded::Message(unhex(message)),
    }
}

type All = (Vec<Decoded>, Option<FramingError>);

/// Decodes the pieces of a stream, followed by an idle gap.
fn decode_all<'a>(framing: &Framing, pieces: impl IntoIterator<Item = &'a [u8]>) -> All {
    let (mut decoder, mut buffer, mut all) = (Decoder::new(framing, false), BytesMut::new(), Vec::new());
    for piece in pieces {
        buffer.extend_from_slice(piece);
        loop {
            match decoder.decode(&mut buffer) {
                Ok(Some(decoded)) => all.push(decoded),
                Ok(None) => break,
                Err(error) => return (all, Some(error)),
            }
        }
    }
    all.extend(decoder.finish(&mut buffer));
    (all, None)
}

/// Decodes `bytes` at once, byte by byte, and split at each position.
fn assert_received(vector: &Value, framing: &Framing, bytes: &[u8], expected: &All) {
    assert_eq!(&decode_all(framing, [bytes]), expected, "{vector}");
    assert_eq!(&decode_all(framing, bytes.chunks(1)), expected, "{vector}");
    for cut in 1..bytes.len() {
        let (one, other) = bytes.split_at(cut);
        assert_eq!(&decode_all(framing, [one, other]), expected, "cut at {cut}: {vector}");
    }
}

#[test]
fn frames() {
    for vector in [vectors("frames"), vectors("gaps")].concat() {
        let framing = framing_of(&vector);
        if let Some(count) = number(&vector["fill"]) {
            let frame = Bytes::from([&unhex(&vector["head"])[..], &vec![0; count]].concat());
            assert_eq!(framed(&framing, &frame, None).unwrap(), frame, "{vector}");
            let expected = (vec![Decoded::Message(frame.clone())], None);
            assert_eq!(decode_all(&framing, frame.chunks(1_000)), expected, "{vector}");
            for cut in 1..10 {
                let (header, rest) = frame.split_at(cut);
                assert_eq!(decode_all(&framing, [header, rest]), expected, "cut at {cut}: {vector}");
            }
            continue;
        }
        let (received, sent) = messages_of(&vector);
        let bytes = unhex(&vector["bytes"]);
        assert_received(&vector, &framing, &bytes, &(received, None));
        if let Some(sent) = sent {
            let frames: Vec<u8> = sent.iter().flat_map(|message| framed(&framing, message, None).unwrap()).collect();
            assert_eq!(frames, bytes, "{vector}");
        }
    }
}

#[test]
fn messages_that_a_peer_could_not_read_back_are_refused() {
    for vector in vectors("refused") {
        let result = framed(&framing_of(&vector), &unhex(&vector["message"]), None);
        assert_eq!(result, Err(FramingError::Ambiguous), "{vector}");
    }
}

#[test]
fn streams_that_cannot_be_cut_end_with_an_error() {
    for vector in vectors("errors") {
        let framing = framing_of(&vector);
        let error = match vector["error"].as_str().unwrap() {
            "EMSGSIZE" => FramingError::TooLong { limit_bytes: framing.limit_bytes(false) },
            _ => FramingError::Malformed,
        };
        let (received, _) = messages_of(&vector);
        assert_received(&vector, &framing, &unhex(&vector["bytes"]), &(received, Some(error)));
    }
}
