//! Splits received bytes into messages with a function of the app.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::result;

use bytes::Bytes;
use napi_ohos::bindgen_prelude::Unknown;
use napi_ohos::{Env, Result};
use socket_engine::ConnectionEvent;

use crate::emitter::{Emitter, MESSAGE_LENGTH};
use crate::node_api;

/// Partial message of a stream that an app's function splits.
pub struct Cutter {
    limit_bytes: usize,
    rest: RefCell<Vec<u8>>,
    /// Length of the first message of `rest`; 0 if unknown.
    known_bytes: Cell<usize>,
    /// Whether this link cannot be split any further.
    is_broken: Cell<bool>,
}

/// Result of splitting.
#[derive(Default)]
pub struct Found {
    pub messages: Vec<Bytes>,
    /// Errno of a failure to split.
    pub fault: Option<i32>,
}

impl Cutter {
    /// Creates a cutter for messages of at most `limit_bytes`.
    pub fn new(limit_bytes: usize) -> Self {
        Self { limit_bytes, rest: RefCell::default(), known_bytes: Cell::new(0), is_broken: Cell::new(false) }
    }

    /// Starts a new stream.
    pub fn clear(&self) {
        self.rest.take();
        self.known_bytes.set(0);
        self.is_broken.set(false);
    }

    /// Returns whether a message is incomplete.
    pub fn is_within(&self) -> bool {
        !self.rest.borrow().is_empty()
    }

    /// Adds `data`; returns the complete messages, as found by the function of `emitter`.
    ///
    /// # Errors
    /// When there is no memory for the bytes; the next call processes them.
    pub fn cut(&self, emitter: &Emitter<ConnectionEvent>, data: &[u8]) -> Result<Found> {
        if self.is_broken.get() {
            return Ok(Found::default());
        }
        let mut bytes = self.rest.take();
        bytes.extend_from_slice(data);
        let mut end = 0;
        let found = node_api::with_handle_scope(emitter.env(), || self.find(emitter, &bytes, &mut end));
        bytes.drain(..end);
        let found = found.flatten();
        if matches!(&found, Ok(found) if found.fault.is_some()) {
            self.is_broken.set(true);
            bytes.clear();
        }
        self.rest.replace(bytes);
        found
    }

    fn find(&self, emitter: &Emitter<ConnectionEvent>, bytes: &[u8], end: &mut usize) -> Result<Found> {
        let (env, mut found) = (emitter.env(), Found::default());
        if bytes.len() < self.known_bytes.get().max(1) {
            return Ok(found);
        }
        let Some(function) = emitter.function(MESSAGE_LENGTH)? else { return Ok(found) };
        let buffer = node_api::array_buffer_from_parts(env, &[bytes])?;
        while let Some(rest) = bytes.get(*end..).filter(|rest| !rest.is_empty()) {
            let length = length_of(env, &function, &buffer, *end..bytes.len());
            let length = length.and_then(|length| self.check(length, rest.len()));
            match length {
                Ok(0) => break,
                Ok(length) => match rest.get(..length) {
                    Some(message) => found.messages.push(Bytes::copy_from_slice(message)),
                    None => {
                        self.known_bytes.set(length);
                        return Ok(found);
                    }
                },
                Err(errno) => {
                    found.fault = Some(errno);
                    break;
                }
            }
            *end += length.unwrap_or(0);
        }
        self.known_bytes.set(0);
        Ok(found)
    }

    fn check(&self, length: usize, there: usize) -> result::Result<usize, i32> {
        let is_too_long = length > self.limit_bytes || (length == 0 && there > self.limit_bytes);
        if is_too_long { Err(libc::EMSGSIZE) } else { Ok(length) }
    }
}

/// Calls `function` for the length of a message; the error is an errno.
fn length_of(
    env: &Env,
    function: &Unknown<'_>,
    buffer: &Unknown<'_>,
    range: Range<usize>,
) -> result::Result<usize, i32> {
    let view = node_api::bytes_view(env, buffer, range.start, range.end);
    let returned = view.and_then(|view| node_api::call_for_value(env, function, &view));
    let length = returned.and_then(|returned| returned.as_ref().map(node_api::as_number).transpose());
    match length.map(Option::flatten) {
        Ok(Some(length)) if length >= 0.0 && length.fract() == 0.0 => Ok(length as usize),
        _ => Err(libc::EPROTO),
    }
}
