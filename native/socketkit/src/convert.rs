//! Arguments from JavaScript, checked.

use std::borrow::Cow;
use std::time::Duration;

use napi_ohos::bindgen_prelude::{Object, Unknown};
use socket_engine::{AddressFamily, Credentials, Host, NetAddress, Proxy, Route, SocketOptions, limits};

use crate::encoding::Encoding;
use crate::error::Refusal;
use crate::node_api;
use crate::types::ProxyTypes;

/// An argument that may be missing.
pub type Argument<'env> = Option<Unknown<'env>>;

/// The result of reading arguments.
pub type Read<T> = std::result::Result<T, Refusal>;

/// Reads a `NetAddress`.
pub fn net_address(argument: &Argument<'_>) -> Read<NetAddress> {
    let object = object(argument, "address")?;
    let address = required_string(&object, "address")?;
    let family = match optional_number(&object, "family")? {
        None => AddressFamily::V4,
        Some(1.0) => AddressFamily::V4,
        Some(2.0) => AddressFamily::V6,
        Some(_) => AddressFamily::Any,
    };
    let port = optional_number(&object, "port")?.map_or(0, truncate_port);
    Ok(NetAddress { address, family, port })
}

/// Reads `TCPConnectOptions`: where to connect to, and how long to try.
pub fn connect_options(argument: &Argument<'_>) -> Read<(Route, Duration)> {
    let object = object(argument, "options")?;
    let route = Route { target: host(&object)?, proxy: proxy(&object)? };
    let timeout = optional_number(&object, "timeout")?.and_then(positive_milliseconds);
    Ok((route, timeout.unwrap_or(limits::CONNECT_TIMEOUT)))
}

fn host(options: &Object<'_>) -> Read<Host> {
    Ok(net_address(&options.get::<Unknown<'_>>("address")?)?.to_host()?)
}

fn proxy(options: &Object<'_>) -> Read<Option<Proxy>> {
    let proxy = options.get::<Unknown<'_>>("proxy")?;
    if proxy.is_none() {
        return Ok(None);
    }
    let proxy = object(&proxy, "proxy")?;
    let proxy_type = optional_number(&proxy, "type")?;
    if proxy_type == Some(ProxyTypes::NONE.number()) {
        return Ok(None);
    }
    if proxy_type != Some(ProxyTypes::SOCKS5.number()) {
        return Err(Refusal::parameter("proxy.type", "must be ProxyTypes.NONE or ProxyTypes.SOCKS5"));
    }
    Ok(Some(Proxy { host: host(&proxy)?, credentials: credentials(&proxy)? }))
}

/// No user name and no password are the same as empty ones.
fn credentials(proxy: &Object<'_>) -> Read<Option<Credentials>> {
    let (username, password) = (optional_string(proxy, "username")?, optional_string(proxy, "password")?);
    let is_given = !username.is_empty() || !password.is_empty();
    Ok(is_given.then_some(Credentials { username, password }))
}

/// Reads `TCPSendOptions` and runs `send` with the bytes to be sent.
pub fn with_send_options<R>(argument: &Argument<'_>, send: impl FnOnce(&[u8]) -> R) -> Read<R> {
    let object = object(argument, "options")?;
    let encoding =
        node_api::property(&object, c"encoding")?.map(|name| string(&Some(name), "options.encoding")).transpose()?;
    let wrong = || Refusal::parameter("options.data", "must be a string, an ArrayBuffer, a typed array or a DataView");
    let data = node_api::property(&object, c"data")?.ok_or_else(wrong)?;
    if let Some(text) = node_api::as_string(&data)? {
        return Ok(send(&encoded(&text, encoding.as_deref())?));
    }
    if node_api::as_object(&data)?.is_none() {
        return Err(wrong());
    }
    node_api::with_bytes(&data, send)?.ok_or_else(wrong)
}

/// Reads `TCPExtraOptions`.
pub fn extra_options(argument: &Argument<'_>) -> Read<SocketOptions> {
    let object = object(argument, "options")?;
    // The kernel takes C ints; larger numbers are cut to the largest of them.
    let int = |field: &str| -> Read<Option<i32>> { Ok(optional_number(&object, field)?.map(|number| number as i32)) };
    Ok(SocketOptions {
        keep_alive: optional_boolean(&object, "keepAlive")?,
        keep_alive_idle_ms: int("keepAliveIdleMs")?,
        keep_alive_interval_ms: int("keepAliveIntervalMs")?,
        keep_alive_count: int("keepAliveCount")?,
        out_of_band_inline: optional_boolean(&object, "OOBInline")?,
        no_delay: optional_boolean(&object, "TCPNoDelay")?,
        linger: linger(&object)?,
        receive_buffer_bytes: int("receiveBufferSize")?,
        send_buffer_bytes: int("sendBufferSize")?,
        reuse_address: optional_boolean(&object, "reuseAddress")?,
        timeout_ms: int("socketTimeout")?,
        fast_open: optional_boolean(&object, "tcpFastOpen")?,
    })
}

fn linger(options: &Object<'_>) -> Read<Option<Option<Duration>>> {
    let linger = options.get::<Unknown<'_>>("socketLinger")?;
    if linger.is_none() {
        return Ok(None);
    }
    let linger = object(&linger, "socketLinger")?;
    let missing = |field| Refusal::parameter("socketLinger", format!("must have {field}"));
    let on = optional_boolean(&linger, "on")?.ok_or_else(|| missing("on"))?;
    let milliseconds = optional_number(&linger, "linger")?.ok_or_else(|| missing("linger"))?;
    // What is no time must not become one of 0, which resets the connection.
    if milliseconds.is_nan() {
        return Ok(None);
    }
    Ok(Some(on.then(|| Duration::from_millis(milliseconds as u64))))
}

/// Reads a callback that may be missing.
pub fn callback<'env>(argument: Argument<'env>) -> Read<Argument<'env>> {
    match argument {
        Some(value) if !node_api::is_function(&value)? => Err(Refusal::parameter("callback", "must be a function")),
        argument => Ok(argument),
    }
}

