//! Handshake errors.

use crate::error::{PeerFault, errno_of};
use crate::noise::{NoiseError, RecordError};

/// Reason why a server rejects a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum RefusalReason {
    /// The sides have different versions or parameters.
    Params = 1,
    /// The client has another key.
    Key = 2,
    /// The server has reached its connection limit.
    Limit = 3,
}

impl RefusalReason {
    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        [Self::Params, Self::Key, Self::Limit].into_iter().find(|reason| *reason as u8 == byte)
    }
}

/// Reason why a handshake failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HandshakeError {
    /// The connection broke or ended, with this errno.
    Io(i32),
    /// The peer sent something other than a handshake.
    Malformed,
    /// The peer has another key.
    WrongKey,
    /// The peer has another version or other parameters.
    ParamsDiffer,
    /// The peer has a key, and a version that does not encrypt.
    OldVersion,
    /// The server rejects this client.
    Refused(RefusalReason),
}

impl HandshakeError {
    /// Returns the fault of the peer; as error, the errno of a system call.
    pub(crate) fn peer_fault(self) -> Result<PeerFault, i32> {
        match self {
            Self::Io(errno) => Err(errno),
            Self::OldVersion => Ok(PeerFault::OldVersion),
            Self::Malformed | Self::ParamsDiffer | Self::Refused(RefusalReason::Params) => Ok(PeerFault::Protocol),
            Self::WrongKey | Self::Refused(RefusalReason::Key) => Ok(PeerFault::Key),
            Self::Refused(RefusalReason::Limit) => Ok(PeerFault::Limit),
        }
    }
}

impl From<std::io::Error> for HandshakeError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(match error.kind() {
            // A peer that ends the connection during the handshake has aborted it.
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
