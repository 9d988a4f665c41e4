//! Runtimes: the invocation address of the data plane, authorization, sessions and the errors of the
//! platform. Refusals follow the developer guide and measured responses.

mod container;

use http::{HeaderMap, Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use percent_encoding::percent_decode_str;
use serde_json::json;

use super::message::{
    self, ACCEPT_HEADER, ACCESS_DENIED, Message, UNAUTHORIZED, accepts_both, method_not_allowed,
};
use super::outcome::{RequestSpan, ToolFailure, TraceContext};
use crate::aws::control::{Authorizer, Runtime, RuntimeVersion};
use crate::aws::logs::spans::SpanResource;
use crate::containers::SessionKey;
use crate::faults::{FaultKind, FaultPoint, SLOWNESS};
use crate::http::{
    self as wire, Request, Response, header, json as json_response, query_parameter, set_header,
};
use crate::scenarios::{Scenario, runtime_url};
use crate::signature;
use crate::tokens::{self, TokenRefusal};
use crate::world::SharedWorld;
use container::container;

const SESSION_HEADER: &str = "x-amzn-bedrock-agentcore-runtime-session-id";
const CUSTOM_AUTHORIZATION: &str = "x-amzn-bedrock-agentcore-runtime-custom-authorization";

/// Answers below `/runtimes/`; `rest` is the raw path behind it.
pub(crate) async fn handle(world: &SharedWorld, rest: &str, request: &Request) -> Response {
    let Some((encoded, path)) = rest.split_once("/invocations") else {
        return missing("No resource is served here");
    };
    if encoded.contains('/') {
        return missing("An ARN in this address must be percent-encoded");
    }
    let qualifier =
        query_parameter(request.uri(), "qualifier").unwrap_or_else(|| "DEFAULT".to_owned());
    let runtime = match find_runtime(world, encoded, &qualifier, request) {
        Ok(runtime) => runtime,
        Err(response) => return *response,
    };
    let Some(version) = runtime.live(&qualifier) else {
        return no_endpoint(&qualifier, &runtime.arn);
    };
    let document = runtime_url(&world.base, &runtime.arn);
    if path.starts_with("/.well-known/oauth-protected-resource") {
        return protected_resource(version, &document, &qualifier);
    }
    if !path.is_empty() {
        return missing("No resource is served here");
    }
    if request.method() == Method::GET || request.method() == Method::DELETE {
        return method_not_allowed();
    }
    if let Err(response) = authorize(world, version, request, &document, &qualifier).await {
        return *response;
    }
    let Some(deployment) = world.deployment_of_runtime(&runtime.id).cloned() else {
        return platform_error(
            StatusCode::FAILED_DEPENDENCY,
            "RuntimeClientError",
            "The runtime did not start: its container exits at once",
        );
    };
    invoke(
        &Invocation {
            world,
            deployment: &deployment,
            runtime: &runtime,
            live: version,
            qualifier: &qualifier,
            trace: TraceContext::of_request(world, request.headers()),
        },
        request,
    )
    .await
}

/// Finds the runtime that an address names, by its percent-encoded ARN or by its id.
fn find_runtime(
    world: &SharedWorld,
    encoded: &str,
    qualifier: &str,
    request: &Request,
) -> Result<Runtime, Box<Response>> {
    let named = percent_decode_str(encoded).decode_utf8_lossy().into_owned();
    if !named.starts_with("arn:") && query_parameter(request.uri(), "accountId").is_none() {
        return Err(Box::new(platform_error(
            StatusCode::BAD_REQUEST,
            "ValidationException",
            "accountId is required when the agent is given by its id",
        )));
    }
    let id = named.rsplit('/').next().unwrap_or_default();
    world
        .control
        .runtime(id)
        .filter(|runtime| !named.starts_with("arn:") || runtime.arn == named)
        .ok_or_else(|| Box::new(no_endpoint(qualifier, &named)))
}

fn no_endpoint(qualifier: &str, runtime: &str) -> Response {
    missing(&format!(
        "No endpoint or agent found with qualifier '{qualifier}' for agent '{runtime}'"
    ))
}

fn missing(message: &str) -> Response {
    platform_error(StatusCode::NOT_FOUND, "ResourceNotFoundException", message)
}

fn platform_error(status: StatusCode, kind: &str, message: &str) -> Response {
    let mut response = json_response(status, &json!({"message": message}));
    set_header(&mut response, "x-amzn-errortype", kind);
    response
}

fn protected_resource(version: &RuntimeVersion, url: &str, qualifier: &str) -> Response {
    let Authorizer::Jwt(jwt) = &version.authorizer else {
        return missing("This runtime has no authorization server");
    };
    let issuer = jwt
        .discovery_url
        .trim_end_matches("/.well-known/openid-configuration");
    let document = json!({"authorization_servers": [issuer], "resource": format!("{url}?qualifier={qualifier}")});
    json_response(StatusCode::OK, &document)
}

async fn authorize(
    world: &SharedWorld,
    version: &RuntimeVersion,
    request: &Request,
    url: &str,
    qualifier: &str,
) -> Result<(), Box<Response>> {
    const MISMATCH: &str = "Authorization method mismatch. The agent is configured for a different authorization method than what was used in your request. Check the agent's authorization configuration and ensure your request uses the matching method (OAuth or SigV4)";
    let token = tokens::bearer(header(request.headers(), "authorization"));
    let refuse = |response: Response| Err(Box::new(response));
    match &version.authorizer {
        Authorizer::None => Ok(()),
        Authorizer::Iam if token.is_some() => refuse(platform_error(
            StatusCode::FORBIDDEN,
            "AccessDeniedException",
            MISMATCH,
        )),
        Authorizer::Iam => {
            signature::verify(world, request, "bedrock-agentcore", SignedDuration::ZERO)
                .map(drop)
                .map_err(|refusal| {
                    Box::new(platform_error(
                        StatusCode::FORBIDDEN,
                        refusal.code(),
                        &refusal.message(),
                    ))
                })
        }
        Authorizer::Jwt(_) if is_signed(request) => refuse(platform_error(
            StatusCode::FORBIDDEN,
            "AccessDeniedException",
            MISMATCH,
        )),
        Authorizer::Jwt(jwt) => match tokens::verify(world, jwt, token).await {
            Ok(_) => Ok(()),
            Err(refusal) => refuse(token_refused(&refusal, url, qualifier)),
        },
    }
}

/// Returns whether the request tries to be signed by SigV4.
fn is_signed(request: &Request) -> bool {
    header(request.headers(), "authorization")
        .is_some_and(|value| value.starts_with("AWS4-HMAC-SHA256"))
        || request
            .uri()
            .query()
            .is_some_and(|query| query.contains("X-Amz-Signature="))
}

/// The measured answers: 403 for what cannot be read as a token, 401 without an id for everything else.
fn token_refused(refusal: &TokenRefusal, url: &str, qualifier: &str) -> Response {
    if *refusal == TokenRefusal::Unparsable {
        return json_response(
            StatusCode::FORBIDDEN,
            &json!({"message": refusal.message()}),
        );
    }
    let mut response = json_response(
        StatusCode::UNAUTHORIZED,
        &message::error(None, UNAUTHORIZED, &refusal.message(), None),
    );
    let challenge = format!(
        "Bearer resource_metadata=\"{url}/.well-known/oauth-protected-resource?qualifier={qualifier}\""
    );
    set_header(&mut response, "www-authenticate", &challenge);
    response
}

/// One invocation that was let in.
struct Invocation<'a> {
    world: &'a SharedWorld,
    deployment: &'a Scenario,
    runtime: &'a Runtime,
    /// The version that the endpoint serves now: new sessions begin with it.
    live: &'a RuntimeVersion,
    qualifier: &'a str,
    /// The trace that the invocation is part of.
    trace: TraceContext,
}

