//! The control plane's resources as the world begins: those of the five deployments and a few that stand beside them.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::build_listed::policy_engine_id;
use super::runtimes::kept_at_first;
use super::{
    Authorization, Authorizer, ControlResources, Credential, Gateway, JwtAuthorizer,
    PolicyAttachment, Runtime, RuntimeEndpoint, RuntimeVersion, Target,
};
use crate::Options;
use crate::scenarios::{
    ACCOUNT, ExtraRuntime, PoolFacts, REGION, Scenario, agentcore_arn, external_server_url,
    gateway_url, runtime_url,
};
use crate::seed::Seed;

/// The newest MCP versions that a gateway can be configured for.
const EVERY_VERSION: [&str; 4] = ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"];

/// Builds everything.
pub(super) fn build(
    base: &str,
    seed: &Seed,
    options: &Options,
    deployments: &[Scenario],
    began: Timestamp,
) -> ControlResources {
    let builder = ResourceBuilder {
        base,
        seed,
        options,
        began,
    };
    let mut state = ControlResources::default();
    for deployment in deployments {
        match deployment.name {
            "a" => builder.a(deployment, &mut state),
            "b" => builder.b(deployment, &mut state),
            "c" => builder.c(deployment, &mut state),
            "d" => builder.d(deployment, &mut state),
            "e" => builder.e(deployment, &mut state),
            _ => builder.f(deployment, &mut state),
        }
    }
    builder.bystanders(&mut state);
    state
}

/// Builds the resources of one world.
pub(super) struct ResourceBuilder<'a> {
    pub(super) base: &'a str,
    pub(super) seed: &'a Seed,
    options: &'a Options,
    began: Timestamp,
}

