//! The AgentCore control plane: its resources as they are now. `shapes` writes them as AWS does, `handlers` answers
//! requests, `build` makes the resources of the five deployments.

use parking_lot::Mutex;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::Options;
use crate::scenarios::Scenario;
use crate::seed::Seed;

/// All resources of the control plane.
#[derive(Debug)]
pub(crate) struct ControlState {
    state: Mutex<ControlResources>,
}

/// What the control plane holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct ControlResources {
    pub(crate) gateways: Vec<Gateway>,
    pub(crate) runtimes: Vec<Runtime>,
    /// Resources that are only listed and shown, in the shape of their Get operation.
    pub(crate) listed: Vec<ListedResource>,
}

/// A resource that the world only lists and shows.
#[derive(Clone, Debug)]
pub(crate) struct ListedResource {
    pub(crate) kind: ListedKind,
    /// The name or id by which it is asked for.
    pub(crate) key: String,
    /// The gateway or policy engine it belongs to, where it belongs to one.
    pub(crate) parent: Option<String>,
    pub(crate) value: Value,
}

/// The sorts of resources that are only listed and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListedKind {
    OauthProvider,
    ApiKeyProvider,
    WorkloadIdentity,
    Memory,
    GatewayRule,
    RateLimit,
    PolicyEngine,
    Policy,
}

/// Who may call a gateway or runtime.
#[derive(Clone, Debug)]
pub(crate) enum Authorizer {
    /// A JSON Web Token of an issuer.
    Jwt(JwtAuthorizer),
    /// Signature Version 4.
    Iam,
    /// Everybody.
    None,
}

/// The members of a `customJWTAuthorizer` that decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct JwtAuthorizer {
    pub(crate) discovery_url: String,
    pub(crate) allowed_audience: Vec<String>,
    pub(crate) allowed_clients: Vec<String>,
    pub(crate) allowed_scopes: Vec<String>,
    pub(crate) custom_claims: Vec<ClaimRule>,
}

/// One custom claim that must match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClaimRule {
    pub(crate) name: String,
    /// `STRING` or `STRING_ARRAY`.
    pub(crate) value_type: String,
    /// `EQUALS`, `CONTAINS` or `CONTAINS_ANY`.
    pub(crate) operator: String,
    pub(crate) values: Vec<String>,
}

/// A gateway with its targets.
#[derive(Clone, Debug)]
pub(crate) struct Gateway {
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) description: String,
    pub(crate) status: String,
    pub(crate) status_reasons: Vec<String>,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) role_arn: String,
    pub(crate) authorizer: Authorizer,
    pub(crate) supported_versions: Vec<String>,
    pub(crate) instructions: String,
    /// Adds the tool `x_amz_bedrock_agentcore_search`.
    pub(crate) semantic_search: bool,
    /// Sessions are kept, for that many seconds.
    pub(crate) session_timeout: Option<u64>,
    pub(crate) response_streaming: bool,
    /// `exceptionLevel: DEBUG`: failures are explained to the caller.
    pub(crate) debug: bool,
    /// The request interceptor's function name.
    pub(crate) interceptor: Option<String>,
    /// The policy engine that decides about its tool calls.
    pub(crate) policy: Option<PolicyAttachment>,
    pub(crate) targets: Vec<Target>,
    /// Whether a web ACL stands before it.
    pub(crate) has_web_acl: bool,
}

/// A policy engine at a gateway.
#[derive(Clone, Debug)]
pub(crate) struct PolicyAttachment {
    pub(crate) engine_id: String,
    /// `ENFORCE` or `LOG_ONLY`.
    pub(crate) mode: &'static str,
}

/// A target of a gateway.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) status: String,
    pub(crate) status_reasons: Vec<String>,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) last_synchronized: Option<Timestamp>,
    /// The MCP address that it forwards to.
    pub(crate) endpoint: String,
    /// `DEFAULT`, `DYNAMIC`, or a value that AWS's models do not know.
    pub(crate) listing_mode: String,
    pub(crate) credential: Credential,
    /// Tools given with the target instead of being asked for (`mcpToolSchema.inlinePayload`).
    pub(crate) static_tools: Option<Value>,
    pub(crate) allowed_request_headers: Vec<String>,
    /// Where a person must consent before the target can be synchronised.
    pub(crate) authorization: Option<Authorization>,
    /// How often it was synchronised: a cache of its tools is out of date when this has moved on.
    pub(crate) synchronisations: u64,
}

