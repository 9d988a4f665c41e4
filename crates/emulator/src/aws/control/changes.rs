//! What the control plane lets a client change, and how the change comes about over the next seconds. Runtimes are in
//! `runtimes`.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::handlers::{gateway, invalid, not_found, required, text};
use super::shapes::{self, read_jwt_authorizer, read_texts};
use super::{Authorizer, ControlResources, Gateway, ListedKind, ListedResource, Runtime, Target};
use crate::consents::ConsentRefusal;
use crate::faults::{Fault, FaultKind, FaultPoint, FaultSite};
use crate::operation::{ApiError, OperationReply, OperationResult};
use crate::world::{SharedWorld, World};

/// How long a change is under way before it shows its end.
pub(super) const UNDER_WAY: Duration = Duration::from_millis(1500);

/// The version that a stuck roll-out waits for.
const STUCK_VERSION: &str = "99";
/// The id of the rate limit that calls of a gateway meet.
pub(crate) const RATE_LIMIT: &str = "rl-callers";
/// The description of a rate limit that a fault has set.
const FAULT_LIMIT: &str = "each client: 1 request a minute";
/// The reason of a target whose tools the gateway could not read.
const UNSYNCHRONISED: &str = "Failed to list the tools of the MCP server";

/// UpdateGateway: authoriser, versions, sessions, streaming, interceptors and exception level follow the request.
pub(super) fn update_gateway(world: &SharedWorld, input: &Value) -> OperationResult {
    let id = gateway(world, input)?.id;
    required(input, "name")?;
    let role = required(input, "roleArn")?;
    let authorizer = read_authorizer(input)?;
    let mcp = input
        .pointer("/protocolConfiguration/mcp")
        .cloned()
        .unwrap_or(Value::Null);
    let interceptor = input
        .pointer("/interceptorConfigurations/0/interceptor/lambda/arn")
        .and_then(Value::as_str)
        .and_then(|arn| arn.rsplit(":function:").next())
        .map(str::to_owned);
    let now = world.now();
    let shown = world.control.with(|state| {
        let gateway = state.gateway_mut(&id)?;
        gateway.authorizer = authorizer;
        role.clone_into(&mut gateway.role_arn);
        text(input, "description")
            .unwrap_or_default()
            .clone_into(&mut gateway.description);
        apply_protocol(gateway, input, &mcp);
        gateway.interceptor = interceptor;
        gateway.status = "UPDATING".into();
        gateway.updated = now;
        Some(shapes::gateway(gateway))
    });
    let world = Arc::clone(world);
    tokio::spawn(async move {
        tokio::time::sleep(UNDER_WAY).await;
        let now = world.now();
        world.control.with(|state| {
            if let Some(gateway) = state.gateway_mut(&id) {
                gateway.status = "READY".into();
                gateway.updated = now;
            }
        });
    });
    shown
        .map(|value| OperationReply::Status(202, value))
        .ok_or_else(|| not_found("Gateway"))
}

/// Returns the authoriser that an UpdateGateway asks for.
fn read_authorizer(input: &Value) -> Result<Authorizer, ApiError> {
    match required(input, "authorizerType")? {
        "AWS_IAM" => Ok(Authorizer::Iam),
        "NONE" => Ok(Authorizer::None),
        "CUSTOM_JWT" => {
            let jwt = input
                .get("authorizerConfiguration")
                .and_then(read_jwt_authorizer);
            let jwt = jwt.ok_or_else(|| {
                invalid(
                    "authorizerConfiguration",
                    "customJWTAuthorizer.discoveryUrl is required",
                )
            })?;
            if !jwt
                .discovery_url
                .ends_with("/.well-known/openid-configuration")
            {
                return Err(invalid(
                    "discoveryUrl",
                    "must end with /.well-known/openid-configuration",
                ));
            }
            Ok(Authorizer::Jwt(jwt))
        }
        _ => Err(invalid(
            "authorizerType",
            "is not one of CUSTOM_JWT, AWS_IAM, NONE",
        )),
    }
}

/// The members of a gateway that follow `protocolConfiguration.mcp` and `exceptionLevel`.
fn apply_protocol(gateway: &mut Gateway, input: &Value, mcp: &Value) {
    gateway.supported_versions = read_texts(mcp.get("supportedVersions"));
    text(mcp, "instructions")
        .unwrap_or_default()
        .clone_into(&mut gateway.instructions);
    gateway.semantic_search = text(mcp, "searchType") == Some("SEMANTIC");
    gateway.session_timeout = mcp.get("sessionConfiguration").map(|session| {
        session
            .get("sessionTimeoutInSeconds")
            .and_then(Value::as_u64)
            .unwrap_or(3600)
    });
    gateway.response_streaming = mcp
        .pointer("/streamingConfiguration/enableResponseStreaming")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    gateway.debug = text(input, "exceptionLevel") == Some("DEBUG");
}

