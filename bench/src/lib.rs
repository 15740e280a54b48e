//! Code shared by the load generator and the servers.

pub mod blocks;
pub mod protocol;
