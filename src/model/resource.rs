//! Resources: one type for every kind, so that table, tree, filter and JSON come once.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{deployment::DeploymentName, failure::Failure, moment::Moment};

/// A sort of resource. Its columns, health and detail are in `kinds/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An AgentCore gateway.
    Gateway,
    /// A target of a gateway.
    Target,
    /// An AgentCore runtime.
    Runtime,
    /// An endpoint of a runtime.
    Endpoint,
    /// A Secrets Manager secret with Neo4j credentials.
    Secret,
    /// A credential provider of AgentCore Identity: OAuth2 or API key.
    Provider,
    /// A workload identity of AgentCore Identity.
    WorkloadIdentity,
    /// A policy engine that a gateway asks before it calls a tool.
    PolicyEngine,
    /// A policy of a policy engine.
    Policy,
    /// A rate limit that is set at a gateway.
    RateLimit,
    /// An immutable version of a runtime.
    Version,
}

/// What a kind is called.
struct KindWords {
    one: &'static str,
    short: &'static str,
    many: &'static str,
    has_compound_id: bool,
}

impl Kind {
    /// Every kind, in the order in which they are listed.
    pub const ALL: [Self; 11] = [
        Self::Gateway,
        Self::Target,
        Self::Runtime,
        Self::Endpoint,
        Self::Secret,
        Self::Provider,
        Self::WorkloadIdentity,
        Self::PolicyEngine,
        Self::Policy,
        Self::RateLimit,
        Self::Version,
    ];

    /// The kinds that a tool call passes. The others change rarely and are polled less often.
    pub const CHAIN: [Self; 5] = [
        Self::Gateway,
        Self::Target,
        Self::Runtime,
        Self::Endpoint,
        Self::Secret,
    ];

    /// Returns whether a tool call passes resources of this kind.
    pub fn is_in_chain(self) -> bool {
        Self::CHAIN.contains(&self)
    }

    /// Returns the words for this kind, and the form of its ids.
    const fn words(self) -> KindWords {
        let (one, short, many, has_compound_id) = match self {
            Self::Gateway => ("gateway", "gateway", "gateways", false),
            Self::Target => ("target", "target", "targets", true),
            Self::Runtime => ("runtime", "runtime", "runtimes", false),
            Self::Endpoint => ("endpoint", "endpoint", "endpoints", true),
            Self::Secret => ("secret", "secret", "secrets", false),
            Self::Provider => ("provider", "provider", "providers", true),
            Self::WorkloadIdentity => (
                "workload-identity",
                "identity",
                "workload-identities",
                false,
            ),
            Self::PolicyEngine => ("policy-engine", "engine", "policy-engines", false),
            Self::Policy => ("policy", "policy", "policies", true),
            Self::RateLimit => ("rate-limit", "limit", "rate-limits", true),
            Self::Version => ("version", "version", "versions", true),
        };
        KindWords {
            one,
            short,
            many,
            has_compound_id,
        }
    }

    /// Returns whether an id of this kind begins with the id of the resource that it belongs to: `gw-1/TARGETID01`.
    const fn has_compound_id(self) -> bool {
        self.words().has_compound_id
    }

    /// Returns the word for one of them, as commands and JSON use it.
    pub const fn as_str(self) -> &'static str {
        self.words().one
    }

    /// Returns a short word for a column of a table.
    pub const fn short(self) -> &'static str {
        self.words().short
    }

    /// Returns the word for several of them.
    pub const fn plural(self) -> &'static str {
        self.words().many
    }

    /// Returns the kind that a word names: singular or plural, any case.
    pub fn parse(word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase();
        let word = word.strip_prefix("credential-").unwrap_or(&word);
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word || kind.plural() == word)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// What identifies a resource across refreshes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ResourceKey {
    /// The deployment that it was listed for.
    pub deployment: DeploymentName,
    /// Its kind.
    pub kind: Kind,
    /// Its id within the kind: `gw-1`, `gw-1/TARGETID01` (target), `rt-1/DEFAULT` (endpoint), a secret's name.
    pub id: String,
}

impl ResourceKey {
    /// Returns the first part of a compound id: the gateway of a target, the runtime of an endpoint, the type of a provider.
    pub fn owner_id(&self) -> &str {
        self.parts().map_or(self.id.as_str(), |(owner, _)| owner)
    }

    /// Returns the last part of a compound id: the target's own id, the endpoint's name.
    pub fn own_id(&self) -> &str {
        self.parts().map_or(self.id.as_str(), |(_, own)| own)
    }

    fn parts(&self) -> Option<(&str, &str)> {
        self.id
            .split_once('/')
            .filter(|_| self.kind.has_compound_id())
    }
}

/// How a resource is, judged from its status. Colour, glyph and word follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// As it should be.
    Healthy,
    /// A status that this version does not know; shown as it came.
    Unknown,
    /// On its way to another state.
    Changing,
    /// A person must act (consent).
    NeedsPerson,
    /// Works in part, or with something to look at.
    Degraded,
    /// Does not work.
    Failed,
}

