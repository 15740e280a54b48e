//! Keys leave nothing in memory. A process of its own, because it reads all of it; not emulated, because an emulator's
//! addresses are not the kernel's.

#![cfg(not(target_env = "ohos"))]
// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[macro_use]
#[path = "support/events.rs"]
mod events;
#[path = "../src/noise/primitives.rs"]
mod primitives;

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{BufRead, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use clatter::bytearray::ByteArray;
use clatter::handshakepattern::noise_nn_psk0;
use clatter::traits::{Dh, Handshaker, Hash};
use clatter::{KeyPair, NqHandshakeCore};
use primitives::{ChaChaPoly, Curve25519, Secret, Sha256, SystemRandom};
use socket_engine::{
    Client, ClientOptions, ConnectionEvent, Connections, Framing, Host, Key, KeyError, OperationId, Protocol, Server,
    ServerEvent, ServerOptions,
};

use events::recorder;

const DIGITS: usize = 64;
const KEY_BYTES: usize = DIGITS * 5 / 8;

/// How much of the key's end is searched for: what is freed soon has its beginning overwritten.
const TAIL_BYTES: usize = 8;

const KEYS: usize = 100;

/// The end of SHA-256 of `socketkit 2 key` and the key, with all bits turned.
const SHARED_TAIL_TURNED: [u8; TAIL_BYTES] = [0xc6, 0x70, 0x13, 0x3c, 0xa8, 0x39, 0x33, 0xdc];

const CHUNK_BYTES: usize = 1 << 20;

/// A digit of the key. The key itself is nowhere in this program.
fn digit(index: usize) -> u8 {
    (index * 11 + 5) as u8 ^ (index * index * 7) as u8 & 31
}

/// The digit as base32 has it.
fn character(index: usize) -> u8 {
    let digit = digit(index) & 31;
    if digit < 26 { b'A' + digit } else { b'2' + digit - 26 }
}

/// A byte of the key's end.
fn tail(index: usize) -> u8 {
    let index = KEY_BYTES - TAIL_BYTES + index;
    let bit = |bit: usize| (digit(bit / 5) & 31) >> (4 - bit % 5) & 1;
    (0..8).fold(0, |byte, offset| byte << 1 | bit(index * 8 + offset))
}

/// A byte of the end of the pattern's pre-shared key, which is a hash of the key; all bits are turned here, so that it is nowhere in
/// this program either.
fn shared_tail(index: usize) -> u8 {
    !black_box(SHARED_TAIL_TURNED)[index]
}

/// One test after the other reads memory, which has what another search has read.
static TURN: Mutex<()> = Mutex::new(());

/// Memory is read into this, and it is wiped after each search: what was found would be found again.
struct Search {
    _turn: MutexGuard<'static, ()>,
    memory: File,
    chunk: Vec<u8>,
}

impl Search {
    fn new() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        Self { _turn: turn, memory: File::open("/proc/self/mem").unwrap(), chunk: vec![0; CHUNK_BYTES] }
    }

    /// Whether `length` bytes of the secret are anywhere in memory.
    fn finds(&mut self, length: usize, secret: impl Fn(usize) -> u8) -> bool {
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let writable =
            maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|rights| rights.starts_with("rw")));
        let mut found = false;
        for range in writable.filter_map(|line| line.split(' ').next()?.split_once('-')) {
            let (start, end) = (address(range.0), address(range.1));
            // Pieces overlap, so that nothing is cut in two.
            for offset in (start..end).step_by(CHUNK_BYTES - length) {
                let size = CHUNK_BYTES.min((end - offset) as usize);
                let count = self.memory.read_at(&mut self.chunk[..size], offset).unwrap_or(0);
                found |= has(&self.chunk[..count], length, &secret);
                black_box(&mut self.chunk).fill(0);
            }
        }
        found
    }
}

