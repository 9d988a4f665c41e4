//! What the probes found, as data.

use super::{HopLine, PENDING};
use crate::model::{
    CallOutcome, Change, Claims, ConnectionInfo, DeploymentName, Failure, Identity, LoginAnswer,
    Moment, Neo4jFailure, Resource, SecretDetail, StackFacts, Tool,
};

/// The result of one probe.
#[derive(Clone, Debug, PartialEq)]
pub enum Probe<T> {
    /// Not made, and why: the chain has no such hop, or an earlier hop must work first.
    NotMade(String),
    /// Made and answered.
    Answered {
        /// The answer.
        value: T,
        /// How long the answer took, in milliseconds.
        elapsed_ms: u64,
    },
    /// Made and failed.
    Failed {
        /// Why.
        failure: Failure,
        /// How long the failure took, in milliseconds.
        elapsed_ms: u64,
    },
}

impl<T> Probe<T> {
    /// Returns the answer, if there is one.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Answered { value, .. } => Some(value),
            Self::NotMade(_) | Self::Failed { .. } => None,
        }
    }

    /// Returns the failure, if there is one.
    pub const fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed { failure, .. } => Some(failure),
            Self::NotMade(_) | Self::Answered { .. } => None,
        }
    }

    /// Returns whether the probe is still to be made.
    pub(super) fn is_pending(&self) -> bool {
        matches!(self, Self::NotMade(why) if why == PENDING)
    }

    /// Returns the same probe with its answer changed.
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Probe<U> {
        match self {
            Self::NotMade(why) => Probe::NotMade(why),
            Self::Answered { value, elapsed_ms } => Probe::Answered {
                value: change(value),
                elapsed_ms,
            },
            Self::Failed {
                failure,
                elapsed_ms,
            } => Probe::Failed {
                failure,
                elapsed_ms,
            },
        }
    }

    /// Returns the same probe with its failure changed.
    pub(crate) fn map_failure(self, change: impl FnOnce(Failure) -> Failure) -> Self {
        match self {
            Self::Failed {
                failure,
                elapsed_ms,
            } => Self::Failed {
                failure: change(failure),
                elapsed_ms,
            },
            Self::NotMade(_) | Self::Answered { .. } => self,
        }
    }

    /// Returns how long the probe took, in milliseconds, if it was made.
    pub const fn elapsed_ms(&self) -> Option<u64> {
        match self {
            Self::Answered { elapsed_ms, .. } | Self::Failed { elapsed_ms, .. } => {
                Some(*elapsed_ms)
            }
            Self::NotMade(_) => None,
        }
    }
}

/// What the issuer publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerDocument {
    /// `issuer` of the discovery document.
    pub issuer: String,
    /// Number of keys under `jwks_uri`; `None` if they could not be read.
    pub keys: Option<usize>,
}

/// A credential provider that a target signs in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderStatus {
    /// Its name.
    pub name: String,
    /// Its status where AWS gives one.
    pub status: Option<String>,
    /// Why it is in that status.
    pub reason: Option<String>,
}

/// The call that proves the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeCall {
    /// Whole name of the tool.
    pub tool: String,
    /// Whether it ran a Cypher statement.
    pub runs_cypher: bool,
    /// What the tool said, with the gateway's debug details where it gives them.
    pub text: String,
    /// The outcome.
    pub outcome: CallOutcome,
}

/// The password of AWSPREVIOUS, tried after Neo4j refused that of AWSCURRENT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviousPassword {
    /// Whether Neo4j accepts it.
    pub is_accepted: bool,
    /// The write that made AWSCURRENT what it is: who, and when. `None` if CloudTrail does not show it.
    pub overwritten: Option<Change>,
}

