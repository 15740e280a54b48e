//! The encodings that a text can be sent in.

use std::borrow::Cow;
use std::sync::Once;

/// How the characters of a text become bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    /// UTF-8, the default.
    Utf8,
    /// UTF-16, low byte first, without a byte order mark.
    Utf16LittleEndian,
    /// UTF-16, high byte first, without a byte order mark.
    Utf16BigEndian,
    /// US-ASCII: U+0000 to U+007F.
    Ascii,
    /// ISO-8859-1: U+0000 to U+00FF.
    Latin1,
}

/// The bytes of `text` in the encoding called `name`. No name is refused, and no text: in an encoding that is not known, or
/// that lacks a character of the text, it is sent as UTF-8, like every text of the system socket API.
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
    /// The encoding of this name, whose case does not matter: one that the system's declarations have. What has another name was sent
    /// as UTF-8 there, whatever the name meant, and its peer takes it for that. `UTF-16` alone is little-endian, as the Encoding Standard
    /// has it, and with it the decoders of the system and of browsers. `US-AECII` is how its documents spell US-ASCII.
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

    /// The bytes of `text`.
    ///
    /// # Errors
    /// The first character that the encoding does not have.
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
