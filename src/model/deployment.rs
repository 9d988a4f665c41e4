//! A deployment: a named entry of the configuration, resolved and checked.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{secret::SecretText, token_storage::TokenStorage};

/// The name of a deployment, as the user wrote it. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeploymentName(Arc<str>);

impl DeploymentName {
    /// Returns the name as text.
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

/// Where a secret value of the configuration comes from. Inline text is accepted, and warned about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// Written into the configuration.
    Inline(SecretText),
    /// The value that this environment variable has when it is needed.
    Environment(String),
    /// A file, read when the value is needed.
    File {
        /// Path.
        path: String,
        /// Key of a JSON document (`client_info.client_secret`) or of a file of `KEY=value` lines; `None`: the file's first
        /// line.
        key: Option<String>,
    },
    /// The first line that a command prints.
    Command(String),
    /// An entry of the system's keyring.
    Keyring {
        /// Service of the entry.
        service: String,
        /// Account of the entry.
        account: String,
    },
    /// A secret of Secrets Manager, read with the deployment's AWS credentials.
    SecretsManager {
        /// Name or ARN.
        id: String,
        /// Key, if the secret is a JSON object.
        key: Option<String>,
    },
    /// The app client's secret, as Cognito's `DescribeUserPoolClient` gives it to the deployment's AWS credentials.
    UserPoolClient,
}

/// How a deployment's MCP endpoint is signed in to.
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
        /// Private key in PEM, with which the client authenticates instead of the secret (`private_key_jwt`).
        private_key: Option<SecretSource>,
        /// Id of the private key at the authorization server.
        key_id: Option<String>,
        /// Scopes, separated by spaces; `None`: from the stack's outputs, else all of the client's.
        scope: Option<String>,
        /// User pool, for [`SecretSource::UserPoolClient`] and for discovery.
        user_pool_id: Option<String>,
    },
    /// A bearer token that was obtained elsewhere.
    Bearer {
        /// The token.
        token: SecretSource,
    },
    /// AWS Signature Version 4, service `bedrock-agentcore`, with the deployment's AWS credentials.
    SigV4,
    /// A person: Cognito's `USER_PASSWORD_AUTH`.
    User {
        /// App client id; `None`: from the stack's outputs.
        client_id: Option<String>,
        /// Client secret, if the app client has one.
        client_secret: Option<SecretSource>,
        /// User name; empty: the value of `AGENTCORE_USERNAME`.
        username: String,
        /// Password.
        password: SecretSource,
    },
    /// A person in a browser: OAuth authorization code with PKCE.
    OAuth {
        /// Issuer, or its discovery document; `None`: from the endpoint's protected-resource metadata or the stack.
        issuer: Option<String>,
        /// Client id; `None`: from the stack's outputs, else the client is registered dynamically.
        client_id: Option<String>,
        /// Client secret, if the client has one.
        client_secret: Option<SecretSource>,
        /// Scopes, separated by spaces; `None`: what the endpoint's metadata asks for.
        scope: Option<String>,
        /// Port of the loopback redirect; `None`: any free port.
        redirect_port: Option<u16>,
        /// Where the refresh token is kept.
        keep_tokens: TokenStorage,
    },
    /// No sign-in.
    None,
}

/// The sorts of sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignInMode {
    /// [`SignIn::M2m`].
    M2m,
    /// [`SignIn::Bearer`].
    Bearer,
    /// [`SignIn::SigV4`].
    SigV4,
    /// [`SignIn::User`].
    User,
    /// [`SignIn::OAuth`].
    OAuth,
    /// [`SignIn::None`].
    None,
}

/// What is known of a sort of sign-in without asking anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignInSpec {
    /// The word of the configuration and of `--sign-in`.
    pub mode: &'static str,
    /// What it is, for help texts.
    pub about: &'static str,
    /// Whether it sends a bearer token.
    pub has_token: bool,
    /// The next step if the endpoint refuses it.
    pub refused_hint: &'static str,
    /// Keys of the configuration besides `mode`.
    pub keys: &'static [&'static str],
}

impl SignInMode {
    /// All modes, in the order in which they are listed.
    pub const ALL: [Self; 6] = [
        Self::M2m,
        Self::Bearer,
        Self::SigV4,
        Self::User,
        Self::OAuth,
        Self::None,
    ];

    /// Returns the mode of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.spec().mode == word)
    }

    /// Returns what is known of it.
    pub const fn spec(self) -> &'static SignInSpec {
        match self {
            Self::M2m => &M2M,
            Self::Bearer => &BEARER,
            Self::SigV4 => &SIGV4,
            Self::User => &USER,
            Self::OAuth => &OAUTH,
            Self::None => &NONE,
        }
    }
}

const M2M: SignInSpec = SignInSpec {
    mode: "m2m",
    about: "OAuth client credentials (AGENTCORE_CLIENT_ID, AGENTCORE_CLIENT_SECRET, AGENTCORE_TOKEN_URL, AGENTCORE_SCOPE, or the stack)",
    has_token: true,
    refused_hint: "the endpoint does not accept this client: compare its allowed clients, audiences and scopes with the token's claims (`agentcore-console token --claims`)",
    keys: &[
        "token_url",
        "client_id",
        "client_secret",
        "private_key",
        "key_id",
        "scope",
        "user_pool_id",
    ],
};

const BEARER: SignInSpec = SignInSpec {
    mode: "bearer",
    about: "The token of AGENTCORE_BEARER_TOKEN",
    has_token: true,
    refused_hint: "the token may have expired, or be for another client or audience (`agentcore-console token --claims`)",
    keys: &["token"],
};

