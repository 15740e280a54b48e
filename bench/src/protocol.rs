//! Protocol of both ends of a stream.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use serde_json::Value;
use socket_engine::{Framing, Heartbeat, Key, Protocol};

const MESSAGE_MAX_BYTES: usize = 1024 * 1024;

/// The pairing key, also in `bench/servers/module.mjs`.
const KEY: &[u8] = b"a key of 16 byte";

/// Longer than a measurement.
/// The heartbeat makes a stream typed, and must not affect the figures.
const SILENCE: Duration = Duration::from_secs(600);

/// Returns the protocol of `task`.
/// Bytes, messages (`framed`), typed frames (`typed`) or records (`encrypted`).
///
/// # Errors
/// When the engine rejects it.
pub fn named(task: &Value) -> Result<Protocol> {
    let is = |name: &str| task.get(name).and_then(Value::as_bool).unwrap_or(false);
    let framing = is("framed").then(|| Framing::length(4, false, MESSAGE_MAX_BYTES)).transpose();
    let heartbeat = Heartbeat { interval: SILENCE, timeout: 3 * SILENCE, stalled_timeout: None };
    let key = is("encrypted").then(|| Key::from_bytes(KEY).map(Arc::new)).transpose();
    Ok(Protocol {
        framing: framing.map_err(|error| anyhow!("{error}"))?,
        heartbeat: is("typed").then_some(heartbeat),
        key: key.map_err(|error| anyhow!("{error:?}"))?,
        ..Protocol::default()
    })
}
