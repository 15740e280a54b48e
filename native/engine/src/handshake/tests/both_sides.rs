//! Tests of the exchange between both sides, and of their results.

use super::*;
use crate::wire::Kind;

#[tokio::test(start_paused = true)]
async fn each_side_sends_the_messages_of_the_vectors_and_reads_nothing_after_them() {
    let next = b"the first frame behind";
    for vector in handshakes() {
        let expected = Outcome { result: Ok(vector.negotiated()), said: vector.client_says(), unread: next.to_vec() };
        assert_eq!(client(&vector, &[&vector.server_says(), &next[..]].concat()).await, expected, "{}", vector.name);
        let expected = Outcome { result: Ok(vector.accepted()), said: vector.server_says(), unread: next.to_vec() };
        assert_eq!(server(&vector, &[&vector.client_says(), &next[..]].concat()).await, expected, "{}", vector.name);
    }
}

#[tokio::test(start_paused = true)]
async fn they_understand_each_other_byte_by_byte_with_the_shortest_messages() {
    let vector = resuming();
    for (width_bytes, little_endian) in [(1, false), (2, true), (4, false)] {
        let framing = Framing::length(width_bytes, little_endian, 1).unwrap();
        let (mut near, mut far) = duplex(1);
        let served = async {
            let client_hello = accept(&mut far, &framing, &vector.server, || {}).await?;
            assert_eq!((client_hello.resumes, client_hello.peer_heartbeat), vector.accepted());
            client_hello.finish(&mut far, vector.answered, vector.resumed).await.map(drop)
        };
        let connecting = connect(&mut near, &framing, &vector.client, Some(vector.asked));
        let (negotiated, served) = settled(async { tokio::join!(connecting, served) }).await;
        assert_eq!((negotiated.map(|(negotiated, _)| negotiated), served), (Ok(vector.negotiated()), Ok(())));
    }
}

