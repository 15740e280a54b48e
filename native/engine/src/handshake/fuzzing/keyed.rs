//! Handshakes of a peer that knows the key, says what it likes, and may be changed on its way.

use crate::framing::Framing;
use crate::fuzzing::{Script, run};
use crate::handshake::client::enter_with;
use crate::handshake::message::{keyed_fields, keyed_terms, put_session};
use crate::handshake::server::greet_with;
use crate::handshake::{Session, SessionId, Terms};
use crate::key::Key;
use crate::noise::{Handshake, LinkCiphers, NoiseError};
use crate::wire::Kind;

/// The private keys of both sides.
const OURS: [u8; 32] = [1; 32];
const THEIRS: [u8; 32] = [2; 32];

/// What is changed in what the peer says: its terms, byte by byte, and its record.
struct Changes<'a> {
    terms: &'a [u8; 6],
    record: &'a [u8],
    /// What an attacker does on the way, and where.
    attack: u8,
    place: usize,
}

/// Lets a client or a server hear a peer with the key. The first byte chooses who hears it, under which terms; the second one the
/// pieces; three more an attack; six change the terms, and the others the plaintext of the record.
///
/// The reference: the peer is let in where it wants the same and says what the protocol has in this place, and nothing was changed
/// on the way.
pub fn keyed(data: &[u8]) {
    let Some(([choice, piece, attack, low, high], rest)) = data.split_first_chunk() else { return };
    let Some((changed, record)) = rest.split_first_chunk() else { return };
    let Some((framing, terms)) = super::choose(*choice, true) else { return };
    let place = usize::from(u16::from_le_bytes([*low, *high]));
    let changes = Changes { terms: changed, record, attack: *attack, place };
    let session = super::session(choice & 128 != 0, &terms);
    let is_client = choice & 1 == 0;
    let Some((said, is_good)) = say(&framing, &terms, session, is_client, &changes) else { return };
    let mut script = Script::new(&said, usize::from(*piece));
    let is_in = if is_client {
        run(enter_with(&mut script, &framing, &terms, session, &OURS.into())).map(|entered| entered.is_ok())
    } else {
        run(greet_with(&mut script, &framing, &terms, &OURS.into(), || {})).map(|guest| guest.is_ok())
    };
    assert_eq!(is_in, Some(is_good), "{said:x?}");
    let is_seen = script.heard.windows(8).any(|bytes| bytes == [9; 8]);
    assert!(!is_seen, "the session is readable on the way");
}

/// What the peer says altogether, and whether it is to be let in.
fn say(
    framing: &Framing,
    terms: &Terms,
    session: Session,
    is_client: bool,
    changes: &Changes<'_>,
) -> Option<(Vec<u8>, bool)> {
    let own = keyed_terms(terms, framing.plain_length().ok()?);
    let theirs: Vec<u8> = own.iter().zip(changes.terms).map(|(byte, change)| byte ^ change).collect();
    let mut plaintext = if is_client { welcome(terms, session) } else { proof(terms) };
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
    let (message, mut ciphers) = agree(terms.key.as_ref()?, &own, &theirs, is_client).ok()?;
    let mut record = Vec::new();
    ciphers.sealer.seal([&plaintext[..]], &mut record)?;
    let honest = [&framing.control_frame(kind, &keyed_fields(&message))[..], &record].concat();
    let said = attacked(honest.clone(), changes);
    let is_answer = if is_client { is_welcome(&plaintext, terms, session) } else { is_proof(&plaintext, terms) };
    let is_good = said == honest && wants_the_same(&theirs, &own) && is_answer;
    Some((said, is_good))
}

/// The peer's message of the pattern with `theirs` in it, and its keys once it has heard `own`.
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

/// A good `Proof`.
fn proof(terms: &Terms) -> Vec<u8> {
    let mut proof = vec![0x12];
    put_session(&mut proof, super::session(true, terms));
    proof
}

/// A good `Welcome` for a client that comes with `session`.
fn welcome(terms: &Terms, session: Session) -> Vec<u8> {
    let mut welcome = vec![0x13, u8::from(!session.id.is_none())];
    let new = if terms.acknowledge { Session { id: SessionId([9; 16]), received: 0 } } else { session };
    put_session(&mut welcome, new);
    welcome
}

fn wants_the_same(theirs: &[u8], own: &[u8]) -> bool {
    let interval = |terms: &[u8]| terms.get(1..5).is_some_and(|interval| interval != [0; 4]);
    (theirs.first(), theirs.last()) == (own.first(), own.last()) && interval(theirs) == interval(own)
}

fn is_proof(plaintext: &[u8], terms: &Terms) -> bool {
    let Some(([0x12], session)) = plaintext.split_first_chunk() else { return false };
    let is_none = session.iter().all(|byte| *byte == 0);
    let has_id = session.iter().take(16).any(|byte| *byte != 0);
    session.len() == 24 && (is_none || (has_id && terms.acknowledge))
}

fn is_welcome(plaintext: &[u8], terms: &Terms, session: Session) -> bool {
    let Some(([0x13, resumed], entered)) = plaintext.split_first_chunk() else { return false };
    let Some((id, count)) = entered.split_first_chunk::<16>() else { return false };
    let is_new = *resumed == 0 && count == [0; 8];
    let answers = match (terms.acknowledge, *id == session.id.0) {
        (false, _) => is_new && *id == [0; 16],
        (true, true) => *resumed == 1 && *id != [0; 16],
        (true, false) => is_new && *id != [0; 16],
    };
    answers && count.len() == 8
}
