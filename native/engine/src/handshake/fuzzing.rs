//! Fuzzes handshakes with messages from a peer.

mod keyed;

use std::sync::Arc;
use std::time::Duration;

use super::client::enter_with;
use super::message::{MESSAGE_MAX_BYTES, put_session};
use super::server::greet_with;
use super::{Session, SessionId, Terms};
use crate::framing::{FIELD_MAX_BYTES, Framing};
use crate::fuzzing::{Script, run};
use crate::key::Key;
use crate::wire::Kind;

pub use keyed::keyed;

const KEY: [u8; 16] = [7; 16];

/// Longest input that is read from a peer: two messages.
const HEARD_MAX_BYTES: usize = 2 * (FIELD_MAX_BYTES + MESSAGE_MAX_BYTES);

/// Runs a client or a server against a peer without the key.
///
/// The first two bytes choose the side, its parameters, and the pieces of the peer's bytes.
pub fn handshake(data: &[u8]) {
    let Some(([choice, piece], says)) = data.split_first_chunk() else { return };
    let Some((framing, terms)) = choose(*choice, choice & 8 != 0) else { return };
    let mut script = Script::new(says, usize::from(*piece));
    let claim = if choice & 1 == 0 {
        as_client(&mut script, &framing, &terms, choice & 128 != 0)
    } else {
        as_server(&mut script, &framing, &terms)
    };
    assert!(script.read_bytes <= HEARD_MAX_BYTES);
    if let Some(frame) = claim {
        assert!(terms.key.is_none(), "a peer without the key was let in");
        assert!(script.read().ends_with(&frame), "{:x?} was read for {frame:x?}", script.read());
    }
}

/// Returns the framing and the parameters for `choice`.
fn choose(choice: u8, has_key: bool) -> Option<(Framing, Terms)> {
    let width_bytes = [1, 2, 4, 4].get(usize::from(choice >> 5 & 3)).copied().unwrap_or(4);
    let framing = Framing::length(width_bytes, choice & 16 != 0, 200).ok()?;
    let terms = Terms {
        heartbeat: (choice & 2 != 0).then_some(Duration::from_secs(1)),
        acknowledge: choice & 4 != 0,
        key: if has_key { Key::from_bytes(&KEY).ok().map(Arc::new) } else { None },
    };
    Some((framing, terms))
}

/// Returns the session that a client resumes.
fn session(returns: bool, terms: &Terms) -> Session {
    let session = Session { id: SessionId([9; 16]), received: 3 };
    if returns && terms.acknowledge { session } else { Session::default() }
}

/// Runs a client, and encodes the `Welcome` that matches its result.
fn as_client(script: &mut Script<'_>, framing: &Framing, terms: &Terms, returns: bool) -> Option<Vec<u8>> {
    let session = session(returns, terms);
    let result = run(enter_with(script, framing, terms, session, &[1; 32].into()));
    assert!(result.is_some(), "a peer that ended is waited for");
    let (entered, _) = result?.ok()?;
    assert_eq!(terms.heartbeat.is_some(), entered.peer_heartbeat.is_some());
    assert_eq!(terms.acknowledge, !entered.session.id.is_none());
    assert!(!entered.resumed || entered.session.id == session.id);
    let mut fields = vec![u8::from(entered.resumed)];
    put_session(&mut fields, entered.session);
    Some(framing.control_frame(Kind::Welcome, &fields).to_vec())
}

/// Runs a server, and encodes the `Proof` that matches its result.
fn as_server(script: &mut Script<'_>, framing: &Framing, terms: &Terms) -> Option<Vec<u8>> {
    let result = run(greet_with(script, framing, terms, &[2; 32].into(), || {}));
    assert!(result.is_some(), "a peer that ended is waited for");
    let guest = result?.ok()?;
    assert_eq!(terms.heartbeat.is_some(), guest.peer_heartbeat.is_some());
    assert!(terms.acknowledge || guest.returning.is_none());
    let mut fields = Vec::new();
    put_session(&mut fields, guest.returning.unwrap_or_default());
    Some(framing.control_frame(Kind::Proof, &fields).to_vec())
}