const SIGV4: SignInSpec = SignInSpec {
    mode: "sigv4",
    about: "AWS Signature Version 4 with the deployment's credentials",
    has_token: false,
    refused_hint: "the endpoint may want a token instead of a signature, or the identity lacks bedrock-agentcore:InvokeGateway or InvokeAgentRuntime",
    keys: &[],
};

const USER: SignInSpec = SignInSpec {
    mode: "user",
    about: "The user of AGENTCORE_USERNAME and AGENTCORE_PASSWORD",
    has_token: true,
    refused_hint: "the endpoint does not accept this user's client: compare its allowed clients with the token's claims (`agentcore-console token --claims`)",
    keys: &[
        "client_id",
        "client_secret",
        "user_pool_id",
        "username",
        "password",
    ],
};

const OAUTH: SignInSpec = SignInSpec {
    mode: "oauth",
    about: "A person in the browser: authorization code with PKCE",
    has_token: true,
    refused_hint: "the endpoint does not accept this client or lacks a scope (`agentcore-console token --claims` shows what the token has)",
    keys: &[
        "issuer",
        "client_id",
        "client_secret",
        "scope",
        "redirect_port",
        "keep_tokens",
    ],
};

const NONE: SignInSpec = SignInSpec {
    mode: "none",
    about: "No sign-in at all",
    has_token: false,
    refused_hint: "the endpoint wants a sign-in: set `sign_in` of this deployment, or use --sign-in",
    keys: &[],
};

impl SignIn {
    /// Returns the sort of this sign-in.
    pub const fn sort(&self) -> SignInMode {
        match self {
            Self::M2m { .. } => SignInMode::M2m,
            Self::Bearer { .. } => SignInMode::Bearer,
            Self::SigV4 => SignInMode::SigV4,
            Self::User { .. } => SignInMode::User,
            Self::OAuth { .. } => SignInMode::OAuth,
            Self::None => SignInMode::None,
        }
    }

    /// Returns what is known of its sort.
    pub const fn spec(&self) -> &'static SignInSpec {
        self.sort().spec()
    }

    /// Returns the word that the configuration and `--sign-in` use.
    pub const fn mode(&self) -> &'static str {
        self.spec().mode
    }

    /// Returns the configured client of a machine's sign-in.
    pub fn machine_client(&self) -> Option<&str> {
        match self {
            Self::M2m { client_id, .. } => client_id.as_deref(),
            Self::Bearer { .. }
            | Self::SigV4
            | Self::User { .. }
            | Self::OAuth { .. }
            | Self::None => None,
        }
    }

    /// Returns the configured client of a person's sign-in.
    pub fn person_client(&self) -> Option<&str> {
        match self {
            Self::User { client_id, .. } | Self::OAuth { client_id, .. } => client_id.as_deref(),
            Self::M2m { .. } | Self::Bearer { .. } | Self::SigV4 | Self::None => None,
        }
    }

    /// Returns the secret values that it holds, with the names of their settings.
    pub fn secrets(&self) -> Vec<(&'static str, &SecretSource)> {
        match self {
            Self::M2m {
                client_secret,
                private_key,
                ..
            } => [("client_secret", client_secret)]
                .into_iter()
                .chain(private_key.iter().map(|key| ("private_key", key)))
                .collect(),
            Self::Bearer { token } => vec![("token", token)],
            Self::User {
                client_secret,
                password,
                ..
            } => client_secret
                .iter()
                .map(|secret| ("client_secret", secret))
                .chain([("password", password)])
                .collect(),
            Self::OAuth { client_secret, .. } => client_secret
                .iter()
                .map(|secret| ("client_secret", secret))
                .collect(),
            Self::SigV4 | Self::None => Vec::new(),
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
    /// What the screens call it; taken wherever the name is. `None`: the name.
    pub title: Option<String>,
    /// A further name under which it is found; never shown in its place.
    pub short_name: Option<String>,
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
    /// The user at Neo4j of a secret that names none; `None`: the stack's, or the runtime's.
    pub neo4j_user: Option<String>,
    /// Refuse every write.
    pub read_only: bool,
    /// Whether it is the rest of an account and region: resources that no stack owns, found without a configuration. They are no
    /// single chain.
    pub is_ungrouped: bool,
}

impl Deployment {
    /// Returns what the screens call the deployment: its title, otherwise its name.
    pub fn title(&self) -> &str {
        self.title.as_deref().unwrap_or(self.name.as_str())
    }

    /// Returns the name, and in brackets the title where it says more.
    pub fn name_and_title(&self) -> String {
        match self.title.as_deref() {
            Some(title) if title != self.name.as_str() => format!("{} ({title})", self.name),
            Some(_) | None => self.name.to_string(),
        }
    }

    /// Returns whether this is the deployment's name, its title or its short name.
    pub fn is_called(&self, name: &str) -> bool {
        let others = [&self.title, &self.short_name];
        self.name.as_str() == name || others.into_iter().flatten().any(|other| other == name)
    }

    /// Returns whether both are reached with the same credentials in the same region, as far as the configuration tells.
    pub fn shares_access(&self, other: &Self) -> bool {
        let key = |deployment: &Self| {
            deployment.credentials.as_ref().map(|keys| {
                // Two texts in place may differ in form only; where they come from must be the same.
                let source = match &keys.secret_access_key {
                    SecretSource::Inline(_) => None,
                    source => Some(source.clone()),
                };
                (keys.access_key_id.clone(), source)
            })
        };
        self.region == other.region
            && self.profile == other.profile
            && self.endpoint_url == other.endpoint_url
            && key(self) == key(other)
    }

    /// Returns a deployment of which only name and region are known. It looks at nothing and signs in nowhere.
    pub fn new(name: impl Into<DeploymentName>, region: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            title: None,
            short_name: None,
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
            neo4j_user: None,
            read_only: false,
            is_ungrouped: false,
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
