//! Encodings for sent strings.

use std::borrow::Cow;
use std::sync::Once;

/// Encoding of characters as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    /// UTF-8, the default.
    Utf8,
    /// UTF-16, little-endian, without a byte order mark.
    Utf16LittleEndian,
    /// UTF-16, big-endian, without a byte order mark.
    Utf16BigEndian,
    /// US-ASCII: U+0000 to U+007F.
    Ascii,
    /// ISO-8859-1: U+0000 to U+00FF.
    Latin1,
}

/// Encodes `text` in the encoding `name`.
///
/// Never fails: if the encoding is unknown or lacks a character of the text, the result is UTF-8, as in the system socket API.
pub fn encode<'a>(text: &'a str, name: &str) -> Cow<'a, [u8]> {
    static UNKNOWN: Once = Once::new();
    static INEXPRESSIBLE: Once = Once::new();
    let Some(encoding) = Encoding::named(name) else {
        UNKNOWN.call_once(|| log::warn!("encoding \"{name}\" is not known: texts are sent as UTF-8"));
        return text.as_bytes().into();
    };
    encoding.encode(text).unwrap_or_else(|character| {
        let code_point = u32::from(character);
        INEXPRESSIBLE.call_once(|| {
            log::warn!(
                "{name} has no \"{character}\" (U+{code_point:04X}): texts with such characters are sent as UTF-8"
            );
        });
        text.as_bytes().into()
    })
}

impl Encoding {
    /// Returns the encoding `name`, ignoring case, if the declarations of the system have it.
    ///
    /// For other names the system sends UTF-8, and peers expect that. `UTF-16` is little-endian, as in the Encoding Standard and in the
    /// decoders of the system and of browsers. `US-AECII` is the spelling of US-ASCII in the system's documents.
    fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "" | "utf-8" | "utf8" => Self::Utf8,
            "utf-16" | "utf-16le" => Self::Utf16LittleEndian,
            "utf-16be" => Self::Utf16BigEndian,
            "us-ascii" | "us-aecii" => Self::Ascii,
            "iso-8859-1" => Self::Latin1,
            _ => return None,
        })
    }

    /// Encodes `text`.
    ///
    /// # Errors
    /// The first character that the encoding lacks.
    fn encode(self, text: &str) -> Result<Cow<'_, [u8]>, char> {
        match self {
            Self::Utf8 => Ok(text.as_bytes().into()),
            Self::Utf16LittleEndian => Ok(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            Self::Utf16BigEndian => Ok(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
            Self::Ascii => text.chars().map(|c| if c.is_ascii() { Ok(c as u8) } else { Err(c) }).collect(),
            Self::Latin1 => text.chars().map(|c| u8::try_from(c).map_err(|_| c)).collect(),
        }
    }
}