/// Whether the secret is in `memory`. Looks for its first byte, because that is quick without optimisation too.
fn has(memory: &[u8], length: usize, secret: impl Fn(usize) -> u8) -> bool {
    let mut rest = memory;
    while rest.skip_until(secret(0)).is_ok_and(|skipped| skipped > 0) {
        let start = memory.len() - rest.len() - 1;
        let found = memory.get(start..start + length);
        if found.is_some_and(|bytes| bytes.iter().enumerate().all(|(index, byte)| *byte == secret(index))) {
            return true;
        }
    }
    false
}

fn address(text: &str) -> u64 {
    u64::from_str_radix(text, 16).unwrap()
}

fn protocol(key: &Arc<Key>) -> Protocol {
    Protocol { framing: Framing::length(4, false, 100).ok(), key: Some(Arc::clone(key)), ..Protocol::default() }
}

fn key() -> Key {
    spelled_key("").unwrap()
}

/// The key with `more` behind its text.
fn spelled_key(more: &str) -> Result<Key, KeyError> {
    let mut text = String::with_capacity(DIGITS + more.len());
    text.extend((0..DIGITS).map(|index| char::from(character(index))));
    text.push_str(more);
    let key = Key::from_base32(&text);
    let length = text.len();
    text.clear();
    text.extend((0..length).map(|_| '-'));
    black_box(text);
    key
}

/// Two sides that let each other in, and end.
fn admit() {
    let key = Arc::new(key());
    let (sink, events) = recorder();
    let server = Server::new(sink, ServerOptions { protocol: protocol(&key), ..ServerOptions::default() });
    let address = server.listen(([127, 0, 0, 1], 0).into()).unwrap();
    let (sink, client_events) = recorder();
    let client = Client::new(sink, None, ClientOptions { protocol: protocol(&key), reconnect: None });
    client.connect(Host::Address(address), events::DEADLINE, OperationId(1)).unwrap();
    expect!(client_events, ConnectionEvent::Connected(_));
    expect_result!(client_events, OperationId(1), Ok(()));
    expect!(events, ServerEvent::Accepted);
    server.close(Connections::Abort, OperationId(2)).unwrap();
    expect!(events, ServerEvent::Closed);
    client.close(OperationId(3)).ok();
    drop((server, client));
    let used = Arc::downgrade(&key);
    drop(key);
    // The engine's tasks end on their own thread, and say nothing behind their last event.
    while used.strong_count() > 0 {
        thread::yield_now();
    }
}

/// A server that has refused a stranger, whose Hello is one of version 1.
fn refuse_hello_of_another_version() {
    let key = Arc::new(key());
    let (sink, events) = recorder();
    let server = Server::new(sink, ServerOptions { protocol: protocol(&key), ..ServerOptions::default() });
    let address = server.listen(([127, 0, 0, 1], 0).into()).unwrap();
    let mut stranger = TcpStream::connect(address).unwrap();
    stranger.write_all(&[&[0, 0, 0, 39, 0x10, 1, 0, 0, 0, 0, 0][..], &[7; 32]].concat()).unwrap();
    expect!(events, ServerEvent::Rejected(..));
    server.close(Connections::Abort, OperationId(2)).unwrap();
    expect!(events, ServerEvent::Closed);
    drop(server);
    let used = Arc::downgrade(&key);
    drop(key);
    while used.strong_count() > 0 {
        thread::yield_now();
    }
}

#[test]
fn a_key_is_in_memory_while_it_is_used_and_not_afterwards() {
    let mut search = Search::new();
    // Many, because the allocator soon hands out again what a few have left.
    let kept: Vec<Key> = (0..KEYS).map(|_| key()).collect();
    assert!(search.finds(TAIL_BYTES, tail), "the search finds nothing");
    drop(kept);
    assert!(!search.finds(TAIL_BYTES, tail), "a key outlives its use");
    assert!((0..KEYS).all(|_| spelled_key("AAAAAAA1").is_err()));
    assert!(!search.finds(TAIL_BYTES, tail), "a key that is half right was left");
    admit();
    assert!(!search.finds(TAIL_BYTES, tail), "a handshake left the key");
    assert!(!search.finds(TAIL_BYTES, shared_tail), "a handshake left the hash of the key");
    refuse_hello_of_another_version();
    assert!(!search.finds(TAIL_BYTES, shared_tail), "a refused Hello left the hash of the key");
}

