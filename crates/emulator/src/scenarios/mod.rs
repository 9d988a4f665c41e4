//! The fixed facts of the five deployments: names, ids, sign-in data, addresses. What changes while the stack runs
//! lives in `control`, `secrets`, `logs` and `cognito`.

mod build;

use crate::seed::Seed;

pub(crate) use self::build::build;

/// The region of the whole world.
pub(crate) const REGION: &str = "us-west-2";
/// The account of the whole world.
pub(crate) const ACCOUNT: &str = "123456789012";
/// The IAM user whose access key the world gives out.
pub(crate) const CALLER_ARN: &str = "arn:aws:iam::123456789012:user/local-operator";

/// The short names of the deployments and the titles that say what each is.
pub(crate) const TITLES: [(&str, &str); 5] = [
    ("a", "movies-gateway"),
    ("b", "analytics"),
    ("c", "playground"),
    ("d", "batch-agents"),
    ("e", "github-tools"),
];

/// Returns the short name of the deployment with that short name or title.
pub(crate) fn short_name(name: &str) -> Option<&'static str> {
    TITLES
        .iter()
        .find(|(short, title)| *short == name || *title == name)
        .map(|(short, _)| *short)
}

/// One of the five deployments.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    /// `a` to `e`; `f` for the account's sixth one, which is found by its stack alone.
    pub(crate) name: &'static str,
    /// Whether the ready line and the facts show it.
    pub(crate) is_listed: bool,
    /// `A` to `E`.
    pub(crate) shape: &'static str,
    /// The CloudFormation stack that describes it, where there is one.
    pub(crate) stack: Option<&'static str>,
    /// The MCP address to give to a client.
    pub(crate) mcp_url: String,
    pub(crate) gateway_id: Option<String>,
    pub(crate) runtime_id: Option<String>,
    pub(crate) runtime_arn: Option<String>,
    /// `m2m`, `user` or `sigv4`.
    pub(crate) sign_in: &'static str,
    /// The issuer of its tokens; none for D.
    pub(crate) pool: Option<PoolFacts>,
    /// The name of its secret; none for E.
    pub(crate) secret_name: Option<&'static str>,
    /// The ARN of its secret.
    pub(crate) secret_arn: Option<String>,
    /// Secrets beside its own, with users of the same database.
    pub(crate) extra_secrets: Vec<ExtraSecret>,
    /// A runtime beside its own, whose containers have a copy of a further secret's user and password in their environment.
    pub(crate) extra_runtime: Option<ExtraRuntime>,
    /// The credential provider of its gateway's target.
    pub(crate) oauth_provider: Option<&'static str>,
    /// The function name of its interceptor.
    pub(crate) interceptor: Option<&'static str>,
    pub(crate) log_groups: Vec<String>,
    /// The database behind it as the world starts.
    pub(crate) neo4j: DatabaseLogin,
}

/// A secret beside the one that a deployment works with.
#[derive(Clone, Debug)]
pub(crate) struct ExtraSecret {
    pub(crate) name: &'static str,
    pub(crate) arn: String,
    pub(crate) description: &'static str,
    pub(crate) seat: DatabaseLogin,
    /// The ARN of the secret of the administrator who may create and alter its user: such a secret is rotated with two
    /// users in alternation.
    pub(crate) administrator: Option<String>,
}

/// A runtime beside the one that a deployment works with.
#[derive(Clone, Debug)]
pub(crate) struct ExtraRuntime {
    pub(crate) name: &'static str,
    pub(crate) id: String,
    pub(crate) arn: String,
    /// Whose user and password it has a copy of.
    pub(crate) seat: DatabaseLogin,
}

/// A place at a Neo4j: where, who, and the password at the start.
#[derive(Clone)]
pub(crate) struct DatabaseLogin {
    pub(crate) uri: String,
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) database: String,
}

impl std::fmt::Debug for DatabaseLogin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Seat")
            .field("uri", &self.uri)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// A user pool with its one machine or user client.
#[derive(Clone)]
pub(crate) struct PoolFacts {
    pub(crate) id: String,
    pub(crate) name: &'static str,
    /// `{base}/{pool id}`: the `iss` of its tokens.
    pub(crate) issuer: String,
    pub(crate) domain: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<String>,
    pub(crate) scope: Option<&'static str>,
    /// The one user of a pool that people sign in to, with the password.
    pub(crate) user: Option<(&'static str, String)>,
}

impl std::fmt::Debug for PoolFacts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("PoolFacts")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl PoolFacts {
    pub(crate) fn token_url(&self) -> String {
        format!("{}/oauth2/token", self.issuer)
    }

