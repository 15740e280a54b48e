//! Options that match answers to requests: declarations and parsing.

use std::time::Duration;

use napi_ohos::bindgen_prelude::Object;

use crate::convert::{self, Read};
use crate::error::ArgumentError;
use crate::fields;
use crate::limits::REQUEST_TIMEOUT;

/// Maximum field width in bytes.
const FIELD_MAX_BYTES: i32 = 8;

/// Maximum field offset.
const OFFSET_MAX_BYTES: i32 = 1024;

/// How answers are matched, and their time-out.
#[derive(Clone, Copy)]
pub struct RequestOptions {
    pub matching: Matching,
    /// Pattern of all answers; `None`: any message can be one.
    pub mark: Option<Mark>,
    /// Default time-out of a request.
    pub timeout: Duration,
    /// Whether answers are accepted on a later link than that of the request.
    pub outlive_links: bool,
}

/// Answer to a request.
#[derive(Clone, Copy)]
pub enum Matching {
    /// The message with the same value in a field.
    Field(Field),
    /// A message for each request, in the order of the requests.
    Order,
    /// The next message: only one request at a time.
    Single {
        /// Required silence of a device after a request without an answer, before the next request.
        /// `None`: the connection ends.
        quiet: Option<Duration>,
    },
}

/// Bits of one byte that distinguish answers from other messages.
#[derive(Clone, Copy)]
pub struct Mark {
    offset: usize,
    mask: u8,
    value: u8,
}

impl Mark {
    /// Returns whether `message` has the pattern.
    pub fn is_in(self, message: &[u8]) -> bool {
        message.get(self.offset).is_some_and(|byte| byte & self.mask == self.value)
    }
}

/// Bytes of a message that contain a number.
#[derive(Clone, Copy)]
pub struct Field {
    offset: usize,
    bytes: usize,
    is_little_endian: bool,
    /// Whether socketkit writes the field.
    pub is_written: bool,
}

impl Field {
    /// Returns its value in `message`, if that is long enough.
    pub fn read(self, message: &[u8]) -> Option<u64> {
        let bytes = message.get(self.offset..self.offset + self.bytes)?;
        let add = |value, byte: &u8| value << 8 | u64::from(*byte);
        Some(if self.is_little_endian { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) })
    }

    /// Writes `value` into `message`, which must be long enough.
    pub fn write(self, message: &mut [u8], mut value: u64) {
        let Some(bytes) = message.get_mut(self.offset..self.offset + self.bytes) else { return };
        for place in 0..self.bytes {
            let place = if self.is_little_endian { place } else { self.bytes - 1 - place };
            bytes.get_mut(place).into_iter().for_each(|byte| *byte = value as u8);
            value >>= 8;
        }
    }

    /// Returns the value after `value`; never 0, which some protocols exclude.
    pub fn after(self, value: u64) -> u64 {
        let last = u64::MAX >> (64 - 8 * self.bytes);
        if value >= last { 1 } else { value + 1 }
    }
}

/// Parses `RequestsOptions`, for sockets with or without `acknowledge`.
pub fn requests(options: &Object<'_>, acknowledges: bool) -> Read<RequestOptions> {
    let kind = fields::choice(options, "match", &["field", "order", "single"])?;
    for (field, needed) in [
        ("fieldOffset", "field"),
        ("fieldBytes", "field"),
        ("littleEndian", "field"),
        ("writesField", "field"),
        ("quietMs", "single"),
    ] {
        if kind != Some(needed) && fields::has(options, field)? {
            return Err(ArgumentError::fault(format!("requests.{field} needs requests.match '{needed}'")));
        }
    }
    let matching = match kind {
        Some("field") => Matching::Field(field(options)?),
        Some(_) if acknowledges => return Err(ArgumentError::parameter("acknowledge", "needs requests.match 'field'")),
        Some("order") => Matching::Order,
        Some(_) => Matching::Single { quiet: fields::milliseconds(options, "quietMs")? },
        None => return Err(ArgumentError::parameter("requests.match", "is missing")),
    };
    let timeout = fields::milliseconds(options, "timeoutMs")?.unwrap_or(REQUEST_TIMEOUT);
    let mark = fields::field_object(options, "isAnswer")?.map(|options| mark(&options)).transpose()?;
    Ok(RequestOptions { matching, mark, timeout, outlive_links: acknowledges })
}

