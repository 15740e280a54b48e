//! Fuzzes keys and addresses that a user typed.

use std::net::SocketAddr;

use data_encoding::BASE32;

use crate::address::{AddressFamily, Host, NetAddress};
use crate::key::Key;
use crate::limits::KEY_MIN_BITS;

/// Formats each accepted key and address again, and compares.
pub fn text(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    key(text);
    for family in [AddressFamily::V4, AddressFamily::V6, AddressFamily::Any] {
        address(text, family);
    }
}

fn key(text: &str) {
    let Ok(key) = Key::from_base32(text) else { return };
    assert!(key.as_bytes().len() * 8 >= KEY_MIN_BITS);
    let again = Key::from_base32(&BASE32.encode(key.as_bytes()));
    assert!(again.is_ok_and(|again| again.as_bytes() == key.as_bytes()), "{text}");
}

fn address(text: &str, family: AddressFamily) {
    let named = NetAddress { address: text.to_owned(), family, port: 80 };
    let Ok(address) = named.to_socket_address() else {
        assert!(!matches!(named.to_host(), Ok(Host::Address(_))), "{text}");
        return;
    };
    let has_both = named.is_localhost() && family == AddressFamily::Any;
    let is_number = text.trim_start().parse::<i128>().is_ok();
    let host = if has_both || is_number { Host::Name(named.clone()) } else { Host::Address(address) };
    assert_eq!(named.to_host(), Ok(host), "{text}");
    assert!(named.admits(address.ip()), "{text}");
    let again = NetAddress { address: spelled(address), family, port: 80 };
    assert_eq!(again.to_socket_address(), Ok(address), "{text}");
}

fn spelled(address: SocketAddr) -> String {
    match address {
        SocketAddr::V6(v6) if v6.scope_id() != 0 => format!("{}%{}", v6.ip(), v6.scope_id()),
        address => address.ip().to_string(),
    }
}
