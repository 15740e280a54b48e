//! Treatment of connections when a server is closed.

use std::time::Duration;

/// Treatment of the connections of a server that is closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connections {
    /// They stay open.
    #[default]
    Keep,
    /// They are closed after everything in their queues is sent.
    ///
    /// A connection without progress for [`DRAIN_TIMEOUT`](crate::limits::DRAIN_TIMEOUT) is reset; all are reset after the time
    /// given here, if there is one.
    Drain(Option<Duration>),
    /// They are reset at once.
    Abort,
}
