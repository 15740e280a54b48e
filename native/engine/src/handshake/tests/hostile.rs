//! Tests with peers that lack the key, and with changed or replayed messages.

use super::*;
use crate::wire::Kind;

#[tokio::test]
async fn a_replayed_handshake_is_rejected() {
    let recorded = resuming();
    let mut vector = resuming();
    vector.client_random[31] ^= 1;
    vector.server_random[31] ^= 1;
    assert_eq!(client(&vector, &recorded.server_says()).await.result, Err(HandshakeError::WrongKey));
    let outcome = server(&vector, &recorded.client_says()).await;
    assert_eq!(outcome.result, Err(HandshakeError::WrongKey));
    assert_eq!(outcome.said.len(), recorded.challenge.len(), "the first message can be repeated, and is answered");
}

#[tokio::test]
async fn reflected_messages_of_a_client_prove_nothing() {
    let vector = resuming();
    let said = client(&vector, &vector.challenge).await.said;
    let (hello, proof) = said.split_at(vector.hello.len());
    let mut challenge = hello.to_vec();
    challenge[1] = 0x11;
    for challenge in [challenge, vector.challenge.clone()] {
        assert_eq!(client(&vector, &[&challenge, proof].concat()).await.result, Err(HandshakeError::WrongKey));
    }
}

#[tokio::test]
async fn reflected_messages_of_a_server_prove_nothing() {
    let vector = resuming();
    let outcome = server(&vector, &[&vector.hello[..], &vector.welcome].concat()).await;
    assert_eq!(outcome.result, Err(HandshakeError::WrongKey));
}

#[tokio::test]
async fn records_of_two_handshakes_do_not_mix() {
    let (vector, mut other) = (resuming(), resuming());
    other.client_random[31] ^= 1;
    let said = client(&other, &[]).await.said;
    let outcome = server(&vector, &[&said[..], &vector.proof].concat()).await;
    assert_eq!(outcome.result, Err(HandshakeError::WrongKey));
    let other_server = server(&other, &said).await.said;
    let outcome = client(&vector, &[&other_server[..], &vector.welcome].concat()).await;
    assert_eq!(outcome.result, Err(HandshakeError::WrongKey));
}

#[tokio::test]
async fn a_refusal_of_a_stranger_is_not_taken_for_the_servers() {
    let vector = resuming();
    for refusal in [vector.framing.control_frame(Kind::Refused, &[3]), vec![0, 2, 0x14, 3].into()] {
        let result = client(&vector, &[&vector.challenge[..], &refusal].concat()).await.result;
        assert!(!matches!(result, Err(HandshakeError::Refused(_))), "{result:?}");
        assert!(result.is_err());
    }
    let refusal = vector.framing.control_frame(Kind::Refused, &[3]);
    assert_eq!(client(&vector, &refusal).await.result, Err(HandshakeError::Malformed));
}

#[tokio::test]
async fn every_changed_bit_is_noticed() {
    let vector = resuming();
    for says in flipped(&vector.server_says()) {
        assert!(client(&vector, &says).await.result.is_err(), "{says:x?}");
    }
    for says in flipped(&vector.client_says()) {
        assert!(server(&vector, &says).await.result.is_err(), "{says:x?}");
    }
}

fn flipped(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    (0..bytes.len() * 8).map(|bit| {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        flipped
    })
}

#[tokio::test]
async fn a_cut_at_any_byte_is_a_cut() {
    for vector in handshakes() {
        let says = vector.server_says();
        for bytes in 0..says.len() {
            assert_eq!(client(&vector, &says[..bytes]).await.result, Err(CUT), "{}: {bytes}", vector.name);
        }
        let says = vector.client_says();
        for bytes in 0..says.len() {
            assert_eq!(server(&vector, &says[..bytes]).await.result, Err(CUT), "{}: {bytes}", vector.name);
        }
    }
}

#[tokio::test]
async fn messages_come_in_their_order_and_once() {
    let vector = resuming();
    let messages = [&vector.hello, &vector.challenge, &vector.proof, &vector.welcome];
    for first in messages {
        for second in messages {
            let says = [&first[..], second].concat();
            let expected = (says == vector.server_says()).then(|| vector.negotiated());
            assert_eq!(client(&vector, &says).await.result.ok(), expected);
            let expected = (says == vector.client_says()).then(|| vector.accepted());
            assert_eq!(server(&vector, &says).await.result.ok(), expected);
        }
    }
}
