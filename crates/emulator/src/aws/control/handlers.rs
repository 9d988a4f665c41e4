//! The control plane over HTTP: which operation a request is, and its answer. Changes are in `changes` and `runtimes`.

use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::shapes::{self, picked};
use super::{Authorizer, Gateway, OtherKind, Runtime, changes, runtimes as runtime_changes};
use crate::dispatch::{OperationCall, OperationReply, OperationResult};
use crate::http::{Request, header};
use crate::operation::{ApiError, Protocol};
use crate::pagination;
use crate::world::{SharedWorld, World};

/// How many entries a page has where the client does not say.
const PAGE: usize = 2;

const CONTROL: &str = "bedrock-agentcore-control";
const DATA: &str = "bedrock-agentcore";

/// The operation that method and path name, its path members put into the input.
pub(crate) fn recognise(request: &Request) -> Option<OperationCall> {
    let path = request.uri().path();
    let segments: Vec<String> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    let (service, operation, members) = route(request.method(), &parts)?;
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
    let input = if readable {
        Value::Object(input)
    } else {
        Value::Null
    };
    Some(OperationCall {
        service,
        operation: operation.to_owned(),
        protocol: Protocol::RestJson,
        input,
    })
}

type OperationRoute<'a> = (&'static str, &'a str, Vec<(&'static str, &'a str)>);

fn route<'a>(method: &Method, parts: &[&'a str]) -> Option<OperationRoute<'a>> {
    let control = |operation, members| Some((CONTROL, operation, members));
    match (method.as_str(), parts) {
        ("GET", ["gateways"]) => control("ListGateways", vec![]),
        ("GET", ["gateways", g]) => control("GetGateway", vec![("gatewayIdentifier", g)]),
        ("PUT", ["gateways", g]) => control("UpdateGateway", vec![("gatewayIdentifier", g)]),
        ("GET", ["gateways", g, "targets"]) => {
            control("ListGatewayTargets", vec![("gatewayIdentifier", g)])
        }
        ("GET", ["gateways", g, "targets", t]) => control(
            "GetGatewayTarget",
            vec![("gatewayIdentifier", g), ("targetId", t)],
        ),
        ("PUT", ["gateways", g, "synchronizeTargets"]) => {
            control("SynchronizeGatewayTargets", vec![("gatewayIdentifier", g)])
        }
        ("GET", ["gateways", g, "rules"]) => {
            control("ListGatewayRules", vec![("gatewayIdentifier", g)])
        }
        ("GET", ["gateways", g, "rules", r]) => control(
            "GetGatewayRule",
            vec![("gatewayIdentifier", g), ("ruleId", r)],
        ),
        ("GET", ["policy-engines"]) => control("ListPolicyEngines", vec![]),
        ("GET", ["policy-engines", e]) => control("GetPolicyEngine", vec![("policyEngineId", e)]),
        ("GET", ["policy-engines", e, "policies"]) => {
            control("ListPolicies", vec![("policyEngineId", e)])
        }
        ("POST", ["runtimes"]) => control("ListAgentRuntimes", vec![]),
        ("GET", ["runtimes", r]) => control("GetAgentRuntime", vec![("agentRuntimeId", r)]),
        ("PUT", ["runtimes", r]) => control("UpdateAgentRuntime", vec![("agentRuntimeId", r)]),
        ("POST", ["runtimes", r, "versions"]) => {
            control("ListAgentRuntimeVersions", vec![("agentRuntimeId", r)])
        }
        ("POST", ["runtimes", r, "runtime-endpoints"]) => {
            control("ListAgentRuntimeEndpoints", vec![("agentRuntimeId", r)])
        }
        ("GET", ["runtimes", r, "runtime-endpoints", e]) => control(
            "GetAgentRuntimeEndpoint",
            vec![("agentRuntimeId", r), ("endpointName", e)],
        ),
        ("POST", ["runtimes", arn, "stopruntimesession"]) => {
            Some((DATA, "StopRuntimeSession", vec![("agentRuntimeArn", arn)]))
        }
        ("POST", ["identities", "CompleteResourceTokenAuth"]) => {
            Some((DATA, "CompleteResourceTokenAuth", vec![]))
        }
        ("POST", ["identities", "get-token-vault"]) => control("GetTokenVault", vec![]),
        ("POST", ["identities", operation]) => control(operation, vec![]),
        ("POST", ["memories"]) => control("ListMemories", vec![]),
        ("GET", ["memories", m, "details"]) => control("GetMemory", vec![("memoryId", m)]),
        ("GET", ["tags", arn]) => control("ListTagsForResource", vec![("resourceArn", arn)]),
        (_, ["runtimes", _, "invocations", ..]) => None,
        (
            _,
            [
                "gateways" | "runtimes" | "policy-engines" | "memories" | "tags",
                ..,
            ],
        ) => control("(unknown)", vec![]),
        _ => None,
    }
}

