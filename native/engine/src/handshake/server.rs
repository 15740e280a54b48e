//! The server's side of the handshake, in two parts.
//! In between, the owner of the sessions decides.

use std::time::Duration;

use bytes::Bytes;
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

/// Hello of an authenticated client, which waits for `Welcome`.
pub(crate) struct ClientHello {
    /// The session to resume, with the number of messages that the client has received in it.
    /// None for a new client.
    pub resumes: Option<Session>,
    /// The client sends a ping after it has received nothing for this time.
    pub peer_heartbeat: Option<Duration>,
    framing: Framing,
    /// Ciphers of an encrypted link.
    ciphers: Option<LinkCiphers>,
}

/// Receives the client's messages on `stream` and checks that it has the key.
/// [`ClientHello::finish`] or [`ClientHello::refuse`] ends the handshake.
///
/// Sends `Refused` to a client with other parameters or another key; after other errors just drop `stream`. Calls `on_hello` when
/// the first of the client's two messages is valid.
///
/// # Cancel safety
///
/// Not cancel safe: a cancelled handshake leaves `stream` unusable; drop it. There is no time-out here; callers add one.
pub(crate) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    framing: &Framing,
    params: &HandshakeParams,
    on_hello: impl FnOnce(),
) -> Result<ClientHello, HandshakeError> {
    accept_with(stream, framing, params, &random_bytes()?, on_hello).await
}

/// As [`accept`], with the given random bytes.
pub(super) async fn accept_with<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    framing: &Framing,
    params: &HandshakeParams,
    random: &RandomBytes,
    on_hello: impl FnOnce(),
) -> Result<ClientHello, HandshakeError> {
    let mut channel = Channel::new(stream, framing)?;
    let negotiated = negotiate(&mut channel, params, random, on_hello).await;
    let reason = match negotiated {
        // A client that has the keys has detected it itself.
        Err(_) if channel.ciphers.is_some() => None,
        Err(HandshakeError::ParamsDiffer | HandshakeError::OldVersion) => Some(RefusalReason::Params),
        Err(HandshakeError::WrongKey) => Some(RefusalReason::Key),
        _ => None,
    };
    if let Some(reason) = reason {
        // The client may be gone; report its error, not this one.
        let _ = channel.refuse(reason).await;
    }
    let (resumes, peer_heartbeat) = negotiated?;
    Ok(ClientHello { resumes, peer_heartbeat, framing: framing.clone(), ciphers: channel.ciphers })
}

/// Returns the session to resume, and the interval of the client's heartbeat.
async fn negotiate<S: AsyncRead + AsyncWrite + Unpin>(
    channel: &mut Channel<'_, S>,
    params: &HandshakeParams,
    random: &RandomBytes,
    on_hello: impl FnOnce(),
) -> Result<(Option<Session>, Option<Duration>), HandshakeError> {
    let hello = channel.receive(Kind::Hello).await?;
    let peer_heartbeat = match &params.key {
        Some(key) => answer_with_key(channel, hello, params, key, random, on_hello).await?,
        None => {
            let peer_heartbeat = agree_openly(hello, params)?;
            on_hello();
            channel.send(Kind::Challenge, &open_fields(params, random)).await?;
            peer_heartbeat
        }
    };
    let claim = channel.receive(Kind::Proof).await?;
    Ok((resumed_session(get_session(&claim)?, params)?, peer_heartbeat))
}

/// Answers the first message of a client with the key, and stores the ciphers in `channel`.
///
/// A client with other parameters receives those of this side: their authenticity has to be provable.
async fn answer_with_key<S: AsyncRead + AsyncWrite + Unpin>(
    channel: &mut Channel<'_, S>,
    hello: Bytes,
    params: &HandshakeParams,
    key: &Key,
    ephemeral: &RandomBytes,
    on_hello: impl FnOnce(),
) -> Result<Option<Duration>, HandshakeError> {
    // Checked first: a handshake state that is dropped midway does not wipe the key.
    let hello = keyed_message(hello)?;
    let mut noise = Handshake::responder(key, ephemeral)?;
    let payload = noise.read(&hello)?;
    on_hello();
    let challenge = noise.write(&keyed_params(params, channel.field))?;
    channel.send(Kind::Challenge, &keyed_fields(&challenge)).await?;
    channel.ciphers = Some(noise.finish()?);
    agree_on(&payload, params, channel.field)
}

/// Returns the session that a client resumes, as sent in `session`.
fn resumed_session(session: Session, params: &HandshakeParams) -> Result<Option<Session>, HandshakeError> {
    match session {
        Session { id, received: 0 } if id.is_none() => Ok(None),
        Session { id, .. } if id.is_none() || !params.acknowledge => Err(HandshakeError::Malformed),
        _ => Ok(Some(session)),
    }
}

impl ClientHello {
    /// Completes the handshake, and returns the keys of the link if it is encrypted.
    ///
    /// `session` is the resumed one if `resumed`, with the number of messages that this side has received in it, and otherwise a new one;
    /// without `acknowledge` it is the default, which is none.
    ///
    /// # Cancel safety
    ///
    /// As for [`accept`].
    pub(crate) async fn finish<S: AsyncRead + AsyncWrite + Unpin>(
        mut self,
        stream: &mut S,
        session: Session,
        resumed: bool,
    ) -> Result<Option<LinkCiphers>, HandshakeError> {
        let mut claim = vec![u8::from(resumed)];
        put_session(&mut claim, session);
        let mut channel = self.channel(stream)?;
        channel.send(Kind::Welcome, &claim).await?;
        Ok(channel.ciphers)
    }

    /// Sends `Refused` instead of `Welcome`.
    ///
    /// Read all pending bytes of the client before dropping `stream`, otherwise the kernel resets the connection and the client may not
    /// receive the answer.
    ///
    /// # Cancel safety
    ///
    /// As for [`accept`].
    pub(crate) async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(
        mut self,
        stream: &mut S,
        reason: RefusalReason,
    ) -> Result<(), HandshakeError> {
        self.channel(stream)?.refuse(reason).await
    }

    fn channel<'a, S: AsyncRead + AsyncWrite + Unpin>(
        &'a mut self,
        stream: &'a mut S,
    ) -> Result<Channel<'a, S>, HandshakeError> {
        let mut channel = Channel::new(stream, &self.framing)?;
        channel.ciphers = self.ciphers.take();
        Ok(channel)
    }
}

/// Sends `Refused` to the client on `stream`, before [`accept`].
#[cfg(test)]
pub(crate) async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    framing: &Framing,
    reason: RefusalReason,
) -> Result<(), HandshakeError> {
    Channel::new(stream, framing)?.refuse(reason).await
}
