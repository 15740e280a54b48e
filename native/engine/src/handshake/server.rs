//! The server's side of the handshake, in two parts: between them the owner of the sessions answers.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};

use super::channel::Channel;
use super::message::{Nonce, Opening, get_session, put_session, split_proof};
use super::transcript::{Role, Transcript};
use super::{HandshakeError, RefusalReason, Session, Terms};
use crate::framing::Framing;
use crate::wire::Kind;

/// A client that has proved what it had to prove and waits for its welcome.
pub(crate) struct Guest {
    /// The session that it comes back to, and how many messages it has received in it. None if it is new.
    pub returning: Option<Session>,
    /// After which silence it asks whether this side lives.
    pub peer_heartbeat: Option<Duration>,
    framing: Framing,
    transcript: Transcript,
}

/// Hears the client at the other end of `stream` and has it prove that it knows the key. Tells a client with other
/// terms or another key so; any other is only to be left. Calls `heard_hello` when the first of the client's two messages has come.
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
    let mut nonce = Nonce::default();
    getrandom::fill(&mut nonce).map_err(std::io::Error::from)?;
    greet_with(stream, framing, terms, nonce, heard_hello).await
}

/// The same with a given nonce.
pub(super) async fn greet_with<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    framing: &Framing,
    terms: &Terms,
    nonce: Nonce,
    heard_hello: impl FnOnce(),
) -> Result<Guest, HandshakeError> {
    let mut channel = Channel::new(stream, framing)?;
    let heard = hear(&mut channel, framing, terms, nonce, heard_hello).await;
    let reason = match heard {
        Err(HandshakeError::TermsDiffer) => RefusalReason::Terms,
        Err(HandshakeError::WrongKey) => RefusalReason::Key,
        _ => return heard,
    };
    // The client may be gone; what was wrong with it matters more.
    let _ = channel.refuse(reason).await;
    heard
}

async fn hear<S: AsyncRead + AsyncWrite + Unpin>(
    channel: &mut Channel<'_, S>,
    framing: &Framing,
    terms: &Terms,
    nonce: Nonce,
    heard_hello: impl FnOnce(),
) -> Result<Guest, HandshakeError> {
    let mut transcript = Transcript::new(terms.key.clone());
    let hello = channel.receive(Kind::Hello).await?;
    heard_hello();
    transcript.append(Kind::Hello, &hello);
    let peer_heartbeat = Opening::agree(hello, terms)?;
    let challenge = Opening::new(terms, nonce).encode();
    transcript.append(Kind::Challenge, &challenge);
    channel.send(Kind::Challenge, &challenge).await?;
    let fields = channel.receive(Kind::Proof).await?;
    let (proof, claim) = split_proof(&fields, terms)?;
    transcript.verify(Role::Client, Kind::Proof, claim, proof)?;
    transcript.append(Kind::Proof, &fields);
    let returning = returning(get_session(claim)?, terms)?;
    Ok(Guest { returning, peer_heartbeat, framing: framing.clone(), transcript })
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
    /// in it, and otherwise a new one; without `acknowledge` it is the default, which is none.
    ///
    /// # Cancel safety
    ///
    /// As for [`greet`].
    pub(crate) async fn welcome<S: AsyncRead + AsyncWrite + Unpin>(
        self,
        stream: &mut S,
        session: Session,
        resumed: bool,
    ) -> Result<(), HandshakeError> {
        let mut claim = vec![u8::from(resumed)];
        put_session(&mut claim, session);
        let mut fields = self.transcript.prove(Role::Server, Kind::Welcome, &claim)?;
        fields.extend_from_slice(&claim);
        Channel::new(stream, &self.framing)?.send(Kind::Welcome, &fields).await
    }
}

impl Guest {
    /// Tells the client that it is not wanted, instead of a welcome.
    ///
    /// # Cancel safety
    ///
    /// As for [`greet`].
    pub(crate) async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(
        self,
        stream: &mut S,
        reason: RefusalReason,
    ) -> Result<(), HandshakeError> {
        refuse(stream, &self.framing, reason).await
    }
}

/// Tells the client at the other end of `stream` that it is not wanted, before [`greet`] or instead of a welcome. What
/// the client sent and nobody read must still be read before `stream` is dropped, or the kernel takes the answer back.
///
/// # Cancel safety
///
/// As for [`greet`].
pub(crate) async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    framing: &Framing,
    reason: RefusalReason,
) -> Result<(), HandshakeError> {
    Channel::new(stream, framing)?.refuse(reason).await
}
