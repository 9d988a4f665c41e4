//! The MCP and Neo4j side of the embedded stack, over HTTP.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot get what it needs must stop"
)]

mod access;
mod faults;
mod interaction;
mod support;
mod tools;
