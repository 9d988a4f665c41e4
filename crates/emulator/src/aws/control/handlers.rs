//! The control plane over HTTP: which operation a request is, and its answer. Changes are in `changes` and `runtimes`.

use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::{
    Authorizer, Gateway, Runtime, changes, endpoints, listed, providers, runtimes, shapes,
};
use crate::http::{Request, header};
use crate::operation::{ApiError, OperationCall, OperationReply, OperationResult, Protocol};
use crate::pagination;
pub(super) use crate::service::text;
use crate::service::{Operation, Service};
use crate::world::{SharedWorld, World};

/// How many entries a page has where the client does not say.
const PAGE: usize = 2;

/// Returns the operation that method and path name, its path members put into the input.
pub(crate) fn recognise(request: &Request) -> Option<OperationCall> {
    let path = request.uri().path();
    let segments: Vec<String> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect();
    let (service, name, members) = route(request.method(), &segments)?;
    let mut input: Map<String, Value> = Map::new();
    let mut readable = true;
    if !request.body().is_empty() {
        match serde_json::from_slice(request.body()) {
            Ok(Value::Object(body)) => input = body,
            _ => readable = false,
        }
    }
    for (name, value) in
        url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
    {
        input.insert(name.into_owned(), value.into_owned().into());
    }
    for (name, value) in members {
        input.insert(name.to_owned(), value.into());
    }
    if let Some(session) = header(
        request.headers(),
        "x-amzn-bedrock-agentcore-runtime-session-id",
    ) {
        input.insert("runtimeSessionId".into(), session.into());
    }
    let input = readable.then_some(Value::Object(input));
    Some(OperationCall::new(service, name, Protocol::RestJson, input))
}

/// The members that a path gives, by name.
type PathMembers<'a> = Vec<(&'static str, &'a str)>;

/// Returns the service and the operation of a method and a path, and the members that the path gives.
fn route<'a>(
    method: &Method,
    segments: &'a [String],
) -> Option<(Service, &'a str, PathMembers<'a>)> {
    for service in [Service::AgentCoreControl, Service::AgentCoreData] {
        for operation in service.spec().operations {
            if let Some(members) = operation.matches(method.as_str(), segments) {
                return Some((service, operation.name, members));
            }
        }
    }
    let first = segments.first().map(String::as_str)?;
    match (first, segments.get(1)) {
        ("identities", Some(name)) if segments.len() == 2 => {
            Some((Service::AgentCoreControl, name, Vec::new()))
        }
        // MCP serves the invocations.
        ("runtimes", _) if segments.iter().any(|part| part == "invocations") => None,
        ("gateways" | "runtimes" | "policy-engines" | "memories" | "tags", _) => {
            Some((Service::AgentCoreControl, "", Vec::new()))
        }
        _ => None,
    }
}

/// Returns whether this call is signed by a bearer token instead: sessions of runtimes that take tokens.
pub(crate) fn takes_bearer(world: &World, request: &Request, call: &OperationCall) -> bool {
    let is_bearer = || {
        header(request.headers(), "authorization").is_some_and(|value| {
            value
                .get(..7)
                .is_some_and(|s| s.eq_ignore_ascii_case("bearer "))
        })
    };
    call.name == "StopRuntimeSession"
        && is_bearer()
        && runtime_of_arn(world, call.input())
            .and_then(|runtime| {
                runtime
                    .latest()
                    .map(|version| matches!(version.authorizer, Authorizer::Jwt(_)))
            })
            .unwrap_or(false)
}

/// Returns the token authoriser of the runtime that the call names.
pub(crate) fn bearer_authorizer(
    world: &World,
    call: &OperationCall,
) -> Option<super::JwtAuthorizer> {
    match &runtime_of_arn(world, call.input())?.latest()?.authorizer {
        Authorizer::Jwt(jwt) => Some(jwt.clone()),
        Authorizer::Iam | Authorizer::None => None,
    }
}

fn runtime_of_arn(world: &World, input: &Value) -> Option<Runtime> {
    let (_, id) = text(input, "agentRuntimeArn")?.rsplit_once("runtime/")?;
    world.control.runtime(id)
}

