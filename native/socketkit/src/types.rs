//! Records between JavaScript and Rust, as the system socket API declares them.

use napi_derive_ohos::napi;
use napi_ohos::bindgen_prelude::Unknown;
use napi_ohos::{Env, Result};
use socket_engine::{CloseReason, RejectReason, SocketState, Statistics};
use std::net::SocketAddr;

use crate::environment::Environment;
use crate::node_api::{self, NewValue, Template};

/// A record for JavaScript.
pub trait Record {
    /// Creates the object.
    fn to_js<'env>(&self, env: &'env Env) -> Result<Unknown<'env>>;
}

/// Address of one end of a connection.
#[napi(object, object_from_js = false, object_to_js = false)]
pub struct NetAddress {
    /// Numeric address or `localhost`; for connecting and for a proxy also a host name. A link-local address needs its
    /// scope: `fe80::1%wlan0`.
    pub address: String,
    /// 1: IPv4 (the default), 2: IPv6.
    pub family: Option<u32>,
    /// 0 to 65535; 0, the default, selects a free port.
    pub port: Option<u32>,
}

impl From<SocketAddr> for NetAddress {
    fn from(address: SocketAddr) -> Self {
        Self {
            address: text_of(address),
            family: Some(if address.is_ipv4() { 1 } else { 2 }),
            port: Some(address.port().into()),
        }
    }
}

impl Record for NetAddress {
    fn to_js<'env>(&self, env: &'env Env) -> Result<Unknown<'env>> {
        let number = |number: Option<u32>| NewValue::Number(number.unwrap_or(0).into());
        node_api::object_with(
            env,
            &[
                (c"address", NewValue::Text(&self.address)),
                (c"family", number(self.family)),
                (c"port", number(self.port)),
            ],
        )
    }
}

/// Returns the address without its port.
/// A link-local address includes its interface, which it needs.
fn text_of(address: SocketAddr) -> String {
    match address {
        SocketAddr::V6(address) if address.scope_id() != 0 => format!("{}%{}", address.ip(), address.scope_id()),
        address => address.ip().to_string(),
    }
}

/// Kinds of proxies.
#[napi]
#[derive(Clone, Copy)]
#[allow(clippy::upper_case_acronyms, reason = "the names in the system socket API")]
pub enum ProxyTypes {
    /// No proxy.
    NONE = 0,
    /// A SOCKS5 proxy.
    SOCKS5 = 1,
}

impl ProxyTypes {
    /// Returns the JavaScript number.
    pub fn number(self) -> f64 {
        f64::from(self as i32)
    }
}

/// State of a socket.
#[napi(object, object_from_js = false, object_to_js = false)]
pub struct SocketStateBase {
    /// It has a local address.
    pub is_bound: bool,
    /// It was open and is closed.
    pub is_close: bool,
    /// It is connected, and the peer has not closed. A server: it has at least one connection.
    pub is_connected: bool,
}

impl From<SocketState> for SocketStateBase {
    fn from(state: SocketState) -> Self {
        Self { is_bound: state.is_bound, is_close: state.is_close, is_connected: state.is_connected }
    }
}

impl Record for SocketStateBase {
    fn to_js<'env>(&self, env: &'env Env) -> Result<Unknown<'env>> {
        node_api::object_with(
            env,
            &[
                (c"isBound", NewValue::Boolean(self.is_bound)),
                (c"isClose", NewValue::Boolean(self.is_close)),
                (c"isConnected", NewValue::Boolean(self.is_connected)),
            ],
        )
    }
}

/// Sender of messages.
pub struct Peer {
    socket_address: SocketAddr,
    address: Box<str>,
    family: &'static str,
    port: u32,
}

impl From<SocketAddr> for Peer {
    fn from(address: SocketAddr) -> Self {
        let family = if address.is_ipv4() { "IPv4" } else { "IPv6" };
        Self { socket_address: address, address: text_of(address).into(), family, port: address.port().into() }
    }
}

impl Peer {
    /// Returns its address.
    pub fn socket_address(&self) -> SocketAddr {
        self.socket_address
    }

