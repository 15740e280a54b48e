//! Fuzzes handshakes with a peer that has the key, with manipulated messages.

use super::choice;
use crate::framing::Framing;
use crate::fuzzing::script::{Script, run};
use crate::handshake::client::connect_with;
use crate::handshake::message::{keyed_fields, keyed_params, put_session};
use crate::handshake::server::accept_with;
use crate::handshake::{HandshakeParams, Session, SessionId};
use crate::key::Key;
use crate::noise::{Handshake, LinkCiphers, NoiseError};
use crate::wire::Kind;

/// Private key of this side.
const OURS: [u8; 32] = [1; 32];
const THEIRS: [u8; 32] = [2; 32];

/// Changes to the peer's parameters, byte by byte, and to its record.
struct Changes<'a> {
    params: &'a [u8; 6],
    record: &'a [u8],
    /// Kind and position of a manipulation in transit.
    attack: u8,
    place: usize,
}

/// Runs a client or a server against a peer with the key.
///
/// The first byte chooses the side and its parameters, the second one the pieces; three more a manipulation; six change the
/// parameters, and the others are the plaintext of the record.
///
/// Reference: the peer is accepted if it has the same parameters and sends the right message at each step, and nothing was changed
/// in transit.
pub fn keyed(data: &[u8]) {
    let Some(([choice, piece, attack, low, high], rest)) = data.split_first_chunk() else { return };
    let Some((changed, record)) = rest.split_first_chunk() else { return };
    let Some((framing, params)) = choice::choose(*choice, true) else { return };
    let place = usize::from(u16::from_le_bytes([*low, *high]));
    let changes = Changes { params: changed, record, attack: *attack, place };
    let session = choice::session(choice & 128 != 0, &params);
    let is_client = choice & 1 == 0;
    let Some((said, is_good)) = say(&framing, &params, session, is_client, &changes) else { return };
    let mut script = Script::new(&said, usize::from(*piece));
    let is_in = if is_client {
        run(connect_with(&mut script, &framing, &params, session, &OURS.into())).map(|negotiated| negotiated.is_ok())
    } else {
        run(accept_with(&mut script, &framing, &params, &OURS.into(), || {})).map(|client_hello| client_hello.is_ok())
    };
    assert_eq!(is_in, Some(is_good), "{said:x?}");
    let is_seen = script.heard.windows(8).any(|bytes| bytes == [9; 8]);
    assert!(!is_seen, "the session is readable on the way");
}

/// Returns all bytes of the peer, and whether it must be accepted.
fn say(
    framing: &Framing,
    params: &HandshakeParams,
    session: Session,
    is_client: bool,
    changes: &Changes<'_>,
) -> Option<(Vec<u8>, bool)> {
    let own = keyed_params(params, framing.plain_length().ok()?);
    let theirs: Vec<u8> = own.iter().zip(changes.params).map(|(byte, change)| byte ^ change).collect();
    let mut plaintext = if is_client { welcome(params, session) } else { proof(params) };
    for (place, change) in changes.record.iter().enumerate() {
        match plaintext.get_mut(place) {
            Some(byte) => *byte ^= change,
            None => plaintext.push(*change),
        }
    }
    if plaintext.is_empty() {
        return None;
    }
    let kind = if is_client { Kind::Challenge } else { Kind::Hello };
    let (message, mut ciphers) = agree(params.key.as_ref()?, &own, &theirs, is_client).ok()?;
    let mut record = Vec::new();
    ciphers.sealer.seal([&plaintext[..]], &mut record)?;
    let honest = [&framing.control_frame(kind, &keyed_fields(&message))[..], &record].concat();
    let said = attacked(honest.clone(), changes);
    let is_answer = if is_client { is_welcome(&plaintext, params, session) } else { is_proof(&plaintext, params) };
    let is_good = said == honest && wants_the_same(&theirs, &own) && is_answer;
    Some((said, is_good))
}

/// Returns the peer's Noise message with payload `theirs`, and its keys after reading `own`.
fn agree(key: &Key, own: &[u8], theirs: &[u8], is_client: bool) -> Result<(Vec<u8>, LinkCiphers), NoiseError> {
    if is_client {
        let (mut near, mut far) = (Handshake::initiator(key, &OURS)?, Handshake::responder(key, &THEIRS)?);
        far.read(&near.write(own)?)?;
        Ok((far.write(theirs)?, far.finish()?))
    } else {
        let (mut near, mut far) = (Handshake::responder(key, &OURS)?, Handshake::initiator(key, &THEIRS)?);
        let message = far.write(theirs)?;
        near.read(&message)?;
        far.read(&near.write(own)?)?;
        Ok((message, far.finish()?))
    }
}

fn attacked(mut said: Vec<u8>, changes: &Changes<'_>) -> Vec<u8> {
    let place = changes.place % said.len();
    match changes.attack {
        0 => {}
        1 => said.truncate(place),
        2 => drop(said.remove(place)),
        3 => said.insert(place, changes.attack),
        change => said.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= change),
    }
    said
}

/// Builds a valid `Proof`.
fn proof(params: &HandshakeParams) -> Vec<u8> {
    let mut proof = vec![0x12];
    put_session(&mut proof, choice::session(true, params));
    proof
}

/// Builds a valid `Welcome` for a client that asks for `session`.
fn welcome(params: &HandshakeParams, session: Session) -> Vec<u8> {
    let mut welcome = vec![0x13, u8::from(!session.id.is_none())];
    let new = if params.acknowledge { Session { id: SessionId([9; 16]), received: 0 } } else { session };
    put_session(&mut welcome, new);
    welcome
}

fn wants_the_same(theirs: &[u8], own: &[u8]) -> bool {
    let interval = |params: &[u8]| params.get(1..5).is_some_and(|interval| interval != [0; 4]);
    (theirs.first(), theirs.last()) == (own.first(), own.last()) && interval(theirs) == interval(own)
}

fn is_proof(plaintext: &[u8], params: &HandshakeParams) -> bool {
    let Some(([0x12], session)) = plaintext.split_first_chunk() else { return false };
    let is_none = session.iter().all(|byte| *byte == 0);
    let has_id = session.iter().take(16).any(|byte| *byte != 0);
    session.len() == 24 && (is_none || (has_id && params.acknowledge))
}

fn is_welcome(plaintext: &[u8], params: &HandshakeParams, session: Session) -> bool {
    let Some(([0x13, resumed], negotiated)) = plaintext.split_first_chunk() else { return false };
    let Some((id, count)) = negotiated.split_first_chunk::<16>() else { return false };
    let is_new = *resumed == 0 && count == [0; 8];
    let answers = match (params.acknowledge, *id == session.id.0) {
        (false, _) => is_new && *id == [0; 16],
        (true, true) => *resumed == 1 && *id != [0; 16],
        (true, false) => is_new && *id != [0; 16],
    };
    answers && count.len() == 8
}
