//! agentcore-console: a terminal operations console for MCP servers on Amazon Bedrock AgentCore in front of Neo4j.

#[cfg(feature = "local")]
pub mod local;
pub mod model;
pub mod rotation;