    /// Creates a `SocketRemoteInfo` for a message of `size` bytes.
    pub fn remote_info<'env>(&self, env: &'env Env, size: usize) -> Result<Unknown<'env>> {
        node_api::object_with(
            env,
            &[
                (c"address", NewValue::Text(&self.address)),
                (c"family", NewValue::Text(self.family)),
                (c"port", NewValue::Number(self.port.into())),
                (c"size", size_of(size)),
            ],
        )
    }
}

/// Common values of consecutive messages.
pub struct MessageTemplate<'env> {
    message_key: Unknown<'env>,
    remote_info_key: Unknown<'env>,
    remote_info: Template<'env>,
    size: usize,
}

impl<'env> MessageTemplate<'env> {
    /// Creates one for messages of `peer`, first for `size` bytes.
    pub fn new(environment: &'env Environment, peer: &Peer, size: usize) -> Result<Self> {
        let env = environment.env();
        Ok(Self {
            message_key: node_api::to_js(env, "message")?,
            remote_info_key: node_api::to_js(env, "remoteInfo")?,
            remote_info: environment.builtins()?.template(env, peer.remote_info(env, size)?)?,
            size,
        })
    }

    /// Creates a `SocketMessageInfo` for `bytes`, an ArrayBuffer of `size` bytes.
    pub fn message<'copy>(&mut self, env: &'copy Env, bytes: &Unknown<'_>, size: usize) -> Result<Unknown<'copy>> {
        if self.size != size {
            self.remote_info.set(env, c"size", size_of(size))?;
            self.size = size;
        }
        let info = node_api::object_with(env, &[])?;
        node_api::set_key(env, &info, &self.message_key, bytes)?;
        node_api::set_key(env, &info, &self.remote_info_key, &self.remote_info.copy(env)?)?;
        Ok(info)
    }
}

fn size_of(bytes: usize) -> NewValue<'static> {
    NewValue::Number(bytes as f64)
}

/// Creates a `SocketStatistics`.
pub fn statistics<'env>(env: &'env Env, statistics: &Statistics) -> Result<Unknown<'env>> {
    let number = |count: u64| NewValue::Number(count as f64);
    node_api::object_with(
        env,
        &[
            (c"bytesReceived", number(statistics.received_bytes)),
            (c"bytesSent", number(statistics.sent_bytes)),
            (c"messagesReceived", number(statistics.received_messages)),
            (c"messagesSent", number(statistics.sent_messages)),
            (c"receiveQueueBytes", number(statistics.receive_queue_bytes)),
            (c"sendQueueBytes", number(statistics.send_queue_bytes)),
            (c"lastActivityTime", number(statistics.last_activity_ms)),
            (c"isEncrypted", NewValue::Boolean(statistics.is_encrypted)),
        ],
    )
}

/// Why a connection ended.
#[napi(object, object_from_js = false, object_to_js = false)]
pub struct SocketCloseInfo {
    /// `local`: this side closed it. `remote`: the peer did. `reset`: the link broke. `timeout`: the peer did not answer,
    /// or did not reconnect. `idle`: there was no message for `idleTimeoutMs`. `protocol`: the peer sent invalid data.
    /// `rejected`: the server does not accept this client.
    #[napi(ts_type = "'local' | 'remote' | 'reset' | 'timeout' | 'idle' | 'protocol' | 'rejected'")]
    pub reason: &'static str,
}

impl From<CloseReason> for SocketCloseInfo {
    fn from(reason: CloseReason) -> Self {
        let reason = match reason {
            CloseReason::Local => "local",
            CloseReason::Remote => "remote",
            CloseReason::Reset => "reset",
            CloseReason::Timeout => "timeout",
            CloseReason::Idle => "idle",
            CloseReason::Protocol => "protocol",
            CloseReason::Rejected => "rejected",
        };
        Self { reason }
    }
}

impl Record for SocketCloseInfo {
    fn to_js<'env>(&self, env: &'env Env) -> Result<Unknown<'env>> {
        node_api::object_with(env, &[(c"reason", NewValue::Text(self.reason))])
    }
}

/// A peer that a server rejected.
#[napi(object, object_from_js = false, object_to_js = false)]
pub struct SocketRejectInfo {
    /// The peer.
    pub address: NetAddress,
    /// `key`: it does not have the key. `limit`: the limit of connections is reached, or it was silent for a second of its
    /// handshake while others waited. `timeout`: its handshake took too long. `protocol`: it uses another protocol.
    #[napi(ts_type = "'key' | 'limit' | 'timeout' | 'protocol'")]
    pub reason: &'static str,
}

