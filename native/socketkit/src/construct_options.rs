//! What a client or a server is made with: declared and read here.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use napi_ohos::bindgen_prelude::{Object, Unknown};
use socket_engine::{
    ClientOptions, Connections, Framing, FramingOptionsError, Heartbeat, Key, Protocol, Reconnect, ServerOptions,
    Unsent, limits,
};
use zeroize::Zeroizing;

use crate::convert::{self, Argument, Read};
use crate::error::Refusal;
use crate::node_api;

/// Silence, in intervals of the heartbeat, after which a peer counts as gone unless told otherwise.
const HEARTBEAT_TIMEOUT_INTERVALS: u32 = 3;

/// Longest message of a framing unless told otherwise, in bytes.
const MESSAGE_MAX_BYTES: usize = 1024 * 1024;

/// Reads `TCPSocketOptions`.
pub fn client_options(argument: &Argument<'_>) -> Read<ClientOptions> {
    let Some(options) = optional_object(argument, "options")? else { return Ok(ClientOptions::default()) };
    let mut protocol = protocol(&options)?;
    let reconnect = match field_object(&options, "reconnect")? {
        None => None,
        Some(fields) => {
            protocol.unsent = unsent(&fields)?;
            Some(reconnect(&fields)?)
        }
    };
    Ok(ClientOptions { protocol, reconnect })
}

/// Reads `TCPSocketServerOptions`.
pub fn server_options(argument: &Argument<'_>) -> Read<ServerOptions> {
    let Some(options) = optional_object(argument, "options")? else { return Ok(ServerOptions::default()) };
    Ok(ServerOptions {
        protocol: protocol(&options)?,
        max_connections: count(&options, "maxConnections")?,
        return_timeout: milliseconds(&options, "returnTimeoutMs")?.unwrap_or(limits::RETURN_TIMEOUT),
    })
}

/// Reads `TCPServerCloseOptions`.
pub fn close_options(argument: &Argument<'_>) -> Read<Connections> {
    let Some(options) = optional_object(argument, "options")? else { return Ok(Connections::Keep) };
    let deadline = milliseconds(&options, "deadlineMs")?.unwrap_or(limits::DRAIN_TIMEOUT);
    match choice(&options, "connections", &["keep", "drain", "abort"])? {
        Some("drain") => Ok(Connections::Drain(deadline)),
        Some("abort") => Ok(Connections::Abort),
        _ => Ok(Connections::Keep),
    }
}

fn protocol(options: &Object<'_>) -> Read<Protocol> {
    let default = Protocol::default();
    let (key, handshake_timeout) = match field_object(options, "admission")? {
        None => (None, default.handshake_timeout),
        Some(admission) => admission_of(&admission)?,
    };
    let protocol = Protocol {
        framing: field_object(options, "framing")?.map(|fields| framing(&fields)).transpose()?,
        heartbeat: field_object(options, "heartbeat")?.map(|fields| heartbeat(&fields)).transpose()?,
        acknowledge: convert::optional_boolean(options, "acknowledge")?.unwrap_or(false),
        key,
        handshake_timeout,
        idle_timeout: milliseconds(options, "idleTimeoutMs")?,
        send_queue_limit_bytes: count(options, "sendQueueLimitBytes")?,
        unsent: default.unsent,
        allow_half_open: convert::optional_boolean(options, "allowHalfOpen")?.unwrap_or(false),
    };
    protocol.check().map_err(|error| Refusal::parameter("options:", error))?;
    Ok(protocol)
}

fn framing(fields: &Object<'_>) -> Read<Framing> {
    let max_message_bytes = count(fields, "maxMessageBytes")?;
    let framing = match choice(fields, "type", &["length", "delimiter"])? {
        Some("length") => {
            let width_bytes = count(fields, "lengthBytes")?.unwrap_or(4);
            let little_endian = convert::optional_boolean(fields, "littleEndian")?.unwrap_or(false);
            let most = 1_usize.checked_shl(8 * width_bytes.min(8) as u32).map_or(usize::MAX, |count| count - 1);
            Framing::length(width_bytes, little_endian, max_message_bytes.unwrap_or(most.min(MESSAGE_MAX_BYTES)))
        }
        Some(_) => {
            let delimiter = bytes(fields, "delimiter")?.unwrap_or(Bytes::from_static(b"\n"));
            Framing::delimiter(delimiter, max_message_bytes.unwrap_or(MESSAGE_MAX_BYTES))
        }
        None => return Err(Refusal::parameter("framing.type", "is missing")),
    };
    framing.map_err(framing_refusal)
}

