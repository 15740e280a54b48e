//! The client's side of the handshake.

use std::time::Duration;

use bytes::Buf;
use tokio::io::{AsyncRead, AsyncWrite};

use super::channel::Channel;
use super::error::{HandshakeError, RefusalReason};
use super::message::{
    agree_on, agree_openly, get_session, keyed_fields, keyed_message, keyed_params, open_fields, put_session,
};
use super::params::HandshakeParams;
use super::random::{RandomBytes, random_bytes};
use super::session::Session;
use crate::framing::Framing;
use crate::key::Key;
use crate::noise::{Handshake, LinkCiphers};
use crate::wire::Kind;

/// Result of the handshake for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Negotiated {
    /// The session, with the number of messages that the server has received in it.
    /// None without acknowledgement.
    pub session: Session,
    /// Whether it is the session to resume. If false, the server no longer has that session.
    pub resumed: bool,
    /// The server sends a ping after it has received nothing for this time.
    pub peer_heartbeat: Option<Duration>,
}

/// Performs the handshake with the server on `stream`, resuming `session` if it is one.
///
/// Without `acknowledge` there is no session. If `params` have a key, the link is encrypted from then on.
///
/// # Cancel safety
///
/// Not cancel safe: a cancelled handshake leaves `stream` unusable; drop it. There is no time-out here; callers add one.
pub(crate) async fn connect<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    framing: &Framing,
    params: &HandshakeParams,
    session: Option<Session>,
) -> Result<(Negotiated, Option<LinkCiphers>), HandshakeError> {
    connect_with(stream, framing, params, session.unwrap_or_default(), &random_bytes()?).await
}

/// As [`connect`], with the given random bytes.
pub(super) async fn connect_with<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    framing: &Framing,
    params: &HandshakeParams,
    session: Session,
    random: &RandomBytes,
) -> Result<(Negotiated, Option<LinkCiphers>), HandshakeError> {
    let mut channel = Channel::new(stream, framing)?;
    let peer_heartbeat = match &params.key {
        Some(key) => open_with_key(&mut channel, params, key, random).await?,
        None => open(&mut channel, params, random).await?,
    };
    let mut fields = Vec::new();
    put_session(&mut fields, session);
    channel.send(Kind::Proof, &fields).await?;
    let mut claim = channel.receive_unless_refused(Kind::Welcome).await?;
    let resumed = claim.try_get_u8()?;
    let negotiated = Negotiated { session: get_session(&claim)?, resumed: resumed == 1, peer_heartbeat };
    if resumed <= 1 && is_answer(&negotiated, session, params) {
        Ok((negotiated, channel.ciphers))
    } else {
        Err(HandshakeError::Malformed)
    }
}

/// Exchanges parameters with the server; returns the interval of its heartbeat.
async fn open<S: AsyncRead + AsyncWrite + Unpin>(
    channel: &mut Channel<'_, S>,
    params: &HandshakeParams,
    nonce: &RandomBytes,
) -> Result<Option<Duration>, HandshakeError> {
    channel.send(Kind::Hello, &open_fields(params, nonce)).await?;
    agree_openly(channel.receive_unless_refused(Kind::Challenge).await?, params)
}

/// As [`open`], with a key; stores the ciphers in `channel`.
async fn open_with_key<S: AsyncRead + AsyncWrite + Unpin>(
    channel: &mut Channel<'_, S>,
    params: &HandshakeParams,
    key: &Key,
    ephemeral: &RandomBytes,
) -> Result<Option<Duration>, HandshakeError> {
    let mut noise = Handshake::initiator(key, ephemeral)?;
    let hello = noise.write(&keyed_params(params, channel.field))?;
    channel.send(Kind::Hello, &keyed_fields(&hello)).await?;
    let challenge = channel.receive_unless_refused(Kind::Challenge).await.map_err(|error| match error {
        // A server reports this in a record.
        HandshakeError::Refused(RefusalReason::Limit) => HandshakeError::Malformed,
        error => error,
    });
    let challenge = keyed_message(challenge?)?;
    let payload = noise.read(&challenge)?;
    channel.ciphers = Some(noise.finish()?);
    agree_on(&payload, params, channel.field)
}

/// Returns whether a server may send `negotiated` to a client that asked for `session`.
fn is_answer(negotiated: &Negotiated, session: Session, params: &HandshakeParams) -> bool {
    match (params.acknowledge, negotiated.resumed) {
        (false, _) => !negotiated.resumed && negotiated.session == Session::default(),
        (true, true) => negotiated.session.id == session.id && !session.id.is_none(),
        (true, false) => {
            negotiated.session.received == 0 && negotiated.session.id != session.id && !negotiated.session.id.is_none()
        }
    }
}
