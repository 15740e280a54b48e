//! Addresses as strings, and their socket addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use nix::net::if_::if_nametoindex;

/// Address family of a [`NetAddress`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressFamily {
    /// IPv4, the default.
    V4,
    /// IPv6.
    V6,
    /// Either family: stands for undefined family numbers.
    Any,
}

/// An address as passed by the caller.
///
/// ```
/// use socket_engine::{AddressFamily, Host, NetAddress};
///
/// let address = NetAddress { address: "127.0.0.1".into(), family: AddressFamily::V4, port: 1234 };
/// assert_eq!(address.to_socket_address()?, ([127, 0, 0, 1], 1234).into());
/// let named = NetAddress { address: "example.com".into(), ..address };
/// assert!(matches!(named.to_host()?, Host::Name(_)));
/// # Ok::<(), socket_engine::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetAddress {
    /// Numeric address or `localhost`.
    /// For `connect` also a host name, for other calls also an IPv4 address as one number.
    pub address: String,
    /// Required family of the address.
    pub family: AddressFamily,
    /// Port; 0 lets the kernel choose.
    pub port: u16,
}

/// Target of a connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A socket address.
    Address(SocketAddr),
    /// A name to look up.
    Name(NetAddress),
}

impl Host {
    /// Returns the socket address if no lookup is needed.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Address(address) => Some(*address),
            Self::Name(_) => None,
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(f, "{address}"),
            Self::Name(NetAddress { address, port, .. }) => write!(f, "{address}:{port}"),
        }
    }
}

/// Reason why an address is invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressError {
    /// It is neither a numeric address nor `localhost`.
    NotNumeric(String),
    /// It is an address of the other family.
    WrongFamily(String),
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNumeric(text) => {
                write!(f, "\"{text}\" is neither a numeric address nor localhost")
            }
            Self::WrongFamily(text) => {
                write!(f, "\"{text}\" is not an address of the given family")
            }
        }
    }
}

impl std::error::Error for AddressError {}

impl NetAddress {
    /// Returns the socket address, for calls that take no host names.
    ///
    /// An IPv4 address may be a decimal number: its four bytes in native byte order, as in the system socket API.
    ///
    /// # Errors
    /// When the text is not a numeric address and not `localhost`, or has the other family.
    pub fn to_socket_address(&self) -> Result<SocketAddr, AddressError> {
        let address = self.parse()?.or_else(|| self.parse_number());
        address.ok_or_else(|| AddressError::NotNumeric(self.address.clone()))
    }

    /// Returns the target of a `connect`.
    /// `localhost` of any family is a host name, because it has two addresses.
    ///
    /// # Errors
    /// When the address is empty, or numeric and of the other family.
    pub fn to_host(&self) -> Result<Host, AddressError> {
        if self.address.is_empty() {
            return Err(AddressError::NotNumeric(self.address.clone()));
        }
        if self.is_localhost() && self.family == AddressFamily::Any {
            return Ok(Host::Name(self.clone()));
        }
        Ok(self.parse()?.map_or_else(|| Host::Name(self.clone()), Host::Address))
    }

    /// Returns whether this is `localhost`.
    pub(crate) fn is_localhost(&self) -> bool {
        self.address.eq_ignore_ascii_case("localhost")
    }

    /// Returns whether the family allows `address`.
    pub(crate) fn admits(&self, address: IpAddr) -> bool {
        match self.family {
            AddressFamily::V4 => address.is_ipv4(),
            AddressFamily::V6 => address.is_ipv6(),
            AddressFamily::Any => true,
        }
    }

    fn parse(&self) -> Result<Option<SocketAddr>, AddressError> {
        let Some(address) = self.parse_localhost().or_else(|| parse_numeric(&self.address, self.port)) else {
            return Ok(None);
        };
        if self.admits(address.ip()) {
            return Ok(Some(address));
        }
        Err(AddressError::WrongFamily(self.address.clone()))
    }

    /// Parses a number as `strtol` does.
    fn parse_number(&self) -> Option<SocketAddr> {
        if self.family == AddressFamily::V6 {
            return None;
        }
        let digits = self.address.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
        // Accepts a sign, as `strtol` does, and rejects trailing characters.
        let bytes = digits.parse::<i128>().ok().and_then(|number| u32::try_from(number).ok())?.to_ne_bytes();
        Some(SocketAddr::new(Ipv4Addr::from(bytes).into(), self.port))
    }

    fn parse_localhost(&self) -> Option<SocketAddr> {
        if !self.is_localhost() {
            return None;
        }
        let ip = match self.family {
            AddressFamily::V6 => IpAddr::V6(Ipv6Addr::LOCALHOST),
            AddressFamily::V4 | AddressFamily::Any => IpAddr::V4(Ipv4Addr::LOCALHOST),
        };
        Some(SocketAddr::new(ip, self.port))
    }
}

