//! The fixed facts of the five deployments: names, ids, sign-in data, addresses. What changes while the stack runs
//! lives in `control`, `secrets`, `logs` and `cognito`.

use crate::Options;
use crate::seed::Seed;

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

/// The short name of the deployment with that short name or title.
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

/// The ARN of an AgentCore resource.
pub(crate) fn agentcore_arn(resource: &str) -> String {
    format!("arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}:{resource}")
}

/// The ARN of the secret in which AgentCore Identity keeps a credential provider's client secret.
pub(crate) fn managed_secret_arn(seed: &Seed, provider: &str) -> String {
    format!(
        "arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:bedrock-agentcore-identity!default/oauth2/{provider}-{}",
        seed.mixed(&format!("provider secret {provider}"), 6)
    )
}

/// The log group of a runtime's endpoint.
pub(crate) fn runtime_log_group(runtime_id: &str, endpoint: &str) -> String {
    format!("/aws/bedrock-agentcore/runtimes/{runtime_id}-{endpoint}")
}

/// The log group to which a gateway's APPLICATION_LOGS are delivered.
pub(crate) fn gateway_log_group(gateway_id: &str) -> String {
    format!("/aws/vendedlogs/bedrock-agentcore/gateway/APPLICATION_LOGS/{gateway_id}")
}

/// The log group of a Lambda function.
pub(crate) fn lambda_log_group(function: &str) -> String {
    format!("/aws/lambda/{function}")
}

/// The MCP address of a gateway.
pub(crate) fn gateway_url(base: &str, gateway_id: &str) -> String {
    format!("{base}/gateways-mcp/{gateway_id}/mcp")
}

/// The MCP address of a runtime, its ARN percent-encoded, without a qualifier.
pub(crate) fn runtime_url(base: &str, runtime_arn: &str) -> String {
    let encoded =
        percent_encoding::utf8_percent_encode(runtime_arn, percent_encoding::NON_ALPHANUMERIC)
            .to_string()
            .replace("%2D", "-")
            .replace("%5F", "_");
    format!("{base}/runtimes/{encoded}/invocations")
}

/// The address at which the embedded part of the external target of deployment B answers.
pub(crate) fn external_server_url(base: &str) -> String {
    format!("{base}/external/neo4j-mcp/mcp")
}

/// The one access key of the world: id and secret.
pub(crate) fn access_key(seed: &Seed) -> (String, String) {
    (
        format!("AKIA{}", seed.upper("access key", 16)),
        seed.mixed("secret access key", 40),
    )
}

/// The five, in order, and one that only its stack describes.
pub(crate) fn build(base: &str, seed: &Seed, options: &Options) -> Vec<Scenario> {
    let world = ScenarioBuilder {
        base,
        seed,
        options,
    };
    vec![
        world.a(),
        world.b(),
        world.c(),
        world.d(),
        world.e(),
        world.f(),
    ]
}

struct ScenarioBuilder<'a> {
    base: &'a str,
    seed: &'a Seed,
    options: &'a Options,
}

