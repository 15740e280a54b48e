//! Framing options: declarations and parsing.

use bytes::Bytes;
use napi_ohos::bindgen_prelude::{Object, Unknown};
use socket_engine::{Checksum, ChecksumKind, Escape, Framing, Layout, LengthField, LengthOptions, Markers, limits};

use crate::convert::{self, Argument, Read};
use crate::error::ArgumentError;
use crate::fields;
use crate::node_api;

const LENGTH: u8 = 1;
const VARINT: u8 = 2;
const FIXED: u8 = 4;
const DELIMITER: u8 = 8;
const MARKERS: u8 = 16;
const IDLE_GAP: u8 = 32;
const CUSTOM: u8 = 64;

/// Framing types, with one bit each.
const TYPES: [(&str, u8); 7] = [
    ("length", LENGTH),
    ("varint", VARINT),
    ("fixed", FIXED),
    ("delimiter", DELIMITER),
    ("markers", MARKERS),
    ("idleGap", IDLE_GAP),
    ("custom", CUSTOM),
];

/// Fields, with the bits of their types. Fields of all types are not listed.
const FIELDS: [(&str, u8); 17] = [
    ("lengthBytes", LENGTH),
    ("includesHeader", LENGTH),
    ("lengthOffset", LENGTH | VARINT),
    ("lengthAdjustment", LENGTH | VARINT),
    ("stripHeader", LENGTH | VARINT),
    ("headerPrefix", LENGTH | VARINT),
    ("wholeFrames", LENGTH | VARINT),
    ("messageBytes", FIXED),
    ("delimiter", DELIMITER),
    ("start", MARKERS),
    ("end", MARKERS),
    ("escapeByte", MARKERS),
    ("escapePairs", MARKERS),
    ("idleGapMs", IDLE_GAP),
    ("messageLength", CUSTOM),
    ("littleEndian", !(DELIMITER | CUSTOM)),
    ("checksum", !CUSTOM),
];

/// Parses `FramingOptions`.
pub fn framing(options: &Object<'_>) -> Read<Framing> {
    let name = fields::choice(options, "type", &TYPES.map(|(name, _)| name))?.ok_or_else(|| missing("type"))?;
    let kind = TYPES.iter().find(|(known, _)| *known == name).map_or(0, |(_, kind)| *kind);
    for (field, kinds) in FIELDS {
        if kinds & kind == 0 && fields::has(options, field)? {
            return Err(exclusive(field, &format!("framing.type '{name}'")));
        }
    }
    let little_endian = convert::optional_boolean(options, "littleEndian")?;
    let checksum = checksum(options, little_endian.unwrap_or(false))?;
    if little_endian.is_some() && kind != LENGTH && checksum.is_none() {
        return Err(ArgumentError::parameter("framing.littleEndian", "needs framing.checksum"));
    }
    let layout = match kind {
        LENGTH => {
            let width_bytes = fields::count(options, "lengthBytes")?.unwrap_or(4);
            length(options, LengthField::Fixed { width_bytes, little_endian: little_endian.unwrap_or(false) })?
        }
        VARINT => length(options, LengthField::Varint)?,
        FIXED => Layout::Fixed(fields::count(options, "messageBytes")?.ok_or_else(|| missing("messageBytes"))?),
        DELIMITER => {
            let list = fields::list_of_bytes(options, "delimiter")?;
            Layout::Delimiter(list.unwrap_or_else(|| vec![Bytes::from_static(b"\n")]).into())
        }
        MARKERS => Layout::Markers(markers(options)?),
        CUSTOM => message_length(options)?.map(|_| Layout::Custom).ok_or_else(|| missing("messageLength"))?,
        _ => Layout::IdleGap(fields::milliseconds(options, "idleGapMs")?.ok_or_else(|| missing("idleGapMs"))?),
    };
    let max_message_bytes = fields::count(options, "maxMessageBytes")?;
    Framing::new(layout, checksum, max_message_bytes).map_err(|error| ArgumentError::fault(error.to_string()))
}

/// Returns the function of type `custom`.
pub fn message_length<'env>(options: &Object<'env>) -> Read<Argument<'env>> {
    let value = options.get::<Unknown<'env>>("messageLength")?;
    match value {
        Some(value) if !node_api::is_function(&value)? => {
            Err(ArgumentError::parameter("messageLength", "must be a function"))
        }
        value => Ok(value),
    }
}

fn length(options: &Object<'_>, field: LengthField) -> Read<Layout> {
    let most = limits::MESSAGE_LIMIT_BYTES as i32;
    let whole = |field, least| Ok::<_, ArgumentError>(fields::whole(options, field, least, most)?.unwrap_or(0));
    let boolean =
        |field, otherwise| Ok::<_, ArgumentError>(convert::optional_boolean(options, field)?.unwrap_or(otherwise));
    Ok(Layout::Length(LengthOptions {
        field,
        offset: whole("lengthOffset", 0)? as usize,
        adjustment: whole("lengthAdjustment", -most)? as isize,
        includes_header: boolean("includesHeader", false)?,
        strip_header: boolean("stripHeader", true)?,
        header_prefix: fields::bytes(options, "headerPrefix")?.unwrap_or_default(),
        whole_frames: boolean("wholeFrames", false)?,
    }))
}

fn markers(options: &Object<'_>) -> Read<Markers> {
    let pairs = fields::bytes(options, "escapePairs")?;
    let escape = match fields::whole(options, "escapeByte", 0, 255)? {
        Some(byte) => Some(Escape { byte: byte as u8, pairs }),
        None if pairs.is_some() => {
            return Err(ArgumentError::parameter("framing.escapePairs", "needs framing.escapeByte"));
        }
        None => None,
    };
    let start = fields::bytes(options, "start")?.unwrap_or_default();
    let end = fields::bytes(options, "end")?.ok_or_else(|| missing("end"))?;
    Ok(Markers { start, end, escape })
}