/// The operations of `bedrock-agentcore-control`.
pub(crate) const CONTROL_OPERATIONS: &[Operation] = &[
    Operation::read("ListGateways", list_gateways)
        .at("GET", "/gateways/")
        .max_results(1000),
    Operation::read("GetGateway", get_gateway).at("GET", "/gateways/{gatewayIdentifier}/"),
    Operation::write("UpdateGateway", |world, call| {
        changes::update_gateway(world, call.input())
    })
    .at("PUT", "/gateways/{gatewayIdentifier}/"),
    Operation::read("ListGatewayTargets", list_targets)
        .at("GET", "/gateways/{gatewayIdentifier}/targets/")
        .max_results(1000),
    Operation::read("GetGatewayTarget", get_target)
        .at("GET", "/gateways/{gatewayIdentifier}/targets/{targetId}/"),
    Operation::write("SynchronizeGatewayTargets", |world, call| {
        changes::synchronize(world, call.input())
    })
    .at("PUT", "/gateways/{gatewayIdentifier}/synchronizeTargets"),
    Operation::read("ListGatewayRules", listed::list_gateway_rules)
        .at("GET", "/gateways/{gatewayIdentifier}/rules"),
    Operation::read("GetGatewayRule", listed::get_gateway_rule)
        .at("GET", "/gateways/{gatewayIdentifier}/rules/{ruleId}"),
    Operation::read("ListGatewayRateLimits", listed::list_rate_limits)
        .at("GET", "/gateways/{gatewayIdentifier}/rate-limits"),
    Operation::read("GetGatewayRateLimit", listed::get_rate_limit).at(
        "GET",
        "/gateways/{gatewayIdentifier}/rate-limits/{rateLimitId}",
    ),
    Operation::read("ListPolicyEngines", listed::list_policy_engines).at("GET", "/policy-engines"),
    Operation::read("GetPolicyEngine", listed::get_policy_engine)
        .at("GET", "/policy-engines/{policyEngineId}"),
    Operation::read("ListPolicies", listed::list_policies)
        .at("GET", "/policy-engines/{policyEngineId}/policies"),
    Operation::read("GetPolicy", listed::get_policy).at(
        "GET",
        "/policy-engines/{policyEngineId}/policies/{policyId}",
    ),
    Operation::read("ListAgentRuntimes", list_runtimes).at("POST", "/runtimes/"),
    Operation::read("GetAgentRuntime", get_runtime).at("GET", "/runtimes/{agentRuntimeId}/"),
    Operation::write("UpdateAgentRuntime", |world, call| {
        runtimes::update(world, call.input())
    })
    .at("PUT", "/runtimes/{agentRuntimeId}/"),
    Operation::read("ListAgentRuntimeVersions", list_versions)
        .at("POST", "/runtimes/{agentRuntimeId}/versions/"),
    Operation::read("ListAgentRuntimeEndpoints", list_endpoints)
        .at("POST", "/runtimes/{agentRuntimeId}/runtime-endpoints/"),
    Operation::read("GetAgentRuntimeEndpoint", get_endpoint).at(
        "GET",
        "/runtimes/{agentRuntimeId}/runtime-endpoints/{endpointName}/",
    ),
    Operation::write("CreateAgentRuntimeEndpoint", |world, call| {
        endpoints::create(world, call.input())
    })
    .at("PUT", "/runtimes/{agentRuntimeId}/runtime-endpoints/"),
    Operation::write("UpdateAgentRuntimeEndpoint", |world, call| {
        endpoints::update(world, call.input())
    })
    .at(
        "PUT",
        "/runtimes/{agentRuntimeId}/runtime-endpoints/{endpointName}/",
    ),
    Operation::read(
        "ListOauth2CredentialProviders",
        listed::list_oauth_providers,
    )
    .at("POST", "/identities/ListOauth2CredentialProviders")
    .max_results(20),
    Operation::read("GetOauth2CredentialProvider", listed::get_oauth_provider)
        .at("POST", "/identities/GetOauth2CredentialProvider"),
    Operation::write("UpdateOauth2CredentialProvider", |world, call| {
        providers::update(world, call.input())
    })
    .at("POST", "/identities/UpdateOauth2CredentialProvider"),
    Operation::read("ListApiKeyCredentialProviders", listed::list_key_providers)
        .at("POST", "/identities/ListApiKeyCredentialProviders"),
    Operation::read("GetApiKeyCredentialProvider", listed::get_key_provider)
        .at("POST", "/identities/GetApiKeyCredentialProvider"),
    Operation::read("ListWorkloadIdentities", listed::list_workload_identities)
        .at("POST", "/identities/ListWorkloadIdentities")
        .max_results(20),
    Operation::read("GetWorkloadIdentity", listed::get_workload_identity)
        .at("POST", "/identities/GetWorkloadIdentity"),
    Operation::read("GetTokenVault", |world, _| {
        Ok(OperationReply::Json(token_vault(world)))
    })
    .at("POST", "/identities/get-token-vault"),
    Operation::read("ListMemories", listed::list_memories).at("POST", "/memories/"),
    Operation::read("GetMemory", listed::get_memory).at("GET", "/memories/{memoryId}/details"),
    Operation::read("ListTagsForResource", list_tags).at("GET", "/tags/{resourceArn}"),
];