impl Health {
    /// Its word in texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "good",
            Self::Unknown => "unknown",
            Self::Changing => "changing",
            Self::NeedsPerson => "needs you",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
        }
    }
}

/// A labelled value of a resource's detail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// Label, in the words of the AWS console: `Authorizer`, `Last synchronized`.
    pub label: &'static str,
    /// Value as text, raw (sanitised where it is shown).
    pub value: String,
}

/// In what way one resource leads to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// Belongs to (target to gateway, endpoint to runtime).
    Owner,
    /// Sends requests on to (target to runtime).
    Calls,
    /// Reads this secret.
    Reads,
    /// Signs in with it (target to credential provider, gateway to workload identity).
    SignsInWith,
    /// Asks it before a call (gateway to policy engine).
    Asks,
    /// Serves this version (endpoint to version).
    Serves,
}

/// A relation to another resource or log group that can be followed with a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// The way it is related.
    pub relation: Relation,
    /// The kind at the other end.
    pub kind: Kind,
    /// The id (or ARN, or name) at the other end, as the API gave it.
    pub id: String,
}

/// Any resource of the fleet.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Resource {
    /// Identity.
    pub key: ResourceKey,
    /// ARN, where the API gives one.
    pub arn: Option<String>,
    /// Name for people.
    pub name: String,
    /// Status word exactly as AWS gave it; a secret's is `ENABLED`, `ROTATING` or `DELETED`.
    pub status: String,
    /// Why it is in that status.
    pub reason: Option<String>,
    /// Creation.
    pub created: Option<Moment>,
    /// Last update.
    pub updated: Option<Moment>,
    /// Labelled values for the detail, most important first.
    pub facts: Vec<Fact>,
    /// Relations that can be followed.
    pub links: Vec<Link>,
    /// CloudWatch log groups that it writes to, most telling first; they may not exist yet.
    pub log_groups: Vec<String>,
    /// MCP URL where it can be called: a gateway's, a runtime's.
    pub mcp_url: Option<String>,
    /// The API's answer, whole, with AWS's member names and without secret members. Shared by the copies of a resource.
    pub raw: Arc<serde_json::Value>,
    /// Why its details could not be read. What a list says of it stands.
    #[serde(skip)]
    pub unread: Option<Box<Failure>>,
}

impl Resource {
    /// Returns a resource of which nothing is known but its identity.
    pub fn new(deployment: impl Into<DeploymentName>, kind: Kind, id: impl Into<String>) -> Self {
        Self {
            key: ResourceKey {
                deployment: deployment.into(),
                kind,
                id: id.into(),
            },
            arn: None,
            name: String::new(),
            status: String::new(),
            reason: None,
            created: None,
            updated: None,
            facts: Vec::new(),
            links: Vec::new(),
            log_groups: Vec::new(),
            mcp_url: None,
            raw: Arc::default(),
            unread: None,
        }
    }

    /// Returns the first fact with this label.
    pub fn fact(&self, label: &str) -> Option<&str> {
        self.facts
            .iter()
            .find(|fact| fact.label == label)
            .map(|fact| fact.value.as_str())
    }
}

/// What a CloudFormation stack says about a deployment; every member optional.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StackFacts {
    /// Outputs as they came, in order.
    pub outputs: Vec<(String, String)>,
    /// Gateway id.
    pub gateway_id: Option<String>,
    /// Gateway URL, ends in `/mcp`.
    pub gateway_url: Option<String>,
    /// Runtime ARN.
    pub runtime_arn: Option<String>,
    /// Cognito user pool.
    pub user_pool_id: Option<String>,
    /// Cognito app client.
    pub client_id: Option<String>,
    /// Whether the name of the client says that it is a machine's (`true`) or a person's (`false`).
    pub client_is_machine: Option<bool>,
    /// User name for trying out the user pool.
    pub username: Option<String>,
    /// Token endpoint.
    pub token_url: Option<String>,
    /// OAuth scope.
    pub scope: Option<String>,
    /// OpenID discovery document.
    pub discovery_url: Option<String>,
    /// Neo4j secret.
    pub secret_arn: Option<String>,
    /// Interceptor function.
    pub interceptor_arn: Option<String>,
    /// Address of Neo4j.
    pub neo4j_uri: Option<String>,
    /// User of Neo4j.
    pub neo4j_user: Option<String>,
    /// Database of Neo4j.
    pub neo4j_database: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_parse_in_singular_and_plural() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
            assert_eq!(Kind::parse(&kind.plural().to_uppercase()), Some(kind));
        }
        assert_eq!(Kind::parse("pod"), None);
    }

    #[test]
    fn compound_ids_split_by_kind_only() {
        let key = |kind, id: &str| ResourceKey {
            deployment: "d".into(),
            kind,
            id: id.into(),
        };
        assert_eq!(
            (
                key(Kind::Target, "gw/T1").owner_id(),
                key(Kind::Target, "gw/T1").own_id()
            ),
            ("gw", "T1")
        );
        assert_eq!(
            key(Kind::Secret, "neo4j-mcp/credentials").own_id(),
            "neo4j-mcp/credentials"
        );
    }
}
