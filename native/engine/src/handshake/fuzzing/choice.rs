//! Parameters of a handshake that an input chooses.

use std::sync::Arc;
use std::time::Duration;

use crate::framing::Framing;
use crate::handshake::{HandshakeParams, Session, SessionId};
use crate::key::Key;

const KEY: [u8; 16] = [7; 16];

/// Returns the framing and the parameters for `choice`.
pub(super) fn choose(choice: u8, has_key: bool) -> Option<(Framing, HandshakeParams)> {
    let width_bytes = [1, 2, 4, 4].get(usize::from(choice >> 5 & 3)).copied().unwrap_or(4);
    let framing = Framing::length(width_bytes, choice & 16 != 0, 200).ok()?;
    let params = HandshakeParams {
        heartbeat: (choice & 2 != 0).then_some(Duration::from_secs(1)),
        acknowledge: choice & 4 != 0,
        key: if has_key { Key::from_bytes(&KEY).ok().map(Arc::new) } else { None },
    };
    Some((framing, params))
}

/// Returns the session that a client resumes.
pub(super) fn session(returns: bool, params: &HandshakeParams) -> Session {
    let session = Session { id: SessionId([9; 16]), received: 3 };
    if returns && params.acknowledge { session } else { Session::default() }
}
