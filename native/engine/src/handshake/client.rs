//! The client's side of the handshake.

use std::time::Duration;

use bytes::Buf;
use tokio::io::{AsyncRead, AsyncWrite};

use super::channel::Channel;
use super::message::{Nonce, Opening, get_session, put_session, split_proof};
use super::transcript::{Role, Transcript};
use super::{HandshakeError, Session, Terms};
use crate::framing::Framing;
use crate::wire::Kind;

/// What a client knows after the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entered {
    /// The session, and how many messages the server has received in it. None if nothing is acknowledged.
    pub session: Session,
    /// Whether it is the one that the client came back to. If not, the server knows nothing of that one any more.
    pub resumed: bool,
    /// After which silence the server asks whether this side lives.
    pub peer_heartbeat: Option<Duration>,
}

/// Enters the server at the other end of `stream`, coming back to `session` if there was one; without `acknowledge`
/// there is none.
///
/// # Cancel safety
///
/// Not cancel safe: `stream` is in the middle of a handshake then and only good for being dropped. There is no deadline
/// in here, callers have theirs around it.
pub(crate) async fn enter<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    framing: &Framing,
    terms: &Terms,
    session: Option<Session>,
) -> Result<Entered, HandshakeError> {
    let mut nonce = Nonce::default();
    getrandom::fill(&mut nonce).map_err(std::io::Error::from)?;
    enter_with(stream, framing, terms, session.unwrap_or_default(), nonce).await
}

/// The same with a given nonce.
pub(super) async fn enter_with<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    framing: &Framing,
    terms: &Terms,
    session: Session,
    nonce: Nonce,
) -> Result<Entered, HandshakeError> {
    let mut channel = Channel::new(stream, framing)?;
    let mut transcript = Transcript::new(terms.key.clone());
    let hello = Opening::new(terms, nonce).encode();
    transcript.append(Kind::Hello, &hello);
    channel.send(Kind::Hello, &hello).await?;
    let challenge = channel.receive_unless_refused(Kind::Challenge).await?;
    transcript.append(Kind::Challenge, &challenge);
    let peer_heartbeat = Opening::agree(challenge, terms)?;
    let proof = proof(&transcript, session)?;
    transcript.append(Kind::Proof, &proof);
    channel.send(Kind::Proof, &proof).await?;
    let welcome = channel.receive_unless_refused(Kind::Welcome).await?;
    let (proof, mut claim) = split_proof(&welcome, terms)?;
    transcript.verify(Role::Server, Kind::Welcome, claim, proof)?;
    let resumed = claim.try_get_u8()?;
    let entered = Entered { session: get_session(claim)?, resumed: resumed == 1, peer_heartbeat };
    if resumed <= 1 && is_answer(&entered, session, terms) { Ok(entered) } else { Err(HandshakeError::Malformed) }
}

fn proof(transcript: &Transcript, session: Session) -> Result<Vec<u8>, HandshakeError> {
    let mut claim = Vec::new();
    put_session(&mut claim, session);
    let mut fields = transcript.prove(Role::Client, Kind::Proof, &claim)?;
    fields.extend_from_slice(&claim);
    Ok(fields)
}

/// Whether a server may answer so to a client that came with `session`.
fn is_answer(entered: &Entered, session: Session, terms: &Terms) -> bool {
    match (terms.acknowledge, entered.resumed) {
        (false, _) => !entered.resumed && entered.session == Session::default(),
        (true, true) => entered.session.id == session.id && !session.id.is_none(),
        (true, false) => {
            entered.session.received == 0 && entered.session.id != session.id && !entered.session.id.is_none()
        }
    }
}
