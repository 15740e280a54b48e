//! What the driver makes of what it reads.

use tokio::time::Instant;

use super::driver::{Driver, End, reason_of};
use super::framed_link::Reading;
use super::link::Link;
use super::phase::LinkState;
use super::state::OwnerReads;
use crate::error::errno_of;
use crate::event::{CloseReason, ConnectionEvent};
use crate::framing::FramingError;
use crate::limits;
use crate::sync::lock;
use crate::tcp_info::TcpInfo;
use crate::wire::{Frame, Kind};

impl Driver {
    pub(super) fn receive(&mut self, link: &mut Link) -> Option<End> {
        let reading = match link.read() {
            Ok(None) => return None,
            Ok(Some(reading)) => reading,
            Err(error) => return Some(self.lost(errno_of(&error), reason_of(errno_of(&error)))),
        };
        let is_sign = !matches!(reading, Reading::Frames { is_sign: false });
        if is_sign && self.has_clocks() && link.liveness.on_traffic(Instant::now()) {
            self.shared.sink.post(ConnectionEvent::Recovered);
        }
        match reading {
            Reading::Bytes(data) => {
                if self.shared.protocol.drops(&data) {
                    return None;
                }
                self.shared.deliver(data, ConnectionEvent::Received);
                None
            }
            Reading::Frames { .. } => {
                let end = self.take_frames(link);
                // A part of a message is no idleness either.
                if is_sign && link.is_within_frame() {
                    self.shared.touch();
                }
                end
            }
            Reading::End => {
                self.finish_frame(link);
                self.end_of_stream(link, link.is_within_frame())
            }
        }
    }

    /// Delivers what was received, if EOF or the gap makes it a message.
    pub(super) fn finish_frame(&mut self, link: &mut Link) {
        if let Some(frame) = link.finish_frame() {
            // It needs no answer, and cannot be malformed.
            let _ = self.take_frame(link, frame);
        }
    }

    fn take_frames(&mut self, link: &mut Link) -> Option<End> {
        let before = self.received;
        let mut answers = false;
        let fault = loop {
            match link.next_frame() {
                Ok(None) => break None,
                Ok(Some(frame)) => match self.take_frame(link, frame) {
                    Ok(answer) => answers |= answer,
                    Err(errno) => break Some(errno),
                },
                Err(fault) => break Some(fault.errno()),
            }
        };
        if self.shared.protocol.acknowledge && self.received > before {
            lock(&self.shared.state).push_control(Kind::Acknowledge, &self.received.to_be_bytes());
            answers = true;
        }
        if answers {
            self.shared.flush(link);
        }
        fault.map(|errno| self.malformed(errno))
    }

    /// The peer sent what is no frame.
    fn malformed(&self, errno: i32) -> End {
        let loss = self.loss(errno, CloseReason::Protocol);
        // Nothing of what was changed on its way was delivered, and another link has other keys.
        if errno == FramingError::Forged.errno() {
            return End::Lost(loss);
        }
        // Without a handshake, another process may have taken the server's port for a moment.
        let may_be_other_process = !self.shared.protocol.is_typed() && self.outlives_peer();
        if may_be_other_process { End::Lost(loss) } else { End::Failed(loss) }
    }

    /// Takes one frame; true when it has to be answered. The error is an errno.
    fn take_frame(&mut self, link: &mut Link, frame: Frame) -> Result<bool, i32> {
        match frame {
            _ if link.bye && !matches!(frame, Frame::Acknowledge(_) | Frame::Pong) => return Err(libc::EPROTO),
            Frame::Data(data) if self.shared.protocol.drops(&data) => {}
            Frame::Data(data) => {
                self.received += 1;
                self.shared.deliver(data, ConnectionEvent::Message);
            }
            Frame::Corrupt(data) => self.shared.deliver(data, ConnectionEvent::Corrupt),
            Frame::Ping => {
                lock(&self.shared.state).push_control(Kind::Pong, &[]);
                link.liveness.say(None, Instant::now());
                return Ok(true);
            }
            // It wants no answer.
            Frame::Pong => link.liveness.say(None, Instant::now()),
            Frame::Acknowledge(count) => self.shared.acknowledged(count)?,
            Frame::Bye => {
                link.bye = true;
                if !self.outlives_peer() {
                    self.shared.end_by_peer();
                }
            }
        }
        Ok(false)
    }

    /// Checks whether the stream that its owner reads has ended the link.
    pub(super) fn check_reader(&self, link: &mut Link) -> Option<End> {
        let state = lock(&self.shared.state);
        match state.reads {
            // Of a whole stream, too.
            OwnerReads::Malformed(errno) => {
                drop(state);
                Some(self.malformed(errno))
            }
            _ if !link.peer_sends => None,
            OwnerReads::Ended { within_frame } => {
                drop(state);
                self.end_of_stream(link, within_frame)
            }
            OwnerReads::Failed(errno) => {
                drop(state);
                Some(self.lost(errno, reason_of(errno)))
            }
            OwnerReads::On { .. } | OwnerReads::Off => None,
        }
    }

    /// Tells the owner that the peer sends no more, where the credit does not allow to read what it has sent.
    pub(super) fn on_read_closed(&self, link: &mut Link) -> Option<End> {
        let is_broken = TcpInfo::of(&link.socket.stream).is_ok_and(|info| info.is_closed());
        let is_replaced = lock(&self.shared.state).needs_nothing_unread();
        link.is_read_to_end = is_replaced && self.shared.credit.used_bytes() < limits::READ_TO_END_BYTES;
        if is_broken && is_replaced {
            return Some(self.lost(libc::ECONNRESET, CloseReason::Reset));
        }
        // One that both sides have ended is closed as well.
        if is_broken && !lock(&self.shared.state).has_ended() {
            self.break_link(libc::ECONNRESET);
        }
        link.has_told_end = true;
        self.shared.sink.post(ConnectionEvent::ReadClosed);
        None
    }

    fn end_of_stream(&self, link: &mut Link, within_frame: bool) -> Option<End> {
        link.peer_sends = false;
        let broken = match lock(&self.shared.state).phase.link() {
            Some(LinkState::Broken(errno)) => Some(*errno),
            _ => None,
        };
        if let Some(errno) = broken {
            return Some(self.lost(errno, reason_of(errno)));
        }
        // Without frames of a type nobody can say that the end is meant.
        let meant = link.bye || !self.shared.protocol.is_typed();
        let owes_messages = lock(&self.shared.state).owes_messages();
        if self.link_source.is_some() && (!meant || owes_messages || self.outlives_peer()) {
            return Some(self.lost(libc::ECONNRESET, CloseReason::Remote));
        }
        // An attacker on the path can end the stream, but cannot send Bye.
        if !meant && self.shared.protocol.is_encrypted() {
            return Some(self.lost(libc::ECONNRESET, CloseReason::Reset));
        }
        if within_frame {
            return Some(End::Failed(self.loss(libc::EPROTO, CloseReason::Protocol)));
        }
        self.shared.end_by_peer();
        None
    }

    /// Returns whether to reconnect after a close by the peer.
    ///
    /// Not if this side has nothing left to send.
    fn outlives_peer(&self) -> bool {
        let has_said_all = lock(&self.shared.state).has_said_all();
        !has_said_all && self.link_source.as_ref().is_some_and(|link_source| link_source.outlives_peer())
    }
}
