//! Progress of a link: the basis of heartbeat, idle time-out, closing and resuming.

use std::net::TcpStream;
use std::time::Duration;

use crate::tcp_info::TcpInfo;

/// Progress of the bytes of one link in each direction, and answers of the peer's kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Bytes that have arrived, read or not.
    pub(crate) arrived: u64,
    /// Bytes that the peer's kernel has acknowledged.
    /// If unknown, those that this side's kernel has taken.
    pub(crate) acknowledged: u64,
    /// Time since the last acknowledgement.
    pub(crate) acknowledged_ago: Duration,
    /// Whether no answer of the peer's kernel is due.
    /// A kernel answers also for a process that hangs.
    pub(crate) is_answered: bool,
    /// Whether the peer's kernel has everything that was sent, including FIN.
    pub(crate) is_delivered: bool,
    /// Whether the connection no longer exists.
    pub(crate) is_closed: bool,
}

impl Progress {
    /// Returns whether the peer's kernel answers.
    /// No answer is due, or it acknowledged data within `limit`.
    ///
    /// While small messages arrive without a pause, a kernel delays its acknowledgements, so that one is due at every moment.
    pub(crate) fn has_answered_within(&self, limit: Duration) -> bool {
        self.is_answered || self.acknowledged_ago < limit
    }
}

/// Positions of sent bytes, in the counting of [`Progress::acknowledged`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SentMarks {
    /// End of all bytes that this side's kernel has taken.
    pub(crate) written: u64,
    /// End of the last bytes of messages that it has taken.
    pub(crate) message_end: u64,
    /// End of the last ping; `None` while one waits to be written.
    pub(crate) ping_end: Option<u64>,
}

/// Measures the progress of a link.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ProgressMeter {
    /// Bytes acknowledged when the link began; [`Progress::acknowledged`] counts from there.
    acknowledged_before: Option<u64>,
}

impl ProgressMeter {
    /// Creates a meter of a link that begins now.
    pub(crate) fn from_now(stream: &TcpStream) -> Self {
        Self { acknowledged_before: TcpInfo::of(stream).ok().and_then(|info| info.acknowledged_bytes()) }
    }

    /// Asks the kernel; `written` is the number of bytes that it has taken on this link.
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

    /// Returns whether the peer's kernel has all messages.
    /// If the connection no longer exists, only the count is reliable: it may have broken.
    pub(crate) fn has_messages(self, progress: &Progress, marks: &SentMarks) -> bool {
        let counts = self.acknowledged_before.is_some();
        let tells_nothing = counts && progress.is_closed;
        progress.is_delivered && !tells_nothing || counts && progress.acknowledged >= marks.message_end
    }
}