/// Whether this call is signed by a bearer token instead: sessions of runtimes that take tokens.
pub(crate) fn takes_bearer(world: &World, request: &Request, call: &OperationCall) -> bool {
    let is_bearer = || {
        header(request.headers(), "authorization").is_some_and(|value| {
            value
                .get(..7)
                .is_some_and(|s| s.eq_ignore_ascii_case("bearer "))
        })
    };
    call.operation == "StopRuntimeSession"
        && is_bearer()
        && runtime_of_arn(world, &call.input)
            .and_then(|runtime| {
                runtime
                    .latest()
                    .map(|version| matches!(version.authorizer, Authorizer::Jwt(_)))
            })
            .unwrap_or(false)
}

/// The token authoriser of the runtime that the call names.
pub(crate) fn bearer_authorizer(
    world: &World,
    call: &OperationCall,
) -> Option<super::JwtAuthorizer> {
    match &runtime_of_arn(world, &call.input)?.latest()?.authorizer {
        Authorizer::Jwt(jwt) => Some(jwt.clone()),
        Authorizer::Iam | Authorizer::None => None,
    }
}

fn runtime_of_arn(world: &World, input: &Value) -> Option<Runtime> {
    let (_, id) = text(input, "agentRuntimeArn")?.rsplit_once("runtime/")?;
    world.control.runtime(id)
}

/// Answers an operation of the control plane or the data plane.
pub(crate) fn handle(world: &SharedWorld, call: &OperationCall) -> OperationResult {
    let input = &call.input;
    match call.operation.as_str() {
        "ListGateways" => list(
            call,
            "items",
            world
                .control
                .with(|state| state.gateways.iter().map(shapes::gateway_item).collect()),
        ),
        "GetGateway" => Ok(OperationReply::Json(shapes::gateway(&gateway(
            world, input,
        )?))),
        "ListGatewayTargets" => list(
            call,
            "items",
            gateway(world, input)?
                .targets
                .iter()
                .map(shapes::target_item)
                .collect(),
        ),
        "GetGatewayTarget" => get_target(world, input),
        "UpdateGateway" => changes::update_gateway(world, input),
        "SynchronizeGatewayTargets" => changes::synchronize(world, input),
        "ListAgentRuntimes" => list(call, "agentRuntimes", runtimes(world)),
        "GetAgentRuntime" => get_runtime(world, input),
        "UpdateAgentRuntime" => runtime_changes::update(world, input),
        "ListAgentRuntimeVersions" => {
            let runtime = runtime(world, input)?;
            list(
                call,
                "agentRuntimes",
                runtime
                    .versions
                    .iter()
                    .rev()
                    .map(|version| shapes::runtime_item(&runtime, version))
                    .collect(),
            )
        }
        "ListAgentRuntimeEndpoints" => {
            let runtime = runtime(world, input)?;
            list(
                call,
                "runtimeEndpoints",
                runtime
                    .endpoints
                    .iter()
                    .map(|endpoint| shapes::endpoint(&runtime, endpoint))
                    .collect(),
            )
        }
        "GetAgentRuntimeEndpoint" => get_endpoint(world, input),
        "StopRuntimeSession" => runtime_changes::stop_session(world, input),
        "CompleteResourceTokenAuth" => changes::complete_consent(world, input),
        "GetTokenVault" => Ok(OperationReply::Json(json!({
            "tokenVaultId": "default",
            "kmsConfiguration": {"keyType": "ServiceManagedKey"},
            "lastModifiedDate": world.began.as_second() - 900 * 3600,
        }))),
        "ListTagsForResource" => list_tags(world, input),
        _ => handle_others(world, call),
    }
}

/// The resources that are only listed and shown.
fn handle_others(world: &World, call: &OperationCall) -> OperationResult {
    const PROVIDER: [&str; 4] = [
        "name",
        "credentialProviderArn",
        "createdTime",
        "lastUpdatedTime",
    ];
    let input = &call.input;
    match call.operation.as_str() {
        "ListOauth2CredentialProviders" => {
            let names = [&PROVIDER[..], &["credentialProviderVendor"]].concat();
            list(
                call,
                "credentialProviders",
                others(world, OtherKind::OauthProvider, None, &names),
            )
        }
        "GetOauth2CredentialProvider" => {
            get_other(world, OtherKind::OauthProvider, None, input, "name")
        }
        "ListApiKeyCredentialProviders" => list(
            call,
            "credentialProviders",
            others(world, OtherKind::ApiKeyProvider, None, &PROVIDER),
        ),
        "GetApiKeyCredentialProvider" => {
            get_other(world, OtherKind::ApiKeyProvider, None, input, "name")
        }
        "ListWorkloadIdentities" => list(
            call,
            "workloadIdentities",
            others(
                world,
                OtherKind::WorkloadIdentity,
                None,
                &["name", "workloadIdentityArn"],
            ),
        ),
        "GetWorkloadIdentity" => get_other(world, OtherKind::WorkloadIdentity, None, input, "name"),
        "ListMemories" => {
            let names = ["arn", "id", "status", "createdAt", "updatedAt"];
            list(
                call,
                "memories",
                others(world, OtherKind::Memory, None, &names),
            )
        }
        "GetMemory" => match get_other(world, OtherKind::Memory, None, input, "memoryId")? {
            OperationReply::Json(memory) => Ok(OperationReply::Json(json!({"memory": memory}))),
            other => Ok(other),
        },
        "ListGatewayRules" => {
            let gateway = gateway(world, input)?;
            list(
                call,
                "gatewayRules",
                others(world, OtherKind::GatewayRule, Some(&gateway.id), &[]),
            )
        }
        "GetGatewayRule" => {
            let gateway = gateway(world, input)?;
            get_other(
                world,
                OtherKind::GatewayRule,
                Some(&gateway.id),
                input,
                "ruleId",
            )
        }
        "ListPolicyEngines" => list(
            call,
            "policyEngines",
            others(world, OtherKind::PolicyEngine, None, &[]),
        ),
        "GetPolicyEngine" => get_other(
            world,
            OtherKind::PolicyEngine,
            None,
            input,
            "policyEngineId",
        ),
        "ListPolicies" => {
            get_other(
                world,
                OtherKind::PolicyEngine,
                None,
                input,
                "policyEngineId",
            )?;
            let engine = text(input, "policyEngineId");
            list(
                call,
                "policies",
                others(world, OtherKind::Policy, engine, &[]),
            )
        }
        other => Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "UnknownOperationException",
            format!("Unknown operation {other}"),
        )),
    }
}