impl Invocation<'_> {
    fn log(&self, line: &str) {
        self.world
            .log_runtime(&self.runtime.id, self.qualifier, line);
    }
}

async fn invoke(invocation: &Invocation<'_>, request: &Request) -> Response {
    let Invocation {
        world,
        deployment,
        runtime,
        live,
        qualifier,
        ..
    } = *invocation;
    let fault = world.faults.take_hop(deployment.name, FaultPoint::Runtime);
    if !live.require_mmdsv2 || fault == Some(FaultKind::NotMmdsv2) {
        let text = "This runtime is not MMDSv2-enabled. Update the runtime with metadataConfiguration.requireMMDSV2 set to true and invoke it again.";
        return platform_error(StatusCode::BAD_REQUEST, "ValidationException", text);
    }
    if !accepts_both(request.headers()) {
        let text = "Accept Header Error - MCP protocol requires Accept header: application/json, text/event-stream";
        return json_response(
            StatusCode::NOT_ACCEPTABLE,
            &message::error(None, ACCEPT_HEADER, text, None),
        );
    }
    let session = match session(world, request.headers()) {
        Ok(session) => session,
        Err(response) => return *response,
    };
    let message = match Message::read(request.body()) {
        Ok(message) => message,
        Err(response) => return response,
    };
    let place = SessionKey {
        runtime: runtime.id.clone(),
        endpoint: qualifier.to_owned(),
        session,
    };
    if let Some(response) = kept_from_answering(invocation, fault, &message, &place) {
        return response;
    }
    let began = world.now();
    if fault == Some(FaultKind::Slow) {
        tokio::time::sleep(SLOWNESS).await;
    }
    let entered = world.enter_container(&place, live, world.now());
    let response = container(invocation, &place, &entered, request, &message).await;
    if fault == Some(FaultKind::CutAfter) {
        return wire::cut();
    }
    finished(invocation, &place, &message, began, response)
}

