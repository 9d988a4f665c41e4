//! The stacks whose outputs describe the deployments, spelt as their own templates spell them.

use std::borrow::Cow;

use crate::aws::control::many_ids;
use crate::aws::control::shapes::lambda_arn;
use crate::scenarios::{ACCOUNT, PoolFacts, REGION, Scenario, agentcore_arn, runtime_url};
use crate::world::World;

/// An output: key, value, export name.
type Output = (&'static str, String, Option<String>);
/// A resource: logical id, type, physical id.
type StackResource = (&'static str, &'static str, String);

/// A stack.
pub(super) struct StackDescription {
    pub(super) name: Cow<'static, str>,
    pub(super) status: &'static str,
    /// Why it has this status, where that is no success.
    pub(super) status_reason: Option<&'static str>,
    pub(super) description: &'static str,
    /// Key and value; NoEcho values are shown as `****`.
    pub(super) parameters: Vec<(&'static str, String)>,
    pub(super) outputs: Vec<Output>,
    pub(super) resources: Vec<StackResource>,
    pub(super) tags: Vec<(&'static str, &'static str)>,
}

impl StackDescription {
    fn new(name: impl Into<Cow<'static, str>>, description: &'static str) -> Self {
        Self {
            name: name.into(),
            status: "CREATE_COMPLETE",
            status_reason: None,
            description,
            parameters: Vec::new(),
            outputs: Vec::new(),
            resources: Vec::new(),
            tags: vec![("Application", "neo4j-mcp"), ("ManagedBy", "CDK")],
        }
    }
}

/// Returns the stacks of the account and region.
pub(super) fn stacks(world: &World) -> Vec<StackDescription> {
    let of = |name: &str| world.deployment(name);
    let mut stacks = Vec::new();
    if let Some(a) = of("a") {
        stacks.extend(starter(a));
        stacks.extend(starter_later(world, a));
    }
    stacks.extend(of("b").and_then(|b| external(world, b)));
    stacks.extend(of("d").map(runtime_only));
    stacks.extend(of("f").and_then(|f| starter_of_late_2026(world, f)));
    stacks.push(StackDescription {
        outputs: vec![("BootstrapVersion", "21".into(), None)],
        resources: vec![(
            "StagingBucket",
            "AWS::S3::Bucket",
            format!("cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"),
        )],
        tags: Vec::new(),
        ..StackDescription::new(
            "CDKToolkit",
            "This stack includes resources needed to deploy AWS CDK apps into this environment",
        )
    });
    stacks.extend((0..world.options.scale).map(|number| one_of_many(world, number)));
    stacks.extend((0..world.options.stacks).map(unrelated));
    stacks
}

/// Returns the stack of one gateway of a large account.
fn one_of_many(world: &World, number: usize) -> StackDescription {
    let [gateway, runtimes @ ..] = many_ids(&world.seed, number);
    let mut resources = vec![("Gateway", "AWS::BedrockAgentCore::Gateway", gateway.clone())];
    let runtimes = runtimes.into_iter();
    resources.extend(runtimes.map(|id| ("Runtime", "AWS::BedrockAgentCore::Runtime", id)));
    StackDescription {
        outputs: vec![plain("GatewayId", gateway)],
        resources,
        ..StackDescription::new(
            format!("fleet-{number:03}"),
            "One gateway and its runtimes in a large account",
        )
    }
}

/// Returns a stack that has nothing to do with AgentCore; the first one was rolled back.
fn unrelated(number: usize) -> StackDescription {
    if number == 0 {
        return StackDescription {
            status: "ROLLBACK_COMPLETE",
            status_reason: Some(
                "The following resource(s) failed to create: [Runtime]. Rollback requested by user.",
            ),
            ..StackDescription::new("neo4j-mcp-server-rolled-back", "A deployment that failed")
        };
    }
    StackDescription {
        outputs: vec![plain("BucketName", format!("bucket-{number:04}"))],
        tags: Vec::new(),
        ..StackDescription::new(format!("unrelated-{number:04}"), "A stack of another team")
    }
}

fn plain(key: &'static str, value: impl Into<String>) -> Output {
    (key, value.into(), None)
}

/// Deployment A: the outputs that its documentation names and those that its template emits.
fn starter(a: &Scenario) -> Option<StackDescription> {
    let (pool, name) = (a.pool.as_ref()?, "neo4j-mcp-server");
    let interceptor = lambda_arn(a.interceptor?);
    let exported =
        |key, value: &str, export: &str| (key, value.to_owned(), Some(format!("{name}-{export}")));
    let gateway = a.gateway_id.clone()?;
    let runtime = a.runtime_arn.clone()?;
    Some(StackDescription {
        outputs: vec![
            exported("CognitoUserPoolId", &pool.id, "UserPoolId"),
            plain("CognitoMachineClientId", &pool.client_id),
            plain("CognitoTokenUrl", pool.token_url()),
            plain("CognitoScope", pool.scope.unwrap_or_default()),
            plain("GatewayUrl", &a.mcp_url),
            plain("GatewayId", &gateway),
            plain("RuntimeArn", &runtime),
            plain("Neo4jSecretArn", a.secret_arn.clone()?),
            plain("CredentialInterceptorArn", &interceptor),
            exported(
                "AuthInterceptorLambdaArn",
                &interceptor,
                "AuthInterceptorArn",
            ),
            plain("DemoCommand", "python client/demo.py"),
            plain(
                "CredentialNote",
                "Neo4j credentials are sent by the client in X-Neo4j-Authorization",
            ),
        ],
        resources: agentcore_resources(
            pool,
            a.secret_arn.clone(),
            a.interceptor,
            Some(gateway),
            a.runtime_id.clone(),
        ),
        ..StackDescription::new(
            name,
            "Neo4j MCP server on AgentCore Runtime behind a Gateway",
        )
    })
}

/// Returns the later revision of the same starter, over the same resources.
fn starter_later(world: &World, a: &Scenario) -> Option<StackDescription> {
    let pool = a.pool.as_ref()?;
    let runtime = a.runtime_arn.clone()?;
    Some(StackDescription {
        outputs: vec![
            plain("MCPServerRuntimeId", a.runtime_id.clone()?),
            plain("MCPServerRuntimeArn", &runtime),
            plain("MCPServerInvocationURL", runtime_url(&world.base, &runtime)),
            plain("GatewayUrl", &a.mcp_url),
            plain("GatewayId", a.gateway_id.clone()?),
            plain("GatewayTargetName", "mcp-server-target"),
            plain("CognitoUserPoolId", &pool.id),
            plain("CognitoMachineClientId", &pool.client_id),
            plain("CognitoTokenUrl", pool.token_url()),
            plain("CognitoScope", pool.scope.unwrap_or_default()),
            plain("CognitoDiscoveryUrl", pool.discovery_url()),
            plain(
                "AgentExecutionRoleArn",
                format!("arn:aws:iam::{ACCOUNT}:role/neo4j_mcp_server_mcp_server-execution-role"),
            ),
            plain(
                "GatewayExecutionRoleArn",
                format!("arn:aws:iam::{ACCOUNT}:role/neo4j-mcp-server-gateway-role"),
            ),
        ],
        resources: agentcore_resources(
            pool,
            None,
            None,
            a.gateway_id.clone(),
            a.runtime_id.clone(),
        ),
        ..StackDescription::new(
            "neo4j-agentcore-mcp-server",
            "Neo4j MCP server on AgentCore, second revision",
        )
    })
}

/// Returns the starter of late 2026: what the runtime connects to stands in the parameters, the secret outside the stack.
fn starter_of_late_2026(world: &World, f: &Scenario) -> Option<StackDescription> {
    let pool = f.pool.as_ref()?;
    let stack = f.stack?;
    let login = &f.neo4j;
    let role = |name: &str| format!("arn:aws:iam::{ACCOUNT}:role/{stack}-{name}");
    let mut resources =
        agentcore_resources(pool, None, None, f.gateway_id.clone(), f.runtime_id.clone());
    let provider = f.oauth_provider?;
    resources.push(("OAuthProvider", "Custom::OAuthProvider", provider.into()));
    Some(StackDescription {
        parameters: vec![
            (
                "ECRImageUri",
                format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/neo4j-mcp-server:latest"),
            ),
            ("Neo4jUri", login.uri.clone()),
            ("Neo4jDatabase", login.database.clone()),
            ("Neo4jUsername", login.user.clone()),
            ("Neo4jPasswordSecretArn", f.secret_arn.clone()?),
            ("NetworkMode", "PUBLIC".into()),
        ],
        outputs: vec![
            plain("MCPServerRuntimeId", f.runtime_id.clone()?),
            plain("MCPServerRuntimeArn", f.runtime_arn.clone()?),
            plain(
                "MCPServerInvocationURL",
                format!(
                    "{}/runtimes/ENCODED_ARN/invocations?qualifier=DEFAULT",
                    world.base
                ),
            ),
            plain("GatewayUrl", &f.mcp_url),
            plain("GatewayId", f.gateway_id.clone()?),
            plain("GatewayTargetName", "neo4j-mcp-server-target"),
            plain("CognitoUserPoolId", &pool.id),
            plain("CognitoMachineClientId", &pool.client_id),
            plain("CognitoTokenUrl", pool.token_url()),
            plain("CognitoScope", pool.scope.unwrap_or_default()),
            plain("CognitoDiscoveryUrl", pool.discovery_url()),
            plain("AgentExecutionRoleArn", role("agent-execution-role")),
            plain("GatewayExecutionRoleArn", role("gateway-execution-role")),
        ],
        resources,
        tags: vec![
            ("Application", "neo4j-mcp-server"),
            ("ManagedBy", "CDK"),
            ("Stack", stack),
        ],
        ..StackDescription::new(
            stack,
            "Neo4j MCP server on AgentCore Runtime behind a Gateway",
        )
    })
}

fn external(world: &World, b: &Scenario) -> Option<StackDescription> {
    let pool = b.pool.as_ref()?;
    let service = match &world.options.neo4j_mcp_url {
        Some(url) => url.to_string(),
        None => crate::scenarios::external_server_url(&world.base),
    };
    let host = url::Url::parse(&service)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_default();
    let gateway = b.gateway_id.clone()?;
    Some(StackDescription {
        outputs: vec![
            plain("McpFqdn", host),
            plain("Neo4jSecretArn", b.secret_arn.clone()?),
            plain("InterceptorLambdaArn", lambda_arn(b.interceptor?)),
            plain("McpServiceUrl", service),
            plain("GatewayArn", agentcore_arn(&format!("gateway/{gateway}"))),
            plain("GatewayUrl", &b.mcp_url),
            plain("CognitoUserPoolId", &pool.id),
            plain("CognitoAppClientId", &pool.client_id),
            plain("CognitoDiscoveryUrl", pool.discovery_url()),
            plain("CognitoTokenEndpoint", pool.token_url()),
            plain("CognitoScope", pool.scope.unwrap_or_default()),
        ],
        resources: {
            let mut resources = agentcore_resources(
                pool,
                b.secret_arn.clone(),
                b.interceptor,
                Some(gateway),
                None,
            );
            // The external MCP server is a service of ECS; its log group is /ecs/neo4j-mcp.
            let service = format!("arn:aws:ecs:{REGION}:{ACCOUNT}:service/neo4j-mcp/neo4j-mcp");
            resources.push(("Service", "AWS::ECS::Service", service));
            resources
        },
        ..StackDescription::new(
            "Neo4jAgentCoreGatewayStack",
            "AgentCore Gateway in front of an external Neo4j MCP server",
        )
    })
}

fn runtime_only(d: &Scenario) -> StackDescription {
    let mut resources = vec![(
        "Runtime",
        "AWS::BedrockAgentCore::Runtime",
        d.runtime_id.clone().unwrap_or_default(),
    )];
    resources.extend(
        d.secret_arn
            .clone()
            .map(|arn| ("Neo4jSecret", "AWS::SecretsManager::Secret", arn)),
    );
    StackDescription {
        outputs: vec![
            plain(
                "Neo4jMcpImageUri",
                format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/neo4jmcpruntime:3"),
            ),
            plain(
                "Neo4jMcpRuntimeArn",
                d.runtime_arn.clone().unwrap_or_default(),
            ),
            plain(
                "AgentRuntimeRoleArn",
                format!("arn:aws:iam::{ACCOUNT}:role/Neo4jMcpRuntime-execution-role"),
            ),
        ],
        resources,
        ..StackDescription::new(
            "Neo4jMCPRuntimeStack",
            "Neo4j MCP server on AgentCore Runtime, signed requests",
        )
    }
}

fn agentcore_resources(
    pool: &PoolFacts,
    secret: Option<String>,
    interceptor: Option<&str>,
    gateway: Option<String>,
    runtime: Option<String>,
) -> Vec<StackResource> {
    let mut resources = vec![
        ("UserPool", "AWS::Cognito::UserPool", pool.id.clone()),
        (
            "MachineClient",
            "AWS::Cognito::UserPoolClient",
            pool.client_id.clone(),
        ),
        (
            "UserPoolDomain",
            "AWS::Cognito::UserPoolDomain",
            pool.domain.clone(),
        ),
    ];
    resources.extend(gateway.map(|id| ("Gateway", "AWS::BedrockAgentCore::Gateway", id)));
    resources.extend(runtime.map(|id| ("Runtime", "AWS::BedrockAgentCore::Runtime", id)));
    resources.extend(
        interceptor.map(|name| ("AuthInterceptor", "AWS::Lambda::Function", name.to_owned())),
    );
    resources.extend(secret.map(|arn| ("Neo4jSecret", "AWS::SecretsManager::Secret", arn)));
    resources
}
