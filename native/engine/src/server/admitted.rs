//! A peer that a server has accepted.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::sessions::SessionEntry;
use crate::noise::LinkCiphers;

/// An accepted peer and its parameters.
pub(super) struct Admitted {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) peer_interval: Option<Duration>,
    pub(super) session_entry: Option<SessionEntry>,
    /// Keys of an encrypted link.
    pub(super) ciphers: Option<LinkCiphers>,
}