/// Writes the log line and the span of an invocation, and completes the response of its container.
fn finished(
    invocation: &Invocation<'_>,
    place: &SessionKey,
    message: &Message,
    began: Timestamp,
    mut response: Response,
) -> Response {
    let world = invocation.world;
    let request_id = world.seed.next_uuid();
    let session = place.session.as_str();
    let status = response.status();
    let mut failure = response.extensions().get::<ToolFailure>().cloned();
    // The platform replaces the response of a container that does not answer with success.
    if !status.is_success() {
        let text = "Tool execution error - Please check your CloudWatch logs for more information";
        failure = Some(ToolFailure {
            text: format!("container answered {status}"),
        });
        response = json_response(StatusCode::OK, &message.error(-32010, text, None));
    }
    let (level, line) = match &failure {
        Some(failure) => ("ERROR", failure.text.clone()),
        None => (
            "INFO",
            format!("{} {} answered", message.method, message.tool())
                .trim()
                .replace("  ", " "),
        ),
    };
    world.log_runtime_json(
        &invocation.runtime.id,
        invocation.qualifier,
        level,
        &line,
        &request_id,
        session,
    );
    let span = RequestSpan {
        trace: &invocation.trace,
        name: "AgentCore.Runtime.Invoke".to_owned(),
        resource: SpanResource::Runtime(&invocation.runtime.id, invocation.qualifier),
        began,
        attributes: json!({
            "session.id": session,
            "http.status_code": if status.is_success() { 200 } else { status.as_u16() },
            "aws.request_id": request_id,
            "mcp.method.name": message.method,
            "gen_ai.tool.name": message.tool(),
        }),
        failure: failure.as_ref(),
    };
    span.write(world);
    set_header(&mut response, "mcp-session-id", session);
    set_header(&mut response, SESSION_HEADER, session);
    set_header(&mut response, "x-amzn-requestid", &request_id);
    set_header(&mut response, "x-amzn-trace-id", &invocation.trace.header());
    response
}

/// Returns the session that the request is part of; a new one where it names none.
fn session(world: &SharedWorld, headers: &HeaderMap) -> Result<String, Box<Response>> {
    let named = header(headers, SESSION_HEADER).or_else(|| header(headers, "mcp-session-id"));
    match named {
        None => Ok(world.seed.next_uuid()),
        Some(id) if (33..=256).contains(&id.len()) => Ok(id.to_owned()),
        Some(_) => Err(Box::new(platform_error(
            StatusCode::BAD_REQUEST,
            "ValidationException",
            "1 validation error detected: Value at 'runtimeSessionId' failed to satisfy constraint: Member must have length greater than or equal to 33",
        ))),
    }
}

