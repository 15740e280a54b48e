//! Tests with invalid messages.

use super::*;

/// Encodes a frame for the framing of [`open`]: a length of two bytes, little-endian.
fn frame(body: &[u8]) -> Vec<u8> {
    [&(body.len() as u16).to_le_bytes(), body].concat()
}

fn opening(kind: u8, version: u8, flags: u8, heartbeat_ms: u32, nonce_bytes: usize) -> Vec<u8> {
    frame(&[&[kind, version, flags], &heartbeat_ms.to_be_bytes()[..], &vec![7; nonce_bytes]].concat())
}

#[tokio::test]
async fn openings() {
    let vector = open();
    let (malformed, differs) = (Some(HandshakeError::Malformed), Some(HandshakeError::ParamsDiffer));
    for (version, flags, heartbeat_ms, nonce_bytes, expected) in [
        (1, 2, 0, 32, None),
        (0, 2, 0, 32, differs),
        (2, 2, 0, 32, differs),
        (2, 2, 0, 20, differs),
        (1, 0, 0, 32, differs),
        (1, 6, 0, 32, differs),
        (1, 3, 1, 32, differs),
        (1, 0x82, 0, 32, differs),
        (1, 2, 1, 32, malformed),
        (1, 3, 0, 32, malformed),
        (1, 2, 0, 31, malformed),
        (1, 2, 0, 33, malformed),
    ] {
        let challenge = opening(0x11, version, flags, heartbeat_ms, nonce_bytes);
        let outcome = client(&vector, &[challenge, vector.welcome.clone()].concat()).await;
        assert_eq!(outcome.result.err(), expected, "{version} {flags} {heartbeat_ms} {nonce_bytes}");
        let hello = opening(0x10, version, flags, heartbeat_ms, nonce_bytes);
        let outcome = server(&vector, &[hello, vector.proof.clone()].concat()).await;
        assert_eq!(outcome.result.err(), expected, "{version} {flags} {heartbeat_ms} {nonce_bytes}");
        let refusal = if expected == differs { frame(&[0x14, 1]) } else { vec![] };
        assert!(expected.is_none() || outcome.said == refusal, "{:x?}", outcome.said);
    }
}

#[tokio::test]
async fn sessions_to_resume() {
    for (id, received, acknowledge, is_right) in [
        (0, 0, true, true),
        (9, 0, true, true),
        (9, 5, true, true),
        (0, 5, true, false),
        (0, 0, false, true),
        (9, 0, false, false),
        (0, 5, false, false),
    ] {
        let mut vector = open();
        vector.server.acknowledge = acknowledge;
        let hello = opening(0x10, 1, if acknowledge { 2 } else { 0 }, 0, 32);
        let proof = frame(&[&[0x13 - 1], &[id; 16][..], &u64::to_be_bytes(received)].concat());
        let result = server(&vector, &[hello, proof].concat()).await.result;
        assert_eq!(result.err(), (!is_right).then_some(HandshakeError::Malformed), "{id} {received} {acknowledge}");
    }
}

#[tokio::test]
async fn sessions_that_a_server_answers_with() {
    for (resumed, id, received, asked, acknowledge, is_right) in [
        (0, 9, 0, 0, true, true),
        (0, 9, 0, 8, true, true),
        (1, 8, 5, 8, true, true),
        (1, 8, 0, 8, true, true),
        (2, 9, 0, 8, true, false),
        (1, 9, 0, 8, true, false),
        (1, 0, 0, 0, true, false),
        (0, 8, 0, 8, true, false),
        (0, 9, 1, 8, true, false),
        (0, 0, 0, 0, true, false),
        (0, 0, 0, 8, true, false),
        (0, 0, 0, 0, false, true),
        (1, 0, 0, 0, false, false),
        (0, 9, 0, 0, false, false),
        (0, 0, 1, 0, false, false),
    ] {
        let mut vector = open();
        vector.client.acknowledge = acknowledge;
        vector.asked = Session { id: SessionId([asked; 16]), received: 0 };
        let challenge = opening(0x11, 1, if acknowledge { 2 } else { 0 }, 0, 32);
        let welcome = frame(&[&[0x13, resumed], &[id; 16][..], &u64::to_be_bytes(received)].concat());
        let result = client(&vector, &[challenge, welcome].concat()).await.result;
        let expected = (!is_right).then_some(HandshakeError::Malformed);
        assert_eq!(result.err(), expected, "{resumed} {id} {received} {asked} {acknowledge}");
    }
}

#[tokio::test]
async fn refusals() {
    let vector = open();
    for (body, expected) in [
        (&[0x14, 1][..], HandshakeError::Refused(RefusalReason::Params)),
        (&[0x14, 2], HandshakeError::Refused(RefusalReason::Key)),
        (&[0x14, 3], HandshakeError::Refused(RefusalReason::Limit)),
        (&[0x14, 0], HandshakeError::Malformed),
        (&[0x14, 4], HandshakeError::Malformed),
        (&[0x14], HandshakeError::Malformed),
        (&[0x14, 1, 1], HandshakeError::Malformed),
    ] {
        assert_eq!(client(&vector, &frame(body)).await.result, Err(expected), "{body:?}");
        let late = [vector.challenge.clone(), frame(body)].concat();
        assert_eq!(client(&vector, &late).await.result, Err(expected), "{body:?}");
        assert_eq!(server(&vector, &frame(body)).await.result, Err(HandshakeError::Malformed), "{body:?}");
    }
}

#[tokio::test]
async fn frames_that_are_no_message() {
    let vector = open();
    for stream in
        [frame(&[]), frame(&[0x00]), frame(&[0x11]), frame(&[0x10]), frame(&[0x11; 65]), vec![65, 0], vec![255; 2]]
    {
        assert_eq!(client(&vector, &stream).await.result, Err(HandshakeError::Malformed), "{stream:x?}");
        assert_eq!(server(&vector, &stream).await.result, Err(HandshakeError::Malformed), "{stream:x?}");
    }
}

#[tokio::test]
async fn unknown_fields() {
    let vector = open();
    let longer = |message: &[u8]| frame(&[&message[2..], &[0]].concat());
    let script = [vector.challenge.clone(), longer(&vector.welcome)].concat();
    assert_eq!(client(&vector, &script).await.result, Err(HandshakeError::Malformed));
    let script = [vector.hello.clone(), longer(&vector.proof)].concat();
    assert_eq!(server(&vector, &script).await.result, Err(HandshakeError::Malformed));
}
