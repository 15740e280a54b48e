//! Tests with `docs/wire-vectors.json`, which also tests other implementations.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::framing::{Decoded, Decoder, Framing, FramingError};
use crate::handshake::{HandshakeParams, Session, SessionId};
use crate::key::Key;
use crate::wire::{Frame, Kind};

const VECTORS: &str = include_str!("../../../../../docs/wire-vectors.json");

/// Longer than the message of any vector.
const MAX_MESSAGE_BYTES: usize = 200;

/// All messages of one handshake.
pub(crate) struct HandshakeVector {
    pub name: String,
    pub framing: Framing,
    pub client: HandshakeParams,
    pub server: HandshakeParams,
    /// Nonce or, with a key, private key of each side.
    pub client_random: Zeroizing<[u8; 32]>,
    pub server_random: Zeroizing<[u8; 32]>,
    /// Session that the client asks for.
    pub asked: Session,
    /// Session that the server returns.
    pub answered: Session,
    pub resumed: bool,
    pub hello: Vec<u8>,
    pub challenge: Vec<u8>,
    pub proof: Vec<u8>,
    pub welcome: Vec<u8>,
}

/// Returns the handshake vectors.
pub(crate) fn handshakes() -> Vec<HandshakeVector> {
    vectors("handshakes").iter().map(handshake).collect()
}

fn handshake(vector: &Value) -> HandshakeVector {
    let key = vector["key"].as_str().map(|key| Arc::new(Key::from_bytes(&unhex(key)).unwrap()));
    let acknowledge = vector["acknowledge"].as_bool().unwrap();
    let params = |name: &str| {
        let interval = Duration::from_millis(vector[name].as_u64().unwrap());
        HandshakeParams { heartbeat: (!interval.is_zero()).then_some(interval), acknowledge, key: key.clone() }
    };
    HandshakeVector {
        name: vector["name"].as_str().unwrap().to_owned(),
        framing: framing(vector),
        client: params("clientHeartbeatMs"),
        server: params("serverHeartbeatMs"),
        client_random: random(vector, "clientRandom"),
        server_random: random(vector, "serverRandom"),
        asked: session(&vector["asked"]),
        answered: session(&vector["answered"]),
        resumed: vector["answered"]["resumed"].as_bool().unwrap(),
        hello: bytes(vector, "hello"),
        challenge: bytes(vector, "challenge"),
        proof: bytes(vector, "proof"),
        welcome: bytes(vector, "welcome"),
    }
}

fn random(vector: &Value, name: &str) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(bytes(vector, name).try_into().unwrap())
}

fn session(value: &Value) -> Session {
    Session { id: SessionId(bytes(value, "id").try_into().unwrap()), received: value["received"].as_u64().unwrap() }
}

/// Returns all vectors of this name.
pub(crate) fn named(name: &str) -> Value {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    vectors[name].clone()
}

fn vectors(name: &str) -> Vec<Value> {
    let vectors = named(name).as_array().unwrap().clone();
    assert!(!vectors.is_empty(), "{name}");
    vectors
}

fn framing(vector: &Value) -> Framing {
    let width_bytes = vector["lengthBytes"].as_u64().unwrap() as usize;
    Framing::length(width_bytes, vector["littleEndian"].as_bool().unwrap(), MAX_MESSAGE_BYTES).unwrap()
}

fn delimiter(vector: &Value) -> Framing {
    Framing::delimiter(bytes(vector, "delimiter").into(), MAX_MESSAGE_BYTES).unwrap()
}

pub(crate) fn bytes(vector: &Value, name: &str) -> Vec<u8> {
    unhex(vector[name].as_str().unwrap())
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
}

/// Encodes the frame and decodes it again.
fn check(framing: &Framing, message: &[u8], kind: Option<Kind>, frame: &[u8]) {
    assert_eq!(framing.frame_parts(message, kind).unwrap().parts().concat(), frame);
    let body = [kind.map(Kind::byte).as_slice(), message].concat();
    let decoded = Decoder::new(framing, kind.is_some()).decode(&mut BytesMut::from(frame));
    assert_eq!(decoded, Ok(Some(Decoded::Message(Bytes::from(body)))));
}

#[test]
fn frames() {
    for vector in vectors("frames") {
        check(&framing(&vector), &bytes(&vector, "message"), None, &bytes(&vector, "frame"));
    }
    for vector in vectors("delimited") {
        check(&delimiter(&vector), &bytes(&vector, "message"), None, &bytes(&vector, "frame"));
    }
    for vector in vectors("notDelimited") {
        let message = bytes(&vector, "message");
        let result = delimiter(&vector).frame_parts(&message, None);
        assert_eq!(result.map(drop), Err(FramingError::Ambiguous), "{vector}");
    }
}

#[test]
fn typed_frames() {
    for vector in vectors("typed") {
        let (fields, frame) = (bytes(&vector, "fields"), bytes(&vector, "frame"));
        let (kind, parsed) = match vector["kind"].as_str().unwrap() {
            "data" => (Kind::Data, Some(Frame::Data(fields.clone().into()))),
            "ping" => (Kind::Ping, Some(Frame::Ping)),
            "pong" => (Kind::Pong, Some(Frame::Pong)),
            "acknowledge" => {
                (Kind::Acknowledge, Some(Frame::Acknowledge(u64::from_be_bytes(fields[..].try_into().unwrap()))))
            }
            "bye" => (Kind::Bye, Some(Frame::Bye)),
            "refused" => (Kind::Refused, None),
            other => panic!("{other} is no kind"),
        };
        check(&framing(&vector), &fields, Some(kind), &frame);
        assert_eq!(framing(&vector).control_frame(kind, &fields), frame);
        let body = [&[kind.byte()], &fields[..]].concat();
        assert_eq!(Frame::parse(body.into()), parsed, "{vector}");
    }
}

#[test]
fn keys() {
    for vector in vectors("keys") {
        let key = Key::from_base32(vector["text"].as_str().unwrap()).ok();
        let expected = vector["bytes"].as_str().map(unhex);
        assert_eq!(key.as_ref().map(Key::as_bytes), expected.as_deref(), "{vector}");
    }
}
