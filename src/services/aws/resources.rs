//! From AWS's JSON to [`Resource`]: pure, tolerant, with every status and member as it came.
//!
//! The answers are read as JSON and not through the SDK's types, so that members and enum values that this version
//! does not know are kept.

use serde_json::{Map, Value};

use crate::model::{DeploymentName, Fact, Kind, Link, Moment, Relation, Resource, ResourceKey};

use super::{
    identity_resources::{provider_link, workload_link},
    names::{
        function_name, gateway_url, invocation_url, lambda_log_group, runtime_arn_of_url,
        runtime_id, runtime_log_group,
    },
    policy_resources::engine_link,
};

/// A gateway of ListGateways or GetGateway.
pub(crate) fn gateway(deployment: &DeploymentName, json: &Value) -> Resource {
    let id = text(json, "/gatewayId").unwrap_or_default();
    let mut facts = FactList::default();
    facts.add("Authorizer", text(json, "/authorizerType"));
    authorizer(&mut facts, json);
    facts.add("Protocol", text(json, "/protocolType"));
    facts.add(
        "MCP versions",
        list(json, "/protocolConfiguration/mcp/supportedVersions"),
    );
    facts.add(
        "Search",
        text(json, "/protocolConfiguration/mcp/searchType"),
    );
    facts.add(
        "Session timeout",
        text(
            json,
            "/protocolConfiguration/mcp/sessionConfiguration/sessionTimeoutInSeconds",
        )
        .map(|seconds| format!("{seconds} s")),
    );
    facts.add(
        "Response streaming",
        text(
            json,
            "/protocolConfiguration/mcp/streamingConfiguration/enableResponseStreaming",
        ),
    );
    let interceptors = items(json, "/interceptorConfigurations");
    for each in interceptors {
        let at = list(each, "/interceptionPoints").unwrap_or_default();
        let headers = each
            .pointer("/inputConfiguration/passRequestHeaders")
            .and_then(Value::as_bool)
            == Some(true);
        let arn = text(each, "/interceptor/lambda/arn").unwrap_or_default();
        facts.add(
            "Interceptor",
            Some(format!(
                "{at} {}{}",
                function_name(&arn),
                if headers { ", sees headers" } else { "" }
            )),
        );
    }
    facts.add(
        "Exception level",
        Some(
            text(json, "/exceptionLevel")
                .unwrap_or_else(|| "not set: tool errors are opaque".into()),
        )
        .filter(|_| json.get("gatewayUrl").is_some()),
    );
    facts.add(
        "Policy engine",
        text(json, "/policyEngineConfiguration/arn"),
    );
    facts.add("Policy mode", text(json, "/policyEngineConfiguration/mode"));
    facts.add("Role", text(json, "/roleArn"));
    facts.add(
        "Workload identity",
        text(json, "/workloadIdentityDetails/workloadIdentityArn"),
    );
    facts.add("Description", text(json, "/description"));
    let mut log_groups = vec![format!(
        "/aws/vendedlogs/bedrock-agentcore/gateway/APPLICATION_LOGS/{id}"
    )];
    log_groups.extend(
        interceptors
            .iter()
            .filter_map(|each| text(each, "/interceptor/lambda/arn"))
            .map(|arn| lambda_log_group(&arn)),
    );
    Resource {
        arn: text(json, "/gatewayArn"),
        name: text(json, "/name").unwrap_or_else(|| id.clone()),
        mcp_url: text(json, "/gatewayUrl").map(|url| gateway_url(&url)),
        links: engine_link(json)
            .into_iter()
            .chain(workload_link(json))
            .collect(),
        log_groups,
        facts: facts.0,
        ..base(deployment, Kind::Gateway, id, json)
    }
}

