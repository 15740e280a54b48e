//! Constructor options of clients and servers: declarations and parsing.

use std::sync::Arc;
use std::time::Duration;

use napi_ohos::bindgen_prelude::{Object, Unknown};
use napi_ohos::{Env, JsValue, Result};
use socket_engine::{
    ClientOptions, Connections, Framing, Heartbeat, Key, Ping, Pong, Protocol, Reconnect, ServerOptions, Unsent, limits,
};
use zeroize::Zeroizing;

use crate::convert::{self, Argument, Read};
use crate::delivery::DeliveryKind;
use crate::emitter::{Emitter, MESSAGE_LENGTH, PING};
use crate::error::ArgumentError;
use crate::fields;
use crate::framing_options;
use crate::node_api;
use crate::request_options;

/// Default time-out of the heartbeat, in intervals.
const HEARTBEAT_TIMEOUT_INTERVALS: u32 = 3;

/// Kind of delivery, and the app's functions for it.
pub type DeliveryOptions<'a> = (DeliveryKind, Functions<'a>);

/// Functions of the app.
#[derive(Default)]
pub struct Functions<'a> {
    message_length: Argument<'a>,
    ping: Argument<'a>,
}

impl Functions<'_> {
    /// Stores them with an object.
    pub fn set<E>(&self, emitter: &Emitter<E>) -> Result<()> {
        for (name, function) in [(MESSAGE_LENGTH, &self.message_length), (PING, &self.ping)] {
            function.iter().try_for_each(|function| emitter.set_function(name, function))?;
        }
        Ok(())
    }
}

/// Parses `TCPSocketOptions`.
pub fn client_options<'a>(argument: &Argument<'a>) -> Read<(ClientOptions, DeliveryOptions<'a>)> {
    let Some(options) = fields::optional_object(argument, "options")? else { return Ok(Default::default()) };
    let mut protocol = protocol(&options)?;
    let reconnect = match fields::field_object(&options, "reconnect")? {
        None => None,
        Some(fields) => {
            protocol.unsent = unsent(&fields)?;
            Some(reconnect(&fields)?)
        }
    };
    let delivery = delivery(&options, &protocol)?;
    Ok((ClientOptions { protocol, reconnect }, delivery))
}

/// Parses `TCPSocketServerOptions`.
pub fn server_options<'a>(argument: &Argument<'a>) -> Read<(ServerOptions, DeliveryOptions<'a>)> {
    let Some(options) = fields::optional_object(argument, "options")? else { return Ok(Default::default()) };
    let protocol = protocol(&options)?;
    let delivery = delivery(&options, &protocol)?;
    let options = ServerOptions {
        protocol,
        max_connections: fields::count(&options, "maxConnections")?,
        return_timeout: fields::milliseconds(&options, "returnTimeoutMs")?.unwrap_or(limits::RETURN_TIMEOUT),
    };
    Ok((options, delivery))
}

/// Parses `TCPServerCloseOptions`.
pub fn close_options(argument: &Argument<'_>) -> Read<Connections> {
    let Some(options) = fields::optional_object(argument, "options")? else { return Ok(Connections::Keep) };
    let deadline = fields::milliseconds(&options, "deadlineMs")?;
    match fields::choice(&options, "connections", &["keep", "drain", "abort"])? {
        Some("drain") => Ok(Connections::Drain(deadline)),
        Some("abort") => Ok(Connections::Abort),
        _ => Ok(Connections::Keep),
    }
}

fn protocol(options: &Object<'_>) -> Read<Protocol> {
    let default = Protocol::default();
    let (key, handshake_timeout) = match fields::field_object(options, "admission")? {
        None => (None, default.handshake_timeout),
        Some(admission) => admission_of(&admission)?,
    };
    let (heartbeat, ping) = match fields::field_object(options, "heartbeat")? {
        None => (None, None),
        Some(fields) => (Some(heartbeat(&fields)?), ping(&fields)?),
    };
    let protocol = Protocol {
        framing: fields::field_object(options, "framing")?
            .map(|fields| framing_options::framing(&fields))
            .transpose()?,
        heartbeat,
        ping,
        acknowledge: convert::optional_boolean(options, "acknowledge")?.unwrap_or(false),
        key,
        handshake_timeout,
        idle_timeout: fields::milliseconds(options, "idleTimeoutMs")?,
        send_queue_limit_bytes: fields::count(options, "sendQueueLimitBytes")?,
        unsent: default.unsent,
        allow_half_open: convert::optional_boolean(options, "allowHalfOpen")?.unwrap_or(false),
    };
    protocol.check().map_err(|error| ArgumentError::parameter("options:", error))?;
    Ok(protocol)
}

