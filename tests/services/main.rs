//! The services against the embedded stack, in process, and against small servers that misbehave as no stack does.
#![cfg(feature = "local")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    reason = "the helpers of tests fail as tests do"
)]

mod aws;
mod deployments;
mod fake;
mod log_seeds;
mod logs;
mod mcp;
mod mcp_stateless;
mod metrics;
mod neo4j;
mod rotation;
mod stack;