/// The operations of `bedrock-agentcore` that are signed requests. Invocations are served by MCP.
pub(crate) const DATA_OPERATIONS: &[Operation] = &[
    Operation::write("StopRuntimeSession", |world, call| {
        runtimes::stop_session(world, call.input())
    })
    .at("POST", "/runtimes/{agentRuntimeArn}/stopruntimesession"),
    Operation::write("CompleteResourceTokenAuth", |world, call| {
        changes::complete_consent(world, call.input())
    })
    .at("POST", "/identities/CompleteResourceTokenAuth")
    .unrecorded(),
];

fn list_gateways(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let items = world
        .control
        .with(|state| state.gateways.iter().map(shapes::gateway_item).collect());
    page(call, "items", items)
}

fn get_gateway(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    gateway(world, call.input()).map(|gateway| OperationReply::Json(shapes::gateway(&gateway)))
}

fn list_targets(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let gateway = gateway(world, call.input())?;
    let items = gateway.targets.iter().map(shapes::target_item).collect();
    page(call, "items", items)
}

fn list_versions(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let runtime = runtime(world, call.input())?;
    let newest_first = runtime.versions.iter().rev();
    let items = newest_first
        .map(|version| shapes::runtime_item(&runtime, version))
        .collect();
    page(call, "agentRuntimes", items)
}

fn list_endpoints(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let runtime = runtime(world, call.input())?;
    let items = runtime
        .endpoints
        .iter()
        .map(|endpoint| shapes::endpoint(&runtime, endpoint))
        .collect();
    page(call, "runtimeEndpoints", items)
}

fn token_vault(world: &World) -> Value {
    json!({
        "tokenVaultId": "default",
        "kmsConfiguration": {"keyType": "ServiceManagedKey"},
        "lastModifiedDate": world.began.as_second() - 900 * 3600,
    })
}

fn list_runtimes(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let items = world.control.with(|state| {
        let latest = state
            .runtimes
            .iter()
            .filter_map(|runtime| Some((runtime, runtime.latest()?)));
        latest
            .map(|(runtime, version)| shapes::runtime_item(runtime, version))
            .collect()
    });
    page(call, "agentRuntimes", items)
}

fn get_target(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let input = call.input();
    let gateway = gateway(world, input)?;
    let id = required(input, "targetId")?;
    let target = gateway.targets.iter().find(|target| target.id == id);
    let target = target.ok_or_else(|| not_found(&format!("Target {id}")))?;
    Ok(OperationReply::Json(shapes::target(&gateway.arn, target)))
}

fn get_runtime(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let input = call.input();
    let runtime = runtime(world, input)?;
    let version = match text(input, "version") {
        None => runtime.latest(),
        Some(wanted) => runtime
            .versions
            .iter()
            .find(|version| version.version == wanted),
    };
    let version = version.ok_or_else(|| not_found("Agent runtime version"))?;
    Ok(OperationReply::Json(shapes::runtime(&runtime, version)))
}