fn others(world: &World, kind: OtherKind, parent: Option<&str>, names: &[&str]) -> Vec<Value> {
    world.control.with(|state| {
        let of_kind = state
            .others
            .iter()
            .filter(|other| other.kind == kind && other.parent.as_deref() == parent);
        of_kind
            .map(|other| {
                if names.is_empty() {
                    other.value.clone()
                } else {
                    picked(&other.value, names)
                }
            })
            .collect()
    })
}

fn get_other(
    world: &World,
    kind: OtherKind,
    parent: Option<&str>,
    input: &Value,
    member: &str,
) -> OperationResult {
    let key = required(input, member)?;
    let found = world.control.with(|state| {
        let mut of_kind = state
            .others
            .iter()
            .filter(|other| other.kind == kind && other.parent.as_deref() == parent);
        of_kind
            .find(|other| other.key == key)
            .map(|other| other.value.clone())
    });
    found
        .map(OperationReply::Json)
        .ok_or_else(|| not_found(&format!("Resource {key}")))
}

fn runtimes(world: &World) -> Vec<Value> {
    world.control.with(|state| {
        let latest = state
            .runtimes
            .iter()
            .filter_map(|runtime| Some((runtime, runtime.latest()?)));
        latest
            .map(|(runtime, version)| shapes::runtime_item(runtime, version))
            .collect()
    })
}

fn get_target(world: &World, input: &Value) -> OperationResult {
    let gateway = gateway(world, input)?;
    let id = required(input, "targetId")?;
    let target = gateway.targets.iter().find(|target| target.id == id);
    let target = target.ok_or_else(|| not_found(&format!("Target {id}")))?;
    Ok(OperationReply::Json(shapes::target(&gateway.arn, target)))
}

fn get_runtime(world: &World, input: &Value) -> OperationResult {
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

fn get_endpoint(world: &World, input: &Value) -> OperationResult {
    let runtime = runtime(world, input)?;
    let name = required(input, "endpointName")?;
    let endpoint = runtime
        .endpoints
        .iter()
        .find(|endpoint| endpoint.name == name);
    let endpoint = endpoint.ok_or_else(|| not_found(&format!("Endpoint {name}")))?;
    Ok(OperationReply::Json(shapes::endpoint(&runtime, endpoint)))
}

fn list_tags(world: &World, input: &Value) -> OperationResult {
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

/// Writes one page of a list.
fn list(call: &OperationCall, member: &str, entries: Vec<Value>) -> OperationResult {
    let size = match call.input.get("maxResults") {
        None => PAGE,
        given => pagination::number(given)
            .and_then(|size| usize::try_from(size).ok())
            .filter(|size| (1..=1000).contains(size))
            .ok_or_else(|| invalid("maxResults", "must be a whole number between 1 and 1000"))?,
    };
    let page = pagination::cut(
        &call.operation,
        entries,
        size,
        text(&call.input, "nextToken"),
    )
    .map_err(|_| invalid("nextToken", "is not a token of this list"))?;
    let mut answer = Map::new();
    answer.insert(member.to_owned(), Value::Array(page.entries));
    if let Some(next) = page.next {
        answer.insert("nextToken".into(), next.into());
    }
    Ok(OperationReply::Json(Value::Object(answer)))
}

/// The gateway that the input names.
pub(super) fn gateway(world: &World, input: &Value) -> Result<Gateway, ApiError> {
    let id = required(input, "gatewayIdentifier")?;
    check_id(id, "gatewayIdentifier")?;
    world
        .control
        .gateway(id)
        .ok_or_else(|| not_found(&format!("Gateway {id}")))
}

/// The runtime that the input names.
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

/// A text member.
pub(super) fn text<'a>(input: &'a Value, member: &str) -> Option<&'a str> {
    input.get(member).and_then(Value::as_str)
}

/// A text member that must be there.
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