/// SynchronizeGatewayTargets: SYNCHRONIZING now, and the end when the target has answered or failed.
pub(super) fn synchronize(world: &SharedWorld, input: &Value) -> OperationResult {
    let gateway = gateway(world, input)?;
    let ids = read_texts(input.get("targetIdList"));
    let [id] = &ids[..] else {
        return Err(invalid("targetIdList", "must have exactly 1 entry"));
    };
    let target = gateway.targets.iter().find(|target| &target.id == id);
    let target = target.ok_or_else(|| not_found(&format!("Target {id}")))?;
    if gateway
        .targets
        .iter()
        .any(|target| target.status.ends_with("_PENDING_AUTH"))
    {
        return Err(conflict(
            "A target of this gateway waits for authorization; complete it before synchronizing",
        ));
    }
    if target.static_tools.is_some() {
        return Err(invalid(
            "targetIdList",
            "names a target with a static mcpToolSchema, which is not synchronized",
        ));
    }
    if ["CREATING", "UPDATING", "SYNCHRONIZING", "DELETING"].contains(&target.status.as_str()) {
        return Err(conflict(&format!("Target {id} is {}", target.status)));
    }
    let now = world.now();
    let shown = world.control.with(|state| {
        let arn = gateway.arn.clone();
        let target = state.target_mut(&gateway.id, id)?;
        target.set_status("SYNCHRONIZING", Vec::new(), now);
        Some(shapes::target(&arn, target))
    });
    tokio::spawn(finish_synchronization(
        Arc::clone(world),
        gateway.id,
        id.clone(),
        target.endpoint.clone(),
    ));
    Ok(OperationReply::Status(202, json!({"targets": [shown]})))
}

pub(super) fn conflict(message: &str) -> ApiError {
    ApiError::new(StatusCode::CONFLICT, "ConflictException", message)
}

async fn finish_synchronization(
    world: SharedWorld,
    gateway_id: String,
    target_id: String,
    endpoint: String,
) {
    tokio::time::sleep(UNDER_WAY).await;
    let outcome = probe(&world, &gateway_id, &endpoint).await;
    let now = world.now();
    world.control.with(|state| {
        let Some(target) = state.target_mut(&gateway_id, &target_id) else {
            return;
        };
        match outcome {
            Ok(()) => {
                target.set_status("READY", Vec::new(), now);
                target.last_synchronized = Some(now);
                target.synchronisations += 1;
            }
            Err(reason) => target.set_status("SYNCHRONIZE_UNSUCCESSFUL", vec![reason], now),
        }
    });
}

/// Returns whether an MCP server answers at the target's address; the reason if not.
pub(crate) async fn probe(world: &World, gateway_id: &str, endpoint: &str) -> Result<(), String> {
    let deployment = world
        .deployment_of_gateway(gateway_id)
        .map_or("", |deployment| deployment.name);
    let armed = |hop, kind| world.faults.is_armed(deployment, hop, kind);
    if armed(FaultPoint::Target, FaultKind::Down) || armed(FaultPoint::Runtime, FaultKind::Down) {
        return Err("Failed to connect to the MCP server: connection refused".into());
    }
    if armed(FaultPoint::Target, FaultKind::Unsynchronised) {
        return Err(UNSYNCHRONISED.into());
    }
    if armed(FaultPoint::CredentialProvider, FaultKind::Failing) {
        return Err(
            "Failed to get a token from the OAuth credential provider: invalid_client".into(),
        );
    }
    let hello = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"protocolVersion": "2025-11-25",
        "capabilities": {}, "clientInfo": {"name": "agentcore-gateway", "version": "1.0.0"}}});
    let answer = world
        .client
        .post(endpoint)
        .header("accept", "application/json, text/event-stream")
        .timeout(Duration::from_secs(10))
        .json(&hello)
        .send()
        .await
        .map_err(|error| {
            format!(
                "Failed to connect to the MCP server: {}",
                if error.is_timeout() {
                    "timeout"
                } else {
                    "connection refused"
                }
            )
        })?;
    // A server that asks for credentials is there; the call itself will carry them.
    match answer.status().as_u16() {
        200..=299 | 401 | 403 => Ok(()),
        status => Err(format!(
            "Failed to connect to the MCP server: HTTP {status} at initialize"
        )),
    }
}

/// CompleteResourceTokenAuth: the application says for whom the consent was.
pub(super) fn complete_consent(world: &World, input: &Value) -> OperationResult {
    let session_uri = required(input, "sessionUri")?;
    let identifier = input.get("userIdentifier").cloned().unwrap_or(Value::Null);
    let user = match (text(&identifier, "userId"), text(&identifier, "userToken")) {
        (Some(id), None) => id.to_owned(),
        (None, Some(token)) => crate::tokens::subject(token)
            .ok_or_else(|| invalid("userIdentifier", "userToken is no token"))?,
        _ => {
            return Err(invalid(
                "userIdentifier",
                "needs exactly one of userId and userToken",
            ));
        }
    };
    let consent = world
        .consents
        .complete(session_uri, &user, world.now())
        .map_err(|refusal| match refusal {
            ConsentRefusal::Unknown => not_found("The authorization session"),
            ConsentRefusal::NotGranted => ApiError::bad(
                "ValidationException",
                "The user has not completed the authorization yet",
            ),
            ConsentRefusal::OtherUser => ApiError::new(
                StatusCode::FORBIDDEN,
                "AccessDeniedException",
                "The authorization session belongs to another user",
            ),
        })?;
    let now = world.now();
    world.control.with(|state| {
        // A target that waited for this consent can be used from now on.
        let target = state.target_mut(&consent.gateway_id, &consent.target_id);
        if let Some(target) = target.filter(|target| target.status.ends_with("_PENDING_AUTH")) {
            target.set_status("READY", Vec::new(), now);
            target.last_synchronized = Some(now);
            target.synchronisations += 1;
            target.authorization = None;
        }
    });
    Ok(OperationReply::Json(json!({})))
}

