//! The three flags that the socket API reports.

/// State of a server, connection or client as `getState` reports it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SocketState {
    /// It has a local address.
    pub is_bound: bool,
    /// It was open once and is closed.
    pub is_close: bool,
    /// A client: connected, and the peer has not ended. A server: it has at least one open connection.
    pub is_connected: bool,
}
