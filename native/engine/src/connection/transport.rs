//! One link to the peer: its stream, and what was received of a message that is not whole.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::net::TcpStream;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use rustix::buffer::spare_capacity;
use tokio::time::Instant;

use super::frames::Frames;
use super::registration::Registration;
use super::write::send_vectored;
use crate::counts::count_system_call;
use crate::error::is_transient;
use crate::framing::FramingError;
use crate::keep_alive::KeepAlive;
use crate::limits;
use crate::liveness::Liveness;
use crate::noise::Opener;
use crate::progress::ProgressMeter;
use crate::protocol::Protocol;
use crate::read_strategy::ReadStrategy;
use crate::wire::Frame;

thread_local! {
    /// Where small reads land: one for each worker thread, so that an idle connection owns no buffer.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; limits::READ_MIN_BYTES]);
}

pub(super) struct Transport {
    pub(super) stream: Arc<TcpStream>,
    /// Made when there is something to wait for.
    pub(super) registration: Option<Registration>,
    pub(super) liveness: Liveness,
    pub(super) meter: ProgressMeter,
    pub(super) keep_alive: Option<KeepAlive>,
    /// Whether the end of the peer's stream was not seen yet.
    pub(super) peer_sends: bool,
    /// Whether the peer said that it ends on purpose.
    pub(super) bye: bool,
    reader: Reader,
    /// Whether this side stays open when the peer sends no more.
    allows_half_open: bool,
    /// Whether closing has said FIN.
    pub(super) has_said_fin: bool,
    /// Whether the owner knows that the peer sends no more, though not everything is read.
    pub(super) has_told_end: bool,
    /// Whether the registration tells of the end alone.
    watches_end: bool,
    strategy: ReadStrategy,
}

/// Who reads a link.
enum Reader {
    /// The owner of the connection, who also has what is half received.
    Owner,
    /// The task, which cuts frames where there are some. Boxed: most connections have none.
    Task(Option<Box<Frames>>),
}

/// What to wait for.
#[derive(Clone, Copy)]
pub(super) struct Wants {
    pub(super) read: bool,
    pub(super) write: bool,
    /// That the peer sends no more, where nothing is read.
    pub(super) end: bool,
    /// That the link has failed, where nothing else would tell.
    pub(super) error: bool,
}

/// Which of them came.
pub(super) enum Ready {
    Readable,
    Writable,
    ReadClosed,
}

/// What one read brought.
pub(super) enum Reading {
    /// Nothing yet.
    Nothing,
    /// Bytes of a stream without frames.
    Bytes(Bytes),
    /// Bytes that [`Transport::next_frame`] looks at. `is_sign`: the peer is alive.
    Frames { is_sign: bool },
    /// The peer sends no more.
    End,
}

impl Transport {
    pub(super) fn new(
        stream: Arc<TcpStream>,
        protocol: &Protocol,
        peer_interval: Option<Duration>,
        opener: Option<Opener>,
    ) -> Self {
        let is_local = stream.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
        let liveness = Liveness::new(protocol, peer_interval, is_local, Instant::now());
        let meter = ProgressMeter::from_now(&stream);
        Self {
            stream,
            liveness,
            meter,
            keep_alive: None,
            peer_sends: true,
            bye: false,
            registration: None,
            has_said_fin: false,
            has_told_end: false,
            watches_end: false,
            strategy: ReadStrategy::new(),
            reader: Reader::Task(Frames::new(protocol, opener)),
            allows_half_open: protocol.allow_half_open,
        }
    }

    /// Whether the owner reads, and the driver does not.
    pub(super) fn is_read_by_owner(&self) -> bool {
        matches!(self.reader, Reader::Owner)
    }

    /// Leaves reading to the owner, who gets what is half received.
    pub(super) fn give_to_owner(&mut self) -> Option<Box<Frames>> {
        match std::mem::replace(&mut self.reader, Reader::Owner) {
            Reader::Owner => None,
            Reader::Task(frames) => frames,
        }
    }

    /// Takes reading back from the owner, with what it has half received.
    pub(super) fn take_from_owner(&mut self, frames: Option<Box<Frames>>) {
        if self.is_read_by_owner() {
            self.reader = Reader::Task(frames);
        }
    }

    fn frames(&self) -> Option<&Frames> {
        match &self.reader {
            Reader::Owner => None,
            Reader::Task(frames) => frames.as_deref(),
        }
    }

    fn frames_mut(&mut self) -> Option<&mut Frames> {
        match &mut self.reader {
            Reader::Owner => None,
            Reader::Task(frames) => frames.as_deref_mut(),
        }
    }

    /// What to wait for where the driver reads as far as the credit goes: what comes if it `may_take`, and the end otherwise.
    pub(super) fn wants(&self, may_take: bool, write: bool) -> Wants {
        let is_read_here = self.peer_sends && !self.is_read_by_owner();
        let end = is_read_here && !may_take && !self.has_told_end;
        // No read finds the reset of a link that is half open.
        let error = self.allows_half_open && !self.peer_sends;
        Wants { read: is_read_here && may_take, write, end, error }
    }