fn mark_gateway(gateway: &mut Gateway, kind: FaultKind, now: jiff::Timestamp) {
    if kind == FaultKind::BlockedByWaf {
        gateway.has_web_acl = true;
    }
    if kind == FaultKind::Unsynchronised {
        let synchronised =
            |target: &&mut Target| target.static_tools.is_none() && target.status == "READY";
        for target in gateway.targets.iter_mut().filter(synchronised) {
            let reasons = vec![UNSYNCHRONISED.to_owned()];
            target.set_status("SYNCHRONIZE_UNSUCCESSFUL", reasons, now);
        }
    }
}

fn mark_runtime(runtime: &mut Runtime, kind: FaultKind) {
    if kind == FaultKind::Stuck {
        for endpoint in &mut runtime.endpoints {
            endpoint.target_version = Some(STUCK_VERSION.to_owned());
        }
    }
    if kind == FaultKind::Dropped {
        for version in &mut runtime.versions {
            version.dropped_headers = std::mem::take(&mut version.request_headers);
        }
    }
}

/// Sets the rate limit that a fault names in its answers, at a gateway that has none of that name.
fn set_limit(state: &mut ControlResources, gateway: &str, now: jiff::Timestamp) {
    let has_one = state.listed.iter().any(|resource| {
        resource.kind == ListedKind::RateLimit && resource.parent.as_deref() == Some(gateway)
    });
    if has_one {
        return;
    }
    let at = now.to_string();
    state.listed.push(ListedResource {
        kind: ListedKind::RateLimit,
        key: RATE_LIMIT.to_owned(),
        parent: Some(gateway.to_owned()),
        value: json!({
            "rateLimitId": RATE_LIMIT,
            "gatewayIdentifier": gateway,
            "description": FAULT_LIMIT,
            "dimensionKeys": ["$.context.jwt.client_id"],
            "entries": [{
                "dimensions": {"$.context.jwt.client_id": "*"},
                "requests": [{"rate": 1, "period": "minute"}],
            }],
            "status": "ACTIVE",
            "createdAt": at,
            "updatedAt": at,
        }),
    });
}

fn is_fault_limit(resource: &ListedResource) -> bool {
    resource.kind == ListedKind::RateLimit
        && resource.value.get("description").and_then(Value::as_str) == Some(FAULT_LIMIT)
}

impl World {
    /// Leaves the mark of a fault that shows in a resource: a target that is out of synchronisation, a roll-out that is stuck, a header
    /// that is not passed on, a web ACL, a rate limit.
    pub(crate) fn show_lasting_fault(&self, fault: &Fault) {
        let FaultSite::Hop { deployment, .. } = &fault.place else {
            return;
        };
        let Some(known) = self.deployment(deployment) else {
            return;
        };
        let now = self.now();
        self.control.with(|state| {
            let gateway = known.gateway_id.as_deref();
            if let Some(gateway) = gateway.and_then(|id| state.gateway_mut(id)) {
                mark_gateway(gateway, fault.kind, now);
            }
            if let Some(gateway) = gateway.filter(|_| fault.kind == FaultKind::Limited) {
                set_limit(state, gateway, now);
            }
            let runtime = known.runtime_id.as_deref();
            if let Some(runtime) = runtime.and_then(|id| state.runtime_mut(id)) {
                mark_runtime(runtime, fault.kind);
            }
        });
    }

    /// Takes the marks of [`show_lasting_fault`](Self::show_lasting_fault) back.
    pub(crate) fn hide_lasting_faults(&self) {
        let now = self.now();
        self.control.with(|state| {
            state.listed.retain(|resource| !is_fault_limit(resource));
            let targets = state
                .gateways
                .iter_mut()
                .flat_map(|gateway| &mut gateway.targets);
            let marked = |target: &&mut Target| {
                target
                    .status_reasons
                    .iter()
                    .any(|reason| reason == UNSYNCHRONISED)
            };
            for target in targets.filter(marked) {
                target.set_status("READY", Vec::new(), now);
            }
            for gateway in &mut state.gateways {
                gateway.has_web_acl = false;
            }
            for runtime in &mut state.runtimes {
                for endpoint in &mut runtime.endpoints {
                    if endpoint.target_version.as_deref() == Some(STUCK_VERSION) {
                        endpoint.target_version.clone_from(&endpoint.live_version);
                    }
                }
                for version in &mut runtime.versions {
                    version.request_headers.append(&mut version.dropped_headers);
                }
            }
        });
    }
}