/// The open authorisation of a target in `*_PENDING_AUTH`.
#[derive(Clone, Debug)]
pub(crate) struct Authorization {
    pub(crate) url: String,
    pub(crate) user_id: String,
    pub(crate) session_uri: String,
}

/// How a gateway signs in to a target.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    /// No credential provider: what the interceptor sets is all there is.
    None,
    /// The gateway's role signs.
    GatewayRole,
    /// An OAuth credential provider.
    Oauth {
        /// Its name.
        provider: String,
        /// Scopes asked for.
        scopes: Vec<String>,
        /// `CLIENT_CREDENTIALS` or `AUTHORIZATION_CODE`.
        grant_type: &'static str,
        /// Where the browser goes after consent.
        default_return_url: Option<String>,
    },
}

/// A runtime with its versions and endpoints.
#[derive(Clone, Debug)]
pub(crate) struct Runtime {
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) created: Timestamp,
    /// Oldest first; the last one is the current version.
    pub(crate) versions: Vec<RuntimeVersion>,
    pub(crate) endpoints: Vec<RuntimeEndpoint>,
}

/// One immutable version of a runtime.
#[derive(Clone)]
pub(crate) struct RuntimeVersion {
    pub(crate) version: String,
    pub(crate) description: String,
    pub(crate) status: String,
    pub(crate) failure_reason: Option<String>,
    pub(crate) updated: Timestamp,
    pub(crate) role_arn: String,
    pub(crate) authorizer: Authorizer,
    pub(crate) request_headers: Vec<String>,
    /// Headers that a fault took out of the allow list.
    pub(crate) dropped_headers: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    /// Invocation is refused where this is false.
    pub(crate) require_mmdsv2: bool,
    /// The token of the request that made it.
    pub(crate) client_token: Option<String>,
    /// Members of UpdateAgentRuntime that the world keeps as they were sent.
    pub(crate) kept: serde_json::Map<String, Value>,
}

/// A named endpoint of a runtime.
#[derive(Clone, Debug)]
pub(crate) struct RuntimeEndpoint {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) description: String,
    pub(crate) status: String,
    pub(crate) failure_reason: Option<String>,
    pub(crate) live_version: Option<String>,
    pub(crate) target_version: Option<String>,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
}

impl ControlState {
    pub(crate) fn new(
        base: &str,
        seed: &Seed,
        options: &Options,
        deployments: &[Scenario],
        began: Timestamp,
    ) -> Self {
        Self {
            state: Mutex::new(super::build::build(base, seed, options, deployments, began)),
        }
    }

    /// Reads or changes the resources; keep it short, nothing may wait inside.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut ControlResources) -> T) -> T {
        act(&mut self.state.lock())
    }

    /// Returns the gateway as it is now.
    pub(crate) fn gateway(&self, id: &str) -> Option<Gateway> {
        self.with(|state| {
            state
                .gateways
                .iter()
                .find(|gateway| gateway.id == id)
                .cloned()
        })
    }

    /// Returns the runtime as it is now, by id.
    pub(crate) fn runtime(&self, id: &str) -> Option<Runtime> {
        self.with(|state| {
            state
                .runtimes
                .iter()
                .find(|runtime| runtime.id == id)
                .cloned()
        })
    }
}

impl ControlResources {
    /// Returns the listed resource of a kind and a parent with that name or id.
    pub(super) fn listed(
        &self,
        kind: ListedKind,
        parent: Option<&str>,
        key: &str,
    ) -> Option<&ListedResource> {
        self.listed.iter().find(|resource| {
            resource.kind == kind && resource.parent.as_deref() == parent && resource.key == key
        })
    }