    pub(crate) fn discovery_url(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.issuer)
    }
}

/// Returns the ARN of an AgentCore resource.
pub(crate) fn agentcore_arn(resource: &str) -> String {
    format!("arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}:{resource}")
}

/// Returns the ARN of the secret in which AgentCore Identity keeps a credential provider's client secret.
pub(crate) fn managed_secret_arn(seed: &Seed, provider: &str) -> String {
    format!(
        "arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:bedrock-agentcore-identity!default/oauth2/{provider}-{}",
        seed.mixed(&format!("provider secret {provider}"), 6)
    )
}

/// Returns the log group of a runtime's endpoint.
pub(crate) fn runtime_log_group(runtime_id: &str, endpoint: &str) -> String {
    format!("/aws/bedrock-agentcore/runtimes/{runtime_id}-{endpoint}")
}

/// Returns the log group to which a gateway's APPLICATION_LOGS are delivered.
pub(crate) fn gateway_log_group(gateway_id: &str) -> String {
    format!("/aws/vendedlogs/bedrock-agentcore/gateway/APPLICATION_LOGS/{gateway_id}")
}

/// Returns the log group of a Lambda function.
pub(crate) fn lambda_log_group(function: &str) -> String {
    format!("/aws/lambda/{function}")
}

/// Returns the MCP address of a gateway.
pub(crate) fn gateway_url(base: &str, gateway_id: &str) -> String {
    format!("{base}/gateways-mcp/{gateway_id}/mcp")
}

/// Returns the MCP address of a runtime, its ARN percent-encoded, without a qualifier.
pub(crate) fn runtime_url(base: &str, runtime_arn: &str) -> String {
    let encoded =
        percent_encoding::utf8_percent_encode(runtime_arn, percent_encoding::NON_ALPHANUMERIC)
            .to_string()
            .replace("%2D", "-")
            .replace("%5F", "_");
    format!("{base}/runtimes/{encoded}/invocations")
}

/// Returns the address at which the embedded part of the external target of deployment B answers.
pub(crate) fn external_server_url(base: &str) -> String {
    format!("{base}/external/neo4j-mcp/mcp")
}

/// Returns the one access key of the world: id and secret.
pub(crate) fn access_key(seed: &Seed) -> (String, String) {
    (
        format!("AKIA{}", seed.upper("access key", 16)),
        seed.mixed("secret access key", 40),
    )
}

impl Scenario {
    /// Returns whether the gateway asks a policy engine about each tool.
    pub(crate) fn has_policy_engine(&self) -> bool {
        self.gateway_id.is_some() && matches!(self.name, "a" | "b")
    }

    /// Returns what the deployment is, in a word or two.
    pub(crate) fn title(&self) -> &'static str {
        TITLES
            .iter()
            .find(|(short, _)| *short == self.name)
            .map_or(self.name, |(_, title)| title)
    }

    /// Returns whether a runtime is one of its own.
    pub(crate) fn has_runtime(&self, id: &str) -> bool {
        self.runtime_id.as_deref() == Some(id)
            || self
                .extra_runtime
                .as_ref()
                .is_some_and(|runtime| runtime.id == id)
    }

    /// Returns whether its runtime runs `mcp-neo4j-cypher` of Neo4j Labs, as the starter of late 2026 does.
    pub(crate) fn is_labs(&self) -> bool {
        self.name == "f"
    }

    /// Returns whether a Neo4j stands behind it.
    pub(crate) fn has_database(&self) -> bool {
        self.shape != "E"
    }

    /// Returns the own name of the tool of its server that reads with Cypher.
    pub(crate) fn cypher_reader(&self) -> &'static str {
        if self.is_labs() {
            "read_neo4j_cypher"
        } else {
            "read-cypher"
        }
    }

    /// Returns whether the server in a runtime's containers has credentials of its own, instead of being given them with each request.
    pub(crate) fn has_own_credentials(&self, runtime_id: &str) -> bool {
        self.name == "c" || self.is_labs() || self.runtime_id.as_deref() != Some(runtime_id)
    }
}