/// A target of ListGatewayTargets or GetGatewayTarget. `summary` is the list's item, which alone names the type.
pub(crate) fn target(
    deployment: &DeploymentName,
    gateway_id: &str,
    json: &Value,
    summary: Option<&Value>,
) -> Resource {
    let id = text(json, "/targetId").unwrap_or_default();
    let either =
        |path: &str| text(json, path).or_else(|| summary.and_then(|summary| text(summary, path)));
    let configuration = json.get("targetConfiguration").unwrap_or(&Value::Null);
    let endpoint = text(configuration, "/mcp/mcpServer/endpoint")
        .or_else(|| text(configuration, "/http/passthrough/endpoint"));
    let runtime = text(configuration, "/http/agentcoreRuntime/arn")
        .or_else(|| endpoint.as_deref().and_then(runtime_arn_of_url));
    let lambda = text(configuration, "/mcp/lambda/lambdaArn");
    let mut facts = FactList::default();
    facts.add(
        "Type",
        either("/targetType").or_else(|| union_word(configuration)),
    );
    facts.add("Endpoint", endpoint);
    facts.add("Runtime", runtime.clone());
    facts.add("Lambda", lambda.clone());
    facts.add(
        "Listing",
        either("/listingMode").or_else(|| text(configuration, "/mcp/mcpServer/listingMode")),
    );
    facts.add(
        "Last synchronized",
        moment(json, "lastSynchronizedAt")
            .or_else(|| summary.and_then(|each| moment(each, "lastSynchronizedAt")))
            .map(Moment::iso),
    );
    let mut providers = Vec::new();
    for provider in items(json, "/credentialProviderConfigurations") {
        facts.add(
            "Outbound sign-in",
            text(provider, "/credentialProviderType"),
        );
        let arn = provider_arn(provider);
        providers.extend(arn.as_deref().and_then(provider_link));
        facts.add("Credential provider", arn);
        facts.add(
            "Outbound scopes",
            list(
                provider,
                "/credentialProvider/oauthCredentialProvider/scopes",
            ),
        );
        facts.add(
            "Grant type",
            text(
                provider,
                "/credentialProvider/oauthCredentialProvider/grantType",
            ),
        );
    }
    facts.add(
        "Forwarded headers",
        list(json, "/metadataConfiguration/allowedRequestHeaders"),
    );
    facts.add(
        "Authorization URL",
        either("/authorizationData/oauth2/authorizationUrl"),
    );
    facts.add(
        "Authorization user",
        either("/authorizationData/oauth2/userId"),
    );
    facts.add("Description", text(json, "/description"));
    let mut links = vec![link(Relation::Owner, Kind::Gateway, gateway_id)];
    links.extend(
        runtime
            .as_deref()
            .map(|arn| link(Relation::Calls, Kind::Runtime, &runtime_id(arn))),
    );
    links.extend(providers);
    let mut log_groups: Vec<String> = runtime
        .as_deref()
        .map(|arn| runtime_log_group(&runtime_id(arn), "DEFAULT"))
        .into_iter()
        .collect();
    log_groups.extend(lambda.as_deref().map(lambda_log_group));
    Resource {
        arn: None,
        name: text(json, "/name").unwrap_or_else(|| id.clone()),
        links,
        log_groups,
        facts: facts.0,
        ..base(deployment, Kind::Target, format!("{gateway_id}/{id}"), json)
    }
}

/// The ARN of the credential provider in an entry of a target's configuration.
fn provider_arn(configuration: &Value) -> Option<String> {
    ["oauthCredentialProvider", "apiKeyCredentialProvider"]
        .into_iter()
        .find_map(|member| {
            text(
                configuration,
                &format!("/credentialProvider/{member}/providerArn"),
            )
        })
}