    pub(super) fn listed_mut(
        &mut self,
        kind: ListedKind,
        parent: Option<&str>,
        key: &str,
    ) -> Option<&mut ListedResource> {
        self.listed.iter_mut().find(|resource| {
            resource.kind == kind && resource.parent.as_deref() == parent && resource.key == key
        })
    }

    pub(crate) fn gateway_mut(&mut self, id: &str) -> Option<&mut Gateway> {
        self.gateways.iter_mut().find(|gateway| gateway.id == id)
    }

    pub(crate) fn target_mut(&mut self, gateway_id: &str, target_id: &str) -> Option<&mut Target> {
        self.gateway_mut(gateway_id)?
            .targets
            .iter_mut()
            .find(|target| target.id == target_id)
    }

    pub(crate) fn runtime_mut(&mut self, id: &str) -> Option<&mut Runtime> {
        self.runtimes.iter_mut().find(|runtime| runtime.id == id)
    }
}

impl Target {
    /// Moves to a status, with its reasons, at a time.
    pub(crate) fn set_status(&mut self, status: &str, reasons: Vec<String>, at: Timestamp) {
        status.clone_into(&mut self.status);
        self.status_reasons = reasons;
        self.updated = at;
    }

    /// Returns where the browser goes after a person's consent.
    pub(crate) fn default_return_url(&self) -> Option<&str> {
        match &self.credential {
            Credential::Oauth {
                default_return_url, ..
            } => default_return_url.as_deref(),
            Credential::None | Credential::GatewayRole => None,
        }
    }
}

impl Runtime {
    /// Returns the version that an endpoint serves now.
    pub(crate) fn live(&self, endpoint: &str) -> Option<&RuntimeVersion> {
        let endpoint = self.endpoints.iter().find(|known| known.name == endpoint)?;
        let live = endpoint.live_version.as_deref()?;
        self.versions.iter().find(|version| version.version == live)
    }

    /// Returns the version with that number.
    pub(crate) fn version(&self, number: &str) -> Option<&RuntimeVersion> {
        self.versions
            .iter()
            .find(|version| version.version == number)
    }

    /// Returns the newest version.
    pub(crate) fn latest(&self) -> Option<&RuntimeVersion> {
        self.versions.last()
    }
}

impl std::fmt::Debug for RuntimeVersion {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The environment may have a password in it.
        formatter
            .debug_struct("RuntimeVersion")
            .field("version", &self.version)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl RuntimeVersion {
    /// Returns an environment variable of its containers.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.environment
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns the secret that a program in its containers reads when it begins, and then keeps; none where it has a password of its own.
    pub(crate) fn secret_kept(&self) -> Option<&str> {
        self.variable("NEO4J_SECRET_ARN")
            .filter(|_| self.variable("NEO4J_PASSWORD").is_none())
    }

    /// Returns how long a container may be idle, and how long it may live.
    pub(crate) fn lifetimes(&self) -> (SignedDuration, SignedDuration) {
        let lifecycle = self.lifecycle();
        let seconds = |name: &str| {
            SignedDuration::from_secs(
                lifecycle
                    .get(name)
                    .and_then(Value::as_i64)
                    .unwrap_or_default(),
            )
        };
        (seconds("idleRuntimeSessionTimeout"), seconds("maxLifetime"))
    }

    /// Returns the lifecycle configuration; what was not sent is as the service model has it.
    pub(crate) fn lifecycle(&self) -> Value {
        let sent = |name: &str| {
            self.kept
                .get("lifecycleConfiguration")
                .and_then(|sent| sent.get(name)?.as_i64())
        };
        json!({
            "idleRuntimeSessionTimeout": sent("idleRuntimeSessionTimeout").unwrap_or(900),
            "maxLifetime": sent("maxLifetime").unwrap_or(28_800),
        })
    }

    /// Returns the protocol that its containers speak; HTTP where none was named.
    pub(crate) fn protocol(&self) -> &str {
        self.kept
            .get("protocolConfiguration")
            .and_then(|sent| sent.get("serverProtocol")?.as_str())
            .unwrap_or("HTTP")
    }
}
