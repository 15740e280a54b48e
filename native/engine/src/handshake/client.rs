//! The client's side of the handshake.

use std::time::Duration;

use bytes::Buf;
use tokio::io::{AsyncRead, AsyncWrite};

use super::channel::Channel;
use super::error::{HandshakeError, RefusalReason};
use super::message::{
    agree_on, agree_openly, get_session, keyed_fields, keyed_message, keyed_terms, open_fields, put_session,
};
use super::random::{RandomBytes, random_bytes};
use super::session::Session;
use super::terms::Terms;
use crate::framing::Framing;
use crate::key::Key;
use crate::noise::{Handshake, LinkCiphers};
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
/// there is none. Where the terms have a key, the link is encrypted from then on.
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
) -> Result<(Entered, Option<LinkCiphers>), HandshakeError> {
    enter_with(stream, framing, terms, session.unwrap_or_default(), &random_bytes()?).await
}

/// The same with given random bytes.
pub(super) async fn enter_with<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    framing: &Framing,
    terms: &Terms,
    session: Session,
    random: &RandomBytes,
) -> Result<(Entered, Option<LinkCiphers>), HandshakeError> {
    let mut channel = Channel::new(stream, framing)?;
    let peer_heartbeat = match &terms.key {
        Some(key) => open_with_key(&mut channel, terms, key, random).await?,
        None => open(&mut channel, terms, random).await?,
    };
    let mut fields = Vec::new();
    put_session(&mut fields, session);
    channel.send(Kind::Proof, &fields).await?;
    let mut claim = channel.receive_unless_refused(Kind::Welcome).await?;
    let resumed = claim.try_get_u8()?;
    let entered = Entered { session: get_session(&claim)?, resumed: resumed == 1, peer_heartbeat };
    if resumed <= 1 && is_answer(&entered, session, terms) {
        Ok((entered, channel.ciphers))
    } else {
        Err(HandshakeError::Malformed)
    }
}

/// Says what this side wants, and hears the same of the server; returns the interval of its heartbeat.
async fn open<S: AsyncRead + AsyncWrite + Unpin>(
    channel: &mut Channel<'_, S>,
    terms: &Terms,
    nonce: &RandomBytes,
) -> Result<Option<Duration>, HandshakeError> {
    channel.send(Kind::Hello, &open_fields(terms, nonce)).await?;
    agree_openly(channel.receive_unless_refused(Kind::Challenge).await?, terms)
}

/// Does the same with a key, which it leaves the ciphers of in `channel`.
async fn open_with_key<S: AsyncRead + AsyncWrite + Unpin>(
    channel: &mut Channel<'_, S>,
    terms: &Terms,
    key: &Key,
    ephemeral: &RandomBytes,
) -> Result<Option<Duration>, HandshakeError> {
    let mut noise = Handshake::initiator(key, ephemeral)?;
    let hello = noise.write(&keyed_terms(terms, channel.field))?;
    channel.send(Kind::Hello, &keyed_fields(&hello)).await?;
    let challenge = channel.receive_unless_refused(Kind::Challenge).await.map_err(|error| match error {
        // A server says so in a record.
        HandshakeError::Refused(RefusalReason::Limit) => HandshakeError::Malformed,
        error => error,
    });
    let challenge = keyed_message(challenge?)?;
    let payload = noise.read(&challenge)?;
    channel.ciphers = Some(noise.finish()?);
    agree_on(&payload, terms, channel.field)
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