impl ResourceBuilder<'_> {
    pub(super) const fn scale(&self) -> usize {
        self.options.scale
    }

    pub(super) fn hours_ago(&self, hours: i64) -> Timestamp {
        self.began
            .checked_sub(SignedDuration::from_hours(hours))
            .unwrap_or(self.began)
    }

    fn a(&self, deployment: &Scenario, state: &mut ControlResources) {
        let (Some(pool), Some(runtime_arn)) = (&deployment.pool, &deployment.runtime_arn) else {
            return;
        };
        let jwt = Authorizer::Jwt(authorizer(pool));
        let mut gateway = self.gateway(deployment, "neo4j-mcp-server-gateway", jwt.clone());
        gateway.supported_versions = versions(&EVERY_VERSION);
        gateway.semantic_search = true;
        gateway.debug = true;
        gateway.instructions = "Neo4j MCP server on AgentCore Runtime".into();
        let mut target = self.target(
            "mcp-server-target",
            "a",
            runtime_url(self.base, runtime_arn),
        );
        target.credential = Credential::Oauth {
            provider: "neo4j_mcp_server_oauth_provider".into(),
            scopes: pool.scope.iter().map(|scope| (*scope).to_owned()).collect(),
            grant_type: "CLIENT_CREDENTIALS",
            default_return_url: None,
        };
        target.allowed_request_headers = vec!["X-Neo4j-Authorization".into()];
        gateway.targets.push(target);
        state.gateways.push(gateway);
        let mut runtime = self.runtime(deployment, "neo4j_mcp_server_mcp_server", &jwt);
        let environment = vec![
            (
                "NEO4J_SECRET_ARN".into(),
                deployment.secret_arn.clone().unwrap_or_default(),
            ),
            ("NEO4J_URI".into(), deployment.neo4j.uri.clone()),
            ("NEO4J_MCP_TRANSPORT".into(), "http".into()),
            ("NEO4J_MCP_HTTP_AUTH_MODE".into(), "header".into()),
            (
                "NEO4J_MCP_HTTP_AUTH_HEADER".into(),
                "X-Neo4j-Authorization".into(),
            ),
        ];
        for version in &mut runtime.versions {
            version.request_headers = vec!["X-Neo4j-Authorization".into()];
            version.environment.clone_from(&environment);
        }
        // One version behind the newest, which DEFAULT serves.
        runtime
            .endpoints
            .push(self.ready_endpoint(&runtime, "production", "2"));
        state.runtimes.push(runtime);
        state.runtimes.extend(
            deployment
                .extra_runtime
                .as_ref()
                .map(|extra| self.extra_runtime(extra, &jwt)),
        );
        state.listed.push(self.oauth_provider(
            "neo4j_mcp_server_oauth_provider",
            "CustomOauth2",
            pool,
            "READY",
        ));
    }

    /// Its containers know no secret: user and password are copied into their environment when a version is made.
    fn extra_runtime(&self, extra: &ExtraRuntime, authorizer: &Authorizer) -> Runtime {
        let mut runtime = self.plain_runtime(&extra.id, extra.name, authorizer);
        for version in &mut runtime.versions {
            version.environment = vec![
                ("NEO4J_URI".into(), extra.seat.uri.clone()),
                ("NEO4J_USERNAME".into(), extra.seat.user.clone()),
                ("NEO4J_PASSWORD".into(), extra.seat.password.clone()),
                ("NEO4J_DATABASE".into(), extra.seat.database.clone()),
            ];
        }
        runtime
    }

    fn b(&self, deployment: &Scenario, state: &mut ControlResources) {
        let Some(pool) = &deployment.pool else { return };
        let mut gateway = self.gateway(
            deployment,
            "neo4j-mcp-gw",
            Authorizer::Jwt(authorizer(pool)),
        );
        // The facts' stack pins 2025-03-26; with sessions and streaming the newer ones can be tried too.
        gateway.supported_versions = versions(&EVERY_VERSION[1..]);
        gateway.session_timeout = Some(3600);
        gateway.response_streaming = true;
        let endpoint = self
            .options
            .neo4j_mcp_url
            .as_ref()
            .map_or_else(|| external_server_url(self.base), ToString::to_string);
        gateway
            .targets
            .push(self.target("neo4j-mcp", "b", endpoint));
        state.gateways.push(gateway);
    }

    fn c(&self, deployment: &Scenario, state: &mut ControlResources) {
        let Some(pool) = &deployment.pool else { return };
        let mut runtime =
            self.runtime(deployment, "mcp_server", &Authorizer::Jwt(authorizer(pool)));
        for version in &mut runtime.versions {
            version.environment = vec![
                (
                    "NEO4J_SECRET_ARN".into(),
                    deployment.secret_arn.clone().unwrap_or_default(),
                ),
                ("NEO4J_URI".into(), deployment.neo4j.uri.clone()),
            ];
        }
        state.runtimes.push(runtime);
    }

    fn d(&self, deployment: &Scenario, state: &mut ControlResources) {
        const HEADER: &str = "X-Amzn-Bedrock-AgentCore-Runtime-Custom-Authorization";
        let mut runtime = self.runtime(deployment, "Neo4jMcpRuntime", &Authorizer::Iam);
        for version in &mut runtime.versions {
            version.request_headers = vec![HEADER.into()];
            version.environment = vec![
                ("NEO4J_URI".into(), deployment.neo4j.uri.clone()),
                ("NEO4J_DATABASE".into(), deployment.neo4j.database.clone()),
                ("NEO4J_HTTP_AUTH_HEADER_NAME".into(), HEADER.into()),
                ("NEO4J_READ_ONLY".into(), "false".into()),
                (
                    "NEO4J_HTTP_ALLOW_UNAUTHENTICATED_PING".into(),
                    "true".into(),
                ),
            ];
        }
        // A roll-out that stands still: the endpoint serves version 1 while version 2 is wanted.
        runtime.endpoints.push(RuntimeEndpoint {
            name: "canary".into(),
            id: "canary".into(),
            arn: format!("{}/runtime-endpoint/canary", runtime.arn),
            description: "a tenth of the traffic".into(),
            status: "UPDATING".into(),
            failure_reason: None,
            live_version: Some("1".into()),
            target_version: Some("2".into()),
            created: self.hours_ago(300),
            updated: self.hours_ago(2),
        });
        state.runtimes.push(runtime);
    }

    fn e(&self, deployment: &Scenario, state: &mut ControlResources) {
        let Some(pool) = &deployment.pool else { return };
        let mut gateway = self.gateway(
            deployment,
            "ac-gateway-mcp-server",
            Authorizer::Jwt(authorizer(pool)),
        );
        gateway.supported_versions = versions(&EVERY_VERSION[..2]);
        gateway.semantic_search = true;
        let credential = Credential::Oauth {
            provider: "github-mcp-server-provider".into(),
            scopes: vec!["repo".into(), "user".into(), "workflow".into()],
            grant_type: "AUTHORIZATION_CODE",
            default_return_url: Some(format!("{}/consent/done", self.base)),
        };
        let endpoint = format!("{}/external/github-mcp/mcp", self.base);
        let mut with_schema = self.target(
            "github-mcp-server-schema-target",
            "e schema",
            endpoint.clone(),
        );
        with_schema.credential = credential.clone();
        with_schema.static_tools = Some(consent_tools());
        // Not in AWS's models: a client must show it as it came.
        with_schema.listing_mode = "ADAPTIVE".into();
        let name = format!(
            "github-mcp-server-{:04x}",
            self.seed.number("target e") & 0xffff
        );
        let mut pending = self.target(&name, "e", endpoint);
        pending.credential = credential;
        pending.set_status(
            "CREATE_PENDING_AUTH",
            vec!["Waiting for the authorization of a user".into()],
            self.hours_ago(3),
        );
        pending.last_synchronized = None;
        pending.authorization = Some(self.implicit_authorization());
        gateway.targets = vec![pending, with_schema];
        state.gateways.push(gateway);
        state.listed.push(self.oauth_provider(
            "github-mcp-server-provider",
            "GithubOauth2",
            pool,
            "READY",
        ));
    }

    /// Returns the authorisation that a target waits for since it was made.
    fn implicit_authorization(&self) -> Authorization {
        let session_uri = format!(
            "urn:ietf:params:oauth:request_uri:{}",
            self.seed.mixed("implicit consent", 40)
        );
        Authorization {
            url: format!(
                "{}/identities/oauth2/authorize?request_uri={}",
                self.base,
                percent_encoding::utf8_percent_encode(
                    &session_uri,
                    percent_encoding::NON_ALPHANUMERIC
                )
            ),
            user_id: self.seed.uuid("implicit user"),
            session_uri,
        }
    }

    fn f(&self, scenario: &Scenario, state: &mut ControlResources) {
        let (Some(pool), Some(runtime_arn)) = (&scenario.pool, &scenario.runtime_arn) else {
            return;
        };
        let (Some(stack), Some(provider)) = (scenario.stack, scenario.oauth_provider) else {
            return;
        };
        let jwt = Authorizer::Jwt(authorizer(pool));
        let mut gateway = self.gateway(scenario, &format!("{stack}-gateway"), jwt.clone());
        gateway.supported_versions = versions(&["2025-03-26"]);
        let mut target = self.target(
            "neo4j-mcp-server-target",
            "f",
            runtime_url(self.base, runtime_arn),
        );
        target.credential = Credential::Oauth {
            provider: provider.to_owned(),
            scopes: pool.scope.iter().map(|scope| (*scope).to_owned()).collect(),
            grant_type: "CLIENT_CREDENTIALS",
            default_return_url: None,
        };
        gateway.targets.push(target);
        state.gateways.push(gateway);
        let mut runtime = self.runtime(scenario, "neo4j_mcp_server_live", &jwt);
        let login = &scenario.neo4j;
        for version in &mut runtime.versions {
            version.environment = [
                ("NEO4J_URI", login.uri.as_str()),
                ("NEO4J_DATABASE", &login.database),
                ("NEO4J_USERNAME", &login.user),
                ("NEO4J_PASSWORD", &login.password),
                ("NEO4J_TRANSPORT", "http"),
                ("NEO4J_MCP_SERVER_HOST", "0.0.0.0"),
                ("NEO4J_MCP_SERVER_PORT", "8000"),
                ("NEO4J_MCP_SERVER_PATH", "/mcp"),
                ("NEO4J_MCP_SERVER_ALLOWED_HOSTS", "*"),
                ("NEO4J_READ_ONLY", "true"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        }
        state.runtimes.push(runtime);
        state
            .listed
            .push(self.oauth_provider(provider, "CustomOauth2", pool, "READY"));
    }

    fn gateway(&self, deployment: &Scenario, name: &str, authorizer: Authorizer) -> Gateway {
        let id = deployment.gateway_id.clone().unwrap_or_default();
        let mut gateway = self.plain_gateway(&id, name, authorizer);
        gateway.interceptor = deployment.interceptor.map(str::to_owned);
        gateway.policy = deployment.has_policy_engine().then(|| PolicyAttachment {
            engine_id: policy_engine_id(self.seed),
            mode: "ENFORCE",
        });
        gateway
    }

    pub(super) fn plain_gateway(&self, id: &str, name: &str, authorizer: Authorizer) -> Gateway {
        Gateway {
            id: id.to_owned(),
            arn: agentcore_arn(&format!("gateway/{id}")),
            name: name.to_owned(),
            url: gateway_url(self.base, id),
            description: format!("{name} of the embedded stack"),
            status: "READY".into(),
            status_reasons: Vec::new(),
            created: self.hours_ago(900),
            updated: self.hours_ago(26),
            role_arn: format!("arn:aws:iam::{ACCOUNT}:role/{name}-role"),
            authorizer,
            supported_versions: versions(&EVERY_VERSION),
            instructions: String::new(),
            semantic_search: false,
            session_timeout: None,
            response_streaming: false,
            has_web_acl: false,
            debug: false,
            interceptor: None,
            policy: None,
            targets: Vec::new(),
        }
    }

    pub(super) fn target(&self, name: &str, label: &str, endpoint: String) -> Target {
        Target {
            id: self.seed.mixed(&format!("target id {label}"), 10),
            name: name.to_owned(),
            description: format!("{name} of the embedded stack"),
            status: "READY".into(),
            status_reasons: Vec::new(),
            created: self.hours_ago(890),
            updated: self.hours_ago(25),
            last_synchronized: Some(self.hours_ago(25)),
            endpoint,
            listing_mode: "DEFAULT".into(),
            credential: Credential::None,
            static_tools: None,
            allowed_request_headers: Vec::new(),
            authorization: None,
            synchronisations: 1,
        }
    }

    /// Returns an endpoint that serves a version of its own.
    fn ready_endpoint(&self, runtime: &Runtime, name: &str, version: &str) -> RuntimeEndpoint {
        RuntimeEndpoint {
            name: name.to_owned(),
            id: name.to_owned(),
            arn: format!("{}/runtime-endpoint/{name}", runtime.arn),
            description: format!("stays at version {version} until it is updated"),
            status: "READY".into(),
            failure_reason: None,
            live_version: Some(version.to_owned()),
            target_version: Some(version.to_owned()),
            created: self.hours_ago(400),
            updated: self.hours_ago(100),
        }
    }

    fn runtime(&self, deployment: &Scenario, name: &str, authorizer: &Authorizer) -> Runtime {
        self.plain_runtime(
            deployment.runtime_id.as_deref().unwrap_or_default(),
            name,
            authorizer,
        )
    }

    pub(super) fn plain_runtime(&self, id: &str, name: &str, authorizer: &Authorizer) -> Runtime {
        let arn = agentcore_arn(&format!("runtime/{id}"));
        let version = |number: u32, hours: i64| RuntimeVersion {
            version: number.to_string(),
            description: format!("{name}, build {number}"),
            status: "READY".into(),
            failure_reason: None,
            updated: self.hours_ago(hours),
            role_arn: format!("arn:aws:iam::{ACCOUNT}:role/{name}-execution-role"),
            authorizer: authorizer.clone(),
            request_headers: Vec::new(),
            dropped_headers: Vec::new(),
            environment: Vec::new(),
            require_mmdsv2: true,
            client_token: None,
            kept: kept_at_first(&format!(
                "{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{}:{number}",
                name.to_lowercase()
            )),
        };
        Runtime {
            id: id.to_owned(),
            name: name.to_owned(),
            created: self.hours_ago(895),
            versions: vec![version(1, 895), version(2, 400), version(3, 30)],
            endpoints: vec![RuntimeEndpoint {
                name: "DEFAULT".into(),
                id: "DEFAULT".into(),
                arn: format!("{arn}/runtime-endpoint/DEFAULT"),
                description: "follows the latest version".into(),
                status: "READY".into(),
                failure_reason: None,
                live_version: Some("3".into()),
                target_version: Some("3".into()),
                created: self.hours_ago(895),
                updated: self.hours_ago(30),
            }],
            arn,
        }
    }
}

fn authorizer(pool: &PoolFacts) -> JwtAuthorizer {
    JwtAuthorizer {
        discovery_url: pool.discovery_url(),
        allowed_clients: vec![pool.client_id.clone()],
        allowed_scopes: pool.scope.iter().map(|scope| (*scope).to_owned()).collect(),
        ..JwtAuthorizer::default()
    }
}

fn versions(list: &[&str]) -> Vec<String> {
    list.iter().map(|version| (*version).to_owned()).collect()
}

/// Returns what the target with a static schema offers before anybody has consented.
fn consent_tools() -> Value {
    json!([
        {"name": "get_me", "description": "The account of the person who consented", "inputSchema": {"type": "object", "properties": {}}},
        {"name": "search_repositories", "description": "Repositories whose name contains the text",
         "inputSchema": {"type": "object", "properties": {"query": {"type": "string", "description": "part of the name"}}, "required": ["query"]}},
        {"name": "create_issue", "description": "Open an issue",
         "inputSchema": {"type": "object", "properties": {"repository": {"type": "string"}, "title": {"type": "string"}, "body": {"type": "string"}}, "required": ["repository", "title"]}},
    ])
}