/// A runtime of ListAgentRuntimes or GetAgentRuntime. `data_plane` is the address at which it is invoked.
pub(crate) fn runtime(deployment: &DeploymentName, data_plane: &str, json: &Value) -> Resource {
    let id = text(json, "/agentRuntimeId").unwrap_or_default();
    let arn = text(json, "/agentRuntimeArn");
    let mut facts = FactList::default();
    facts.add("Version", text(json, "/agentRuntimeVersion"));
    facts.add(
        "Protocol",
        text(json, "/protocolConfiguration/serverProtocol"),
    );
    let detailed = json.get("roleArn").is_some();
    facts.add(
        "Authorizer",
        detailed.then(|| {
            if json
                .pointer("/authorizerConfiguration/customJWTAuthorizer")
                .is_some()
            {
                "CUSTOM_JWT"
            } else {
                "AWS_IAM (SigV4)"
            }
            .to_owned()
        }),
    );
    authorizer(&mut facts, json);
    facts.add(
        "Header allow-list",
        list(json, "/requestHeaderConfiguration/requestHeaderAllowlist"),
    );
    facts.add("Network", text(json, "/networkConfiguration/networkMode"));
    facts.add(
        "Image",
        text(
            json,
            "/agentRuntimeArtifact/containerConfiguration/containerUri",
        ),
    );
    let environment = json.get("environmentVariables").and_then(Value::as_object);
    facts.add(
        "Environment",
        environment
            .map(|variables| variables.keys().cloned().collect::<Vec<_>>().join(", "))
            .filter(|names| !names.is_empty()),
    );
    facts.add(
        "Idle timeout",
        text(json, "/lifecycleConfiguration/idleRuntimeSessionTimeout")
            .map(|seconds| format!("{seconds} s")),
    );
    facts.add(
        "Longest life",
        text(json, "/lifecycleConfiguration/maxLifetime").map(|seconds| format!("{seconds} s")),
    );
    facts.add(
        "MMDSv2 required",
        detailed.then(|| {
            text(json, "/metadataConfiguration/requireMMDSV2").unwrap_or_else(|| "not set".into())
        }),
    );
    facts.add("Role", text(json, "/roleArn"));
    facts.add("Description", text(json, "/description"));
    let secrets = environment
        .into_iter()
        .flatten()
        .filter_map(|(_, value)| value.as_str())
        .filter(|value| value.starts_with("arn:") && value.contains(":secretsmanager:"));
    Resource {
        mcp_url: arn
            .as_deref()
            .map(|arn| invocation_url(data_plane, arn, "DEFAULT")),
        name: text(json, "/agentRuntimeName").unwrap_or_else(|| id.clone()),
        links: secrets
            .map(|arn| link(Relation::Reads, Kind::Secret, arn))
            .chain(workload_link(json))
            .collect(),
        log_groups: vec![
            runtime_log_group(&id, "DEFAULT"),
            format!("/aws/vendedlogs/bedrock-agentcore/runtime/APPLICATION_LOGS/{id}"),
        ],
        facts: facts.0,
        arn,
        ..base(deployment, Kind::Runtime, id, json)
    }
}

/// An endpoint of ListAgentRuntimeEndpoints or GetAgentRuntimeEndpoint.
pub(crate) fn endpoint(
    deployment: &DeploymentName,
    data_plane: &str,
    runtime_id: &str,
    json: &Value,
) -> Resource {
    let name = text(json, "/name").unwrap_or_default();
    let (live, target) = (text(json, "/liveVersion"), text(json, "/targetVersion"));
    let mut facts = FactList::default();
    facts.add("Live version", live.clone());
    facts.add("Target version", target.clone());
    if let (Some(live), Some(target)) = (&live, &target)
        && live != target
    {
        facts.add(
            "Roll-out",
            Some(format!("from version {live} to {target}, not finished")),
        );
    }
    facts.add("Description", text(json, "/description"));
    Resource {
        arn: text(json, "/agentRuntimeEndpointArn"),
        mcp_url: text(json, "/agentRuntimeArn").map(|arn| invocation_url(data_plane, &arn, &name)),
        links: [link(Relation::Owner, Kind::Runtime, runtime_id)]
            .into_iter()
            .chain(live.map(|live| {
                link(
                    Relation::Serves,
                    Kind::Version,
                    &format!("{runtime_id}/{live}"),
                )
            }))
            .collect(),
        log_groups: vec![runtime_log_group(runtime_id, &name)],
        facts: facts.0,
        name: name.clone(),
        ..base(
            deployment,
            Kind::Endpoint,
            format!("{runtime_id}/{name}"),
            json,
        )
    }
}

