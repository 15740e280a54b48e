//! What a close does with connections.

use std::time::Duration;

/// What becomes of the connections of a server that is closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connections {
    /// They stay open.
    #[default]
    Keep,
    /// They are closed when everything sent has gone out. One whose peer takes nothing for
    /// [`DRAIN_TIMEOUT`](crate::limits::DRAIN_TIMEOUT) is reset, and all after the time given here, if there is one.
    Drain(Option<Duration>),
    /// They are reset at once.
    Abort,
}
