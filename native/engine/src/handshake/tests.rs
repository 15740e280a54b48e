//! Both sides over a stream in memory.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use tokio::io::duplex;

use super::*;
use crate::framing::Framing;

const PIPE_BYTES: usize = 1024;

fn terms(key: &str) -> Terms {
    let key = (!key.is_empty()).then(|| Arc::new(Key::from_base32(key).unwrap()));
    Terms { heartbeat: Some(Duration::from_millis(1500)), acknowledge: true, key }
}

const KEY: &str = "AAAA-BBBB-CCCC-DDDD";

#[tokio::test]
async fn both_sides_enter_and_come_back() {
    for (width_bytes, max_message_bytes, key) in [(1, 1, KEY), (2, 100, ""), (4, 1, KEY)] {
        let framing = Framing::length(width_bytes, true, max_message_bytes).unwrap();
        let (mut client, mut server) = duplex(PIPE_BYTES);
        let terms = terms(key);
        let session = Session { id: SessionId::generate().unwrap(), received: 7 };
        let serve = async {
            let guest = greet(&mut server, &framing, &terms).await.map_err(HandshakeError::errno).ok().unwrap();
            assert_eq!(guest.returning, Some(session));
            guest.welcome(&mut server, Session { received: 9, ..session }, true).await
        };
        let (entered, served) = tokio::join!(enter(&mut client, &framing, &terms, Some(session)), serve);
        let expected = Entered {
            session: Session { received: 9, ..session },
            resumed: true,
            peer_heartbeat: Some(Duration::from_millis(1500)),
        };
        assert_eq!((entered, served), (Ok(expected), Ok(())));
    }
}
