//! The shared key of `admission`.

use std::fmt;
use std::io;

use data_encoding::{BASE32_NOPAD, BASE32_NOPAD_NOCASE};
use zeroize::Zeroizing;

use crate::limits::KEY_MIN_BITS;

/// Length of a generated key in bytes.
const GENERATED_BYTES: usize = 16;

/// Characters between two hyphens of a generated key.
/// As many as people remember while typing.
const GROUP_CHARACTERS: usize = 4;

/// A key that two sides share.
/// Its memory is overwritten when it is dropped, and `Debug` does not print it.
///
/// ```
/// use socket_engine::{Key, KeyError};
///
/// let text = Key::generate()?;
/// let key = Key::from_base32(&text)?;
/// assert_eq!(format!("{key:?}"), "Key");
/// assert_eq!(Key::from_bytes(b"short").err(), Some(KeyError::TooShort { bits: 40 }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Key(Zeroizing<Vec<u8>>);

/// Reason why a key is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// It has a character outside of base32's alphabet, or an impossible length.
    NotBase32,
    /// It is shorter than [`KEY_MIN_BITS`].
    TooShort {
        /// Its length in bits.
        bits: usize,
    },
}

impl Key {
    /// Decodes a key from base32 (RFC 4648). Ignores case, spaces, hyphens and padding.
    pub fn from_base32(text: &str) -> Result<Self, KeyError> {
        let mut digits = Zeroizing::new(Vec::with_capacity(text.len()));
        digits.extend(text.bytes().filter(|byte| !matches!(byte, b' ' | b'-')));
        while digits.last() == Some(&b'=') {
            digits.pop();
        }
        let length = BASE32_NOPAD_NOCASE.decode_len(digits.len()).map_err(|_| KeyError::NotBase32)?;
        // Wiped on errors, too.
        let mut bytes = Zeroizing::new(vec![0; length]);
        BASE32_NOPAD_NOCASE.decode_mut(&digits, &mut bytes).map_err(|_| KeyError::NotBase32)?;
        Self::from_zeroizing(bytes)
    }

    /// Creates a key from `bytes`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        Self::from_zeroizing(Zeroizing::new(bytes.to_vec()))
    }

    fn from_zeroizing(bytes: Zeroizing<Vec<u8>>) -> Result<Self, KeyError> {
        let bits = bytes.len() * 8;
        if bits < KEY_MIN_BITS { Err(KeyError::TooShort { bits }) } else { Ok(Self(bytes)) }
    }

    /// Generates a key of 128 random bits, as text for [`Key::from_base32`].
    ///
    /// The text has groups of four characters with hyphens between them, and is overwritten when it is dropped. Fails only if the
    /// system has no random numbers.
    pub fn generate() -> io::Result<Zeroizing<String>> {
        let mut bytes = Zeroizing::new([0; GENERATED_BYTES]);
        getrandom::fill(bytes.as_mut_slice())?;
        let digits = Zeroizing::new(BASE32_NOPAD.encode(bytes.as_slice()));
        let mut text = Zeroizing::new(String::with_capacity(digits.len() + digits.len() / GROUP_CHARACTERS));
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && index % GROUP_CHARACTERS == 0 {
                text.push('-');
            }
            text.push(digit);
        }
        Ok(text)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotBase32 => f.write_str("the key is not base32: A to Z and 2 to 7"),
            Self::TooShort { bits } => write!(f, "the key has {bits} bits and needs {KEY_MIN_BITS}"),
        }
    }
}

impl std::error::Error for KeyError {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failure is the test's own")]

    use super::*;

    #[test]
    fn every_spelling_is_the_same_key() {
        let expected: Vec<u8> = (0..10).collect();
        for text in [
            "AAAQEAYEAUDAOCAJ",
            "aaaqeayeaudaocaj",
            "AAAQ-EAYE-AUDA-OCAJ",
            " aaaq eaye AUDA ocaj ",
            "AAAQEAYEAUDAOCAJ=",
        ] {
            assert_eq!(Key::from_base32(text).unwrap().as_bytes(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let not_base32 = Err(KeyError::NotBase32);
        let cases = [
            ("AAAQEAYEAUDAOCA0", not_base32),
            ("AAAQEAYEAUDAOCA1", not_base32),
            ("AAAQEAYE=AUDAOCAJ", not_base32),
            ("AAAQEAYEAUDAOCAJA", not_base32),
            ("AAAQEAYEAUDAOCAJAB", not_base32),
            ("AAAQEAYEAUDAOCA\u{e9}", not_base32),
            // RFC 4648, section 10.
            ("", Err(KeyError::TooShort { bits: 0 })),
            ("MY======", Err(KeyError::TooShort { bits: 8 })),
            ("MZXQ====", Err(KeyError::TooShort { bits: 16 })),
            ("MZXW6===", Err(KeyError::TooShort { bits: 24 })),
            ("MZXW6YQ=", Err(KeyError::TooShort { bits: 32 })),
            ("MZXW6YTB", Err(KeyError::TooShort { bits: 40 })),
            ("MZXW6YTBOI======", Err(KeyError::TooShort { bits: 48 })),
        ];
        for (text, expected) in cases {
            assert_eq!(Key::from_base32(text).map(drop), expected, "{text}");
        }
    }

    #[test]
    fn bytes_are_a_key_from_the_smallest_size_on() {
        assert_eq!(Key::from_bytes(&[7; 9]).map(drop), Err(KeyError::TooShort { bits: 72 }));
        assert_eq!(Key::from_bytes(&[7; 10]).unwrap().as_bytes(), [7; 10]);
        assert_eq!(Key::from_bytes(&[7; 1000]).unwrap().as_bytes(), [7; 1000]);
    }

    #[test]
    fn a_generated_key_is_new_and_easy_to_type() {
        let text = Key::generate().unwrap();
        assert_eq!(Key::from_base32(&text).unwrap().as_bytes().len() * 8, 128);
        let groups: Vec<usize> = text.split('-').map(str::len).collect();
        assert_eq!(groups, [4, 4, 4, 4, 4, 4, 2]);
        assert_ne!(Key::generate().unwrap(), text);
    }

    #[test]
    fn a_key_is_not_printed() {
        assert_eq!(format!("{:?}", Key::from_bytes(&[77; 10]).unwrap()), "Key");
    }
}
