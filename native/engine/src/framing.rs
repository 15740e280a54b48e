//! Message framing: finds message boundaries in a byte stream.

mod checksum;
mod cut;
mod cutter;
mod decoder;
mod delimiter;
mod error;
mod frame_parts;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod layout;
mod length;
mod markers;
mod options_error;
mod short_bytes;

pub use checksum::{Checksum, ChecksumKind};
pub use decoder::Decoded;
pub(crate) use decoder::Decoder;
pub(crate) use error::FramingError;
pub(crate) use frame_parts::FrameParts;
pub use layout::{Framing, Layout};
pub use length::{LengthField, LengthOptions};
pub use markers::{Escape, Markers};
pub use options_error::FramingOptionsError;
pub(crate) use short_bytes::FIELD_MAX_BYTES;

#[cfg(test)]
mod tests;
