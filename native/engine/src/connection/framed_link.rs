//! The reading half of a link that the task reads.

use std::io;

use bytes::Bytes;
use tokio::time::Instant;

use super::frames::Frames;
use super::socket::Socket;
use crate::error::is_transient;
use crate::framing::FramingError;
use crate::read_strategy::ReadStrategy;
use crate::wire::Frame;

/// Reads frames; bytes where the protocol has no framing.
pub(super) struct FramedLink {
    /// Boxed: most connections have none.
    frames: Option<Box<Frames>>,
    strategy: ReadStrategy,
}

/// Result of a read that has read something.
pub(super) enum Reading {
    /// Bytes of a stream without frames.
    Bytes(Bytes),
    /// Bytes for [`FramedLink::next_frame`]. `is_sign`: the peer is alive.
    Frames { is_sign: bool },
    /// EOF.
    End,
}

impl FramedLink {
    /// Reads with `frames`, which has what is half received.
    pub(super) fn new(frames: Option<Box<Frames>>) -> Self {
        Self { frames, strategy: ReadStrategy::new() }
    }

    /// Returns what cuts frames, with what is half received.
    pub(super) fn into_frames(self) -> Option<Box<Frames>> {
        self.frames
    }

    /// Reads once; returns `None` if nothing has arrived.
    ///
    /// # Errors
    /// What broke the link.
    pub(super) fn read(&mut self, socket: &Socket) -> io::Result<Option<Reading>> {
        match self.try_read(socket) {
            Err(error) if is_transient(&error) => Ok(None),
            reading => reading.map(Some),
        }
    }

    fn try_read(&mut self, socket: &Socket) -> io::Result<Reading> {
        let Self { frames, strategy } = self;
        let size_bytes = strategy.size_bytes();
        let (count, reading) = match frames.as_deref_mut() {
            // Decrypted where it lands.
            Some(frames) if frames.is_encrypted() => socket.read_with(size_bytes, |data| {
                let is_sign = !data.is_empty() && frames.decrypt(data);
                (data.len(), Reading::Frames { is_sign })
            })?,
            Some(frames) => {
                let data = socket.read(size_bytes)?;
                let count = data.len();
                if count > 0 {
                    frames.add(data);
                }
                (count, Reading::Frames { is_sign: true })
            }
            None => {
                let data = socket.read(size_bytes)?;
                (data.len(), Reading::Bytes(data))
            }
        };
        if count == 0 {
            return Ok(Reading::End);
        }
        strategy.record(count);
        Ok(reading)
    }

    /// Returns the next whole frame of what was read.
    ///
    /// # Errors
    /// When the peer sent what is no frame.
    pub(super) fn next_frame(&mut self) -> Result<Option<Frame>, FramingError> {
        self.frames.as_mut().map_or(Ok(None), |frames| frames.next())
    }

    /// Returns when the message that is being received ends, if nothing comes until then.
    pub(super) fn gap_end(&self) -> Option<Instant> {
        self.frames.as_ref().and_then(|frames| frames.gap_end())
    }

    /// Returns what was received, if EOF or the gap makes it a message.
    pub(super) fn finish_frame(&mut self) -> Option<Frame> {
        self.frames.as_mut().and_then(|frames| frames.finish())
    }

    /// Returns whether a frame was begun and not ended.
    pub(super) fn is_within_frame(&self) -> bool {
        self.frames.as_ref().is_some_and(|frames| frames.is_within())
    }
}
