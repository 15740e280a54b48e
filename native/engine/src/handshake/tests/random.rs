//! Property tests with any two sides and any peer.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::fuzzing::script::run;

fn any_params() -> impl Strategy<Value = HandshakeParams> {
    let key = prop_oneof![Just(None), Just(Some(1_u8)), Just(Some(2_u8))];
    (proptest::option::of(1..100_000_u64), any::<bool>(), key).prop_map(|(heartbeat_ms, acknowledge, key)| {
        HandshakeParams {
            heartbeat: heartbeat_ms.map(Duration::from_millis),
            acknowledge,
            key: key.map(|byte| Arc::new(Key::from_bytes(&[byte; 10]).unwrap())),
        }
    })
}

/// Returns the parameters that must be equal on both sides.
fn common(params: &HandshakeParams) -> (bool, bool, Option<&[u8]>) {
    (params.heartbeat.is_some(), params.acknowledge, params.key.as_ref().map(|key| key.as_bytes()))
}

proptest! {
    #[test]
    fn two_sides_agree_on_everything_or_on_nothing(
        (client, server) in (any_params(), any_params()),
        (asked, answered) in (any::<[u8; 16]>(), any::<[u8; 16]>()),
        received in any::<u64>(),
    ) {
        let framing = Framing::length(2, false, 100).unwrap();
        let named = |id, received| Session { id: SessionId(id), received };
        let asked = if client.acknowledge { named(asked, received) } else { Session::default() };
        let answered = if server.acknowledge { named(answered, 0) } else { Session::default() };
        prop_assume!(!server.acknowledge || (!answered.id.is_none() && !asked.id.is_none() && answered.id != asked.id));
        let (mut near, mut far) = duplex(PIPE_BYTES);
        let connecting = connect(&mut near, &framing, &client, Some(asked));
        let serving = async {
            let client_hello = accept(&mut far, &framing, &server, || {}).await?;
            let learnt = (client_hello.resumes, client_hello.peer_heartbeat);
            client_hello.finish(&mut far, answered, false).await.map(|_| learnt)
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (negotiated, accepted) = runtime.block_on(settled(async { tokio::join!(connecting, serving) }));
        if common(&client) == common(&server) {
            let entered_as = Negotiated { session: answered, resumed: false, peer_heartbeat: server.heartbeat };
            prop_assert_eq!(negotiated.map(|(negotiated, _)| negotiated), Ok(entered_as));
            prop_assert_eq!(accepted, Ok((client.acknowledge.then_some(asked), client.heartbeat)));
        } else {
            prop_assert!(negotiated.is_err() && accepted.is_err());
        }
    }

    #[test]
    fn random_bytes_are_not_admitted(says in vec(any::<u8>(), 0..300), choice in any::<u8>()) {
        crate::fuzzing::handshake(&[&[choice | 8, 50], &says[..]].concat());
    }

    /// Frames of a real handshake in a wrong order.
    #[test]
    fn a_reordered_handshake_is_not_admitted(order in vec(0..4_usize, 1..6)) {
        let vector = resuming();
        let messages = [&vector.hello, &vector.challenge, &vector.proof, &vector.welcome];
        let says: Vec<u8> = order.iter().flat_map(|index| messages[*index].clone()).collect();
        let known = says.starts_with(&vector.client_says());
        prop_assert_eq!(run(server(&vector, &says)).unwrap().result.is_ok(), known);
        let known = says.starts_with(&vector.server_says());
        prop_assert_eq!(run(client(&vector, &says)).unwrap().result.is_ok(), known);
    }
}
