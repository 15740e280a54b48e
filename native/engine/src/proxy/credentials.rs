//! Who uses a proxy.

use std::fmt;

/// What a proxy knows its user by. RFC 1929 has 1 to 255 bytes of each.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The name of the user.
    pub username: String,
    /// The password, which the proxy gets as it is.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}
