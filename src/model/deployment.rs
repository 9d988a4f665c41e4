//! A deployment: a named entry of the configuration, resolved and checked.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{moment::Moment, secret::SecretText};

/// The name of a deployment, as the user wrote it. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeploymentName(Arc<str>);

impl DeploymentName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for DeploymentName {
    fn from(name: &str) -> Self {
        Self(Arc::from(name))
    }
}

impl From<String> for DeploymentName {
    fn from(name: String) -> Self {
        Self(Arc::from(name))
    }
}

impl fmt::Display for DeploymentName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The five shapes of deployment; only a label for people. What a console does follows from the other fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Shape {
    /// Gateway (JWT), OAuth credential provider, Runtime.
    A,
    /// Gateway (JWT), interceptor, external MCP server.
    B,
    /// Runtime called directly by bearer token.
    C,
    /// Runtime called directly by SigV4.
    D,
    /// Gateway whose target needs a person's consent.
    E,
}

/// Where a secret word of the configuration comes from. Inline text is accepted (and warned about).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// Written into the configuration.
    Inline(SecretText),
    /// The value of this environment variable when it is needed.
    Environment(String),
    /// The first line of what this file holds when it is needed.
    File(String),
    /// Asked of the Cognito user pool by `DescribeUserPoolClient`; the region's AWS credentials must allow it.
    UserPoolClient,
}

/// How a deployment's MCP endpoint is signed in to. The serde name of a variant is the `mode` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// OAuth client credentials: a machine's token.
    M2m {
        /// Token endpoint; `None`: from the stack's outputs or the pool's discovery document.
        token_url: Option<String>,
        /// Client id; `None`: from the stack's outputs.
        client_id: Option<String>,
        /// Client secret.
        client_secret: SecretSource,
        /// Scopes, space separated; `None`: from the stack's outputs, else all of the client's.
        scope: Option<String>,
        /// User pool, for [`SecretSource::UserPoolClient`] and for discovery.
        user_pool_id: Option<String>,
    },
    /// A bearer token that somebody else made.
    Bearer {
        /// The token.
        token: SecretSource,
    },
    /// AWS Signature Version 4, service `bedrock-agentcore`, with the deployment's AWS credentials.
    SigV4,
    /// A person: Cognito's USER_PASSWORD_AUTH.
    User {
        /// App client id; `None`: from the stack's outputs.
        client_id: Option<String>,
        /// Client secret, where the app client has one.
        client_secret: Option<SecretSource>,
        /// User name.
        username: String,
        /// Password.
        password: SecretSource,
    },
    /// No sign-in.
    None,
}

impl SignIn {
    /// The word that configuration and `--sign-in` use.
    pub const fn mode(&self) -> &'static str {
        match self {
            Self::M2m { .. } => "m2m",
            Self::Bearer { .. } => "bearer",
            Self::SigV4 => "sigv4",
            Self::User { .. } => "user",
            Self::None => "none",
        }
    }
}

/// An extra header for the MCP endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderSpec {
    /// A literal value; kept as a secret, since such headers usually carry credentials.
    Literal {
        /// Header name.
        name: String,
        /// Header value.
        value: SecretSource,
    },
    /// `Basic` credentials made of a Neo4j secret at each connection (deployment D's
    /// `X-Amzn-Bedrock-AgentCore-Runtime-Custom-Authorization`, deployment A's `X-Neo4j-Authorization`).
    BasicFromSecret {
        /// Header name.
        name: String,
        /// Secrets Manager id; `None`: the deployment's own.
        secret_id: Option<String>,
    },
}

/// A named deployment: an account, a region, a stack and a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// Its name.
    pub name: DeploymentName,
    /// Its shape, where the configuration says so.
    pub shape: Option<Shape>,
    /// AWS region.
    pub region: String,
    /// Named profile of the AWS configuration.
    pub profile: Option<String>,
    /// One address for every AWS service (the embedded stack, a test server); `None`: AWS.
    pub endpoint_url: Option<String>,
    /// AWS credentials written into the configuration (the embedded stack's); `None`: the usual chain.
    pub credentials: Option<StaticCredentials>,
    /// CloudFormation stack whose outputs fill what is not configured.
    pub stack: Option<String>,
    /// Gateway ids; empty: from the stack; `["*"]`: all gateways of the account and region.
    pub gateways: Vec<String>,
    /// Runtime ids or ARNs; empty: from the stack and from targets; `["*"]`: all.
    pub runtimes: Vec<String>,
    /// MCP endpoint to call; `None`: the gateway's URL, else the runtime's invocation URL.
    pub mcp_url: Option<String>,
    /// Ids of Neo4j secrets; empty: from the stack.
    pub secrets: Vec<String>,
    /// Log groups beside those that follow from gateways, runtimes and interceptors.
    pub log_groups: Vec<String>,
    /// Sign-in to the MCP endpoint.
    pub sign_in: SignIn,
    /// Extra headers for the MCP endpoint.
    pub headers: Vec<HeaderSpec>,
    /// Address of Neo4j as seen from here (a tunnel); `None`: the secret's own URI.
    pub neo4j_uri: Option<String>,
    /// Refuse every write.
    pub read_only: bool,
}

impl Deployment {
    /// A deployment of which only name and region are known. It looks at nothing and signs in nowhere.
    pub fn new(name: impl Into<DeploymentName>, region: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            shape: None,
            region: region.into(),
            profile: None,
            endpoint_url: None,
            credentials: None,
            stack: None,
            gateways: Vec::new(),
            runtimes: Vec::new(),
            mcp_url: None,
            secrets: Vec::new(),
            log_groups: Vec::new(),
            sign_in: SignIn::None,
            headers: Vec::new(),
            neo4j_uri: None,
            read_only: false,
        }
    }
}

/// AWS access keys of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticCredentials {
    /// Access key id.
    pub access_key_id: String,
    /// Secret access key.
    pub secret_access_key: SecretSource,
    /// Session token.
    pub session_token: Option<SecretSource>,
}

/// Who AWS takes us for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// Account number.
    pub account: String,
    /// ARN of the user or assumed role.
    pub arn: String,
    /// When these credentials end, where they do.
    pub expires_at: Option<Moment>,
    /// AWS's clock minus this machine's, in milliseconds; signatures fail beyond five minutes.
    pub clock_skew_ms: i64,
}
