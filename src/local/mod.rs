//! The embedded stack: the wire protocols of AWS, MCP and Neo4j, served on loopback.
