//! Tests with vectors, and of records in any order.

// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod attack;

use bytes::BytesMut;
use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

use super::records::{PLAINTEXT_MAX_BYTES, RECORD_MAX_BYTES, REKEY_RECORDS};
use super::*;
use crate::wire::tests::vectors::{bytes, handshakes, named};

/// Returns the keys of both sides after a handshake.
fn link(key: &Key, client: &[u8; 32], server: &[u8; 32]) -> (LinkCiphers, LinkCiphers) {
    let (mut near, mut far) = (Handshake::initiator(key, client).unwrap(), Handshake::responder(key, server).unwrap());
    assert_eq!(far.read(&near.write(b"terms").unwrap()).unwrap(), b"terms");
    assert_eq!(near.read(&far.write(b"others").unwrap()).unwrap(), b"others");
    (near.finish().unwrap(), far.finish().unwrap())
}

/// Returns the keys of some link.
pub(crate) fn any_link() -> (LinkCiphers, LinkCiphers) {
    link(&Key::from_bytes(&[1; 16]).unwrap(), &[2; 32], &[3; 32])
}

fn seal(sealer: &mut Sealer, plaintext: &[u8]) -> BytesMut {
    let mut record = Vec::new();
    assert_eq!(sealer.seal([plaintext], &mut record), Some(plaintext.len().min(PLAINTEXT_MAX_BYTES)));
    BytesMut::from(&record[..])
}

/// Encrypts as another implementation does, and returns the tag.
fn seal_elsewhere(key: &[u8; 32], number: u64, ad: &[u8], text: &mut [u8]) -> [u8; TAG_BYTES] {
    let nonce: [u8; 12] = [&[0; 4][..], &number.to_le_bytes()].concat().try_into().unwrap();
    let tag = ChaCha20Poly1305::new(key.into()).encrypt_inout_detached((&nonce).into(), ad, text.into());
    tag.unwrap().into()
}

proptest! {
    /// Lengths around a block, and around the pieces of a pass, come up often.
    #[test]
    fn ciphertexts_are_those_of_another_implementation(
        key: [u8; 32],
        number: u64,
        ad in vec(any::<u8>(), 0..40),
        pieces in 0..4_usize,
        rest in prop_oneof![0..80_usize, 940..980_usize, 0..1_100_usize],
        flipped: usize,
    ) {
        let text: Vec<u8> = (0..pieces * 1024 + rest).map(|index| index as u8 ^ key[index % 32]).collect();
        let (mut ours, mut others) = (text.clone(), text.clone());
        let tag = socket_aead::seal(&key, number, &ad, &mut ours).unwrap();
        prop_assert_eq!(tag, seal_elsewhere(&key, number, &ad, &mut others));
        prop_assert_eq!(&ours, &others);
        let mut forged = [&ours[..], &tag].concat();
        let bit = flipped % (forged.len() * 8);
        forged[bit / 8] ^= 1 << (bit % 8);
        let (forged_text, forged_tag) = forged.split_at_mut(text.len());
        prop_assert!(!socket_aead::open(&key, number, &ad, forged_text, (&*forged_tag).try_into().unwrap()));
        prop_assert!(forged_text.iter().all(|byte| *byte == 0));
        prop_assert!(socket_aead::open(&key, number, &ad, &mut ours, &tag));
        prop_assert_eq!(ours, text);
    }
}

#[test]
fn messages_are_those_of_the_noise_project() {
    let vector = named("noise");
    let hex = |name: &str| bytes(&vector, name);
    let side = |ephemeral: &str, initiator| {
        let ephemeral = hex(ephemeral).try_into().unwrap();
        Handshake::with(&hex("preSharedKey"), &ephemeral, &hex("prologue"), initiator).unwrap()
    };
    let (mut near, mut far) = (side("initiatorEphemeral", true), side("responderEphemeral", false));
    assert_eq!(near.0.get_name().as_str(), vector["protocol"].as_str().unwrap());
    let messages = vector["messages"].as_array().unwrap();
    let message = |index: usize| (bytes(&messages[index], "payload"), bytes(&messages[index], "ciphertext"));
    let (payload, ciphertext) = message(0);
    assert_eq!(near.write(&payload).unwrap(), ciphertext);
    assert_eq!(far.read(&ciphertext).unwrap(), payload);
    let (payload, ciphertext) = message(1);
    assert_eq!(far.write(&payload).unwrap(), ciphertext);
    assert_eq!(near.read(&ciphertext).unwrap(), payload);
    let (mut near, mut far) = (near.finish().unwrap(), far.finish().unwrap());
    for index in 2..messages.len() {
        let (from, to) = if index % 2 == 0 { (&mut near, &mut far) } else { (&mut far, &mut near) };
        let (payload, ciphertext) = message(index);
        let mut record = seal(&mut from.sealer, &payload);
        assert_eq!(record[LENGTH_BYTES..], ciphertext);
        assert_eq!(to.opener.open(&mut record).unwrap().unwrap(), payload);
    }
}

#[test]
fn records_are_those_of_the_vectors() {
    let vector = named("records");
    let handshake = handshakes().into_iter().find(|one| one.name == vector["handshake"].as_str().unwrap()).unwrap();
    let key = handshake.client.key.unwrap();
    let mut near = Handshake::initiator(&key, &handshake.client_random).unwrap();
    let mut far = Handshake::responder(&key, &handshake.server_random).unwrap();
    far.read(&handshake.hello[6..]).unwrap();
    near.write(&terms(&handshake.hello[6..], &key)).unwrap();
    near.read(&handshake.challenge[6..]).unwrap();
    far.write(&near_payload(&key, &handshake.client_random, &handshake.challenge[6..], &handshake.hello[6..])).unwrap();
    let (near, far) = (near.finish().unwrap(), far.finish().unwrap());
    check_records(near.sealer, far.opener, &vector, "client");
    check_records(far.sealer, near.opener, &vector, "server");
}