/// CRC-16/MODBUS has a fixed byte order.
fn checksum(options: &Object<'_>, little_endian: bool) -> Read<Option<Checksum>> {
    let kinds = ["crc16-modbus", "crc16-ccitt", "crc32"];
    Ok(fields::choice(options, "checksum", &kinds)?.map(|name| match name {
        "crc16-modbus" => Checksum { kind: ChecksumKind::Crc16Modbus, little_endian: true },
        "crc16-ccitt" => Checksum { kind: ChecksumKind::Crc16Ccitt, little_endian },
        _ => Checksum { kind: ChecksumKind::Crc32, little_endian },
    }))
}

fn missing(field: &str) -> ArgumentError {
    ArgumentError::fault(format!("framing.{field} is missing"))
}

fn exclusive(field: &str, other: &str) -> ArgumentError {
    ArgumentError::fault(format!("framing.{field} and {other} exclude each other"))
}

mod declared {
    #![expect(dead_code, reason = "read by napi-derive alone, which declares them in index.d.ts")]

    use napi_derive_ohos::napi;

    /// Message framing. Both sides must have the same. A field of another type, or fields that contradict each other, throw 401.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "FramingOptions")]
    pub struct FramingOptions {
        /// `length`: each message follows its length. `varint`: the length is a varint (LEB128), as in MQTT and protobuf.
        /// `fixed`: each message has `messageBytes`. `delimiter`: each message ends with a delimiter, and must not contain it.
        /// `markers`: each is between `start` and `end`. `idleGap`: each ends when no data arrives for `idleGapMs`. `custom`: a
        /// function returns the length of each.
        #[napi(ts_type = "'length' | 'varint' | 'fixed' | 'delimiter' | 'markers' | 'idleGap' | 'custom'")]
        pub r#type: (),
        /// Bytes of the length: 1, 2, 3, 4 (the default) or 8.
        pub length_bytes: Option<f64>,
        /// Whether the length and the checksum are little-endian; default false. `crc16-modbus` always is.
        pub little_endian: Option<bool>,
        /// Bytes of the frame before the length, 0 to 64; default 0. Needs `headerPrefix` or `wholeFrames`.
        pub length_offset: Option<f64>,
        /// Added to a received length; the sum is the number of bytes after it. Default 0.
        pub length_adjustment: Option<f64>,
        /// Whether the length also counts itself and the bytes before it; default false.
        pub includes_header: Option<bool>,
        /// Whether a received message excludes the length and the bytes before it (the default); otherwise it is the whole frame.
        pub strip_header: Option<bool>,
        /// Sent before the length: `lengthOffset` bytes. Received bytes there are not compared with it.
        #[napi(ts_type = "string | ArrayBuffer | ArrayBufferView")]
        pub header_prefix: Option<()>,
        /// Whether messages are sent unchanged, with their header; `send` checks the length in it.
        pub whole_frames: Option<bool>,
        /// With `fixed`: length of each message in bytes.
        pub message_bytes: Option<f64>,
        /// 1 to 64 bytes; default: a line feed. Each of several (at most 8) ends a message; the first one is sent.
        #[napi(ts_type = "string | ArrayBuffer | ArrayBufferView | Array<string | ArrayBuffer | ArrayBufferView>")]
        pub delimiter: Option<()>,
        /// With `markers`: start of a message, up to 64 bytes; empty unless given. Bytes before it are dropped.
        #[napi(ts_type = "string | ArrayBuffer | ArrayBufferView")]
        pub start: Option<()>,
        /// With `markers`: end of a message, 1 to 64 bytes. If it equals `start`, or `start` is empty, one marker between two
        /// messages is enough, and empty messages are skipped.
        #[napi(ts_type = "string | ArrayBuffer | ArrayBufferView")]
        pub end: Option<()>,
        /// With `markers`: starts an escape sequence. Without it, messages must not contain `end`.
        pub escape_byte: Option<f64>,
        /// With `escapeByte`: the escaped bytes, each followed by its code. Default: the escape byte and the first bytes of
        /// `start` and `end`, with bit 5 inverted as code, as in HDLC.
        #[napi(ts_type = "string | ArrayBuffer | ArrayBufferView")]
        pub escape_pairs: Option<()>,
        /// With `idleGap`: the silence that ends a message, in milliseconds.
        pub idle_gap_ms: Option<f64>,
        /// With `custom`: gets the bytes that have arrived, which it must not change, and returns the length of the first
        /// message, even if that is incomplete, or 0 if it needs more bytes. Any other result and an exception end the
        /// connection, with the reason `protocol`. Messages are sent unchanged. Slow: each message costs a call.
        #[napi(ts_type = "(bytes: Uint8Array) => number")]
        pub message_length: Option<()>,
        /// Checksum after each message: CRC-16/MODBUS, CRC-16/IBM-3740 (CCITT-FALSE) or CRC-32, over all bytes before it in the
        /// frame, except markers. A wrong one causes an `error` with 2301074 and the bytes as `data`; later messages are received.
        /// Not with `delimiter`, nor with `markers` without `escapeByte`.
        #[napi(ts_type = "'crc16-modbus' | 'crc16-ccitt' | 'crc32'")]
        pub checksum: Option<()>,
        /// Longest message in bytes, in both directions; default 1048576, or less if the length cannot express it. For a longer
        /// one, `send` fails with 2301090 (a server's connection: 2303190); from the peer it causes an `error` with 2301090, and
        /// `close`.
        pub max_message_bytes: Option<f64>,
    }
}
