//! Bytes as hexadecimal strings.

use napi_derive_ohos::napi;
use napi_ohos::Env;

use crate::convert::{self, Argument, Read};
use crate::error::ArgumentError;
use crate::node_api::{self, Returned};

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Converts an ArrayBuffer or a view to hexadecimal text: two digits for each byte, in lower case.
#[napi(js_name = "toHex", ts_args_type = "bytes: ArrayBuffer | ArrayBufferView", ts_return_type = "string")]
pub fn to_hex(env: Env, bytes: Argument<'_>) -> Returned {
    node_api::run(&env, &|| {
        let text = read(&bytes).map_err(|error| error.throw(&env, "toHex"))?;
        node_api::to_js(&env, text)
    })
}

fn read(bytes: &Argument<'_>) -> Read<String> {
    let wrong = || ArgumentError::parameter("bytes", "must be an ArrayBuffer, a typed array or a DataView");
    let value = bytes.as_ref().ok_or_else(wrong)?;
    let digit = |number: u8| DIGITS.get(usize::from(number)).copied().map_or('0', char::from);
    let text = |bytes: &[u8]| bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
    if node_api::as_object(value)?.is_none() {
        return Err(wrong());
    }
    node_api::with_bytes(value, text)?.ok_or_else(wrong)
}

/// Converts hexadecimal text to bytes: two digits for each, in upper or lower case. White space, colons and hyphens
/// between bytes are ignored. Throws 401 for other texts.
#[napi(js_name = "fromHex", ts_args_type = "text: string", ts_return_type = "ArrayBuffer")]
pub fn from_hex(env: Env, text: Argument<'_>) -> Returned {
    node_api::run(&env, &|| {
        let bytes = write(&text).map_err(|error| error.throw(&env, "fromHex"))?;
        node_api::array_buffer_from_parts(&env, &[bytes])
    })
}

fn write(text: &Argument<'_>) -> Read<Vec<u8>> {
    let (mut bytes, mut begun) = (Vec::new(), None);
    for character in convert::string(text, "text")?.chars() {
        match (character.to_digit(16), begun) {
            (Some(digit), Some(high)) => {
                bytes.push((high << 4 | digit) as u8);
                begun = None;
            }
            (Some(digit), None) => begun = Some(digit),
            (None, None) if character.is_ascii_whitespace() || matches!(character, ':' | '-') => {}
            (None, _) => {
                return Err(ArgumentError::parameter("text", "must have two hexadecimal digits for each byte"));
            }
        }
    }
    match begun {
        None => Ok(bytes),
        Some(_) => Err(ArgumentError::parameter("text", "must have two hexadecimal digits for each byte")),
    }
}