#[tokio::test(start_paused = true)]
async fn different_options_fail_on_both_sides() {
    let key = |byte| Some(Arc::new(Key::from_bytes(&[byte; 10]).unwrap()));
    let plain = HandshakeParams::default();
    let beating = HandshakeParams { heartbeat: Some(Duration::from_millis(1)), ..HandshakeParams::default() };
    let acknowledging = HandshakeParams { acknowledge: true, ..HandshakeParams::default() };
    let keyed = HandshakeParams { key: key(1), ..HandshakeParams::default() };
    let otherwise_keyed = HandshakeParams { key: key(2), ..HandshakeParams::default() };
    let keyed_and_beating = HandshakeParams { key: key(1), ..beating.clone() };
    let seen_by_both = (HandshakeError::ParamsDiffer, HandshakeError::ParamsDiffer);
    let refused = (HandshakeError::Refused(RefusalReason::Params), HandshakeError::ParamsDiffer);
    let wrong_key = (HandshakeError::Refused(RefusalReason::Key), HandshakeError::WrongKey);
    for (client, server, expected) in [
        (&plain, &beating, refused),
        (&beating, &plain, refused),
        (&plain, &acknowledging, refused),
        (&acknowledging, &plain, refused),
        (&plain, &keyed, refused),
        (&keyed, &plain, refused),
        (&beating, &acknowledging, refused),
        (&keyed, &otherwise_keyed, wrong_key),
        (&keyed, &keyed_and_beating, seen_by_both),
        (&keyed_and_beating, &keyed, seen_by_both),
        (&keyed_and_beating, &otherwise_keyed, wrong_key),
    ] {
        let framing = Framing::length(2, false, 100).unwrap();
        let (mut near, mut far) = duplex(PIPE_BYTES);
        let sides = async {
            tokio::join!(connect(&mut near, &framing, client, None), accept(&mut far, &framing, server, || {}))
        };
        let (negotiated, accepted) = settled(sides).await;
        assert_eq!((negotiated.err().unwrap(), accepted.err().unwrap()), expected, "{client:?} {server:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_two_openings_are_the_same() {
    let vector = resuming();
    let mut openings = std::collections::HashSet::new();
    for _ in 0..2 {
        let (mut near, mut far) = duplex(PIPE_BYTES);
        refuse(&mut far, &vector.framing, RefusalReason::Limit).await.unwrap();
        assert!(settled(connect(&mut near, &vector.framing, &vector.client, None)).await.is_err());
        let mut hello = vec![0; vector.hello.len()];
        far.read_exact(&mut hello).await.unwrap();
        openings.insert(hello);
        let (mut near, mut far) = duplex(PIPE_BYTES);
        near.write_all(&vector.hello).await.unwrap();
        near.shutdown().await.unwrap();
        assert_eq!(accept(&mut far, &vector.framing, &vector.server, || {}).await.err(), Some(CUT));
        let mut challenge = vec![0; vector.challenge.len()];
        near.read_exact(&mut challenge).await.unwrap();
        openings.insert(challenge);
    }
    assert_eq!(openings.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_interval_that_is_too_short_or_too_long_to_be_said_is_not_taken_for_none() {
    let framing = Framing::length(2, false, 100).unwrap();
    for (interval, said_ms) in [(Duration::from_micros(1), 1), (Duration::from_secs(u32::MAX.into()), u32::MAX)] {
        let params = HandshakeParams { heartbeat: Some(interval), ..HandshakeParams::default() };
        let (mut near, mut far) = duplex(PIPE_BYTES);
        let served = async {
            let client_hello = accept(&mut far, &framing, &params, || {}).await?;
            assert_eq!(client_hello.peer_heartbeat, Some(Duration::from_millis(said_ms.into())));
            client_hello.finish(&mut far, Session::default(), false).await.map(drop)
        };
        let connecting = connect(&mut near, &framing, &params, None);
        let (negotiated, served) = settled(async { tokio::join!(connecting, served) }).await;
        assert_eq!((negotiated.map(|(negotiated, _)| negotiated.session), served), (Ok(Session::default()), Ok(())));
    }
}

#[tokio::test(start_paused = true)]
async fn with_a_key_other_lengths_are_other_terms_also_where_somebody_translates_the_frames() {
    let vector = resuming();
    let with_field = |width_bytes, little_endian| {
        let framing = Framing::length(width_bytes, little_endian, 100).unwrap();
        HandshakeVector { framing, ..resuming() }
    };
    for other in [with_field(2, false), with_field(4, false), with_field(1, true)] {
        let hello = other.framing.control_frame(Kind::Hello, &vector.hello[2..]);
        let outcome = server(&other, &hello).await;
        assert_eq!(outcome.result, Err(HandshakeError::ParamsDiffer));
        let hello = client(&other, &[]).await.said;
        let (mut near, mut far) = duplex(PIPE_BYTES);
        near.write_all(&vector.framing.control_frame(Kind::Hello, &hello[hello.len() - 55..])).await.unwrap();
        near.shutdown().await.unwrap();
        let heard = accept(&mut far, &vector.framing, &vector.server, || {}).await;
        assert_eq!(heard.err(), Some(HandshakeError::ParamsDiffer));
    }
}

/// Returns whether the server of `vector` reports `hello` as received.
async fn is_heard(vector: &HandshakeVector, hello: &[u8]) -> bool {
    let (mut near, mut far) = duplex(PIPE_BYTES);
    near.write_all(hello).await.unwrap();
    near.shutdown().await.unwrap();
    let mut is_heard = false;
    assert!(accept(&mut far, &vector.framing, &vector.server, || is_heard = true).await.is_err());
    is_heard
}

#[tokio::test(start_paused = true)]
async fn hello_is_heard_once_it_decrypts() {
    let vector = resuming();
    let mut forged = vector.hello.clone();
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!([is_heard(&vector, &vector.hello).await, is_heard(&vector, &forged).await], [true, false]);
    let (vector, keyed) = (open(), vector.hello);
    assert_eq!([is_heard(&vector, &vector.hello).await, is_heard(&vector, &keyed).await], [true, false]);
}

#[tokio::test(start_paused = true)]
async fn a_peer_whose_version_does_not_encrypt_is_rejected() {
    let vector = resuming();
    let old = |kind| vector.framing.control_frame(kind, &[&[1, 7, 0, 0, 0, 1][..], &[7; 32]].concat());
    let outcome = server(&vector, &old(Kind::Hello)).await;
    assert_eq!(outcome.result, Err(HandshakeError::OldVersion));
    assert_eq!(outcome.said, vector.framing.control_frame(Kind::Refused, &[1]));
    assert_eq!(client(&vector, &old(Kind::Challenge)).await.result, Err(HandshakeError::OldVersion));
}

#[test]
fn sessions_have_names_of_their_own() {
    let id = SessionId::generate().unwrap();
    assert!(!id.is_none() && id != SessionId::generate().unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_server_can_refuse_before_it_listens() {
    let vector = open();
    let (mut near, mut far) = duplex(PIPE_BYTES);
    refuse(&mut far, &vector.framing, RefusalReason::Limit).await.unwrap();
    let error = settled(connect(&mut near, &vector.framing, &vector.client, None)).await.err().unwrap();
    assert_eq!(error, HandshakeError::Refused(RefusalReason::Limit));
}

#[tokio::test(start_paused = true)]
async fn there_is_no_handshake_with_delimiters() {
    let framing = Framing::delimiter("\n".into(), 100).unwrap();
    let (mut near, mut far) = duplex(PIPE_BYTES);
    let params = HandshakeParams::default();
    assert_eq!(connect(&mut near, &framing, &params, None).await.err(), Some(HandshakeError::Malformed));
    assert_eq!(accept(&mut far, &framing, &params, || {}).await.err(), Some(HandshakeError::Malformed));
}

#[test]
fn every_error_has_its_number() {
    for (error, errno) in [
        (HandshakeError::Io(libc::EPIPE), libc::EPIPE),
        (HandshakeError::Malformed, libc::EPROTO),
        (HandshakeError::ParamsDiffer, libc::EPROTO),
        (HandshakeError::OldVersion, libc::EPROTO),
        (HandshakeError::WrongKey, libc::EACCES),
        (HandshakeError::Refused(RefusalReason::Params), libc::EPROTO),
        (HandshakeError::Refused(RefusalReason::Key), libc::EACCES),
        (HandshakeError::Refused(RefusalReason::Limit), libc::EUSERS),
    ] {
        assert_eq!(error.peer_fault().map_or_else(|errno| errno, PeerFault::errno), errno, "{error:?}");
    }
}
