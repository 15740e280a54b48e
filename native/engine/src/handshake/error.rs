//! Why there is no connection after a handshake.

use crate::error::{PeerFault, errno_of};
use crate::noise::{NoiseError, RecordError};

/// Why a server does not want a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum RefusalReason {
    /// The two sides speak different versions or have different terms.
    Terms = 1,
    /// The client does not know the key.
    Key = 2,
    /// The server has as many connections as it may have.
    Limit = 3,
}

impl RefusalReason {
    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        [Self::Terms, Self::Key, Self::Limit].into_iter().find(|reason| *reason as u8 == byte)
    }
}

/// Why there is no connection after a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HandshakeError {
    /// The connection broke, or ended, with this errno.
    Io(i32),
    /// The peer sent something else than the handshake.
    Malformed,
    /// The peer does not know the key.
    WrongKey,
    /// The peer speaks another version or has other terms.
    TermsDiffer,
    /// The peer has a key, and a version that does not encrypt with it.
    OldVersion,
    /// The server does not want this client.
    Refused(RefusalReason),
}

impl HandshakeError {
    /// What the peer did, or the errno of what the kernel said.
    pub(crate) fn peer_fault(self) -> Result<PeerFault, i32> {
        match self {
            Self::Io(errno) => Err(errno),
            Self::OldVersion => Ok(PeerFault::OldVersion),
            Self::Malformed | Self::TermsDiffer | Self::Refused(RefusalReason::Terms) => Ok(PeerFault::Protocol),
            Self::WrongKey | Self::Refused(RefusalReason::Key) => Ok(PeerFault::Key),
            Self::Refused(RefusalReason::Limit) => Ok(PeerFault::Limit),
        }
    }
}

impl From<std::io::Error> for HandshakeError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(match error.kind() {
            // A peer that ends the connection in the middle of a handshake has cut it.
            std::io::ErrorKind::UnexpectedEof => libc::ECONNRESET,
            _ => errno_of(&error),
        })
    }
}

impl From<NoiseError> for HandshakeError {
    fn from(error: NoiseError) -> Self {
        match error {
            NoiseError::Length => Self::Malformed,
            NoiseError::Key => Self::WrongKey,
        }
    }
}

impl From<RecordError> for HandshakeError {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Length => Self::Malformed,
            RecordError::Forged => Self::WrongKey,
        }
    }
}
