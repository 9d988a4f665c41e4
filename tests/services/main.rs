//! The services against the embedded stack, in process, and against small servers that misbehave as no stack does.
#![cfg(feature = "local")]

mod aws;
mod deployments;
mod fake;
mod logs;
mod mcp;
mod neo4j;
mod stack;