impl ScenarioBuilder<'_> {
    fn a(&self) -> Scenario {
        let gateway = format!(
            "neo4j-mcp-server-gateway-{}",
            self.seed.lower("gateway a", 10)
        );
        let runtime = format!(
            "neo4j_mcp_server_mcp_server-{}",
            self.seed.mixed("runtime a", 10)
        );
        let interceptor = "neo4j-mcp-server-auth-interceptor";
        let extra_secrets = self.extra_secrets("a");
        let extra_runtime = extra_secrets
            .first()
            .map(|secret| self.extra_runtime("neo4j_reports", secret));
        Scenario {
            stack: Some("neo4j-mcp-server"),
            mcp_url: gateway_url(self.base, &gateway),
            pool: Some(self.pool("a", "neo4j-mcp-server-pool", Some("neo4j-mcp/invoke"))),
            log_groups: vec![
                gateway_log_group(&gateway),
                lambda_log_group(interceptor),
                runtime_log_group(&runtime, "DEFAULT"),
                "aws/spans".into(),
            ],
            gateway_id: Some(gateway),
            interceptor: Some(interceptor),
            oauth_provider: Some("neo4j_mcp_server_oauth_provider"),
            extra_secrets,
            extra_runtime,
            ..self.deployment(
                "a",
                "A",
                "m2m",
                Some(runtime),
                Some("neo4j-mcp-server/neo4j"),
            )
        }
    }

    fn b(&self) -> Scenario {
        let gateway = format!("neo4j-mcp-gw-{}", self.seed.lower("gateway b", 10));
        let interceptor = "Neo4jAgentCoreGatewayStack-AuthInterceptor";
        Scenario {
            stack: Some("Neo4jAgentCoreGatewayStack"),
            mcp_url: gateway_url(self.base, &gateway),
            pool: Some(self.pool(
                "b",
                "neo4j-mcp-gateway-pool",
                Some("neo4j-mcp-gateway/invoke"),
            )),
            log_groups: vec![
                gateway_log_group(&gateway),
                lambda_log_group(interceptor),
                "/ecs/neo4j-mcp".into(),
            ],
            gateway_id: Some(gateway),
            interceptor: Some(interceptor),
            ..self.deployment("b", "B", "m2m", None, Some("neo4j-mcp-gateway/neo4j"))
        }
    }

    fn c(&self) -> Scenario {
        let runtime = format!("mcp_server-{}", self.seed.mixed("runtime c", 10));
        let mut pool = self.pool("c", "mcp-server-users", None);
        pool.client_secret = None;
        pool.user = Some(("mcpuser", format!("{}!a1", self.seed.mixed("user c", 14))));
        Scenario {
            pool: Some(pool),
            log_groups: vec![runtime_log_group(&runtime, "DEFAULT"), "aws/spans".into()],
            ..self.deployment("c", "C", "user", Some(runtime), Some("mcp-server/neo4j"))
        }
    }

    fn d(&self) -> Scenario {
        let runtime = format!("Neo4jMcpRuntime-{}", self.seed.mixed("runtime d", 10));
        Scenario {
            stack: Some("Neo4jMCPRuntimeStack"),
            log_groups: vec![runtime_log_group(&runtime, "DEFAULT"), "aws/spans".into()],
            ..self.deployment(
                "d",
                "D",
                "sigv4",
                Some(runtime),
                Some("neo4j-mcp-runtime/neo4j"),
            )
        }
    }

    fn e(&self) -> Scenario {
        let gateway = format!("ac-gateway-mcp-server-{}", self.seed.lower("gateway e", 10));
        Scenario {
            mcp_url: gateway_url(self.base, &gateway),
            pool: Some(self.pool(
                "e",
                "sample-agentcore-gateway-pool",
                Some("sample-agentcore-gateway-id/invoke"),
            )),
            log_groups: vec![gateway_log_group(&gateway)],
            gateway_id: Some(gateway),
            oauth_provider: Some("github-mcp-server-provider"),
            ..self.deployment("e", "E", "m2m", None, None)
        }
    }

    /// Deployment A as the starter of late 2026 makes it: no interceptor, the password alone in a secret outside the stack, a
    /// copy of it in the runtime's environment (neo4j-partners/aws-starter `neo4j-mcp-server/deploy.py`, 2d3adc07).
    fn f(&self) -> Scenario {
        let stack = "neo4j-mcp-server-live";
        let gateway = format!("{stack}-gateway-{}", self.seed.lower("gateway f", 10));
        let runtime = format!("neo4j_mcp_server_live-{}", self.seed.mixed("runtime f", 10));
        let pool = self.pool(
            "f",
            "neo4j-mcp-server-live-user-pool",
            Some("neo4j-mcp-server-live-mcp/invoke"),
        );
        Scenario {
            stack: Some(stack),
            is_listed: false,
            mcp_url: gateway_url(self.base, &gateway),
            pool: Some(PoolFacts {
                domain: format!("{stack}-{ACCOUNT}"),
                ..pool
            }),
            log_groups: vec![
                gateway_log_group(&gateway),
                runtime_log_group(&runtime, "DEFAULT"),
                "aws/spans".into(),
            ],
            gateway_id: Some(gateway),
            oauth_provider: Some("neo4j_mcp_server_live_oauth_provider"),
            ..self.deployment(
                "f",
                "A",
                "m2m",
                Some(runtime),
                Some("neo4j-mcp-server-live/neo4j-password"),
            )
        }
    }

    /// What is built alike for all of them; gateway deployments overwrite the address.
    fn deployment(
        &self,
        name: &'static str,
        shape: &'static str,
        sign_in: &'static str,
        runtime_id: Option<String>,
        secret_name: Option<&'static str>,
    ) -> Scenario {
        let runtime_arn = runtime_id
            .as_ref()
            .map(|id| agentcore_arn(&format!("runtime/{id}")));
        let mcp_url = runtime_arn
            .as_ref()
            .map(|arn| format!("{}?qualifier=DEFAULT", runtime_url(self.base, arn)))
            .unwrap_or_default();
        let secret_arn = secret_name.map(|secret| self.secret_arn(secret, name));
        Scenario {
            name,
            is_listed: true,
            shape,
            stack: None,
            mcp_url,
            gateway_id: None,
            runtime_id,
            runtime_arn,
            sign_in,
            pool: None,
            secret_name,
            secret_arn,
            extra_secrets: Vec::new(),
            extra_runtime: None,
            oauth_provider: None,
            interceptor: None,
            log_groups: Vec::new(),
            neo4j: self.seat(name),
        }
    }

    /// `label` tells the secrets of the world apart when their suffixes are drawn.
    fn secret_arn(&self, secret: &str, label: &str) -> String {
        format!(
            "arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{secret}-{}",
            self.seed.mixed(&format!("secret {label}"), 6)
        )
    }

    /// An application user that is rotated in alternation, and its administrator. A real Neo4j knows neither.
    fn extra_secrets(&self, deployment: &str) -> Vec<ExtraSecret> {
        if self.options.neo4j.is_some() {
            return Vec::new();
        }
        let seat = |user: &str| DatabaseLogin {
            user: user.to_owned(),
            password: self.seed.mixed(&format!("neo4j {deployment} {user}"), 24),
            ..self.seat(deployment)
        };
        let (reports, admin) = ("neo4j-reports/credentials", "neo4j-admin/credentials");
        let administrator = self.secret_arn(admin, admin);
        vec![
            ExtraSecret {
                name: reports,
                arn: self.secret_arn(reports, reports),
                description: "Neo4j user of the reports, rotated in alternation with its clone",
                seat: seat("reports"),
                administrator: Some(administrator.clone()),
            },
            ExtraSecret {
                name: admin,
                arn: administrator,
                description: "Neo4j user that creates and alters the users of applications",
                seat: seat("admin"),
                administrator: None,
            },
        ]
    }

    fn extra_runtime(&self, name: &'static str, secret: &ExtraSecret) -> ExtraRuntime {
        let id = format!("{name}-{}", self.seed.mixed(&format!("runtime {name}"), 10));
        ExtraRuntime {
            name,
            arn: agentcore_arn(&format!("runtime/{id}")),
            id,
            seat: secret.seat.clone(),
        }
    }

    fn seat(&self, name: &str) -> DatabaseLogin {
        match &self.options.neo4j {
            Some(real) if name != "e" => DatabaseLogin {
                uri: real.uri.clone(),
                user: real.user.clone(),
                password: real.password.clone(),
                database: "neo4j".into(),
            },
            _ => DatabaseLogin {
                uri: format!("{}/neo4j/{name}", self.base),
                user: "neo4j".into(),
                password: self.seed.mixed(&format!("neo4j {name}"), 24),
                database: "neo4j".into(),
            },
        }
    }

    fn pool(&self, deployment: &str, name: &'static str, scope: Option<&'static str>) -> PoolFacts {
        let id = format!(
            "{REGION}_{}",
            self.seed.mixed(&format!("pool {deployment}"), 9)
        );
        PoolFacts {
            issuer: format!("{}/{id}", self.base),
            domain: format!("{name}-{ACCOUNT}"),
            client_id: self.seed.lower(&format!("client {deployment}"), 26),
            client_secret: Some(self.seed.lower(&format!("client secret {deployment}"), 52)),
            scope,
            user: None,
            name,
            id,
        }
    }
}

impl Scenario {
    /// What the deployment is, in a word or two.
    pub(crate) fn title(&self) -> &'static str {
        TITLES
            .iter()
            .find(|(short, _)| *short == self.name)
            .map_or(self.name, |(_, title)| title)
    }

    /// Whether a runtime is one of its own.
    pub(crate) fn has_runtime(&self, id: &str) -> bool {
        self.runtime_id.as_deref() == Some(id)
            || self
                .extra_runtime
                .as_ref()
                .is_some_and(|runtime| runtime.id == id)
    }

    /// Whether the server in a runtime's containers has credentials of its own, instead of being given them with each request.
    pub(crate) fn has_own_credentials(&self, runtime_id: &str) -> bool {
        matches!(self.name, "c" | "f") || self.runtime_id.as_deref() != Some(runtime_id)
    }
}