impl SocketRejectInfo {
    /// Creates the record.
    pub fn new(peer: SocketAddr, reason: RejectReason) -> Self {
        let reason = match reason {
            RejectReason::Key => "key",
            RejectReason::Limit => "limit",
            RejectReason::Timeout => "timeout",
            RejectReason::Protocol => "protocol",
        };
        Self { address: peer.into(), reason }
    }
}

impl Record for SocketRejectInfo {
    fn to_js<'env>(&self, env: &'env Env) -> Result<Unknown<'env>> {
        let address = NewValue::Known(self.address.to_js(env)?);
        node_api::object_with(env, &[(c"address", address), (c"reason", NewValue::Text(self.reason))])
    }
}

/// Declares the records that JavaScript creates or that are built field by field.
///
/// ArkTS has no structural typing: alternatives are part of the type's name, as napi-derive has no other place for them.
mod declared {
    #![expect(dead_code, reason = "read by napi-derive alone, which declares them in index.d.ts")]

    use napi_derive_ohos::napi;

    /// Statistics of a socket, or of all connections of a server, since it was created.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "SocketStatistics")]
    pub struct SocketStatistics {
        /// Bytes of received messages, without framing overhead.
        pub bytes_received: f64,
        /// Bytes of sent messages, including queued ones; without framing overhead.
        pub bytes_sent: f64,
        /// Received messages; without framing, reads with data.
        pub messages_received: f64,
        /// Sent messages, including queued ones.
        pub messages_sent: f64,
        /// Received bytes that wait for a listener.
        pub receive_queue_bytes: f64,
        /// Sent bytes that are not finished.
        pub send_queue_bytes: f64,
        /// Time of the last received or sent message, in milliseconds since 1970; 0: never.
        pub last_activity_time: f64,
        /// Whether connections are encrypted: whether there is a key.
        pub is_encrypted: bool,
    }

    /// Sender of a message.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "SocketRemoteInfo")]
    pub struct SocketRemoteInfo {
        /// Numeric address of the sender.
        pub address: String,
        /// Family of the address.
        #[napi(ts_type = "'IPv4' | 'IPv6'")]
        pub family: (),
        /// Port of the sender.
        pub port: u32,
        /// Length of the message in bytes.
        pub size: u32,
    }

    /// Argument of a `message` listener.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "SocketMessageInfo")]
    pub struct SocketMessageInfo {
        /// The bytes.
        #[napi(ts_type = "ArrayBuffer")]
        pub message: (),
        /// Sender of the bytes.
        #[napi(ts_type = "SocketRemoteInfo")]
        pub remote_info: (),
    }

    /// Replacement of a lost link.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "SocketReconnectInfo")]
    pub struct SocketReconnectInfo {
        /// Number of the next attempt, from 1; 0 on a server's connection, which waits for its client.
        pub attempt: f64,
        /// Milliseconds until that attempt; on a server's connection, until it gives up its client.
        pub delay_ms: f64,
        /// Why there is no link.
        #[napi(ts_type = "SocketError")]
        pub error: (),
    }

    /// Where and how to connect.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "TCPConnectOptions")]
    pub struct TCPConnectOptions {
        /// The peer.
        #[napi(ts_type = "NetAddress")]
        pub address: (),
        /// Time limit in milliseconds, including that of a proxy; default 5000.
        pub timeout: Option<f64>,
        /// A proxy to the peer. It looks up the name, if `address` is one. Then this side does not know the peer's own address,
        /// and `getRemoteAddress` and `remoteInfo` return that of the proxy.
        #[napi(ts_type = "ProxyOptions")]
        pub proxy: Option<()>,
    }

