//! A peer that a server has let in.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::sessions::Membership;
use crate::noise::LinkCiphers;

/// What a peer was let in with.
pub(super) struct Admitted {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) peer_interval: Option<Duration>,
    pub(super) membership: Option<Membership>,
    /// The keys of a link that is encrypted.
    pub(super) ciphers: Option<LinkCiphers>,
}
