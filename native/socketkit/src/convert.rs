//! Checks and converts arguments from JavaScript.

use std::time::Duration;

use napi_ohos::bindgen_prelude::{Object, Unknown};
use socket_engine::{AddressFamily, Credentials, Host, NetAddress, Proxy, Route, SocketOptions, limits};

use crate::encoding;
use crate::error::ArgumentError;
use crate::node_api;
use crate::types::ProxyTypes;

/// An optional argument.
pub type Argument<'env> = Option<Unknown<'env>>;

/// Result of parsing an argument.
pub type Read<T> = std::result::Result<T, ArgumentError>;

/// Parses a `NetAddress`.
pub fn net_address(argument: &Argument<'_>) -> Read<NetAddress> {
    net_address_of(&object(argument, "address")?)
}

fn net_address_of(object: &Object<'_>) -> Read<NetAddress> {
    let address = required_string(object, "address")?;
    let family = match unsigned(object, "family")? {
        None | Some(1) => AddressFamily::V4,
        Some(2) => AddressFamily::V6,
        Some(_) => AddressFamily::Any,
    };
    // The low 16 bits: -1 is 65535, 65536 is 0.
    let port = unsigned(object, "port")?.map_or(0, |port| port as u16);
    Ok(NetAddress { address, family, port })
}

/// Parses `TCPConnectOptions`: target and time-out. A time-out of 0 means the default.
pub fn connect_options(argument: &Argument<'_>) -> Read<(Route, Duration)> {
    let object = object(argument, "options")?;
    let route = Route { target: host(&object)?, proxy: proxy(&object)? };
    let timeout = unsigned(&object, "timeout")?.filter(|&timeout| timeout > 0);
    Ok((route, timeout.map_or(limits::CONNECT_TIMEOUT, |timeout| Duration::from_millis(timeout.into()))))
}

fn host(options: &Object<'_>) -> Read<Host> {
    let address =
        field_object(options, "address")?.ok_or_else(|| ArgumentError::parameter("address", "must be an object"))?;
    Ok(net_address_of(&address)?.to_host()?)
}

fn proxy(options: &Object<'_>) -> Read<Option<Proxy>> {
    let Some(value) = options.get::<Unknown<'_>>("proxy")? else { return Ok(None) };
    let proxy = node_api::as_object(&value)?.ok_or_else(|| ArgumentError::parameter("proxy", "must be an object"))?;
    let proxy_type = number(&proxy, "type")?.unwrap_or(ProxyTypes::NONE.number());
    if proxy_type == ProxyTypes::NONE.number() {
        return Ok(None);
    }
    if proxy_type != ProxyTypes::SOCKS5.number() {
        return Err(ArgumentError::parameter("proxy.type", "must be ProxyTypes.NONE or ProxyTypes.SOCKS5"));
    }
    Ok(Some(Proxy { host: host(&proxy)?, credentials: credentials(&proxy)? }))
}

/// A missing user name and password count as empty.
fn credentials(proxy: &Object<'_>) -> Read<Option<Credentials>> {
    let (username, password) = (text(proxy, "username")?, text(proxy, "password")?);
    let is_given = !username.is_empty() || !password.is_empty();
    Ok(is_given.then_some(Credentials { username, password }))
}

/// Parses `TCPSendOptions` and runs `send` with the bytes to send.
pub fn with_send_options<R>(argument: &Argument<'_>, send: impl FnOnce(&[u8]) -> R) -> Read<R> {
    let object = object(argument, "options")?;
    let wrong =
        || ArgumentError::parameter("options.data", "must be a string, an ArrayBuffer, a typed array or a DataView");
    let data = node_api::property(&object, c"data")?.ok_or_else(wrong)?;
    if node_api::as_object(&data)?.is_some() {
        return node_api::with_bytes(&data, send)?.ok_or_else(wrong);
    }
    let text = node_api::as_string(&data)?.ok_or_else(wrong)?;
    let encoding = match node_api::property(&object, c"encoding")? {
        Some(name) => node_api::as_string(&name)?,
        None => None,
    };
    Ok(send(&encoding::encode(&text, encoding.as_deref().unwrap_or_default())))
}

/// Parses `TCPExtraOptions`.
pub fn extra_options(argument: &Argument<'_>) -> Read<SocketOptions> {
    let object = object(argument, "options")?;
    // The kernel takes C ints; larger numbers are clamped.
    let int = |field: &str| -> Read<Option<i32>> { Ok(number(&object, field)?.map(|number| number as i32)) };
    let own_int =
        |field: &str| -> Read<Option<i32>> { Ok(optional_number(&object, field)?.map(|number| number as i32)) };
    Ok(SocketOptions {
        keep_alive: boolean(&object, "keepAlive")?,
        keep_alive_idle_ms: own_int("keepAliveIdleMs")?,
        keep_alive_interval_ms: own_int("keepAliveIntervalMs")?,
        keep_alive_count: own_int("keepAliveCount")?,
        out_of_band_inline: boolean(&object, "OOBInline")?,
        no_delay: boolean(&object, "TCPNoDelay")?,
        linger: linger(&object)?,
        receive_buffer_bytes: int("receiveBufferSize")?,
        send_buffer_bytes: int("sendBufferSize")?,
        reuse_address: boolean(&object, "reuseAddress")?,
        timeout_ms: int("socketTimeout")?,
        fast_open: boolean(&object, "tcpFastOpen")?,
    })
}