/// Reads a callback that must be there.
pub fn listener<'env>(argument: Argument<'env>) -> Read<Unknown<'env>> {
    callback(argument)?.ok_or_else(|| Refusal::parameter("callback", "is missing"))
}

/// Reads a string argument called `name`.
pub fn string(argument: &Argument<'_>, name: &str) -> Read<String> {
    let text = argument.as_ref().map(node_api::as_string).transpose()?.flatten();
    text.ok_or_else(|| Refusal::parameter(name, "must be a string"))
}

/// Reads an object argument called `name`.
pub fn object<'env>(argument: &Argument<'env>, name: &str) -> Read<Object<'env>> {
    let object = argument.as_ref().map(node_api::as_object).transpose()?.flatten();
    object.ok_or_else(|| Refusal::parameter(name, "must be an object"))
}

/// The bytes of `text` in the encoding of this name. A text in another encoding, or with other characters, would be
/// worse than none.
fn encoded<'a>(text: &'a str, name: Option<&str>) -> Read<Cow<'a, [u8]>> {
    let Some(name) = name else { return Ok(text.as_bytes().into()) };
    let encoding = Encoding::named(name).ok_or_else(|| {
        let should =
            format!("is \"{name}\", which is not there: encode the text with util.TextEncoder and send its bytes");
        Refusal::parameter("options.encoding", should)
    })?;
    encoding.encode(text).map_err(|character| {
        let code_point = u32::from(character);
        let should = format!("has \"{character}\" (U+{code_point:04X}), which {name} cannot express");
        Refusal::parameter("options.data", should)
    })
}

fn required_string(object: &Object<'_>, field: &str) -> Read<String> {
    string(&object.get::<Unknown<'_>>(field)?, field)
}

fn optional_string(object: &Object<'_>, field: &str) -> Read<String> {
    let value = object.get::<Unknown<'_>>(field)?;
    if value.is_none() { Ok(String::new()) } else { string(&value, field) }
}

/// Reads a number that may be missing.
pub fn optional_number(object: &Object<'_>, field: &str) -> Read<Option<f64>> {
    let Some(value) = object.get::<Unknown<'_>>(field)? else {
        return Ok(None);
    };
    node_api::as_number(&value)?.map(Some).ok_or_else(|| Refusal::parameter(field, "must be a number"))
}

/// Reads a boolean that may be missing.
pub fn optional_boolean(object: &Object<'_>, field: &str) -> Read<Option<bool>> {
    let Some(value) = object.get::<Unknown<'_>>(field)? else { return Ok(None) };
    node_api::as_boolean(&value)?.map(Some).ok_or_else(|| Refusal::parameter(field, "must be a boolean"))
}

/// The low 16 bits, as the system's kit takes a port: -1 is 65535, 65536 is 0.
fn truncate_port(port: f64) -> u16 {
    (port as i64) as u16
}

/// A time-out of no time means the default.
fn positive_milliseconds(milliseconds: f64) -> Option<Duration> {
    (milliseconds > 0.0).then(|| Duration::from_millis(milliseconds as u64))
}
