//! The progress of a link: what heartbeat, idle time-out, closing and returning decide by.

use std::net::TcpStream;
use std::time::Duration;

use crate::tcp_info::TcpInfo;

/// How far the bytes of one link have come, in each direction, and how the peer's kernel answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Bytes that have arrived here, read or not.
    pub(crate) arrived: u64,
    /// Bytes that the peer's kernel has acknowledged; where this one does not know, those that this one has taken.
    pub(crate) acknowledged: u64,
    /// How long ago it acknowledged last.
    pub(crate) acknowledged_ago: Duration,
    /// Whether it owes no answer: a peer whose process does nothing still has a kernel that does.
    pub(crate) is_answered: bool,
    /// Whether it has everything that was sent, FIN included.
    pub(crate) is_delivered: bool,
    /// Whether there is no connection any more.
    pub(crate) is_closed: bool,
}

impl Progress {
    /// Whether the peer's kernel answers: it owes nothing, or has acknowledged something within `limit`. One that is sent small
    /// messages without a pause delays its acknowledgements, and owes the last one at every moment.
    pub(crate) fn has_answered_within(&self, limit: Duration) -> bool {
        self.is_answered || self.acknowledged_ago < limit
    }
}

/// Up to where bytes were sent that mean something, counted as [`Progress::acknowledged`] is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SentMarks {
    /// Everything that this side's kernel has taken.
    pub(crate) written: u64,
    /// The end of what it has taken of messages.
    pub(crate) message_end: u64,
    /// The end of the last ping, `None` while one waits to be written.
    pub(crate) ping_end: Option<u64>,
}

/// Tells how far a link has come.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ProgressMeter {
    /// What the peer's kernel had acknowledged when the link began, where [`Progress::acknowledged`] has to count from then on.
    acknowledged_before: Option<u64>,
}

impl ProgressMeter {
    /// A meter of a link that begins now.
    pub(crate) fn from_now(stream: &TcpStream) -> Self {
        Self { acknowledged_before: TcpInfo::of(stream).ok().and_then(|info| info.acknowledged_bytes()) }
    }

    /// Asks the kernel; `written` is what it has taken on this link.
    pub(crate) fn read(self, stream: &TcpStream, written: u64) -> Progress {
        let Ok(info) = TcpInfo::of(stream) else {
            return Progress { acknowledged: written, is_answered: true, is_delivered: true, ..Progress::default() };
        };
        let before = self.acknowledged_before.unwrap_or_default();
        Progress {
            arrived: info.received_bytes().unwrap_or_default(),
            acknowledged: info.acknowledged_bytes().map_or(written, |bytes| bytes.saturating_sub(before)),
            acknowledged_ago: info.last_acknowledged(),
            is_answered: !info.is_unanswered(),
            is_delivered: info.is_delivered(),
            is_closed: info.is_closed(),
        }
    }

    /// Whether the peer's kernel has all messages. Of a connection that is no more, the count alone tells: it may have broken.
    pub(crate) fn has_messages(self, progress: &Progress, marks: &SentMarks) -> bool {
        let counts = self.acknowledged_before.is_some();
        let tells_nothing = counts && progress.is_closed;
        progress.is_delivered && !tells_nothing || counts && progress.acknowledged >= marks.message_end
    }
}
