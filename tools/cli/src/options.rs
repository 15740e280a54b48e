//! Options that must be the same on both sides of a connection.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use clap::{Args, ValueEnum};
use data_encoding::HEXLOWER_PERMISSIVE;
use socket_engine::limits::MESSAGE_BYTES;
use socket_engine::{Framing, Heartbeat, Key, Protocol};

use crate::input::Lines;

/// Intervals without received data after which the peer counts as gone.
const HEARTBEAT_INTERVALS: u32 = 3;

/// How messages are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FramingType {
    None,
    Length,
    Delimiter,
}

/// The stream's options, named as those of the library.
#[derive(Debug, Args)]
pub(crate) struct StreamOptions {
    /// How messages are told apart
    #[arg(long, value_enum, default_value = "none")]
    framing: FramingType,
    /// Width of the length: 1, 2, 3, 4 or 8
    #[arg(long, default_value_t = 4)]
    length_bytes: usize,
    /// The length is little-endian
    #[arg(long)]
    little_endian: bool,
    /// Delimiter, in hexadecimal
    #[arg(long, default_value = "0a")]
    delimiter: String,
    /// Heartbeat interval
    #[arg(long, value_name = "MS")]
    heartbeat: Option<u32>,
    /// A send is complete when the peer has the message
    #[arg(long)]
    acknowledge: bool,
    /// File with the pairing key as text; encrypts the connection
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Lines are bytes in hexadecimal instead of UTF-8
    #[arg(long)]
    hex: bool,
}

impl StreamOptions {
    /// Returns the protocol of the connection.
    ///
    /// # Errors
    ///
    /// When options are out of range or exclude each other, or the key file cannot be read.
    pub(crate) fn protocol(&self) -> Result<Protocol> {
        let protocol = Protocol {
            framing: self.framing()?,
            heartbeat: self.heartbeat.map(|interval_ms| heartbeat(Duration::from_millis(interval_ms.into()))),
            acknowledge: self.acknowledge,
            key: self.key()?.map(Arc::new),
            ..Protocol::default()
        };
        protocol.check()?;
        Ok(protocol)
    }

    /// Returns the format of messages as lines of standard input and output.
    pub(crate) fn lines(&self) -> Lines {
        match (self.hex, self.framing) {
            (true, _) => Lines::Hex,
            (false, FramingType::None) => Lines::Stream,
            (false, _) => Lines::Text,
        }
    }

    fn framing(&self) -> Result<Option<Framing>> {
        Ok(match self.framing {
            FramingType::None => None,
            FramingType::Length => Some(Framing::length(self.length_bytes, self.little_endian, self.limit_bytes())?),
            FramingType::Delimiter => {
                let delimiter = HEXLOWER_PERMISSIVE.decode(self.delimiter.as_bytes()).context("--delimiter")?;
                Some(Framing::delimiter(Bytes::from(delimiter), MESSAGE_BYTES)?)
            }
        })
    }

    /// Returns the limit of the length field, at most the library's default.
    fn limit_bytes(&self) -> usize {
        let most = u32::try_from(self.length_bytes).ok().and_then(|width| 256_usize.checked_pow(width));
        most.map_or(MESSAGE_BYTES, |most| most.saturating_sub(1).min(MESSAGE_BYTES))
    }

    fn key(&self) -> Result<Option<Key>> {
        let Some(file) = &self.key_file else { return Ok(None) };
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        Ok(Some(Key::from_base32(text.trim())?))
    }
}

fn heartbeat(interval: Duration) -> Heartbeat {
    Heartbeat { interval, timeout: interval * HEARTBEAT_INTERVALS, stalled_timeout: None }
}