/// Everything that was probed of one deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The deployment.
    pub deployment: DeploymentName,
    /// When it was gathered.
    pub now: Moment,
    /// Address of the MCP endpoint, if it is known.
    pub endpoint: Option<String>,
    /// Names of the headers that the deployment's configuration adds to each request.
    pub sent_headers: Vec<String>,
    /// STS `GetCallerIdentity`.
    pub identity: Probe<Identity>,
    /// The stack's outputs.
    pub stack: Probe<StackFacts>,
    /// The token's claims; not made if the sign-in has no token.
    pub token: Probe<Claims>,
    /// The issuer's discovery document and keys.
    pub discovery: Probe<IssuerDocument>,
    /// The protected resource's metadata at the endpoint.
    pub metadata: Probe<serde_json::Value>,
    /// `GetGateway` of the deployment's gateways.
    pub gateways: Probe<Vec<Resource>>,
    /// Names of the rate limits set at the gateway.
    pub limits: Probe<Vec<String>>,
    /// `GetGatewayTarget` of their targets.
    pub targets: Probe<Vec<Resource>>,
    /// The credential providers of the targets.
    pub providers: Probe<Vec<ProviderStatus>>,
    /// `GetAgentRuntime` of the deployment's runtimes.
    pub runtimes: Probe<Vec<Resource>>,
    /// Their endpoints.
    pub endpoints: Probe<Vec<Resource>>,
    /// MCP `initialize`.
    pub connection: Probe<ConnectionInfo>,
    /// MCP `tools/list`.
    pub tools: Probe<Vec<Tool>>,
    /// Whole name of the tool that was called last, whether it answered or not.
    pub called_tool: Option<String>,
    /// A call through the chain.
    pub call: Probe<ProbeCall>,
    /// Tools of the runtime behind the gateway, listed past the gateway.
    pub direct: Probe<Vec<Tool>>,
    /// A request to the MCP server outside AgentCore that a target names: its HTTP status.
    pub external: Probe<u16>,
    /// The versions of the secret that the chain uses.
    pub secret: Probe<SecretDetail>,
    /// Whether its value may be read.
    pub secret_value: Probe<()>,
    /// A login at Neo4j with AWSCURRENT.
    pub login: Probe<Result<LoginAnswer, Neo4jFailure>>,
    /// The password of AWSPREVIOUS; not made unless Neo4j refused that of AWSCURRENT.
    pub previous: Probe<PreviousPassword>,
    /// Lines of the gateway's log since the walk began, newest last.
    pub gateway_log: Probe<Vec<HopLine>>,
    /// Lines of the interceptor's log since the walk began.
    pub interceptor_log: Probe<Vec<HopLine>>,
    /// Lines of the runtime's log since the walk began.
    pub runtime_log: Probe<Vec<HopLine>>,
}

impl Evidence {
    /// Returns the address of the MCP endpoint, or words for one that is not known.
    pub(super) fn endpoint_words(&self) -> &str {
        self.endpoint.as_deref().unwrap_or("the endpoint")
    }

    /// Returns whether the MCP endpoint is a gateway.
    pub(super) fn has_gateway(&self) -> bool {
        match &self.endpoint {
            Some(url) if url.contains("/runtimes/") => false,
            Some(url) => {
                url.trim_end_matches('/').ends_with("/mcp")
                    && self.gateways.value().is_none_or(|list| !list.is_empty())
            }
            None => self.gateways.value().is_some_and(|list| !list.is_empty()),
        }
    }

    /// Returns whether the gateway has targets, as far as is known.
    pub(super) fn has_targets(&self) -> bool {
        self.targets
            .value()
            .is_none_or(|targets| !targets.is_empty())
    }

    /// The gateway that was called: the one at the endpoint's address, or the only one.
    pub(super) fn called_gateway(&self) -> Option<&Resource> {
        let gateways = self.gateways.value()?;
        let is_called = |gateway: &&Resource| {
            let address = gateway.mcp_url.as_deref();
            address.is_some() && address == self.endpoint.as_deref()
        };
        gateways.iter().find(is_called).or_else(|| only(gateways))
    }

    /// Name of the gateway that was called.
    pub(super) fn gateway_name(&self) -> &str {
        self.called_gateway()
            .map_or("of this deployment", |gateway| gateway.name.as_str())
    }

    /// The target that the call went to. Before a call it is known only of a gateway with one target.
    pub(super) fn called_target(&self) -> Option<&Resource> {
        let targets = self.targets.value()?;
        match self.called_target_name() {
            Some(name) => targets.iter().find(|target| target.name == name),
            None => only(targets),
        }
    }

    /// Name of the target that the call went to.
    pub(super) fn target_name(&self) -> &str {
        let known = self.called_target().map(|target| target.name.as_str());
        self.called_target_name()
            .or(known)
            .unwrap_or("of this gateway")
    }

    /// Name of the target in the name of the tool that was called.
    pub fn called_target_name(&self) -> Option<&str> {
        let tool = self.called_tool.as_deref()?;
        tool.split_once("___").map(|(target, _)| target)
    }

    /// The runtime that the call reached: the endpoint itself, or the one behind the target.
    pub(super) fn called_runtime(&self) -> Option<&Resource> {
        let runtimes = self.runtimes.value()?;
        let target = self.called_target().and_then(target_address);
        let address = target.filter(|_| self.has_gateway());
        let address = address.or(self.endpoint.as_deref().filter(|_| !self.has_gateway()));
        let Some(address) = address else {
            return only(runtimes);
        };
        let address = percent_encoding::percent_decode_str(address).decode_utf8_lossy();
        runtimes.iter().find(|runtime| {
            let id = runtime.key.id.as_str();
            !id.is_empty() && address.contains(id)
        })
    }
}

/// Returns the address of the MCP server that a target leads to.
pub(crate) fn target_address(target: &Resource) -> Option<&str> {
    target
        .raw
        .pointer("/targetConfiguration/mcp/mcpServer/endpoint")
        .and_then(serde_json::Value::as_str)
}

/// Returns the entry of a list that has no other.
fn only(resources: &[Resource]) -> Option<&Resource> {
    match resources {
        [one] => Some(one),
        _ => None,
    }
}
