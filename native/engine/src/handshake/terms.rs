//! What a side wants of a connection.

use std::sync::Arc;
use std::time::Duration;

use crate::key::Key;

/// What this side wants of a connection. Apart from the interval of the heartbeat, the peer must want the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Terms {
    /// The silence after which this side asks whether its peer lives; counted in milliseconds, at least one.
    pub heartbeat: Option<Duration>,
    /// Whether messages are acknowledged, and sent again after a cut.
    pub acknowledge: bool,
    /// What both sides have to know.
    pub key: Option<Arc<Key>>,
}
