//! The server's side of the handshake, in two parts: between them the owner of the sessions answers.

use std::time::Duration;

use bytes::Bytes;
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

/// A client that has proved what it had to prove and waits for its welcome.
pub(crate) struct Guest {
    /// The session that it comes back to, and how many messages it has received in it. None if it is new.
    pub returning: Option<Session>,
    /// After which silence it asks whether this side lives.
    pub peer_heartbeat: Option<Duration>,
    framing: Framing,
    /// With it, the link is encrypted.
    ciphers: Option<LinkCiphers>,
}

/// Hears the client at the other end of `stream` and has it prove that it knows the key. Tells a client with other
/// terms or another key so; any other is only to be left. Calls `heard_hello` when the first of the client's two messages was found to be
/// one of this handshake.
///
/// # Cancel safety
///
/// Not cancel safe: `stream` is in the middle of a handshake then and only good for being dropped. There is no deadline
/// in here, callers have theirs around it.
pub(crate) async fn greet<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    framing: &Framing,
    terms: &Terms,
    heard_hello: impl FnOnce(),
) -> Result<Guest, HandshakeError> {
    greet_with(stream, framing, terms, &random_bytes()?, heard_hello).await
}

/// The same with given random bytes.
pub(super) async fn greet_with<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    framing: &Framing,
    terms: &Terms,
    random: &RandomBytes,
    heard_hello: impl FnOnce(),
) -> Result<Guest, HandshakeError> {
    let mut channel = Channel::new(stream, framing)?;
    let heard = hear(&mut channel, terms, random, heard_hello).await;
    let reason = match heard {
        // A client that has the keys has seen it by itself.
        Err(_) if channel.ciphers.is_some() => None,
        Err(HandshakeError::TermsDiffer | HandshakeError::OldVersion) => Some(RefusalReason::Terms),
        Err(HandshakeError::WrongKey) => Some(RefusalReason::Key),
        _ => None,
    };
    if let Some(reason) = reason {
        // The client may be gone; what was wrong with it matters more.
        let _ = channel.refuse(reason).await;
    }
    let (returning, peer_heartbeat) = heard?;
    Ok(Guest { returning, peer_heartbeat, framing: framing.clone(), ciphers: channel.ciphers })
}

/// Returns the session that the client comes back to, and the interval of its heartbeat.
async fn hear<S: AsyncRead + AsyncWrite + Unpin>(
    channel: &mut Channel<'_, S>,
    terms: &Terms,
    random: &RandomBytes,
    heard_hello: impl FnOnce(),
) -> Result<(Option<Session>, Option<Duration>), HandshakeError> {
    let hello = channel.receive(Kind::Hello).await?;
    let peer_heartbeat = match &terms.key {
        Some(key) => answer_with_key(channel, hello, terms, key, random, heard_hello).await?,
        None => {
            let peer_heartbeat = agree_openly(hello, terms)?;
            heard_hello();
            channel.send(Kind::Challenge, &open_fields(terms, random)).await?;
            peer_heartbeat
        }
    };
    let claim = channel.receive(Kind::Proof).await?;
    Ok((returning(get_session(&claim)?, terms)?, peer_heartbeat))
}

/// Answers the first message of a client that has the key, and leaves the ciphers in `channel`. A client with other terms is told
/// those of this side: what it is told has to come from here.
async fn answer_with_key<S: AsyncRead + AsyncWrite + Unpin>(
    channel: &mut Channel<'_, S>,
    hello: Bytes,
    terms: &Terms,
    key: &Key,
    ephemeral: &RandomBytes,
    heard_hello: impl FnOnce(),
) -> Result<Option<Duration>, HandshakeError> {
    // Checked first: a state that is dropped half way keeps the key.
    let hello = keyed_message(hello)?;
    let mut noise = Handshake::responder(key, ephemeral)?;
    let payload = noise.read(&hello)?;
    heard_hello();
    let challenge = noise.write(&keyed_terms(terms, channel.field))?;
    channel.send(Kind::Challenge, &keyed_fields(&challenge)).await?;
    channel.ciphers = Some(noise.finish()?);
    agree_on(&payload, terms, channel.field)
}

/// The session that a client with `session` comes back to.
fn returning(session: Session, terms: &Terms) -> Result<Option<Session>, HandshakeError> {
    match session {
        Session { id, received: 0 } if id.is_none() => Ok(None),
        Session { id, .. } if id.is_none() || !terms.acknowledge => Err(HandshakeError::Malformed),
        _ => Ok(Some(session)),
    }
}

impl Guest {
    /// Lets the client in. `session` is the one it came back to if that is `resumed`, with what this side has received
    /// in it, and otherwise a new one; without `acknowledge` it is the default, which is none. Returns the keys of the link where
    /// it is encrypted.
    ///
    /// # Cancel safety
    ///
    /// As for [`greet`].
    pub(crate) async fn welcome<S: AsyncRead + AsyncWrite + Unpin>(
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

    /// Tells the client that it is not wanted, instead of a welcome. What the client sent and nobody read must still be read before
    /// `stream` is dropped, or the kernel takes the answer back.
    ///
    /// # Cancel safety
    ///
    /// As for [`greet`].
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

/// Tells the client at the other end of `stream` that it is not wanted, before [`greet`].
#[cfg(test)]
pub(crate) async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    framing: &Framing,
    reason: RefusalReason,
) -> Result<(), HandshakeError> {
    Channel::new(stream, framing)?.refuse(reason).await
}
