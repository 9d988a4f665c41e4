//! The hops of the chain, in its order.

use std::fmt;

use serde::Serialize;

/// One link of the sign-in and call chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hop {
    /// AWS credentials of this machine.
    Credentials,
    /// The CloudFormation stack and its outputs.
    Stack,
    /// A token from the issuer.
    Token,
    /// The token's claims against what the gateway or runtime admits.
    Authoriser,
    /// The gateway's own status.
    Gateway,
    /// The gateway's targets: status and synchronisation.
    Target,
    /// The runtime's status, endpoint and roll-out.
    Runtime,
    /// MCP `initialize` at the endpoint.
    Initialize,
    /// The gateway's interceptor.
    Interceptor,
    /// MCP `tools/list`.
    ToolsList,
    /// The Neo4j secret.
    Secret,
    /// A login at Neo4j with the secret's password.
    Neo4j,
    /// A Cypher call through the whole chain.
    Cypher,
}

impl Hop {
    /// Every hop, in the order of the chain.
    pub const ALL: [Self; 13] = [
        Self::Credentials,
        Self::Stack,
        Self::Token,
        Self::Authoriser,
        Self::Gateway,
        Self::Target,
        Self::Runtime,
        Self::Initialize,
        Self::Interceptor,
        Self::ToolsList,
        Self::Secret,
        Self::Neo4j,
        Self::Cypher,
    ];

    /// Its name, as JSON and the screen show it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::Stack => "stack",
            Self::Token => "token",
            Self::Authoriser => "authoriser",
            Self::Gateway => "gateway",
            Self::Target => "target",
            Self::Runtime => "runtime",
            Self::Initialize => "initialize",
            Self::Interceptor => "interceptor",
            Self::ToolsList => "tools-list",
            Self::Secret => "secret",
            Self::Neo4j => "neo4j",
            Self::Cypher => "cypher",
        }
    }
}

impl fmt::Display for Hop {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
