//! What is compared.

/// A server under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contender {
    /// The module in Node, used as an app uses it.
    Module,
    /// Node's `net`, doing the same.
    Net,
    /// The engine without JavaScript.
    Engine,
    /// An epoll loop: the floor of this machine's loopback.
    Raw,
}

impl Contender {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Module, Self::Net, Self::Engine, Self::Raw];

    /// As tables name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Net => "net",
            Self::Engine => "engine",
            Self::Raw => "raw",
        }
    }
}
