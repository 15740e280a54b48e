//! What outlives a cut.

use std::io;

const SESSION_ID_BYTES: usize = 16;

/// The name of a session, given by the server. Who knows it can continue the session, so it is random.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct SessionId(pub [u8; SESSION_ID_BYTES]);

impl SessionId {
    /// A new one. Fails only where the system has no random numbers.
    pub(crate) fn generate() -> io::Result<Self> {
        let mut bytes = [0; SESSION_ID_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// Whether it names no session.
    pub(crate) fn is_none(self) -> bool {
        self == Self::default()
    }
}

/// A session as one side sees it. The default is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Session {
    /// Its name.
    pub id: SessionId,
    /// How many messages that side has received in it.
    pub received: u64,
}
