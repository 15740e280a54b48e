//! Fuzzes handshakes with messages from a peer.

mod choice;
mod keyed;

use super::HandshakeParams;
use super::client::connect_with;
use super::message::{MESSAGE_MAX_BYTES, put_session};
use super::server::accept_with;
use crate::framing::{FIELD_MAX_BYTES, Framing};
use crate::fuzzing::script::{Script, run};
use crate::wire::Kind;

use choice::{choose, session};
pub use keyed::keyed;

/// Longest input that is read from a peer: two messages.
const HEARD_MAX_BYTES: usize = 2 * (FIELD_MAX_BYTES + MESSAGE_MAX_BYTES);

/// Runs a client or a server against a peer without the key.
///
/// The first two bytes choose the side, its parameters, and the pieces of the peer's bytes.
pub fn handshake(data: &[u8]) {
    let Some(([choice, piece], says)) = data.split_first_chunk() else { return };
    let Some((framing, params)) = choose(*choice, choice & 8 != 0) else { return };
    let mut script = Script::new(says, usize::from(*piece));
    let claim = if choice & 1 == 0 {
        as_client(&mut script, &framing, &params, choice & 128 != 0)
    } else {
        as_server(&mut script, &framing, &params)
    };
    assert!(script.read_bytes <= HEARD_MAX_BYTES);
    if let Some(frame) = claim {
        assert!(params.key.is_none(), "a peer without the key was let in");
        assert!(script.read().ends_with(&frame), "{:x?} was read for {frame:x?}", script.read());
    }
}

/// Runs a client, and encodes the `Welcome` that matches its result.
fn as_client(script: &mut Script<'_>, framing: &Framing, params: &HandshakeParams, returns: bool) -> Option<Vec<u8>> {
    let session = session(returns, params);
    let result = run(connect_with(script, framing, params, session, &[1; 32].into()));
    assert!(result.is_some(), "a peer that ended is waited for");
    let (negotiated, _) = result?.ok()?;
    assert_eq!(params.heartbeat.is_some(), negotiated.peer_heartbeat.is_some());
    assert_eq!(params.acknowledge, !negotiated.session.id.is_none());
    assert!(!negotiated.resumed || negotiated.session.id == session.id);
    let mut fields = vec![u8::from(negotiated.resumed)];
    put_session(&mut fields, negotiated.session);
    Some(framing.control_frame(Kind::Welcome, &fields).to_vec())
}

/// Runs a server, and encodes the `Proof` that matches its result.
fn as_server(script: &mut Script<'_>, framing: &Framing, params: &HandshakeParams) -> Option<Vec<u8>> {
    let result = run(accept_with(script, framing, params, &[2; 32].into(), || {}));
    assert!(result.is_some(), "a peer that ended is waited for");
    let client_hello = result?.ok()?;
    assert_eq!(params.heartbeat.is_some(), client_hello.peer_heartbeat.is_some());
    assert!(params.acknowledge || client_hello.resumes.is_none());
    let mut fields = Vec::new();
    put_session(&mut fields, client_hello.resumes.unwrap_or_default());
    Some(framing.control_frame(Kind::Proof, &fields).to_vec())
}