fn terms(hello: &[u8], key: &Key) -> Vec<u8> {
    Handshake::responder(key, &[9; 32]).unwrap().read(hello).unwrap()
}

fn near_payload(key: &Key, ephemeral: &[u8; 32], challenge: &[u8], hello: &[u8]) -> Vec<u8> {
    let mut near = Handshake::initiator(key, ephemeral).unwrap();
    near.write(&terms(hello, key)).unwrap();
    near.read(challenge).unwrap()
}

/// Encrypts and decrypts filler records up to each record of the vectors.
fn check_records(mut sealer: Sealer, mut opener: Opener, vector: &Value, from: &str) {
    let records: Vec<&Value> = vector["records"].as_array().unwrap().iter().filter(|one| one["from"] == from).collect();
    let last = records.last().unwrap()["number"].as_u64().unwrap();
    for number in 0..=last {
        let wanted = records.iter().find(|one| one["number"] == number);
        let plaintext = wanted.map_or_else(|| vec![0], |one| bytes(one, "plaintext"));
        let mut record = seal(&mut sealer, &plaintext);
        if let Some(wanted) = wanted {
            assert_eq!(record, bytes(wanted, "record"), "{from} {number}");
        }
        assert_eq!(opener.open(&mut record).unwrap().unwrap(), plaintext);
    }
    assert!(last >= REKEY_RECORDS, "no vector has a new key");
}

#[test]
fn a_record_holds_what_noise_allows_and_no_more() {
    let (mut near, mut far) = any_link();
    let long = vec![7; PLAINTEXT_MAX_BYTES + 1];
    let mut record = seal(&mut near.sealer, &long);
    assert_eq!(record.len(), LENGTH_BYTES + RECORD_MAX_BYTES);
    assert_eq!(far.opener.open(&mut record).unwrap().unwrap(), long[1..]);
}

#[test]
fn parts_become_one_record() {
    let (mut near, mut far) = any_link();
    let mut record = Vec::new();
    assert_eq!(near.sealer.seal([&b"a"[..], b"", b"bc"], &mut record), Some(3));
    assert_eq!(far.opener.open(&mut BytesMut::from(&record[..])).unwrap().unwrap(), &b"abc"[..]);
}

#[test]
fn records_are_opened_once_in_their_order_and_whole() {
    let (mut near, _) = any_link();
    let records: Vec<BytesMut> = [b"one", b"two"].map(|text| seal(&mut near.sealer, text)).into();
    let open = |bytes: &[u8]| any_link().1.opener.open(&mut BytesMut::from(bytes));
    assert_eq!(open(&records[0]).unwrap().unwrap(), &b"one"[..]);
    assert_eq!(open(&records[1]), Err(RecordError::Forged));
    for bytes in 0..records[0].len() {
        assert_eq!(open(&records[0][..bytes]), Ok(None));
    }
    let (_, mut far) = any_link();
    let mut twice = BytesMut::from(&[&records[0][..], &records[0]].concat()[..]);
    assert!(far.opener.open(&mut twice).unwrap().is_some());
    assert_eq!(far.opener.open(&mut twice), Err(RecordError::Forged));
}

#[test]
fn every_changed_bit_of_a_record_is_noticed() {
    let (mut near, _) = any_link();
    let record = seal(&mut near.sealer, b"message");
    for bit in 0..record.len() * 8 {
        let mut changed = record.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let opened = any_link().1.opener.open(&mut changed);
        assert!(!matches!(opened, Ok(Some(_))), "{bit}");
    }
}

#[test]
fn a_length_that_no_record_has_is_refused() {
    for length in 0..=TAG_BYTES as u16 {
        assert_eq!(record_length(&length.to_be_bytes()), Err(RecordError::Length));
    }
    assert_eq!(record_length(&[0, 17]), Ok(Some(17)));
    assert_eq!(record_length(&[255, 255]), Ok(Some(RECORD_MAX_BYTES)));
    assert_eq!(record_length(&[0]), Ok(None));
}

#[test]
fn both_directions_and_every_link_have_keys_of_their_own() {
    let key = Key::from_bytes(&[1; 16]).unwrap();
    let mut seen = std::collections::HashSet::new();
    for (client, server) in [(2, 3), (2, 4), (4, 3)] {
        let (mut near, mut far) = link(&key, &[client; 32], &[server; 32]);
        for sealer in [&mut near.sealer, &mut far.sealer] {
            assert!(seen.insert(seal(sealer, b"the same")));
        }
    }
}

#[test]
fn messages_of_another_length_are_refused() {
    let key = Key::from_bytes(&[1; 16]).unwrap();
    for bytes in 0..OVERHEAD_BYTES {
        assert_eq!(Handshake::responder(&key, &[3; 32]).unwrap().read(&vec![9; bytes]), Err(NoiseError::Length));
    }
    assert_eq!(Handshake::responder(&key, &[3; 32]).unwrap().read(&[9; OVERHEAD_BYTES]), Err(NoiseError::Key));
}

#[test]
fn nothing_behind_a_forged_record_is_opened() {
    let (mut near, mut far) = any_link();
    let genuine = seal(&mut near.sealer, b"genuine");
    let mut stream = BytesMut::from(&[&[0, 20][..], &[9; 20], &genuine].concat()[..]);
    assert_eq!(far.opener.open(&mut stream), Err(RecordError::Forged));
    assert_eq!(far.opener.open(&mut stream), Err(RecordError::Forged));
}
