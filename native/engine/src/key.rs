//! What both sides of an admission know.

use std::fmt;
use std::io;

use data_encoding::{BASE32_NOPAD, BASE32_NOPAD_NOCASE};
use zeroize::Zeroizing;

use crate::limits::KEY_MIN_BITS;

/// Bytes of a generated key.
const GENERATED_BYTES: usize = 16;

/// Characters between two hyphens of a generated key: as many as one remembers while typing.
const GROUP_CHARACTERS: usize = 4;

/// A key that two sides share. Its memory is overwritten when it is dropped, and it is never printed.
pub struct Key(Zeroizing<Vec<u8>>);

/// Why something is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// It has a character that is not in base32's alphabet, or an impossible number of them.
    NotBase32,
    /// It has less than [`KEY_MIN_BITS`].
    TooShort {
        /// The bits that it has.
        bits: usize,
    },
}

impl Key {
    /// The key that `text` spells in base32 (RFC 4648). Upper and lower case are the same; spaces, hyphens and the
    /// padding at the end do not count.
    pub fn from_base32(text: &str) -> Result<Self, KeyError> {
        let mut digits = Zeroizing::new(Vec::with_capacity(text.len()));
        digits.extend(text.trim_end_matches('=').bytes().filter(|byte| !matches!(byte, b' ' | b'-')));
        let bytes = BASE32_NOPAD_NOCASE.decode(&digits).map_err(|_| KeyError::NotBase32)?;
        Self::from_zeroizing(Zeroizing::new(bytes))
    }

    /// The key that consists of `bytes`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        Self::from_zeroizing(Zeroizing::new(bytes.to_vec()))
    }

    fn from_zeroizing(bytes: Zeroizing<Vec<u8>>) -> Result<Self, KeyError> {
        let bits = bytes.len() * 8;
        if bits < KEY_MIN_BITS { Err(KeyError::TooShort { bits }) } else { Ok(Self(bytes)) }
    }

    /// A new key of 128 random bits: the text that [`Key::from_base32`] reads, in groups of four with hyphens between
    /// them. Fails only where the system has no random numbers.
    pub fn generate() -> io::Result<String> {
        let mut bytes = Zeroizing::new([0; GENERATED_BYTES]);
        getrandom::fill(bytes.as_mut_slice())?;
        let digits = Zeroizing::new(BASE32_NOPAD.encode(bytes.as_slice()));
        let mut text = String::with_capacity(digits.len() + digits.len() / GROUP_CHARACTERS);
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