fn framing_refusal(error: FramingOptionsError) -> Refusal {
    match error {
        FramingOptionsError::Width => Refusal::parameter("framing.lengthBytes", "must be 1, 2 or 4"),
        FramingOptionsError::Delimiter => {
            Refusal::parameter("framing.delimiter", format!("must have 1 to {} bytes", limits::DELIMITER_LIMIT_BYTES))
        }
        FramingOptionsError::MaxMessage { limit_bytes } => {
            Refusal::parameter("framing.maxMessageBytes", format!("must be a whole number from 1 to {limit_bytes}"))
        }
    }
}

fn heartbeat(fields: &Object<'_>) -> Read<Heartbeat> {
    let missing = || Refusal::parameter("heartbeat.intervalMs", "is missing");
    let interval = milliseconds(fields, "intervalMs")?.ok_or_else(missing)?;
    let timeout = milliseconds(fields, "timeoutMs")?.unwrap_or(interval * HEARTBEAT_TIMEOUT_INTERVALS);
    let stalled_timeout = milliseconds_from(0, fields, "stalledTimeoutMs")?;
    Ok(Heartbeat { interval, timeout, stalled_timeout })
}

fn admission_of(fields: &Object<'_>) -> Read<(Option<Arc<Key>>, Duration)> {
    let key = match text(fields, "key")? {
        Some(text) => Key::from_base32(&Zeroizing::new(text)),
        None => {
            let missing = || Refusal::parameter("admission.key", "must be base32 text or an ArrayBuffer");
            let bytes = bytes(fields, "key")?.ok_or_else(missing)?;
            Key::from_bytes(&Zeroizing::new(Vec::from(bytes)))
        }
    };
    let key = key.map_err(|error| Refusal::parameter("admission.key:", error))?;
    Ok((Some(Arc::new(key)), milliseconds(fields, "timeoutMs")?.unwrap_or(limits::HANDSHAKE_TIMEOUT)))
}

fn reconnect(fields: &Object<'_>) -> Read<Reconnect> {
    let default = Reconnect::default();
    let min_delay = milliseconds(fields, "minDelayMs")?.unwrap_or(default.min_delay);
    let max_delay = milliseconds(fields, "maxDelayMs")?.unwrap_or(default.max_delay.max(min_delay));
    if max_delay < min_delay {
        return Err(Refusal::parameter("reconnect.maxDelayMs", "must not be less than minDelayMs"));
    }
    let max_attempts = count(fields, "maxAttempts")?.map(|count| u32::try_from(count).unwrap_or(u32::MAX));
    Ok(Reconnect { min_delay, max_delay, max_attempts })
}

fn unsent(reconnect: &Object<'_>) -> Read<Unsent> {
    Ok(match choice(reconnect, "unsent", &["keep", "reject"])? {
        Some("reject") => Unsent::Reject,
        _ => Unsent::Keep,
    })
}

fn optional_object<'env>(argument: &Argument<'env>, name: &str) -> Read<Option<Object<'env>>> {
    if argument.is_none() { Ok(None) } else { convert::object(argument, name).map(Some) }
}

fn field_object<'env>(options: &Object<'env>, field: &str) -> Read<Option<Object<'env>>> {
    optional_object(&options.get::<Unknown<'_>>(field)?, field)
}