/// Returns the options of a delivery, and the functions of the app.
fn delivery<'a>(options: &Object<'a>, protocol: &Protocol) -> Read<DeliveryOptions<'a>> {
    let limit_bytes = protocol.framing.as_ref().and_then(Framing::custom_limit_bytes);
    let message_length = match fields::field_object(options, "framing")? {
        Some(fields) if limit_bytes.is_some() => framing_options::message_length(&fields)?,
        _ => None,
    };
    let ping = match fields::field_object(options, "heartbeat")? {
        Some(fields) if protocol.ping.as_ref().is_some_and(|ping| ping.is_made) => fields.get::<Unknown<'_>>("ping")?,
        _ => None,
    };
    let requests = match fields::field_object(options, "requests")? {
        None => None,
        Some(_) if protocol.framing.is_none() => return Err(ArgumentError::parameter("requests", "needs framing")),
        Some(fields) => Some(request_options::requests(&fields, protocol.acknowledge)?),
    };
    Ok((DeliveryKind { limit_bytes, requests }, Functions { message_length, ping }))
}

fn heartbeat(fields: &Object<'_>) -> Read<Heartbeat> {
    let missing = || ArgumentError::parameter("heartbeat.intervalMs", "is missing");
    let interval = fields::milliseconds(fields, "intervalMs")?.ok_or_else(missing)?;
    let timeout = fields::milliseconds(fields, "timeoutMs")?.unwrap_or(interval * HEARTBEAT_TIMEOUT_INTERVALS);
    let stalled_timeout = fields::milliseconds_from(0, fields, "stalledTimeoutMs")?;
    Ok(Heartbeat { interval, timeout, stalled_timeout })
}

/// Parses the ping of the peer's own protocol.
fn ping(fields: &Object<'_>) -> Read<Option<Ping>> {
    let is_pong = fields::field_object(fields, "isPong")?;
    let function = fields.get::<Unknown<'_>>("ping")?.filter(|value| node_api::is_function(value).unwrap_or(false));
    let is_made = function.is_some();
    let message = match function {
        Some(function) => fields::made_bytes(&Env::from_raw(fields.value().env), &function, "heartbeat.ping")?,
        None => fields::bytes(fields, "ping")?,
    };
    let Some(message) = message else {
        let needs_ping = ArgumentError::parameter("heartbeat.isPong", "needs heartbeat.ping");
        let makes_none = ArgumentError::parameter("heartbeat.ping", "must make a ping");
        return if is_made {
            Err(makes_none)
        } else if is_pong.is_some() {
            Err(needs_ping)
        } else {
            Ok(None)
        };
    };
    let pong = match is_pong {
        None => None,
        Some(fields) => match (fields::bytes(&fields, "prefix")?, fields::bytes(&fields, "whole")?) {
            (Some(prefix), None) => Some(Pong::Prefix(prefix)),
            (None, Some(whole)) => Some(Pong::Whole(whole)),
            _ => return Err(ArgumentError::parameter("heartbeat.isPong", "must have either prefix or whole")),
        },
    };
    Ok(Some(Ping { message, is_made, pong }))
}

fn admission_of(fields: &Object<'_>) -> Read<(Option<Arc<Key>>, Duration)> {
    let key = match fields::text(fields, "key")? {
        Some(text) => Key::from_base32(&Zeroizing::new(text)),
        None => {
            let missing = || ArgumentError::parameter("admission.key", "must be base32 text or an ArrayBuffer");
            let bytes = fields::bytes(fields, "key")?.ok_or_else(missing)?;
            Key::from_bytes(&Zeroizing::new(Vec::from(bytes)))
        }
    };
    let key = key.map_err(|error| ArgumentError::parameter("admission.key:", error))?;
    Ok((Some(Arc::new(key)), fields::milliseconds(fields, "timeoutMs")?.unwrap_or(limits::HANDSHAKE_TIMEOUT)))
}

