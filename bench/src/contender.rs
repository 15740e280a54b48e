//! Servers under comparison.

/// A server under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contender {
    /// The module in Node, used as in an app.
    Module,
    /// Node's `net`, with the same task.
    Net,
    /// The engine without JavaScript.
    Engine,
    /// An epoll loop: the lower limit on this machine's loopback.
    Raw,
}

impl Contender {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Module, Self::Net, Self::Engine, Self::Raw];

    /// Name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Net => "net",
            Self::Engine => "engine",
            Self::Raw => "raw",
        }
    }
}