#[test]
fn the_text_of_a_new_key_is_in_memory_until_it_is_dropped() {
    let mut search = Search::new();
    let text = Key::generate().unwrap();
    let turned: Vec<u8> = text.as_bytes()[text.len() - TAIL_BYTES..].iter().map(|byte| !byte).collect();
    assert!(search.finds(TAIL_BYTES, |index| !turned[index]), "the search finds nothing");
    drop(text);
    assert!(!search.finds(TAIL_BYTES, |index| !turned[index]), "a new key left its text");
}

/// The keys of a link in both directions, with all bits turned.
type Turned = [[u8; 32]; 2];

/// A client that enters a server by itself, to see the keys of the link. What it has of them is wiped when it returns.
#[inline(never)]
fn enter(address: SocketAddr) -> (TcpStream, Turned) {
    let mut shared = Sha256::default();
    shared.input(b"socketkit 2 key");
    shared.input(&[7; 16]);
    let secret = Secret::new([9; 32]);
    let pair = KeyPair::new(Curve25519::pubkey(&secret), secret);
    let mut noise = NqHandshakeCore::<Curve25519, ChaChaPoly, Sha256, SystemRandom>::new(
        noise_nn_psk0(),
        b"socketkit 2",
        true,
        None,
        Some(pair),
        None,
        None,
    )
    .unwrap();
    noise.push_psk(shared.result().as_slice());
    let mut message = [0; 54];
    noise.write_message(&[0, 0, 0, 0, 0, 4], &mut message).unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(&[&[0, 0, 0, 56, 0x10, 2][..], &message].concat()).unwrap();
    let mut challenge = [0; 60];
    stream.read_exact(&mut challenge).unwrap();
    noise.read_message(&challenge[6..], &mut [0; 6]).unwrap();
    let mut ciphers = noise.get_state().split().unwrap();
    let mut proof = [0; 25 + 16];
    proof[0] = 0x12;
    ciphers.initiator_to_responder.encrypt_with_ad_in_place(&[], &mut proof, 25).unwrap();
    stream.write_all(&[&[0, 41][..], &proof].concat()).unwrap();
    let turned = |key: &Secret| key.map(|byte| !byte);
    let keys = [turned(&ciphers.initiator_to_responder.take().0), turned(&ciphers.responder_to_initiator.take().0)];
    (stream, keys)
}

/// Overwrites what calls have left on the stack of this thread.
#[inline(never)]
fn wipe_stack() {
    black_box(&mut [0_u8; 64 * 1024]);
}

#[test]
fn the_keys_of_a_link_are_in_memory_while_it_is_there_and_not_afterwards() {
    let mut search = Search::new();
    let key = Arc::new(Key::from_bytes(&[7; 16]).unwrap());
    let (sink, events) = recorder();
    let server = Server::new(sink, ServerOptions { protocol: protocol(&key), ..ServerOptions::default() });
    let address = server.listen(([127, 0, 0, 1], 0).into()).unwrap();
    let (stream, keys) = enter(address);
    expect!(events, ServerEvent::Accepted);
    let (sink, link_events) = recorder();
    let connection = server.accept().unwrap().start(sink, None).unwrap();
    wipe_stack();
    let mut is_found = |keys: &Turned| keys.map(|key| search.finds(key.len(), |index| !key[index]));
    assert_eq!(is_found(&keys), [true, true], "the search finds nothing");
    drop(stream);
    expect!(link_events, ConnectionEvent::Failed(_));
    expect!(link_events, ConnectionEvent::Closed(_));
    server.close(Connections::Abort, OperationId(2)).unwrap();
    expect!(events, ServerEvent::Closed);
    wipe_stack();
    assert_eq!(is_found(&keys), [false, false], "a link left its keys");
    drop(connection);
}