    /// Prepares to wait for what `wants` says. While an owner reads, what comes is nothing that the driver is woken for.
    ///
    /// # Errors
    /// What the kernel said: `ENOSPC`, …
    pub(super) fn prepare(&mut self, wants: Wants) -> io::Result<()> {
        let reads = !self.is_read_by_owner();
        let is_ready = self.registration.as_ref().is_some_and(|registration| registration.tells_reads() == reads);
        let tells_all = !(wants.read && self.watches_end);
        if (wants.read || wants.write || wants.end || wants.error) && !(is_ready && tells_all) {
            // One place after the other.
            self.registration = None;
            self.registration = Some(Registration::new(&self.stream, reads)?);
            self.watches_end = false;
        }
        self.watches_end |= wants.end;
        Ok(())
    }

    /// Waits for what was prepared. An error of the registration itself is found again, with its errno, by the read or write that
    /// follows.
    pub(super) fn poll_ready(&self, wants: Wants, context: &mut Context<'_>) -> Poll<Ready> {
        let Some(registration) = &self.registration else { return Poll::Pending };
        if wants.write && registration.poll_write_ready(context).is_ready() {
            return Poll::Ready(Ready::Writable);
        }
        if wants.read && registration.poll_read_ready(context).is_ready() {
            return Poll::Ready(Ready::Readable);
        }
        if wants.end && registration.poll_read_closed(context).is_ready() {
            return Poll::Ready(Ready::ReadClosed);
        }
        Poll::Pending
    }

    /// Returns when the link has failed, where that was prepared to be waited for.
    pub(super) async fn failed(&self, wants: Wants) {
        match &self.registration {
            // Boxed: few connections are half open.
            Some(registration) if wants.error => Box::pin(registration.failed()).await,
            _ => std::future::pending().await,
        }
    }

    /// Writes what the kernel takes now.
    ///
    /// # Errors
    /// `WouldBlock` when it takes nothing; otherwise what broke the link.
    pub(super) fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match &self.registration {
            Some(registration) => registration.try_write(|socket| send_vectored(socket, slices)),
            None => send_vectored(&self.stream, slices),
        }
    }

    /// Reads once.
    ///
    /// # Errors
    /// What broke the link.
    pub(super) fn read(&mut self) -> io::Result<Reading> {
        if self.frames().is_some_and(|frames| frames.is_encrypted()) {
            return self.read_records();
        }
        let data = match self.read_once(self.strategy.size_bytes()) {
            Ok(data) if data.is_empty() => return Ok(Reading::End),
            Ok(data) => data,
            Err(error) if is_transient(&error) => return Ok(Reading::Nothing),
            Err(error) => return Err(error),
        };
        self.strategy.record(data.len());
        match self.frames_mut() {
            None => Ok(Reading::Bytes(data)),
            Some(frames) => {
                frames.add(data);
                Ok(Reading::Frames { is_sign: true })
            }
        }
    }

    /// Reads once of an encrypted link, and decrypts where that lands.
    fn read_records(&mut self) -> io::Result<Reading> {
        let size_bytes = self.strategy.size_bytes();
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.resize(size_bytes.max(scratch.len()), 0);
            let place = scratch.get_mut(..size_bytes).unwrap_or_default();
            let count = match self.try_read(|socket| Ok(rustix::io::read(socket, &mut *place)?)) {
                Ok(0) => return Ok(Reading::End),
                Ok(count) => count,
                Err(error) if is_transient(&error) => return Ok(Reading::Nothing),
                Err(error) => return Err(error),
            };
            self.strategy.record(count);
            let read = place.get_mut(..count).unwrap_or_default();
            Ok(Reading::Frames { is_sign: self.frames_mut().is_some_and(|frames| frames.decrypt(read)) })
        })
    }

    /// The next whole frame of what was read.
    ///
    /// # Errors
    /// When the peer sent what is no frame.
    pub(super) fn next_frame(&mut self) -> Result<Option<Frame>, FramingError> {
        match self.frames_mut() {
            Some(frames) => frames.next(),
            None => Ok(None),
        }
    }

    /// When the message that is being received ends, if nothing comes until then.
    pub(super) fn gap_end(&self) -> Option<Instant> {
        self.frames().and_then(|frames| frames.gap_end())
    }

    /// What was received, where it is a message because nothing has come or comes any more.
    pub(super) fn finish_frame(&mut self) -> Option<Frame> {
        self.frames_mut().and_then(|frames| frames.finish())
    }

    /// Whether a frame was begun and not ended.
    pub(super) fn is_within_frame(&self) -> bool {
        self.frames().is_some_and(|frames| frames.is_within())
    }

    /// One read of at most `size_bytes`, into memory of just the size that came. Nothing read is the end of the stream.
    pub(super) fn read_once(&self, size_bytes: usize) -> io::Result<Bytes> {
        if size_bytes > limits::READ_MIN_BYTES {
            let mut buffer = Vec::with_capacity(size_bytes);
            let count = self.try_read(|socket| Ok(rustix::io::read(socket, spare_capacity(&mut buffer))?))?;
            return Ok(if count < size_bytes / 2 { Bytes::copy_from_slice(&buffer) } else { Bytes::from(buffer) });
        }
        SCRATCH.with_borrow_mut(|scratch| {
            let place = scratch.get_mut(..size_bytes).unwrap_or_default();
            let count = self.try_read(|socket| Ok(rustix::io::read(socket, place)?))?;
            Ok(Bytes::copy_from_slice(scratch.get(..count).unwrap_or_default()))
        })
    }

    fn try_read(&self, read: impl FnOnce(&TcpStream) -> io::Result<usize>) -> io::Result<usize> {
        count_system_call();
        match &self.registration {
            Some(registration) if registration.tells_reads() => registration.try_read(read),
            _ => read(&self.stream),
        }
    }
}
