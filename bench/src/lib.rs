//! What the load generator and the servers share.

pub mod blocks;
pub mod protocol;
