//! TCP server, connection and client on tokio. Knows nothing of JavaScript.
#![forbid(unsafe_code)]