fn mark(options: &Object<'_>) -> Read<Mark> {
    let missing = |field| move || ArgumentError::parameter(field, "is missing");
    let offset = fields::whole(options, "offset", 0, OFFSET_MAX_BYTES)?.ok_or_else(missing("isAnswer.offset"))?;
    let mask = fields::whole(options, "mask", 1, u8::MAX.into())?.ok_or_else(missing("isAnswer.mask"))?;
    let value = fields::whole(options, "value", 0, u8::MAX.into())?.unwrap_or(mask);
    if value & !mask != 0 {
        return Err(ArgumentError::parameter("isAnswer.value", "must have no bit that isAnswer.mask does not have"));
    }
    Ok(Mark { offset: offset as usize, mask: mask as u8, value: value as u8 })
}

fn field(options: &Object<'_>) -> Read<Field> {
    let missing = || ArgumentError::parameter("requests.fieldBytes", "is missing");
    let boolean = |field| Ok::<_, ArgumentError>(convert::optional_boolean(options, field)?.unwrap_or(false));
    Ok(Field {
        offset: fields::whole(options, "fieldOffset", 0, OFFSET_MAX_BYTES)?.unwrap_or(0) as usize,
        bytes: fields::whole(options, "fieldBytes", 1, FIELD_MAX_BYTES)?.ok_or_else(missing)? as usize,
        is_little_endian: boolean("littleEndian")?,
        is_written: boolean("writesField")?,
    })
}

mod declared {
    #![expect(dead_code, reason = "read by napi-derive alone, which declares them in index.d.ts")]

    use napi_derive_ohos::napi;

    /// How answers to a `request` are recognised. Needs `framing`. Other messages go to the `message` listener.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "RequestsOptions")]
    pub struct RequestsOptions {
        /// `field`: the answer has the same value in a field; any number of requests may be open. `order`: answers arrive in the
        /// order of the requests. `single`: one request at a time; the next message is its answer. With `acknowledge`: `field`.
        #[napi(ts_type = "'field' | 'order' | 'single'")]
        pub r#match: (),
        /// With `field`: offset of the field in the message of `send` and `message`, 0 to 1024; default 0.
        pub field_offset: Option<f64>,
        /// With `field`: its length in bytes, 1 to 8.
        pub field_bytes: Option<f64>,
        /// With `field`: whether it is little-endian; default false.
        pub little_endian: Option<bool>,
        /// With `field`: socketkit writes it into a copy of the sent bytes: a number that counts from 1. Otherwise the app does.
        pub writes_field: Option<bool>,
        /// Pattern of all answers. Default: any message can be an answer.
        #[napi(ts_type = "AnswerMatcher")]
        pub is_answer: Option<()>,
        /// With `single`: silence in milliseconds before the next request, after one without an answer; data that arrives
        /// meanwhile is dropped. By default a request without an answer ends the connection, with the reason `timeout`.
        pub quiet_ms: Option<f64>,
        /// Time limit of an answer in milliseconds; default 5000. A request can have its own.
        pub timeout_ms: Option<f64>,
    }

    /// Bits of one byte that distinguish answers from other messages.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "AnswerMatcher")]
    pub struct AnswerMatcher {
        /// Bytes of a message before this byte, 0 to 1024.
        pub offset: f64,
        /// Bits to compare, 1 to 255.
        pub mask: f64,
        /// Value of these bits in an answer, 0 to 255; default: all bits set.
        pub value: Option<f64>,
    }

    /// A request, and the time limit of its answer.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "TCPRequestOptions extends TCPSendOptions")]
    pub struct TCPRequestOptions {
        /// Time limit of the answer in milliseconds; that of `requests` unless given.
        pub timeout_ms: Option<f64>,
    }
}