/// One of the texts in `among`.
fn choice<'a>(options: &Object<'_>, field: &str, among: &[&'a str]) -> Read<Option<&'a str>> {
    let value = options.get::<Unknown<'_>>(field)?;
    if value.is_none() {
        return Ok(None);
    }
    let text = convert::string(&value, field)?;
    let found = among.iter().find(|choice| **choice == text).copied();
    found.map(Some).ok_or_else(|| Refusal::parameter(field, format!("must be one of {}", among.join(", "))))
}

fn text(options: &Object<'_>, field: &str) -> Read<Option<String>> {
    let value = options.get::<Unknown<'_>>(field)?;
    Ok(value.as_ref().map(node_api::as_string).transpose()?.flatten())
}

/// Bytes, or a text as UTF-8.
fn bytes(options: &Object<'_>, field: &str) -> Read<Option<Bytes>> {
    let Some(value) = options.get::<Unknown<'_>>(field)? else { return Ok(None) };
    if let Some(text) = node_api::as_string(&value)? {
        return Ok(Some(text.into()));
    }
    let wrong = || Refusal::parameter(field, "must be a string, an ArrayBuffer, a typed array or a DataView");
    if node_api::as_object(&value)?.is_none() {
        return Err(wrong());
    }
    node_api::with_bytes(&value, Bytes::copy_from_slice)?.ok_or_else(wrong).map(Some)
}

/// A whole number from 1 on.
fn count(options: &Object<'_>, field: &str) -> Read<Option<usize>> {
    let Some(number) = convert::optional_number(options, field)? else { return Ok(None) };
    let is_count = number >= 1.0 && number.fract() == 0.0;
    if is_count {
        Ok(Some(number as usize))
    } else {
        Err(Refusal::parameter(field, "must be a whole number from 1 on"))
    }
}

/// A time, from one millisecond to 24 days, which is what timers take.
fn milliseconds(options: &Object<'_>, field: &str) -> Read<Option<Duration>> {
    milliseconds_from(1, options, field)
}

fn milliseconds_from(least: i32, options: &Object<'_>, field: &str) -> Read<Option<Duration>> {
    let Some(number) = convert::optional_number(options, field)? else { return Ok(None) };
    if (f64::from(least)..=f64::from(i32::MAX)).contains(&number) {
        return Ok(Some(Duration::from_millis(number as u64)));
    }
    Err(Refusal::parameter(field, format!("must be a number of milliseconds from {least} to {}", i32::MAX)))
}

mod declared {
    #![expect(dead_code, reason = "read by napi-derive alone, which declares them in index.d.ts")]

    use napi_derive_ohos::napi;

    /// Where a message begins and ends. Both sides must have the same.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "FramingOptions")]
    pub struct FramingOptions {
        /// `length`: each message has its length before it. `delimiter`: each message has a delimiter behind it, and must
        /// not contain it.
        #[napi(ts_type = "'length' | 'delimiter'")]
        pub r#type: (),
        /// Bytes of the length: 1, 2 or 4 (the default).
        pub length_bytes: Option<f64>,
        /// The length's least significant byte comes first; otherwise, and by default, the most significant one.
        pub little_endian: Option<bool>,
        /// 1 to 64 bytes; a line feed unless given.
        #[napi(ts_type = "string | ArrayBuffer | ArrayBufferView")]
        pub delimiter: Option<()>,
        /// Longest message in bytes, in both directions; 1048576 unless given (255 or 65535 where the length has 1 or 2
        /// bytes). A longer one is refused by `send` with 2301090 (a server's connection: 2303190); from the peer it is
        /// an `error` with 2301090, and `close`.
        pub max_message_bytes: Option<f64>,
    }

    /// Asks a silent peer whether it is there; its kit answers by itself.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "HeartbeatOptions")]
    pub struct HeartbeatOptions {
        /// Silence, in milliseconds, after which the peer is asked.
        pub interval_ms: f64,
        /// Silence, in milliseconds, after which it counts as gone, or as stalled; three intervals unless given.
        pub timeout_ms: Option<f64>,
        /// How long, in milliseconds after that, a peer may be stalled: its process says nothing although its system
        /// answers, as that of an app in the background does. 0: not at all. 600000 on loopback and 0 elsewhere unless
        /// given.
        pub stalled_timeout_ms: Option<f64>,
    }

    /// Both sides prove that they know the key before anything else. Nothing is encrypted.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "AdmissionOptions")]
    pub struct AdmissionOptions {
        /// At least 80 bits: base32 text as `createPairingKey` makes it (upper or lower case, spaces and hyphens do not
        /// count), or bytes.
        #[napi(ts_type = "string | ArrayBuffer | ArrayBufferView")]
        pub key: (),
        /// How long a server lets a peer take for it, in milliseconds; 5000 unless given. A client has the time-out of
        /// its `connect`.
        pub timeout_ms: Option<f64>,
    }

    /// The client connects again by itself.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "ReconnectOptions")]
    pub struct ReconnectOptions {
        /// Milliseconds before the first attempt; 200 unless given. Each further wait is about twice as long, with up to a
        /// half of it taken away at random, until a link has lasted longer than `maxDelayMs`.
        pub min_delay_ms: Option<f64>,
        /// Longest wait in milliseconds; 10000 unless given.
        pub max_delay_ms: Option<f64>,
        /// Attempts in a row that may fail; without limit unless given. One whose link lasted no longer than `maxDelayMs` counts
        /// as failed.
        pub max_attempts: Option<f64>,
        /// What becomes of messages that the kernel does not have when the link is lost: `keep` (the default) sends them
        /// with the next one, `reject` rejects them, and all that are sent while there is none.
        #[napi(ts_type = "'keep' | 'reject'")]
        pub unsent: Option<()>,
    }

    /// What a client is made with. Without any of it, it speaks plain TCP, as the system's kit does.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "TCPSocketOptions")]
    pub struct TCPSocketOptions {
        /// A `message` is one whole message, however TCP cut it.
        #[napi(ts_type = "FramingOptions")]
        pub framing: Option<()>,
        /// Finds out that the peer is gone. Needs `framing` of type `length`, on both sides heartbeat.
        #[napi(ts_type = "HeartbeatOptions")]
        pub heartbeat: Option<()>,
        /// `send` is finished when the peer's kit has the message. Needs `framing` of type `length`, and the same of the
        /// server. With `reconnect`, messages survive a cut, and arrive once and in order.
        pub acknowledge: Option<bool>,
        /// Admits only who knows the key. Needs `framing` of type `length`, and the same of the server.
        #[napi(ts_type = "AdmissionOptions")]
        pub admission: Option<()>,
        /// Connects again by itself.
        #[napi(ts_type = "ReconnectOptions")]
        pub reconnect: Option<()>,
        /// Keeps the connection open for this side when the peer has ended its side, until `end()` or `close()`; `end` tells.
        /// Otherwise it is closed when the listeners of `message` have returned and what they sent has gone out.
        pub allow_half_open: Option<bool>,
        /// Milliseconds without a message in either direction after which the connection is closed; never unless given.
        pub idle_timeout_ms: Option<f64>,
        /// Bytes that may wait to be sent; 16777216 unless given, and without framing up to 268435456 while the peer takes
        /// something every 20 seconds. A `send` beyond it is refused with 2301105 (ENOBUFS), unless nothing waits. Each
        /// message counts 64 bytes beside its own.
        pub send_queue_limit_bytes: Option<f64>,
    }

    /// What a server is made with. Without any of it, it speaks plain TCP, as the system's kit does.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "TCPSocketServerOptions")]
    pub struct TCPSocketServerOptions {
        /// A `message` is one whole message, however TCP cut it.
        #[napi(ts_type = "FramingOptions")]
        pub framing: Option<()>,
        /// Finds out that a peer is gone. Needs `framing` of type `length`, on both sides heartbeat.
        #[napi(ts_type = "HeartbeatOptions")]
        pub heartbeat: Option<()>,
        /// `send` is finished when the peer's kit has the message. Needs `framing` of type `length`, and the same of the
        /// clients. A connection then survives a cut: it waits for its client to come back.
        pub acknowledge: Option<bool>,
        /// Admits only who knows the key. Needs `framing` of type `length`, and the same of the clients.
        #[napi(ts_type = "AdmissionOptions")]
        pub admission: Option<()>,
        /// Keeps a connection open for this side when the peer has ended its side, until `end()` or `close()`; `end` tells.
        /// Otherwise it is closed when the listeners of `message` have returned and what they sent has gone out.
        pub allow_half_open: Option<bool>,
        /// Milliseconds without a message in either direction after which a connection is closed; never unless given.
        pub idle_timeout_ms: Option<f64>,
        /// Bytes that may wait to be sent on one connection; 16777216 unless given, and without framing up to 268435456
        /// while the peer takes something every 20 seconds. A `send` beyond it is refused with 2303205 (ENOBUFS), unless
        /// nothing waits. Each message counts 64 bytes beside its own.
        pub send_queue_limit_bytes: Option<f64>,
        /// Open connections beyond which peers are turned away, and `reject` tells; as many as the system allows unless
        /// given.
        pub max_connections: Option<f64>,
        /// With `acknowledge`: how long a connection waits for its client to come back, in milliseconds; 30000 unless
        /// given. Meanwhile it takes no place; as many as there may be connections wait, one more ends the first.
        pub return_timeout_ms: Option<f64>,
    }

    /// What closing a server does with its connections.
    #[napi(object, object_from_js = false, object_to_js = false, js_name = "TCPServerCloseOptions")]
    pub struct TCPServerCloseOptions {
        /// `keep` (the default): they stay open. `drain`: they are closed when everything sent has gone out. `abort`: they
        /// are reset.
        #[napi(ts_type = "'keep' | 'drain' | 'abort'")]
        pub connections: Option<()>,
        /// How long draining may take, in milliseconds; 20000 unless given. What is not over by then is reset.
        pub deadline_ms: Option<f64>,
    }
}
