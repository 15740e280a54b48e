//! Parameters that a side requires.

use std::sync::Arc;
use std::time::Duration;

use crate::key::Key;

/// Parameters that this side requires.
/// Except for the heartbeat interval, the peer must have the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct HandshakeParams {
    /// This side sends a ping after it has received nothing for this time.
    /// In milliseconds, at least one.
    pub heartbeat: Option<Duration>,
    /// Whether messages are acknowledged, and sent again after a link loss.
    pub acknowledge: bool,
    /// Shared key.
    pub key: Option<Arc<Key>>,
}
