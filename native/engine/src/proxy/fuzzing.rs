//! Fuzzes the client with replies of a proxy.

use super::Credentials;
use super::dialogue::Dialogue;
use crate::address::{AddressFamily, Host, NetAddress};
use crate::fuzzing::script::{Script, run};

/// Offset of the address in a reply.
const ADDRESS_OFFSET_BYTES: usize = 4;

/// Runs a client against a proxy.
///
/// The first three bytes choose the request, the credentials, and the pieces of the replies.
pub fn proxy(data: &[u8]) {
    let Some(([choice, length, piece], says)) = data.split_first_chunk() else { return };
    let text = "x".repeat(usize::from(*length) + usize::from(choice & 1));
    let credentials = Credentials { username: text.clone(), password: "secret".to_owned() };
    let credentials = (choice & 2 != 0).then_some(credentials);
    let target = match choice >> 2 & 3 {
        0 => Host::Address(([10, 0, 0, 1], 80).into()),
        1 => Host::Address(([1_u16; 8], 80).into()),
        _ => Host::Name(NetAddress { address: text, family: AddressFamily::Any, port: 80 }),
    };
    let dialogue = Dialogue::new(Script::new(says, usize::from(*piece)));
    let result = run(dialogue.hold(credentials.as_ref(), &target));
    assert!(result.is_some(), "a proxy that ended is waited for");
    if let Some(Ok(script)) = result {
        assert_eq!(reply_bytes(script.read(), credentials.is_some()), Some(0), "{:x?}", script.read());
    }
}

/// Returns the number of bytes of `read` after the last reply.
/// `None` without a reply of success.
fn reply_bytes(read: &[u8], has_credentials: bool) -> Option<usize> {
    let rest = match read {
        [5, 0, rest @ ..] => rest,
        [5, 2, 1, 0, rest @ ..] if has_credentials => rest,
        _ => return None,
    };
    let address_bytes = match rest {
        [5, 0, 0, 1, ..] => 4,
        [5, 0, 0, 3, length, ..] => 1 + usize::from(*length),
        [5, 0, 0, 4, ..] => 16,
        _ => return None,
    };
    rest.len().checked_sub(ADDRESS_OFFSET_BYTES + address_bytes + size_of::<u16>())
}