/// A secret of DescribeSecret.
pub(crate) fn secret(deployment: &DeploymentName, json: &Value) -> Resource {
    let name = text(json, "/Name").unwrap_or_default();
    let stages = json.get("VersionIdsToStages").and_then(Value::as_object);
    let with = |stage: &str| {
        stages
            .into_iter()
            .flatten()
            .find(|(_, labels)| {
                labels
                    .as_array()
                    .is_some_and(|labels| labels.iter().any(|label| label == stage))
            })
            .map(|(id, _)| id.clone())
    };
    let (current, pending) = (with("AWSCURRENT"), with("AWSPENDING"));
    let rotating = pending.is_some() && pending != current;
    let mut facts = FactList::default();
    facts.add("Current version", current);
    facts.add("Pending version", pending.filter(|_| rotating));
    facts.add("Previous version", with("AWSPREVIOUS"));
    facts.add(
        "Rotation",
        Some(
            if json.get("RotationEnabled").and_then(Value::as_bool) == Some(true) {
                "scheduled"
            } else {
                "not scheduled"
            }
            .to_owned(),
        ),
    );
    facts.add("Rotation function", text(json, "/RotationLambdaARN"));
    facts.add(
        "Every",
        text(json, "/RotationRules/ScheduleExpression").or_else(|| {
            text(json, "/RotationRules/AutomaticallyAfterDays").map(|days| format!("{days} days"))
        }),
    );
    facts.add(
        "Last rotated",
        moment(json, "LastRotatedDate").map(Moment::iso),
    );
    facts.add(
        "Next rotation",
        moment(json, "NextRotationDate").map(Moment::iso),
    );
    facts.add(
        "Last changed",
        moment(json, "LastChangedDate").map(Moment::iso),
    );
    facts.add(
        "Last read",
        moment(json, "LastAccessedDate").map(Moment::iso),
    );
    facts.add("KMS key", text(json, "/KmsKeyId"));
    facts.add("Owning service", text(json, "/OwningService"));
    facts.add("Description", text(json, "/Description"));
    let deleted = moment(json, "DeletedDate");
    Resource {
        arn: text(json, "/ARN"),
        status: if deleted.is_some() {
            "DELETED"
        } else if rotating {
            "ROTATING"
        } else {
            "ENABLED"
        }
        .to_owned(),
        reason: deleted
            .map(|at| format!("deletion is scheduled, asked for at {}", at.iso()))
            .or_else(|| {
                rotating.then(|| {
                    "a version waits with AWSPENDING: a rotation is in progress or stuck".to_owned()
                })
            }),
        created: moment(json, "CreatedDate"),
        updated: moment(json, "LastChangedDate"),
        log_groups: text(json, "/RotationLambdaARN")
            .map(|arn| lambda_log_group(&arn))
            .into_iter()
            .collect(),
        facts: facts.0,
        name: name.clone(),
        ..base(deployment, Kind::Secret, name, json)
    }
}

/// A configured resource that could not be read: it stays in the list, and says why.
pub(crate) fn unreadable(
    deployment: &DeploymentName,
    kind: Kind,
    id: &str,
    failure: &crate::model::Failure,
) -> Resource {
    Resource {
        name: id.rsplit(['/', ':']).next().unwrap_or(id).to_owned(),
        status: failure
            .code
            .clone()
            .unwrap_or_else(|| "UNREADABLE".to_owned()),
        reason: Some(failure.cause.clone()),
        ..base(deployment, kind, id.to_owned(), &Value::Object(Map::new()))
    }
}

pub(super) fn base(deployment: &DeploymentName, kind: Kind, id: String, json: &Value) -> Resource {
    Resource {
        key: ResourceKey {
            deployment: deployment.clone(),
            kind,
            id,
        },
        arn: None,
        name: String::new(),
        status: text(json, "/status").unwrap_or_default(),
        reason: reason(json),
        created: moment(json, "createdAt"),
        updated: moment(json, "updatedAt").or_else(|| moment(json, "lastUpdatedAt")),
        facts: Vec::new(),
        links: Vec::new(),
        log_groups: Vec::new(),
        mcp_url: None,
        raw: masked(json),
    }
}

fn reason(json: &Value) -> Option<String> {
    let reasons: Vec<&str> = items(json, "/statusReasons")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    if reasons.is_empty() {
        text(json, "/failureReason")
    } else {
        Some(reasons.join("; "))
    }
    .filter(|reason| !reason.is_empty())
}

