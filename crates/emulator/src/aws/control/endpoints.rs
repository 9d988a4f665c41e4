//! CreateAgentRuntimeEndpoint and UpdateAgentRuntimeEndpoint: named endpoints of a runtime and the versions they serve.

use std::sync::Arc;

use serde_json::{Value, json};

use super::changes::{UNDER_WAY, conflict};
use super::handlers::{invalid, not_found, required, runtime, text};
use super::{Runtime, RuntimeEndpoint, shapes};
use crate::operation::{ApiError, OperationReply, OperationResult};
use crate::world::SharedWorld;

/// The endpoint that every runtime has and that follows its newest version.
const DEFAULT: &str = "DEFAULT";
/// Maximum number of endpoints of a runtime.
const MAX_ENDPOINTS: usize = 10;
/// Maximum length of an endpoint's name (service model).
const MAX_NAME: usize = 48;

/// CreateAgentRuntimeEndpoint: a new endpoint; without a version it stays at the newest of this moment.
pub(super) fn create(world: &SharedWorld, input: &Value) -> OperationResult {
    let known = runtime(world, input)?;
    let name = required(input, "name")?;
    check_name(name)?;
    check_text(input)?;
    if known.endpoints.iter().any(|endpoint| endpoint.name == name) {
        return Err(conflict(&format!("An endpoint {name} already exists")));
    }
    if known.endpoints.len() >= MAX_ENDPOINTS {
        return Err(ApiError::new(
            http::StatusCode::PAYMENT_REQUIRED,
            "ServiceQuotaExceededException",
            format!("A runtime has at most {MAX_ENDPOINTS} endpoints"),
        ));
    }
    let version = wanted_version(&known, input)?;
    let now = world.now();
    let endpoint = RuntimeEndpoint {
        name: name.to_owned(),
        id: name.to_owned(),
        arn: format!("{}/runtime-endpoint/{name}", known.arn),
        description: text(input, "description").unwrap_or_default().to_owned(),
        status: "CREATING".into(),
        failure_reason: None,
        live_version: None,
        target_version: Some(version.clone()),
        created: now,
        updated: now,
    };
    let answer = json!({
        "targetVersion": version,
        "agentRuntimeEndpointArn": endpoint.arn,
        "agentRuntimeArn": known.arn,
        "agentRuntimeId": known.id,
        "endpointName": name,
        "status": endpoint.status,
        "createdAt": shapes::iso(now),
    });
    world.control.with(|state| {
        if let Some(runtime) = state.runtime_mut(&known.id) {
            runtime.endpoints.push(endpoint);
        }
    });
    tokio::spawn(finish(
        Arc::clone(world),
        known.id,
        name.to_owned(),
        version,
    ));
    Ok(OperationReply::Status(202, answer))
}

/// UpdateAgentRuntimeEndpoint: the endpoint moves to a version; the old one serves until the new one is ready.
pub(super) fn update(world: &SharedWorld, input: &Value) -> OperationResult {
    let known = runtime(world, input)?;
    let name = required(input, "endpointName")?;
    check_text(input)?;
    if name == DEFAULT {
        return Err(invalid(
            "endpointName",
            "Cannot update DEFAULT endpoint directly",
        ));
    }
    let endpoint = known.endpoints.iter().find(|known| known.name == name);
    let endpoint = endpoint.ok_or_else(|| not_found(&format!("Endpoint {name}")))?;
    if ["CREATING", "UPDATING", "DELETING"].contains(&endpoint.status.as_str()) {
        return Err(conflict(&format!("Endpoint {name} is {}", endpoint.status)));
    }
    let version = wanted_version(&known, input)?;
    let now = world.now();
    let shown = world.control.with(|state| {
        let runtime = state.runtime_mut(&known.id)?;
        let runtime_arn = runtime.arn.clone();
        let endpoint = runtime
            .endpoints
            .iter_mut()
            .find(|known| known.name == name)?;
        endpoint.target_version = Some(version.clone());
        endpoint.status = "UPDATING".into();
        endpoint.updated = now;
        if let Some(description) = text(input, "description") {
            description.clone_into(&mut endpoint.description);
        }
        Some(shapes::without_nulls(json!({
            "liveVersion": endpoint.live_version,
            "targetVersion": endpoint.target_version,
            "agentRuntimeEndpointArn": endpoint.arn,
            "agentRuntimeArn": runtime_arn,
            "status": endpoint.status,
            "createdAt": shapes::iso(endpoint.created),
            "lastUpdatedAt": shapes::iso(endpoint.updated),
        })))
    });
    tokio::spawn(finish(
        Arc::clone(world),
        known.id,
        name.to_owned(),
        version,
    ));
    shown
        .map(|value| OperationReply::Status(202, value))
        .ok_or_else(|| not_found(&format!("Endpoint {name}")))
}

/// Returns the version that the request names, otherwise the newest.
fn wanted_version(runtime: &Runtime, input: &Value) -> Result<String, ApiError> {
    let wanted = match text(input, "agentRuntimeVersion") {
        Some(number) => runtime.version(number),
        None => runtime.latest(),
    };
    wanted
        .map(|version| version.version.clone())
        .ok_or_else(|| not_found("Agent runtime version"))
}

fn check_name(name: &str) -> Result<(), ApiError> {
    let mut letters = name.chars();
    let is_valid = letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && name.len() <= MAX_NAME;
    if is_valid {
        return Ok(());
    }
    Err(invalid(
        "name",
        "failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][a-zA-Z0-9_]{0,47}",
    ))
}

/// Checks the description and the client token (service model).
fn check_text(input: &Value) -> Result<(), ApiError> {
    if text(input, "description").is_some_and(|given| !(1..=256).contains(&given.chars().count())) {
        return Err(invalid("description", "must have 1 to 256 characters"));
    }
    if text(input, "clientToken").is_some_and(|given| !(33..=256).contains(&given.len())) {
        return Err(invalid("clientToken", "must have 33 to 256 characters"));
    }
    Ok(())
}

async fn finish(world: SharedWorld, runtime_id: String, name: String, version: String) {
    tokio::time::sleep(UNDER_WAY).await;
    let now = world.now();
    world.control.with(|state| {
        let endpoint = state.runtime_mut(&runtime_id).and_then(|runtime| {
            let mut endpoints = runtime.endpoints.iter_mut();
            endpoints.find(|endpoint| endpoint.name == name)
        });
        // A later update goes on by itself.
        let own = |endpoint: &&mut RuntimeEndpoint| {
            endpoint.target_version.as_deref() == Some(version.as_str())
        };
        if let Some(endpoint) = endpoint.filter(own) {
            endpoint.live_version = Some(version.clone());
            endpoint.status = "READY".into();
            endpoint.updated = now;
        }
    });
}
