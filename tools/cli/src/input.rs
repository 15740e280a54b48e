//! Messages as lines of standard input and output.

use std::io::{self, BufRead, Write};

use anyhow::{Context as _, Result};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};

/// Format of a message as a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lines {
    /// The line without its end.
    Text,
    /// The line with its end: without framing, it separates lines.
    Stream,
    /// Bytes in hexadecimal.
    Hex,
}

impl Lines {
    /// Reads the next message; `None` at the end of standard input.
    ///
    /// # Errors
    ///
    /// When standard input cannot be read.
    pub(crate) fn read(self) -> io::Result<Option<String>> {
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if self != Self::Stream && line.ends_with('\n') {
            line.pop();
        }
        Ok(Some(line))
    }

    /// Converts a line to bytes.
    ///
    /// # Errors
    ///
    /// When it must be hexadecimal, and is not.
    pub(crate) fn decode(self, line: String) -> Result<Vec<u8>> {
        match self {
            Self::Text | Self::Stream => Ok(line.into_bytes()),
            Self::Hex => HEXLOWER_PERMISSIVE.decode(line.as_bytes()).context("the line is not hexadecimal"),
        }
    }

    /// Prints a message.
    ///
    /// # Errors
    ///
    /// When standard output cannot be written.
    pub(crate) fn print(self, message: &[u8]) -> io::Result<()> {
        let mut output = io::stdout().lock();
        match self {
            Self::Text => writeln!(output, "{}", String::from_utf8_lossy(message))?,
            Self::Stream => output.write_all(message)?,
            Self::Hex => writeln!(output, "{}", HEXLOWER.encode(message))?,
        }
        output.flush()
    }
}
