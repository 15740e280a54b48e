//! What a close does with connections.

use std::time::Duration;

/// What becomes of the connections of a server that is closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connections {
    /// They stay open.
    #[default]
    Keep,
    /// They are closed when everything sent has gone out; after this time they are reset.
    Drain(Duration),
    /// They are reset at once.
    Abort,
}
