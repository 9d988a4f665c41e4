//! What a client changes about runtimes: UpdateAgentRuntime, which replaces everything, the roll-out behind it, and
//! StopRuntimeSession.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::changes::{UNDER_WAY, conflict};
use super::handlers::{invalid, not_found, required, runtime, text};
use super::shapes::{self, read_jwt_authorizer, read_texts};
use super::{Authorizer, Runtime, RuntimeVersion};
use crate::containers::SessionKey;
use crate::operation::{ApiError, OperationReply, OperationResult};
use crate::world::{SharedWorld, World};

/// Members that the world shows again as they were sent; one that is left out is gone.
const KEPT: [&str; 11] = [
    "agentRuntimeArtifact",
    "networkConfiguration",
    "protocolConfiguration",
    "lifecycleConfiguration",
    "filesystemConfigurations",
    "hooksConfiguration",
    "capacityProviderConfiguration",
    "platformVersion",
    "allowedPorts",
    "resourceConfigurations",
    "certificateConfigurations",
];
/// The most environment variables, and the longest name and value (service model).
const VARIABLES: (usize, usize, usize) = (50, 100, 5000);

/// UpdateAgentRuntime: a new version, to which DEFAULT is rolled out. It has what the request has and nothing else.
pub(super) fn update(world: &SharedWorld, input: &Value) -> OperationResult {
    let known = runtime(world, input)?;
    let token = match text(input, "clientToken") {
        Some(token) if !(33..=256).contains(&token.len()) => {
            return Err(invalid("clientToken", "must have 33 to 256 characters"));
        }
        token => token,
    };
    let version = read_version(world, &known, input, token)?;
    let repeated = known
        .versions
        .iter()
        .find(|version| version.client_token.is_some() && version.client_token.as_deref() == token);
    if let Some(repeated) = repeated {
        // The same request again, whose answer was lost: nothing is done twice.
        return Ok(OperationReply::Status(202, answer(&known, repeated)));
    }
    if known
        .latest()
        .is_some_and(|version| version.status == "UPDATING")
    {
        return Err(conflict("The agent runtime is being updated"));
    }
    let (shown, wanted) = (answer(&known, &version), version.version.clone());
    with_runtime(world, &known.id, |runtime| {
        let now = version.updated;
        runtime.versions.push(version);
        for endpoint in runtime
            .endpoints
            .iter_mut()
            .filter(|endpoint| endpoint.name == "DEFAULT")
        {
            endpoint.target_version = Some(wanted.clone());
            endpoint.status = "UPDATING".into();
            endpoint.updated = now;
        }
    });
    tokio::spawn(roll_out(Arc::clone(world), known.id, wanted));
    Ok(OperationReply::Status(202, shown))
}

fn answer(runtime: &Runtime, version: &RuntimeVersion) -> Value {
    json!({
        "agentRuntimeArn": runtime.arn,
        "agentRuntimeId": runtime.id,
        "workloadIdentityDetails": shapes::workload_identity(&runtime.id),
        "agentRuntimeVersion": version.version,
        "createdAt": shapes::iso(runtime.created),
        "lastUpdatedAt": shapes::iso(version.updated),
        "status": version.status,
    })
}

/// Returns the next version, out of a request that has all that is required.
fn read_version(
    world: &World,
    known: &Runtime,
    input: &Value,
    token: Option<&str>,
) -> Result<RuntimeVersion, ApiError> {
    check_artifact(input)?;
    let role = required(input, "roleArn")?;
    check_network(input)?;
    let authorizer = match input.get("authorizerConfiguration") {
        None | Some(Value::Null) => Authorizer::Iam,
        Some(configuration) => Authorizer::Jwt(
            read_jwt_authorizer(configuration)
                .ok_or_else(|| invalid("authorizerConfiguration", "has no customJWTAuthorizer"))?,
        ),
    };
    if input
        .get("protocolConfiguration")
        .is_some_and(|protocol| text(protocol, "serverProtocol").is_none())
    {
        return Err(invalid(
            "protocolConfiguration.serverProtocol",
            "must not be null",
        ));
    }
    if text(input, "description").is_some_and(str::is_empty) {
        return Err(invalid(
            "description",
            "must have length greater than or equal to 1",
        ));
    }
    let sent = |name: &&str| {
        Some((
            (*name).to_owned(),
            input.get(*name).filter(|value| !value.is_null())?.clone(),
        ))
    };
    Ok(RuntimeVersion {
        version: (known.versions.len() + 1).to_string(),
        description: text(input, "description").unwrap_or_default().to_owned(),
        status: "UPDATING".into(),
        failure_reason: None,
        updated: world.now(),
        role_arn: role.to_owned(),
        authorizer,
        dropped_headers: Vec::new(),
        request_headers: read_texts(
            input.pointer("/requestHeaderConfiguration/requestHeaderAllowlist"),
        ),
        environment: environment(input)?,
        require_mmdsv2: input
            .pointer("/metadataConfiguration/requireMMDSV2")
            .and_then(Value::as_bool)
            .unwrap_or(false),
        client_token: token.map(str::to_owned),
        kept: KEPT.iter().filter_map(sent).collect(),
    })
}

