//! Peers that do not know the key, and those who change or repeat what others said.

use super::*;

#[tokio::test]
async fn a_recorded_peer_is_nobody() {
    let recorded = returning();
    let mut vector = returning();
    vector.client_nonce[31] ^= 1;
    vector.server_nonce[31] ^= 1;
    assert_eq!(client(&vector, &recorded.server_says()).await.result, Err(HandshakeError::WrongKey));
    let outcome = server(&vector, &recorded.client_says()).await;
    assert_eq!(outcome.result, Err(HandshakeError::WrongKey));
    assert_eq!(outcome.said.len(), recorded.challenge.len() + 3, "a challenge and a refusal");
}

#[tokio::test]
async fn what_a_client_says_proves_nothing_when_it_comes_back() {
    let vector = returning();
    let said = client(&vector, &vector.challenge).await.said;
    let (hello, proof) = said.split_at(vector.hello.len());
    // Its own Hello for a challenge, and its own proof for the server's.
    let mut challenge = hello.to_vec();
    challenge[1] = 0x11;
    let mut welcome = vector.welcome.clone();
    welcome[2..34].copy_from_slice(&proof[2..34]);
    for challenge in [challenge, vector.challenge.clone()] {
        assert_eq!(client(&vector, &[challenge, welcome.clone()].concat()).await.result, Err(HandshakeError::WrongKey));
    }
}

#[tokio::test]
async fn what_a_server_says_proves_nothing_when_it_comes_back() {
    let vector = returning();
    let mut proof = vector.proof.clone();
    proof[2..34].copy_from_slice(&vector.welcome[2..34]);
    let outcome = server(&vector, &[&vector.hello[..], &proof].concat()).await;
    assert_eq!(outcome.result, Err(HandshakeError::WrongKey));
}

#[tokio::test]
async fn a_client_shows_its_session_to_nobody_else() {
    let vector = returning();
    let mut other = returning();
    other.asked.id.0[0] ^= 1;
    // The session in the proof is the other one's, the proof is not.
    let mut proof = vector.proof.clone();
    proof[34..50].copy_from_slice(&other.asked.id.0);
    let outcome = server(&vector, &[&vector.hello[..], &proof].concat()).await;
    assert_eq!(outcome.result, Err(HandshakeError::WrongKey));
}

#[tokio::test]
async fn every_changed_bit_is_noticed() {
    for vector in handshakes().into_iter().filter(|vector| vector.client.key.is_some()) {
        for says in flipped(&vector.server_says()) {
            assert!(client(&vector, &says).await.result.is_err(), "{}: {says:x?}", vector.name);
        }
        for says in flipped(&vector.client_says()) {
            assert!(server(&vector, &says).await.result.is_err(), "{}: {says:x?}", vector.name);
        }
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
    let vector = returning();
    let messages = [&vector.hello, &vector.challenge, &vector.proof, &vector.welcome];
    for first in messages {
        for second in messages {
            let says = [&first[..], second].concat();
            let expected =
                if says == vector.server_says() { Ok(vector.entered()) } else { Err(HandshakeError::Malformed) };
            assert_eq!(client(&vector, &says).await.result, expected);
            let expected =
                if says == vector.client_says() { Ok(vector.greeted()) } else { Err(HandshakeError::Malformed) };
            assert_eq!(server(&vector, &says).await.result, expected);
        }
    }
}