fn authorizer(facts: &mut FactList, json: &Value) {
    let Some(jwt) = json.pointer("/authorizerConfiguration/customJWTAuthorizer") else {
        return;
    };
    facts.add("Discovery URL", text(jwt, "/discoveryUrl"));
    facts.add("Allowed clients", list(jwt, "/allowedClients"));
    facts.add("Allowed audience", list(jwt, "/allowedAudience"));
    facts.add("Allowed scopes", list(jwt, "/allowedScopes"));
    for claim in items(jwt, "/customClaims") {
        let value = claim
            .pointer("/authorizingClaimMatchValue/claimMatchValue")
            .map(Value::to_string)
            .unwrap_or_default();
        facts.add(
            "Claim",
            Some(format!(
                "{} {} {value}",
                text(claim, "/inboundTokenClaimName").unwrap_or_default(),
                text(claim, "/authorizingClaimMatchValue/claimMatchOperator").unwrap_or_default()
            )),
        );
    }
}

/// A copy without values that may be secrets.
fn masked(json: &Value) -> Value {
    match json {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| {
                let lower = name.to_ascii_lowercase();
                let value = match value {
                    Value::Object(variables) if name == "environmentVariables" => variables
                        .keys()
                        .map(|key| (key.clone(), Value::from("***")))
                        .collect::<Map<_, _>>()
                        .into(),
                    Value::String(_)
                        if lower.ends_with("secret")
                            || lower.contains("password")
                            || lower == "secretstring" =>
                    {
                        Value::from("***")
                    }
                    other => masked(other),
                };
                (name.clone(), value)
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(values) => values.iter().map(masked).collect(),
        other => other.clone(),
    }
}

/// Facts that are collected one after the other.
#[derive(Default)]
pub(super) struct FactList(pub(super) Vec<Fact>);

impl FactList {
    /// Adds a fact, if there is one.
    pub(super) fn add(&mut self, label: &'static str, value: Option<String>) {
        self.0.extend(value.map(|value| Fact { label, value }));
    }
}

pub(super) fn link(relation: Relation, kind: Kind, id: &str) -> Link {
    Link {
        relation,
        kind,
        id: id.to_owned(),
    }
}

pub(super) fn items<'a>(json: &'a Value, path: &str) -> &'a [Value] {
    json.pointer(path)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// A scalar as text.