fn reconnect(fields: &Object<'_>) -> Read<Reconnect> {
    let default = Reconnect::default();
    let min_delay = fields::milliseconds(fields, "minDelayMs")?.unwrap_or(default.min_delay);
    let max_delay = fields::milliseconds(fields, "maxDelayMs")?.unwrap_or(default.max_delay.max(min_delay));
    if max_delay < min_delay {
        return Err(ArgumentError::parameter("reconnect.maxDelayMs", "must not be less than minDelayMs"));
    }
    let max_attempts = fields::count(fields, "maxAttempts")?.map(|count| u32::try_from(count).unwrap_or(u32::MAX));
    Ok(Reconnect { min_delay, max_delay, max_attempts })
}

fn unsent(reconnect: &Object<'_>) -> Read<Unsent> {
    Ok(match fields::choice(reconnect, "unsent", &["keep", "reject"])? {
        Some("reject") => Unsent::Reject,
        _ => Unsent::Keep,
    })
}

mod declared {
    #![expect(dead_code, reason = "read by napi-derive alone, which declares them in index.d.ts")]

    use napi_derive_ohos::napi;

    /// Sends pings to a silent peer; socketkit at the peer answers them.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "HeartbeatOptions")]
    pub struct HeartbeatOptions {
        /// Silence in milliseconds after which a ping is sent.
        pub interval_ms: f64,
        /// Silence in milliseconds after which the peer counts as gone, or as stalled; default: three intervals.
        pub timeout_ms: Option<f64>,
        /// How long after that, in milliseconds, a peer may be stalled: its process sends nothing although its system
        /// answers, for example because the app is in the background. 0: not at all. Default 600000 on loopback, 0 elsewhere.
        pub stalled_timeout_ms: Option<f64>,
        /// Ping for a peer without socketkit, in its own protocol: a message. With it `framing` may have any type or be missing,
        /// and the peer needs no heartbeat. Of a function, the return value: it is called when the object is created, for the first
        /// ping of each connection, and after each ping for the next one.
        #[napi(ts_type = "string | ArrayBuffer | ArrayBufferView | (() => string | ArrayBuffer | ArrayBufferView)")]
        pub ping: Option<()>,
        /// With `ping`: which messages of the peer (without `framing`: reads) are answers. No listener gets them. Default: none.
        #[napi(ts_type = "PongMatcher")]
        pub is_pong: Option<()>,
    }

    /// Which messages (without `framing`: reads) answer a ping: one of the two fields.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "PongMatcher")]
    pub struct PongMatcher {
        /// Messages that begin with these bytes.
        #[napi(ts_type = "string | ArrayBuffer | ArrayBufferView")]
        pub prefix: Option<()>,
        /// Messages equal to these bytes.
        #[napi(ts_type = "string | ArrayBuffer | ArrayBufferView")]
        pub whole: Option<()>,
    }

    /// Before anything else, both sides prove that they have the key. All data is encrypted with it.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "AdmissionOptions")]
    pub struct AdmissionOptions {
        /// At least 80 bits: base32 text as returned by `createPairingKey` (upper or lower case; spaces and hyphens are
        /// ignored), or bytes.
        #[napi(ts_type = "string | ArrayBuffer | ArrayBufferView")]
        pub key: (),
        /// Time limit of a server for the handshake of a peer, in milliseconds; default 5000. A client has the time-out of
        /// its `connect`.
        pub timeout_ms: Option<f64>,
    }

    /// The client reconnects automatically.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "ReconnectOptions")]
    pub struct ReconnectOptions {
        /// Delay before the first attempt in milliseconds; default 200. Each further delay is about twice as long, reduced by up
        /// to half at random, until a link has lasted longer than `maxDelayMs`.
        pub min_delay_ms: Option<f64>,
        /// Longest delay in milliseconds; default 10000.
        pub max_delay_ms: Option<f64>,
        /// Number of consecutive failed attempts after which the client gives up; default: no limit. An attempt also counts as
        /// failed if its link lasted no longer than `maxDelayMs`.
        pub max_attempts: Option<f64>,
        /// Messages that the kernel has not taken when the link is lost: `keep` (the default) sends them on the next link,
        /// `reject` rejects them, and all messages sent while there is no link.
        #[napi(ts_type = "'keep' | 'reject'")]
        pub unsent: Option<()>,
    }