/// Faults that the runtime answers with a JSON-RPC error, as documented: most have the HTTP status 200.
const RPC_ERRORS: [(FaultKind, StatusCode, i64, &str); 4] = [
    (
        FaultKind::Throttling,
        StatusCode::OK,
        -32003,
        "Rate limit exceeded - Too many requests",
    ),
    (
        FaultKind::AccessDenied,
        StatusCode::FORBIDDEN,
        ACCESS_DENIED,
        "Authorization error - Insufficient permissions",
    ),
    (
        FaultKind::InternalError,
        StatusCode::OK,
        -32603,
        "Internal error - Server error",
    ),
    (
        FaultKind::Crash,
        StatusCode::OK,
        -32010,
        "Tool execution error - Please check your CloudWatch logs for more information",
    ),
];

/// What the platform says of a container that does not listen in time.
fn not_initialized(limit: &str) -> String {
    format!(
        "Runtime initialization time exceeded. Please make sure that initialization completes in {limit}."
    )
}

fn initialization_exceeded() -> Response {
    platform_error(
        StatusCode::FAILED_DEPENDENCY,
        "RuntimeClientError",
        &not_initialized("120s"),
    )
}

/// Returns what the container prints under a fault. One that is never started prints nothing.
fn line_of_fault(fault: Option<FaultKind>) -> Option<&'static str> {
    const LINES: [(FaultKind, &str); 3] = [
        (
            FaultKind::Crash,
            "panic: runtime error: invalid memory address or nil pointer dereference",
        ),
        (FaultKind::ColdStart, LATE),
        (FaultKind::ColdStartCode, LATE),
    ];
    const LATE: &str = "INFO loading the graph model before the server listens";
    let found = LINES.iter().find(|(kind, _)| Some(*kind) == fault);
    found.map(|(_, line)| *line)
}

/// Plays a fault that keeps the container from answering: its answer, if it does.
fn kept_from_answering(
    invocation: &Invocation<'_>,
    fault: Option<FaultKind>,
    message: &Message,
    place: &SessionKey,
) -> Option<Response> {
    let world = invocation.world;
    if let Some(response) = refused_by_fault(fault, message) {
        if let Some(line) = line_of_fault(fault) {
            invocation.log(line);
        }
        if fault == Some(FaultKind::Crash) {
            world.stop_session(place);
        }
        return Some(response);
    }
    let name = invocation.deployment.name;
    let is_paused = world
        .faults
        .is_armed(name, FaultPoint::Neo4j, FaultKind::Paused);
    is_paused.then(|| {
        invocation.log(
            "neo4j.exceptions.ServiceUnavailable: Unable to retrieve routing information from 1a2b3c4d.databases.neo4j.io:7687",
        );
        initialization_exceeded()
    })
}

/// Returns what a fault makes the runtime answer; none if the call is served all the same.
fn refused_by_fault(fault: Option<FaultKind>, message: &Message) -> Option<Response> {
    let fault = fault?;
    let error = |status, code, text: &str| {
        let error = message::error(message.id.clone(), code, text, None);
        Some(json_response(status, &error))
    };
    if let Some((_, status, code, text)) = RPC_ERRORS.iter().find(|(kind, ..)| *kind == fault) {
        return error(*status, *code, text);
    }
    if fault == FaultKind::ColdStart {
        return Some(initialization_exceeded());
    }
    if fault == FaultKind::ColdStartCode {
        return error(StatusCode::OK, -32010, &not_initialized("30s"));
    }
    if fault == FaultKind::Wedged {
        return error(StatusCode::OK, -32010, &not_initialized("120s"));
    }
    matches!(fault, FaultKind::Down | FaultKind::CutBefore).then(wire::cut)
}
