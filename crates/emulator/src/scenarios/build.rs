//! Makes the scenarios of a world: names, ids, addresses and passwords, drawn from the seed.

use super::{
    ACCOUNT, DatabaseLogin, ExtraRuntime, ExtraSecret, PoolFacts, REGION, Scenario, agentcore_arn,
    gateway_log_group, gateway_url, lambda_log_group, runtime_log_group, runtime_url,
};
use crate::Options;
use crate::seed::Seed;

/// Returns the five, in order, and one that only its stack describes.
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

    /// Returns what is built alike for all of them; gateway deployments overwrite the address.
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

    /// Returns an application user that is rotated in alternation, and its administrator. A real Neo4j knows neither.
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