/// Linger time in seconds, as in the system socket API, whatever its declarations say.
///
/// Without a time, lingering stays off: a time of 0 would reset the connection.
fn linger(options: &Object<'_>) -> Read<Option<Option<Duration>>> {
    let Some(linger) = field_object(options, "socketLinger")? else { return Ok(None) };
    if !boolean(&linger, "on")?.unwrap_or(false) {
        return Ok(Some(None));
    }
    let seconds = unsigned(&linger, "linger")?;
    Ok(seconds.map(|seconds| Some(Duration::from_secs(seconds.into()))))
}

/// Returns the callback of a call with one record.
/// The second argument, or the first if it is the only one.
pub fn last_callback<'env>(first: &Argument<'env>, second: Argument<'env>) -> napi_ohos::Result<Argument<'env>> {
    match (first, second) {
        (Some(value), None) if node_api::is_function(value)? => Ok(Some(*value)),
        (_, second) => Ok(second),
    }
}

/// Parses an optional callback.
pub fn callback<'env>(argument: Argument<'env>) -> Read<Argument<'env>> {
    match argument {
        Some(value) if !node_api::is_function(&value)? => {
            Err(ArgumentError::wrong_type("callback", "must be a function"))
        }
        argument => Ok(argument),
    }
}

/// Parses a required callback.
pub fn listener<'env>(argument: Argument<'env>) -> Read<Unknown<'env>> {
    callback(argument)?.ok_or_else(|| ArgumentError::parameter("callback", "is missing"))
}

/// Parses the string argument `name`.
pub fn string(argument: &Argument<'_>, name: &str) -> Read<String> {
    let text = argument.as_ref().map(node_api::as_string).transpose()?.flatten();
    text.ok_or_else(|| ArgumentError::parameter(name, "must be a string"))
}

/// Parses the object argument `name`.
pub fn object<'env>(argument: &Argument<'env>, name: &str) -> Read<Object<'env>> {
    let object = argument.as_ref().map(node_api::as_object).transpose()?.flatten();
    object.ok_or_else(|| ArgumentError::wrong_type(name, "must be an object"))
}

fn required_string(object: &Object<'_>, field: &str) -> Read<String> {
    string(&object.get::<Unknown<'_>>(field)?, field)
}

/// Reads a number of a system record; other types count as missing.
fn number(object: &Object<'_>, field: &str) -> Read<Option<f64>> {
    Ok(declared(object, field, "a number", node_api::as_number)?.filter(|number| !number.is_nan()))
}

/// Reads a number as unsigned C int, keeping the low bits.
fn unsigned(object: &Object<'_>, field: &str) -> Read<Option<u32>> {
    const MODULUS: f64 = 4_294_967_296.0;
    let number = number(object, field)?.filter(|number| number.is_finite());
    Ok(number.map(|number| number.trunc().rem_euclid(MODULUS) as u32))
}

/// Reads a boolean of a system record.
fn boolean(object: &Object<'_>, field: &str) -> Read<Option<bool>> {
    declared(object, field, "a boolean", node_api::as_boolean)
}

/// Reads a string of a system record; empty if it has none.
fn text(object: &Object<'_>, field: &str) -> Read<String> {
    Ok(declared(object, field, "a string", node_api::as_string)?.unwrap_or_default())
}

/// Reads an object in a system record.
fn field_object<'env>(object: &Object<'env>, field: &str) -> Read<Option<Object<'env>>> {
    declared(object, field, "an object", node_api::as_object)
}

/// Reads a field of a system record.
/// As in the system socket API, a wrong type counts as missing.
fn declared<'env, T>(
    object: &Object<'env>,
    field: &str,
    kind: &str,
    convert: impl FnOnce(&Unknown<'env>) -> napi_ohos::Result<Option<T>>,
) -> Read<Option<T>> {
    let Some(value) = object.get::<Unknown<'env>>(field)? else { return Ok(None) };
    let converted = convert(&value)?;
    if converted.is_none() {
        log::warn!("{field} is not {kind}, and counts as left out");
    }
    Ok(converted)
}

/// Reads an optional number.
pub fn optional_number(object: &Object<'_>, field: &str) -> Read<Option<f64>> {
    let Some(value) = object.get::<Unknown<'_>>(field)? else {
        return Ok(None);
    };
    node_api::as_number(&value)?.map(Some).ok_or_else(|| ArgumentError::parameter(field, "must be a number"))
}

/// Reads an optional boolean.
pub fn optional_boolean(object: &Object<'_>, field: &str) -> Read<Option<bool>> {
    let Some(value) = object.get::<Unknown<'_>>(field)? else { return Ok(None) };
    node_api::as_boolean(&value)?.map(Some).ok_or_else(|| ArgumentError::parameter(field, "must be a boolean"))
}
