//! CloudFormation: the stacks whose outputs describe the deployments, spelt as their own templates spell them.

use serde_json::Value;

use crate::aws::control::shapes::lambda_arn;
use crate::dispatch::{OperationReply, OperationResult};
use crate::operation::ApiError;
use crate::pagination;
use crate::scenarios::{ACCOUNT, PoolFacts, REGION, Scenario, agentcore_arn, runtime_url};
use crate::world::World;
use crate::xml::escape;

/// How many stacks a page has.
const PAGE: usize = 2;

/// A stack: its name, outputs (key, value, export name) and resources (logical id, type, physical id).
struct StackDescription {
    name: &'static str,
    description: &'static str,
    outputs: Vec<(&'static str, String, Option<String>)>,
    resources: Vec<(&'static str, &'static str, String)>,
}

/// Answers an operation of `cloudformation`.
pub(crate) fn handle(world: &World, operation: &str, input: &Value) -> OperationResult {
    let stacks = stacks(world);
    let name = input.get("StackName").and_then(Value::as_str);
    let token = input.get("NextToken").and_then(Value::as_str);
    let chosen: Vec<&StackDescription> = match name {
        None => stacks.iter().collect(),
        Some(name) => {
            let found = stacks
                .iter()
                .find(|stack| stack.name == name || stack_id(world, stack.name) == name);
            vec![found.ok_or_else(|| {
                ApiError::bad(
                    "ValidationError",
                    format!("Stack with id {name} does not exist"),
                )
            })?]
        }
    };
    match operation {
        "DescribeStacks" => paged(
            "Stacks",
            "describe",
            chosen.iter().map(|stack| describe(world, stack)).collect(),
            token,
        ),
        "ListStacks" => {
            let wanted = input
                .get("StackStatusFilter")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            let shown =
                wanted.is_empty() || wanted.iter().any(|status| status == "CREATE_COMPLETE");
            let summaries = if shown {
                stacks.iter().map(|stack| summary(world, stack)).collect()
            } else {
                Vec::new()
            };
            paged("StackSummaries", "list", summaries, token)
        }
        "DescribeStackResources" => {
            let (Some(_), Some(stack)) = (name, chosen.first()) else {
                return Err(ApiError::bad(
                    "ValidationError",
                    "You must specify either StackName or PhysicalResourceId",
                ));
            };
            Ok(OperationReply::Xml(resources(world, stack)))
        }
        other => Err(ApiError::bad(
            "InvalidAction",
            format!("Could not find operation {other}"),
        )),
    }
}

fn paged(element: &str, list: &str, entries: Vec<String>, token: Option<&str>) -> OperationResult {
    let page = pagination::cut(list, entries, PAGE, token)
        .map_err(|_| ApiError::bad("ValidationError", "The NextToken is not valid"))?;
    let next = page
        .next
        .map(|next| format!("<NextToken>{next}</NextToken>"))
        .unwrap_or_default();
    Ok(OperationReply::Xml(format!(
        "<{element}>{}</{element}>{next}",
        page.entries.concat()
    )))
}

fn stack_id(world: &World, name: &str) -> String {
    format!(
        "arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/{}",
        world.seed.uuid(&format!("stack {name}"))
    )
}

/// When the stacks were created: some weeks before the world began.
fn created(world: &World) -> String {
    let created = world
        .began
        .checked_sub(jiff::SignedDuration::from_hours(900))
        .unwrap_or(world.began);
    created.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

fn summary(world: &World, stack: &StackDescription) -> String {
    format!(
        "<member><StackId>{}</StackId><StackName>{}</StackName><TemplateDescription>{}</TemplateDescription>\
         <CreationTime>{}</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus></member>",
        stack_id(world, stack.name),
        stack.name,
        escape(stack.description),
        created(world)
    )
}

fn describe(world: &World, stack: &StackDescription) -> String {
    let outputs = stack
        .outputs
        .iter()
        .map(|(key, value, export)| {
            let export = export.as_ref().map(|name| format!("<ExportName>{}</ExportName>", escape(name))).unwrap_or_default();
            format!("<member><OutputKey>{key}</OutputKey><OutputValue>{}</OutputValue>{export}</member>", escape(value))
        })
        .collect::<Vec<_>>()
        .concat();
    format!(
        "<member><StackId>{}</StackId><StackName>{}</StackName><Description>{}</Description><CreationTime>{}</CreationTime>\
         <StackStatus>CREATE_COMPLETE</StackStatus><DisableRollback>false</DisableRollback><Outputs>{outputs}</Outputs></member>",
        stack_id(world, stack.name),
        stack.name,
        escape(stack.description),
        created(world)
    )
}

fn resources(world: &World, stack: &StackDescription) -> String {
    let id = stack_id(world, stack.name);
    let members = stack
        .resources
        .iter()
        .map(|(logical, kind, physical)| {
            format!(
                "<member><StackName>{}</StackName><StackId>{id}</StackId><LogicalResourceId>{logical}</LogicalResourceId>\
                 <PhysicalResourceId>{}</PhysicalResourceId><ResourceType>{kind}</ResourceType><Timestamp>{}</Timestamp>\
                 <ResourceStatus>CREATE_COMPLETE</ResourceStatus></member>",
                stack.name,
                escape(physical),
                created(world)
            )
        })
        .collect::<Vec<_>>()
        .concat();
    format!("<StackResources>{members}</StackResources>")
}

fn stacks(world: &World) -> Vec<StackDescription> {
    let of = |name: &str| world.deployment(name);
    let mut stacks = Vec::new();
    if let Some(a) = of("a") {
        stacks.extend(starter(a));
        stacks.extend(starter_later(world, a));
    }
    stacks.extend(of("b").and_then(|b| external(world, b)));
    stacks.extend(of("d").map(runtime_only));
    stacks.push(StackDescription {
        name: "CDKToolkit",
        description: "This stack includes resources needed to deploy AWS CDK apps into this environment",
        outputs: vec![("BootstrapVersion", "21".into(), None)],
        resources: vec![("StagingBucket", "AWS::S3::Bucket", format!("cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"))],
    });
    stacks
}

fn plain(key: &'static str, value: impl Into<String>) -> (&'static str, String, Option<String>) {
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
        name,
        description: "Neo4j MCP server on AgentCore Runtime behind a Gateway",
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
    })
}

/// The later revision of the same starter, over the same resources.
fn starter_later(world: &World, a: &Scenario) -> Option<StackDescription> {
    let pool = a.pool.as_ref()?;
    let runtime = a.runtime_arn.clone()?;
    Some(StackDescription {
        name: "neo4j-agentcore-mcp-server",
        description: "Neo4j MCP server on AgentCore, second revision",
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
        name: "Neo4jAgentCoreGatewayStack",
        description: "AgentCore Gateway in front of an external Neo4j MCP server",
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
        name: "Neo4jMCPRuntimeStack",
        description: "Neo4j MCP server on AgentCore Runtime, signed requests",
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
    }
}

fn agentcore_resources(
    pool: &PoolFacts,
    secret: Option<String>,
    interceptor: Option<&str>,
    gateway: Option<String>,
    runtime: Option<String>,
) -> Vec<(&'static str, &'static str, String)> {
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