/// Checks that there is one of a container and code.
fn check_artifact(input: &Value) -> Result<(), ApiError> {
    const MEMBER: &str = "agentRuntimeArtifact";
    let artifact = input
        .get(MEMBER)
        .filter(|value| value.is_object())
        .ok_or_else(|| invalid(MEMBER, "must not be null"))?;
    match (
        artifact.get("containerConfiguration"),
        artifact.get("codeConfiguration"),
    ) {
        (Some(container), None) => required(container, "containerUri").map(drop),
        (None, Some(_)) => Ok(()),
        _ => Err(invalid(
            MEMBER,
            "must have exactly one of containerConfiguration and codeConfiguration",
        )),
    }
}

fn check_network(input: &Value) -> Result<(), ApiError> {
    const MEMBER: &str = "networkConfiguration";
    let network = input
        .get(MEMBER)
        .filter(|value| value.is_object())
        .ok_or_else(|| invalid(MEMBER, "must not be null"))?;
    match required(network, "networkMode")? {
        "PUBLIC" => Ok(()),
        "VPC"
            if network
                .get("networkModeConfig")
                .is_some_and(Value::is_object) =>
        {
            Ok(())
        }
        "VPC" => Err(invalid(
            "networkConfiguration.networkModeConfig",
            "must not be null where networkMode is VPC",
        )),
        _ => Err(invalid(
            "networkConfiguration.networkMode",
            "must be one of [PUBLIC, VPC]",
        )),
    }
}

fn environment(input: &Value) -> Result<Vec<(String, String)>, ApiError> {
    const MEMBER: &str = "environmentVariables";
    let (most, longest_name, longest_value) = VARIABLES;
    let members = match input.get(MEMBER) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(members)) if members.len() <= most => members,
        Some(_) => return Err(invalid(MEMBER, "must be a map of at most 50 entries")),
    };
    let variable = |(name, value): (&String, &Value)| {
        let value = value.as_str().filter(|value| value.len() <= longest_value);
        match value {
            Some(value) if (1..=longest_name).contains(&name.len()) => {
                Ok((name.clone(), value.to_owned()))
            }
            // The value may be a secret: only the name is told.
            _ => Err(invalid(
                MEMBER,
                &format!("has an entry that is too long or no text: {name}"),
            )),
        }
    };
    members.iter().map(variable).collect()
}

async fn roll_out(world: SharedWorld, runtime_id: String, version: String) {
    tokio::time::sleep(UNDER_WAY).await;
    let now = world.now();
    with_runtime(&world, &runtime_id, |runtime| {
        for known in runtime
            .versions
            .iter_mut()
            .filter(|known| known.version == version)
        {
            known.status = "READY".into();
            known.updated = now;
        }
    });
    tokio::time::sleep(UNDER_WAY).await;
    let now = world.now();
    with_runtime(&world, &runtime_id, |runtime| {
        for endpoint in runtime
            .endpoints
            .iter_mut()
            .filter(|endpoint| endpoint.target_version.as_deref() == Some(&version))
        {
            endpoint.live_version = Some(version.clone());
            endpoint.status = "READY".into();
            endpoint.updated = now;
        }
    });
}

fn with_runtime(world: &World, id: &str, act: impl FnOnce(&mut Runtime)) {
    world.control.with(|state| {
        if let Some(runtime) = state.runtime_mut(id) {
            act(runtime);
        }
    });
}

/// StopRuntimeSession: the session's container ends; what it kept is gone with it.
pub(super) fn stop_session(world: &World, input: &Value) -> OperationResult {
    let arn = required(input, "agentRuntimeArn")?;
    let session = required(input, "runtimeSessionId")?;
    let id = arn.rsplit("runtime/").next().unwrap_or_default();
    let endpoint = text(input, "qualifier").unwrap_or("DEFAULT");
    let known = world
        .control
        .runtime(id)
        .ok_or_else(|| not_found(&format!("Agent runtime {arn}")))?;
    if !known.endpoints.iter().any(|known| known.name == endpoint) {
        return Err(not_found(&format!("Endpoint {endpoint}")));
    }
    let place = SessionKey {
        runtime: id.to_owned(),
        endpoint: endpoint.to_owned(),
        session: session.to_owned(),
    };
    if !world.stop_session(&place) {
        return Err(not_found(&format!("Session {session}")));
    }
    let mut response = crate::http::json(StatusCode::OK, &json!({}));
    crate::http::set_header(
        &mut response,
        "x-amzn-bedrock-agentcore-runtime-session-id",
        session,
    );
    Ok(OperationReply::Whole(Box::new(response)))
}

/// Returns what a version has that was never updated.
pub(super) fn kept_at_first(container_uri: &str) -> Map<String, Value> {
    let members = json!({
        "agentRuntimeArtifact": {"containerConfiguration": {"containerUri": container_uri}},
        "networkConfiguration": {"networkMode": "PUBLIC"},
        "protocolConfiguration": {"serverProtocol": "MCP"},
        "platformVersion": "V2",
    });
    members.as_object().cloned().unwrap_or_default()
}