fn get_endpoint(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let input = call.input();
    let runtime = runtime(world, input)?;
    let name = required(input, "endpointName")?;
    let endpoint = runtime
        .endpoints
        .iter()
        .find(|endpoint| endpoint.name == name);
    let endpoint = endpoint.ok_or_else(|| not_found(&format!("Endpoint {name}")))?;
    Ok(OperationReply::Json(shapes::endpoint(&runtime, endpoint)))
}

fn list_tags(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let input = call.input();
    let arn = required(input, "resourceArn")?;
    let id = arn.rsplit('/').next().unwrap_or_default();
    let deployment = world
        .deployment_of_gateway(id)
        .or_else(|| world.deployment_of_runtime(id));
    let known = deployment.is_some()
        || world.control.gateway(id).is_some()
        || world.control.runtime(id).is_some();
    if !known {
        return Err(not_found(&format!("Resource {arn}")));
    }
    let tags = deployment.map_or_else(
        || json!({}),
        |deployment| json!({"deployment": deployment.name}),
    );
    Ok(OperationReply::Json(json!({"tags": tags})))
}

/// Returns one page of a list, as large as the request asks for.
pub(super) fn page(call: &OperationCall, member: &str, entries: Vec<Value>) -> OperationResult {
    let input = call.input();
    let largest = call.operation.map_or(0, |operation| operation.max_results);
    let size = match input.get("maxResults") {
        None | Some(Value::Null) => PAGE,
        given => pagination::number(given)
            .and_then(|size| usize::try_from(size).ok())
            .filter(|size| (1..=largest).contains(size))
            .ok_or_else(|| {
                let problem = format!(
                    "failed to satisfy constraint: Member must have value between 1 and {largest}"
                );
                invalid("maxResults", &problem)
            })?,
    };
    let page = pagination::cut(&call.name, entries, size, text(input, "nextToken"))
        .map_err(|_| invalid("nextToken", "is not a token of this list"))?;
    let mut answer = Map::new();
    answer.insert(member.to_owned(), Value::Array(page.entries));
    if let Some(next) = page.next {
        answer.insert("nextToken".into(), next.into());
    }
    Ok(OperationReply::Json(Value::Object(answer)))
}

/// Returns the gateway that the input names.
pub(super) fn gateway(world: &World, input: &Value) -> Result<Gateway, ApiError> {
    let id = required(input, "gatewayIdentifier")?;
    check_id(id, "gatewayIdentifier")?;
    world
        .control
        .gateway(id)
        .ok_or_else(|| not_found(&format!("Gateway {id}")))
}

/// Returns the runtime that the input names.
pub(super) fn runtime(world: &World, input: &Value) -> Result<Runtime, ApiError> {
    let id = required(input, "agentRuntimeId")?;
    check_id(id, "agentRuntimeId")?;
    world
        .control
        .runtime(id)
        .ok_or_else(|| not_found(&format!("Agent runtime {id}")))
}

/// AWS's patterns admit ids only, no ARNs.
fn check_id(id: &str, member: &str) -> Result<(), ApiError> {
    if id
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_')
    {
        Ok(())
    } else {
        Err(invalid(
            member,
            "failed to satisfy constraint: Member must satisfy the regular expression of ids",
        ))
    }
}

/// Returns a text member that must be there.
pub(super) fn required<'a>(input: &'a Value, member: &str) -> Result<&'a str, ApiError> {
    text(input, member)
        .filter(|text| !text.is_empty())
        .ok_or_else(|| invalid(member, "must not be null"))
}

/// 404.
pub(super) fn not_found(what: &str) -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "ResourceNotFoundException",
        format!("{what} was not found"),
    )
}

/// ValidationException about one member.
pub(super) fn invalid(member: &str, problem: &str) -> ApiError {
    let mut error = ApiError::bad(
        "ValidationException",
        format!("1 validation error detected: Value at '{member}' {problem}"),
    );
    error
        .more
        .insert("reason".into(), "FieldValidationFailed".into());
    error.more.insert(
        "fieldList".into(),
        json!([{"name": member, "message": problem}]),
    );
    error
}
