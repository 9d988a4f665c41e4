//! The network floor below the services: the HTTP client with its limits, the retry policy, the system's keyring, the
//! browser, and where secret values are read from. Nothing here knows AWS, MCP or Neo4j.

pub(crate) mod browser;
pub(crate) mod ca_bundle;
pub(crate) mod clock;
pub(crate) mod http_client;
pub(crate) mod keyring;
pub(crate) mod retry;
pub(crate) mod secret_source;