    /// A proxy with credentials. A connect through it fails with 2301206 when the proxy cannot be reached, 2301207 when
    /// it rejects the user name or the password, 2301208 when it did not connect to the peer, 2301209 when it requires another
    /// authentication, 2301210 when a request could not be sent, 2301211 when a reply did not arrive, 2301212 when a request
    /// cannot be encoded (a name or a password is too long, or only one of the two is given), and 2301213 when a reply is
    /// invalid.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "ProxyOptions")]
    pub struct ProxyOptions {
        /// Kind of the proxy; with `NONE` the rest is ignored.
        #[napi(ts_type = "ProxyTypes")]
        pub r#type: (),
        /// Address of the proxy.
        #[napi(ts_type = "NetAddress")]
        pub address: (),
        /// User name, for a proxy that asks for it; at most 255 bytes of UTF-8.
        pub username: Option<String>,
        /// Password, likewise. SOCKS5 does not encrypt it.
        pub password: Option<String>,
    }

    /// Whether closing waits until everything is sent.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "SocketLinger")]
    pub struct SocketLinger {
        /// Switches it on.
        pub on: bool,
        /// How long closing waits, in whole seconds. 0 resets the connection.
        pub linger: f64,
    }

    /// Options of all sockets; missing options are unchanged.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "ExtraOptionsBase")]
    pub struct ExtraOptionsBase {
        /// Size of the kernel's receive buffer in bytes.
        pub receive_buffer_size: Option<f64>,
        /// Size of the kernel's send buffer in bytes.
        pub send_buffer_size: Option<f64>,
        /// Allows to bind a port of ended connections (TIME_WAIT), never one in use; default true.
        pub reuse_address: Option<bool>,
        /// Time limit of one receive or send call in the kernel, in milliseconds.
        pub socket_timeout: Option<f64>,
    }

    /// Options of a TCP socket; missing options are unchanged.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "TCPExtraOptions extends ExtraOptionsBase")]
    pub struct TCPExtraOptions {
        /// Sends keep-alive probes to a silent peer.
        pub keep_alive: Option<bool>,
        /// With `keepAlive`: idle time before the first probe, in milliseconds. The kernel counts whole seconds: fractions are
        /// rounded up, and the result is clamped to 1 to 32767 seconds.
        pub keep_alive_idle_ms: Option<f64>,
        /// With `keepAlive`: time between two probes, in milliseconds, rounded and clamped likewise.
        pub keep_alive_interval_ms: Option<f64>,
        /// With `keepAlive`: number of unanswered probes that ends the connection; clamped to 1 to 127.
        pub keep_alive_count: Option<f64>,
        /// Receives urgent bytes inline.
        #[napi(js_name = "OOBInline")]
        pub oob_inline: Option<bool>,
        /// Sends small messages at once; default true.
        #[napi(js_name = "TCPNoDelay")]
        pub no_delay: Option<bool>,
        /// Whether closing waits until everything is sent.
        #[napi(ts_type = "SocketLinger")]
        pub socket_linger: Option<()>,
        /// For a client, before it connects: sends the first bytes together with the connect (TCP Fast Open), if the server has
        /// allowed it at an earlier connect. `connect` then resolves at once, and the server is contacted at the first `send`, which
        /// fails instead of `connect`. No effect elsewhere.
        pub tcp_fast_open: Option<bool>,
    }

    /// Data to send.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "TCPSendOptions")]
    pub struct TCPSendOptions {
        /// Bytes (of a view, its range), or a text in `encoding`.
        #[napi(ts_type = "string | ArrayBuffer | ArrayBufferView")]
        pub data: (),
        /// Encoding of a text: `UTF-8` (the default), `UTF-16LE` (`UTF-16` is the same), `UTF-16BE`, `US-ASCII` or
        /// `ISO-8859-1`, in upper or lower case. Sends no byte order mark. Half a surrogate pair is sent as U+FFFD. In another
        /// encoding, or with a character that the encoding lacks, a text is sent as UTF-8: for other encodings use
        /// `util.TextEncoder`. No effect on bytes.
        pub encoding: Option<String>,
    }

    /// Every error that the module throws or reports; its message names operation, address and the system's error text.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "SocketError extends Error")]
    pub struct SocketError {
        /// 401 for invalid arguments, otherwise 2301000 or 2303100 plus the errno.
        pub code: f64,
    }

    /// The `error` with 2301074 of a message with a wrong checksum, or with an invalid escape sequence.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "CorruptMessageError extends SocketError")]
    pub struct CorruptMessageError {
        /// The corrupt bytes, with the checksum.
        #[napi(ts_type = "ArrayBuffer")]
        pub data: (),
    }
}