    /// Options of a client. Without any, it uses plain TCP, as the system socket API does.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "TCPSocketOptions")]
    pub struct TCPSocketOptions {
        /// Each `message` is one complete message, however TCP splits it.
        #[napi(ts_type = "FramingOptions")]
        pub framing: Option<()>,
        /// Detects that the peer is gone. Needs `framing` of type `length`, and heartbeat on both sides.
        #[napi(ts_type = "HeartbeatOptions")]
        pub heartbeat: Option<()>,
        /// `send` is finished when socketkit at the peer has the message. Needs `framing` of type `length`, and the same at the
        /// server. With `reconnect`, messages survive a link loss, and arrive once and in order.
        pub acknowledge: Option<bool>,
        /// Accepts only peers that have the key. Needs `framing` of type `length`, and the same at the server.
        #[napi(ts_type = "AdmissionOptions")]
        pub admission: Option<()>,
        /// How answers to a `request` are recognised. Needs `framing`.
        #[napi(ts_type = "RequestsOptions")]
        pub requests: Option<()>,
        /// Reconnects automatically.
        #[napi(ts_type = "ReconnectOptions")]
        pub reconnect: Option<()>,
        /// Keeps the connection open for this side when the peer has ended its side, until `end()` or `close()`; event `end`
        /// reports it. Otherwise it is closed when the `message` listeners have returned and everything they sent is sent.
        pub allow_half_open: Option<bool>,
        /// Time without messages in either direction after which the connection is closed, in milliseconds; default: never.
        pub idle_timeout_ms: Option<f64>,
        /// Limit of the send queue in bytes; default 16777216, without framing up to 268435456 while the peer reads at least every
        /// 20 seconds. A `send` beyond it fails with 2301105 (ENOBUFS), unless the queue is empty. Each message counts 64 bytes in
        /// addition to its own.
        pub send_queue_limit_bytes: Option<f64>,
    }

    /// Options of a server. Without any, it uses plain TCP, as the system socket API does.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "TCPSocketServerOptions")]
    pub struct TCPSocketServerOptions {
        /// Each `message` is one complete message, however TCP splits it.
        #[napi(ts_type = "FramingOptions")]
        pub framing: Option<()>,
        /// Detects that a peer is gone. Needs `framing` of type `length`, and heartbeat on both sides.
        #[napi(ts_type = "HeartbeatOptions")]
        pub heartbeat: Option<()>,
        /// `send` is finished when socketkit at the peer has the message. Needs `framing` of type `length`, and the same at the
        /// clients. A connection then survives a link loss: it waits for its client to reconnect.
        pub acknowledge: Option<bool>,
        /// Accepts only peers that have the key. Needs `framing` of type `length`, and the same at the clients.
        #[napi(ts_type = "AdmissionOptions")]
        pub admission: Option<()>,
        /// How answers to a `request` of a connection are recognised. Needs `framing`.
        #[napi(ts_type = "RequestsOptions")]
        pub requests: Option<()>,
        /// Keeps a connection open for this side when the peer has ended its side, until `end()` or `close()`; event `end`
        /// reports it. Otherwise it is closed when the `message` listeners have returned and everything they sent is sent.
        pub allow_half_open: Option<bool>,
        /// Time without messages in either direction after which a connection is closed, in milliseconds; default: never.
        pub idle_timeout_ms: Option<f64>,
        /// Limit of the send queue of one connection in bytes; default 16777216, without framing up to 268435456 while the peer
        /// reads at least every 20 seconds. A `send` beyond it fails with 2303205 (ENOBUFS), unless the queue is empty. Each message
        /// counts 64 bytes in addition to its own.
        pub send_queue_limit_bytes: Option<f64>,
        /// Limit of open connections, above which peers are rejected with event `reject`; default: no limit.
        pub max_connections: Option<f64>,
        /// With `acknowledge`: how long a connection waits for its client to reconnect, in milliseconds; default 30000. While it
        /// waits it does not count as open; at most `maxConnections` connections wait, one more ends the longest wait.
        pub return_timeout_ms: Option<f64>,
    }

    /// Treatment of connections when a server is closed.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "TCPServerCloseOptions")]
    pub struct TCPServerCloseOptions {
        /// `keep` (the default): they stay open. `drain`: they are closed after everything in their queues is sent. `abort`: they
        /// are reset.
        #[napi(ts_type = "'keep' | 'drain' | 'abort'")]
        pub connections: Option<()>,
        /// Time limit of draining in milliseconds; by default none while peers take something. Connections still open then are reset.
        pub deadline_ms: Option<f64>,
    }
}
