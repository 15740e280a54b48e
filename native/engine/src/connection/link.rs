//! One link to the peer, as its task sees it.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::Interest;
use tokio::time::Instant;

use super::framed_link::{FramedLink, Reading};
use super::frames::Frames;
use super::socket::{Socket, Wants};
use crate::framing::FramingError;
use crate::keep_alive::KeepAlive;
use crate::liveness::Liveness;
use crate::noise::Opener;
use crate::progress::ProgressMeter;
use crate::protocol::Protocol;
use crate::wire::Frame;

pub(super) struct Link {
    pub(super) socket: Socket,
    pub(super) liveness: Liveness,
    pub(super) meter: ProgressMeter,
    pub(super) keep_alive: Option<KeepAlive>,
    /// Whether EOF was not seen yet.
    pub(super) peer_sends: bool,
    /// Whether the peer said that it ends on purpose.
    pub(super) bye: bool,
    reader: Reader,
    /// Whether this side stays open when the peer sends no more.
    allows_half_open: bool,
    /// Whether closing has said FIN.
    pub(super) has_said_fin: bool,
    /// Whether the owner knows of EOF, though not everything is read.
    pub(super) has_told_end: bool,
    /// Whether it is read to EOF, whatever the credit: only there this side finds whether another link has to follow.
    pub(super) is_read_to_end: bool,
    /// Whether it knows that the link is broken, though not everything is read.
    pub(super) has_told_break: bool,
}

/// The two kinds of link.
enum Reader {
    /// Read by the owner, which has the [`StreamLink`](super::stream_link::StreamLink).
    Stream,
    /// Read by the task.
    Framed(FramedLink),
}

impl Link {
    /// A link that the task reads.
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
            socket: Socket::new(stream),
            liveness,
            meter,
            keep_alive: None,
            peer_sends: true,
            bye: false,
            reader: Reader::Framed(FramedLink::new(Frames::new(protocol, opener))),
            allows_half_open: protocol.allow_half_open,
            has_said_fin: false,
            has_told_end: false,
            is_read_to_end: false,
            has_told_break: false,
        }
    }

    /// Returns whether the owner reads.
    pub(super) fn is_read_by_owner(&self) -> bool {
        matches!(self.reader, Reader::Stream)
    }

    /// Leaves reading to the owner. Returns what cuts frames, with what is half received.
    pub(super) fn give_to_owner(&mut self) -> Option<Box<Frames>> {
        match std::mem::replace(&mut self.reader, Reader::Stream) {
            Reader::Stream => None,
            Reader::Framed(link) => link.into_frames(),
        }
    }

    /// Takes reading back from the owner, with what it has half received.
    pub(super) fn take_from_owner(&mut self, frames: Option<Box<Frames>>) {
        if self.is_read_by_owner() {
            self.reader = Reader::Framed(FramedLink::new(frames));
        }
    }

    fn framed(&self) -> Option<&FramedLink> {
        match &self.reader {
            Reader::Stream => None,
            Reader::Framed(link) => Some(link),
        }
    }

    fn framed_mut(&mut self) -> Option<&mut FramedLink> {
        match &mut self.reader {
            Reader::Stream => None,
            Reader::Framed(link) => Some(link),
        }
    }

    /// Returns what to wait for: bytes if the credit `may_take` them, otherwise EOF.
    ///
    /// `error` is for a link that can still fail.
    pub(super) fn wants(&self, may_take: bool, write: bool, error: bool) -> Wants {
        let is_read_here = self.peer_sends && !self.is_read_by_owner();
        // Behind `Bye` nothing comes that takes credit.
        let may_take = may_take || self.bye || self.is_read_to_end;
        let end = is_read_here && !may_take && !self.has_told_end;
        Wants { read: is_read_here && may_take, write, end, error }
    }

    /// Returns whether no read finds that the link fails: nothing can be read, or everything was and it may be half open.
    pub(super) fn hides_errors(&self, leaves_unread: bool) -> bool {
        self.has_told_end || self.allows_half_open && (!self.peer_sends || leaves_unread)
    }

    /// Returns whether the owner is yet to be told that the link is broken behind unread bytes.
    pub(super) fn tells_break(&mut self) -> bool {
        self.allows_half_open && !std::mem::replace(&mut self.has_told_break, true)
    }

    /// Prepares to wait for what `wants` says. Bytes that the owner reads do not wake the task.
    ///
    /// # Errors
    /// Those of the kernel: `ENOSPC`, …
    pub(super) fn prepare(&mut self, wants: Wants) -> io::Result<()> {
        if self.has_said_fin && !self.peer_sends {
            self.socket.watch_changes();
            return Ok(());
        }
        let interest = match self.reader {
            Reader::Stream => Interest::WRITABLE,
            Reader::Framed(_) => Interest::READABLE | Interest::WRITABLE,
        };
        self.socket.register(interest, wants)
    }

    /// Reads once, if the task reads; returns `None` if nothing has arrived.
    ///
    /// # Errors
    /// What broke the link.
    pub(super) fn read(&mut self) -> io::Result<Option<Reading>> {
        match &mut self.reader {
            Reader::Stream => Ok(None),
            Reader::Framed(link) => link.read(&self.socket),
        }
    }

    /// Returns the next whole frame of what was read.
    ///
    /// # Errors
    /// When the peer sent what is no frame.
    pub(super) fn next_frame(&mut self) -> Result<Option<Frame>, FramingError> {
        self.framed_mut().map_or(Ok(None), FramedLink::next_frame)
    }

    /// Returns when the message that is being received ends, if nothing comes until then.
    pub(super) fn gap_end(&self) -> Option<Instant> {
        self.framed().and_then(FramedLink::gap_end)
    }

    /// Returns what was received, if EOF or the gap makes it a message.
    pub(super) fn finish_frame(&mut self) -> Option<Frame> {
        self.framed_mut().and_then(FramedLink::finish_frame)
    }

    /// Returns whether a frame was begun and not ended.
    pub(super) fn is_within_frame(&self) -> bool {
        self.framed().is_some_and(FramedLink::is_within_frame)
    }
}
