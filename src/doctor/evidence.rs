//! What the probes brought home, as data.

use crate::model::{
    CallOutcome, Claims, ConnectionInfo, DeploymentName, Failure, Identity, LoginAnswer, Moment,
    Resource, SecretDetail, StackFacts, Tool,
};

/// The answer to one probe: not asked, or what came back after how many milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer<T> {
    /// Not asked, and why: the chain has no such hop, or a hop before it must work first.
    NotAsked(String),
    /// Asked and answered.
    Got {
        /// What came back.
        value: T,
        /// Milliseconds.
        elapsed_ms: u64,
    },
    /// Asked and failed.
    Failed {
        /// Why.
        failure: Failure,
        /// Milliseconds.
        elapsed_ms: u64,
    },
}

impl<T> Answer<T> {
    /// The value, where there is one.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Got { value, .. } => Some(value),
            Self::NotAsked(_) | Self::Failed { .. } => None,
        }
    }

    /// The failure, where there is one.
    pub const fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed { failure, .. } => Some(failure),
            Self::NotAsked(_) | Self::Got { .. } => None,
        }
    }

    /// Milliseconds, where something was asked.
    pub const fn elapsed_ms(&self) -> Option<u64> {
        match self {
            Self::Got { elapsed_ms, .. } | Self::Failed { elapsed_ms, .. } => Some(*elapsed_ms),
            Self::NotAsked(_) => None,
        }
    }
}

/// Everything that was asked about one deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The deployment.
    pub deployment: DeploymentName,
    /// When it was gathered.
    pub now: Moment,
    /// STS GetCallerIdentity.
    pub identity: Answer<Identity>,
    /// The stack's outputs.
    pub stack: Answer<StackFacts>,
    /// The token's claims; not asked where the sign-in has no token.
    pub token: Answer<Claims>,
    /// GetGateway of the deployment's gateways.
    pub gateways: Answer<Vec<Resource>>,
    /// GetGatewayTarget of their targets.
    pub targets: Answer<Vec<Resource>>,
    /// GetAgentRuntime of its runtimes.
    pub runtimes: Answer<Vec<Resource>>,
    /// MCP initialize.
    pub connection: Answer<ConnectionInfo>,
    /// MCP tools/list.
    pub tools: Answer<Vec<Tool>>,
    /// Error lines of the interceptor's log in the last minutes, newest first; not asked without an interceptor.
    pub interceptor_errors: Answer<Vec<String>>,
    /// The secret's versions.
    pub secret: Answer<SecretDetail>,
    /// A login at Neo4j with AWSCURRENT.
    pub login: Answer<LoginAnswer>,
    /// `RETURN 1` through the chain.
    pub cypher: Answer<CallOutcome>,
}