pub(super) fn text(json: &Value, path: &str) -> Option<String> {
    match json.pointer(path)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

pub(super) fn list(json: &Value, path: &str) -> Option<String> {
    let words: Vec<&str> = items(json, path).iter().filter_map(Value::as_str).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// A time in either of AWS's encodings: ISO 8601 text, or seconds since 1970.
pub(crate) fn moment(json: &Value, name: &str) -> Option<Moment> {
    match json.get(name)? {
        Value::String(text) => text
            .parse::<jiff::Timestamp>()
            .ok()
            .map(|at| Moment::from_millis(at.as_millisecond())),
        Value::Number(number) => number.as_f64().map(Moment::from_seconds),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// `mcp.mcpServer` becomes `MCP_SERVER`, as `targetType` would say.
fn union_word(configuration: &Value) -> Option<String> {
    let (_, inner) = configuration.as_object()?.iter().next()?;
    let (word, _) = inner.as_object()?.iter().next()?;
    let mut out = String::new();
    for each in word.chars() {
        if each.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(each.to_ascii_uppercase());
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ARN: &str =
        "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/neo4j_mcp-abcdefghij";

    fn fact<'a>(resource: &'a Resource, label: &str) -> Option<&'a str> {
        resource
            .facts
            .iter()
            .find(|fact| fact.label == label)
            .map(|fact| fact.value.as_str())
    }

    #[test]
    fn a_target_leads_to_its_runtime_by_the_encoded_arn() {
        let endpoint = invocation_url(
            "https://bedrock-agentcore.us-west-2.amazonaws.com",
            ARN,
            "DEFAULT",
        );
        assert!(
            endpoint.contains(
                "runtimes/arn%3Aaws%3Abedrock-agentcore%3Aus-west-2%3A123456789012%3Aruntime%2Fneo4j_mcp-abcdefghij/invocations?"
            ),
            "{endpoint}"
        );
        let detail = json!({"targetId": "TARGETID01", "name": "t", "status": "SYNCHRONIZE_UNSUCCESSFUL", "statusReasons": ["one", "two"], "updatedAt": "2026-01-02T03:04:05Z",
            "targetConfiguration": {"mcp": {"mcpServer": {"endpoint": endpoint}}}, "credentialProviderConfigurations": [{"credentialProviderType": "OAUTH"}]});
        let target = target(&"d".into(), "gw-abcdefghij", &detail, None);
        assert_eq!(target.key.id, "gw-abcdefghij/TARGETID01");
        assert_eq!(target.reason.as_deref(), Some("one; two"));
        assert_eq!(
            target.links[1],
            link(Relation::Calls, Kind::Runtime, "neo4j_mcp-abcdefghij")
        );
        assert_eq!(
            target.log_groups,
            ["/aws/bedrock-agentcore/runtimes/neo4j_mcp-abcdefghij-DEFAULT"]
        );
        assert_eq!(fact(&target, "Type"), Some("MCP_SERVER"));
        assert_eq!(target.updated, Some(Moment::from_millis(1_767_323_045_000)));
    }

    #[test]
    fn unknown_members_and_statuses_stay_as_they_came() {
        let json = json!({"gatewayId": "g-abcdefghij", "name": "g", "status": "HIBERNATING", "gatewayUrl": "https://h/mcp/", "novelty": {"x": [1]}, "createdAt": 1_767_323_045.5});
        let gateway = gateway(&"d".into(), &json);
        assert_eq!(gateway.status, "HIBERNATING");
        assert_eq!(gateway.raw, json);
        assert_eq!(gateway.mcp_url.as_deref(), Some("https://h/mcp"));
        assert_eq!(
            gateway.created,
            Some(Moment::from_millis(1_767_323_045_500))
        );
    }

    #[test]
    fn a_runtimes_environment_shows_names_and_never_values() {
        let json = json!({"agentRuntimeId": "r-abcdefghij", "agentRuntimeArn": ARN, "agentRuntimeName": "r", "status": "READY", "roleArn": "arn:role",
            "environmentVariables": {"NEO4J_PASSWORD": "canary-5512", "NEO4J_SECRET_ARN": "arn:aws:secretsmanager:us-west-2:1:secret:n-abcdef"}});
        let runtime = runtime(&"d".into(), "https://x", &json);
        assert!(!serde_json::to_string(&runtime).unwrap().contains("canary"));
        assert_eq!(
            fact(&runtime, "Environment"),
            Some("NEO4J_PASSWORD, NEO4J_SECRET_ARN")
        );
        assert_eq!(
            runtime.links,
            [link(
                Relation::Reads,
                Kind::Secret,
                "arn:aws:secretsmanager:us-west-2:1:secret:n-abcdef"
            )]
        );
        assert_eq!(fact(&runtime, "Authorizer"), Some("AWS_IAM (SigV4)"));
    }

    #[test]
    fn a_rollout_is_a_fact_while_versions_differ() {
        let json = |live: &str| json!({"name": "DEFAULT", "status": "READY", "agentRuntimeArn": ARN, "liveVersion": live, "targetVersion": "4"});
        let shown = |live: &str| endpoint(&"d".into(), "https://x", "r-abcdefghij", &json(live));
        assert_eq!(
            fact(&shown("3"), "Roll-out"),
            Some("from version 3 to 4, not finished")
        );
        assert_eq!(fact(&shown("4"), "Roll-out"), None);
    }

    #[test]
    fn a_secret_rotates_while_pending_is_not_current() {
        let json = |pending: Value| json!({"Name": "n", "ARN": "arn", "VersionIdsToStages": {"v1": ["AWSCURRENT"], "v2": pending}});
        assert_eq!(
            secret(&"d".into(), &json(json!(["AWSPENDING"]))).status,
            "ROTATING"
        );
        assert_eq!(
            secret(&"d".into(), &json(json!(["AWSPREVIOUS"]))).status,
            "ENABLED"
        );
    }
}