fn parse_numeric(text: &str, port: u16) -> Option<SocketAddr> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Some(SocketAddr::new(ip, port));
    }
    let (ip, scope) = text.split_once('%')?;
    let ip = ip.parse::<Ipv6Addr>().ok()?;
    // A scope that is not a number names an interface. With scope 0 the kernel rejects addresses that need one.
    let scope_id = scope.parse().or_else(|_| if_nametoindex(scope)).unwrap_or(0);
    Some(SocketAddr::V6(SocketAddrV6::new(ip, port, 0, scope_id)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_address_comes_back_as_it_was(ip in any::<IpAddr>(), port in any::<u16>()) {
            let family = if ip.is_ipv4() { AddressFamily::V4 } else { AddressFamily::V6 };
            let other = if ip.is_ipv4() { AddressFamily::V6 } else { AddressFamily::V4 };
            let spelled = |family| NetAddress { address: ip.to_string(), family, port };
            let expected = SocketAddr::new(ip, port);
            prop_assert_eq!(spelled(family).to_socket_address(), Ok(expected));
            prop_assert_eq!(spelled(AddressFamily::Any).to_host(), Ok(Host::Address(expected)));
            prop_assert_eq!(spelled(other).to_host(), Err(AddressError::WrongFamily(ip.to_string())));
        }

        #[test]
        fn whatever_is_typed_is_an_address_or_a_name_or_refused(text in "[0-9a-fA-F.:%x]{0,24}") {
            crate::fuzzing::text(text.as_bytes());
        }
    }

    fn net(address: &str, family: AddressFamily) -> NetAddress {
        NetAddress { address: address.to_owned(), family, port: 80 }
    }

    fn parsed(address: &str, family: AddressFamily) -> Result<String, AddressError> {
        net(address, family).to_socket_address().map(|address| address.to_string())
    }

    #[test]
    fn numeric_addresses_and_localhost_are_understood() {
        let cases = [
            ("127.0.0.1", AddressFamily::V4, "127.0.0.1:80"),
            ("::1", AddressFamily::V6, "[::1]:80"),
            ("::1", AddressFamily::Any, "[::1]:80"),
            ("fe80::1%2", AddressFamily::V6, "[fe80::1%2]:80"),
            // On Linux, the loopback interface has index 1.
            ("fe80::1%lo", AddressFamily::V6, "[fe80::1%1]:80"),
            ("fe80::1%unheard-of", AddressFamily::V6, "[fe80::1]:80"),
            ("localhost", AddressFamily::V4, "127.0.0.1:80"),
            ("LOCALHOST", AddressFamily::V6, "[::1]:80"),
        ];
        for (text, family, expected) in cases {
            assert_eq!(parsed(text, family).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn names_and_other_families_are_refused() {
        for text in
            ["", " ", "+", "example.org", "127.1", "1.2.3", "0x7f", "1 ", "-1", "4294967296", "127.0.0.1%1", "::1%"]
        {
            assert!(parsed(text, AddressFamily::V4).is_err(), "{text}");
        }
        assert_eq!(parsed("::1", AddressFamily::V4), Err(AddressError::WrongFamily("::1".into())));
        assert_eq!(parsed("127.0.0.1", AddressFamily::V6), Err(AddressError::WrongFamily("127.0.0.1".into())));
    }

    #[test]
    fn decimal_number_is_an_ipv4_address_where_no_names_are_taken() {
        let bytes = |bytes: [u8; 4]| u32::from_ne_bytes(bytes).to_string();
        let cases = [
            ("0".to_owned(), "0.0.0.0:80"),
            (" \t+00".to_owned(), "0.0.0.0:80"),
            ("-0".to_owned(), "0.0.0.0:80"),
            (bytes([127, 0, 0, 1]), "127.0.0.1:80"),
            (bytes([255, 255, 255, 255]), "255.255.255.255:80"),
        ];
        for (text, expected) in cases {
            assert_eq!(parsed(&text, AddressFamily::V4).as_deref(), Ok(expected), "{text}");
            assert_eq!(parsed(&text, AddressFamily::Any).as_deref(), Ok(expected), "{text}");
            assert!(parsed(&text, AddressFamily::V6).is_err(), "{text}");
        }
        let number = net("0", AddressFamily::V4);
        assert_eq!(number.to_host(), Ok(Host::Name(number.clone())), "a resolver takes it otherwise");
    }

    #[test]
    fn only_connecting_takes_names() {
        let named = net("example.org", AddressFamily::V4);
        assert_eq!(named.to_host(), Ok(Host::Name(named.clone())));
        let localhost = net("LocalHost", AddressFamily::Any);
        assert_eq!(localhost.to_host(), Ok(Host::Name(localhost.clone())), "it has two addresses");
        assert!(net("", AddressFamily::V4).to_host().is_err());
        assert!(net("::1", AddressFamily::V4).to_host().is_err());
    }
}
