//! Gateways: who may call, which protocol version is spoken, sessions, tools of all targets under one roof, calls passed on.
//! How a target is reached is in `target`; what a refusal looks like follows the developer guide and measured answers.

use http::{HeaderMap, Method, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::interceptor::{self, Verdict};
use super::message::{
    self, INVALID_PARAMS, METHOD_NOT_FOUND, Message, UNAUTHORIZED, accepted, accepts_both,
    method_not_allowed, session_id,
};
use super::target::{self, Answer, Outbound};
use super::{consent, protocol};
use crate::aws::control::{Authorizer, Credential, Gateway, Target};
use crate::aws::logs::records::GatewayRecord;
use crate::faults::{FaultKind, FaultPoint, SLOWNESS};
use crate::http::{self as wire, Request, Response, header, json as json_response, set_header};
use crate::scenarios::Scenario;
use crate::signature;
use crate::tokens::{self, TokenRefusal};
use crate::world::SharedWorld;

/// Tools on one page of `tools/list`.
const PAGE: usize = 2;
const SEARCH: &str = "x_amz_bedrock_agentcore_search";
/// What a caller learns of an inner failure.
const OPAQUE: &str = "An internal error occurred. Please retry later.";

/// One request on its way through a gateway.
struct GatewayCall<'a> {
    world: &'a SharedWorld,
    gateway: Gateway,
    deployment: Option<Scenario>,
    /// The subject of the caller's token, or the signer.
    user: String,
    version: String,
    message: Message,
    /// Headers that go on to a target.
    headers: HeaderMap,
    streams: bool,
}

/// Answers below `/gateways-mcp/{id}`; `path` is what follows the id.
pub(crate) async fn handle(
    world: &SharedWorld,
    id: &str,
    path: &str,
    request: &Request,
) -> Response {
    let Some(gateway) = world.control.gateway(id) else {
        return json_response(
            StatusCode::NOT_FOUND,
            &json!({"message": format!("Gateway {id} not found")}),
        );
    };
    if path.starts_with("/.well-known/oauth-protected-resource") {
        return protected_resource(&gateway);
    }
    if path.trim_end_matches('/') != "/mcp" {
        return wire::not_found(request.uri().path());
    }
    let deployment = world.deployment_of_gateway(id).cloned();
    let fault = deployment
        .as_ref()
        .and_then(|deployment| world.faults.take_hop(deployment.name, FaultPoint::Gateway));
    match fault {
        Some(FaultKind::Throttling) => {
            return json_response(
                StatusCode::TOO_MANY_REQUESTS,
                &json!({"message": "Too Many Requests"}),
            );
        }
        Some(FaultKind::AccessDenied) => {
            return json_response(
                StatusCode::FORBIDDEN,
                &json!({"message": "User is not authorized to perform: bedrock-agentcore:InvokeGateway"}),
            );
        }
        Some(FaultKind::InternalError) => return internal_error(),
        Some(FaultKind::CutBefore) => return wire::cut(),
        Some(FaultKind::Slow) => tokio::time::sleep(SLOWNESS).await,
        _ => {}
    }
    let response = serve(world, gateway, deployment, request).await;
    if fault == Some(FaultKind::CutAfter) {
        wire::cut()
    } else {
        response
    }
}

fn internal_error() -> Response {
    json_response(
        StatusCode::INTERNAL_SERVER_ERROR,
        &json!({"message": "Internal Server Error"}),
    )
}

/// The address of the protected resource's document.
fn metadata_url(gateway: &Gateway) -> String {
    format!(
        "{}/.well-known/oauth-protected-resource",
        gateway.url.trim_end_matches("/mcp")
    )
}

fn protected_resource(gateway: &Gateway) -> Response {
    let Authorizer::Jwt(jwt) = &gateway.authorizer else {
        return json_response(
            StatusCode::NOT_FOUND,
            &json!({"message": "This gateway has no authorization server"}),
        );
    };
    let issuer = jwt
        .discovery_url
        .trim_end_matches("/.well-known/openid-configuration");
    let mut document = json!({"authorization_servers": [issuer], "resource": gateway.url, "bearer_methods_supported": ["header"]});
    if let (false, Some(members)) = (jwt.allowed_scopes.is_empty(), document.as_object_mut()) {
        members.insert("scopes_supported".to_owned(), json!(jwt.allowed_scopes));
    }
    json_response(StatusCode::OK, &document)
}

async fn serve(
    world: &SharedWorld,
    gateway: Gateway,
    deployment: Option<Scenario>,
    request: &Request,
) -> Response {
    let user = match authorize(world, &gateway, request).await {
        Ok(user) => user,
        Err(response) => return *response,
    };
    match *request.method() {
        Method::POST => {}
        Method::DELETE if gateway.session_timeout.is_some() => {
            return end_session(world, &gateway, request);
        }
        _ => return method_not_allowed(),
    }
    if !accepts_both(request.headers()) {
        let text = "Not Acceptable: Client must accept both application/json and text/event-stream";
        return json_response(
            StatusCode::NOT_ACCEPTABLE,
            &message::error(None, message::ACCEPT_HEADER, text, None),
        );
    }
    let message = match Message::read(request.body()) {
        Ok(message) => message,
        Err(response) => return response,
    };
    let version =
        match protocol::of_request(request.headers(), &message, &gateway.supported_versions) {
            Ok(version) => version,
            Err(response) => return response,
        };
    let session = match session(world, &gateway, &version, &message, request, &user) {
        Ok(session) => session,
        Err(response) => return *response,
    };
    let streams = gateway.response_streaming;
    let passage = GatewayCall {
        world,
        gateway,
        deployment,
        user,
        version,
        message,
        headers: HeaderMap::new(),
        streams,
    };
    let mut response = passage.run(request).await;
    if let Some(session) = session {
        set_header(&mut response, "mcp-session-id", &session);
    }
    response
}

/// The caller's name, or the refusal.
async fn authorize(
    world: &SharedWorld,
    gateway: &Gateway,
    request: &Request,
) -> Result<String, Box<Response>> {
    match &gateway.authorizer {
        Authorizer::None => Ok("anonymous".to_owned()),
        Authorizer::Iam => {
            match signature::verify(world, request, "bedrock-agentcore", SignedDuration::ZERO) {
                Ok(caller) => Ok(caller.arn.to_owned()),
                Err(refusal) => {
                    let mut response = json_response(
                        StatusCode::FORBIDDEN,
                        &json!({"message": refusal.message()}),
                    );
                    set_header(&mut response, "x-amzn-errortype", refusal.code());
                    Err(Box::new(response))
                }
            }
        }
        Authorizer::Jwt(jwt) => {
            let token = tokens::bearer(header(request.headers(), "authorization"));
            match tokens::verify(world, jwt, token).await {
                Ok(claims) => Ok(claims
                    .get("sub")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()),
                Err(refusal) => Err(Box::new(token_refused(
                    gateway,
                    &jwt.allowed_scopes,
                    &refusal,
                ))),
            }
        }
    }
}

/// 401 for what is no valid token, 403 for a valid one that is not enough.
fn token_refused(gateway: &Gateway, scopes: &[String], refusal: &TokenRefusal) -> Response {
    let insufficient = matches!(
        refusal,
        TokenRefusal::Issuer
            | TokenRefusal::Client
            | TokenRefusal::Audience
            | TokenRefusal::Scope
            | TokenRefusal::Claim(_)
    );
    let (status, error, text) = if insufficient {
        (
            StatusCode::FORBIDDEN,
            "insufficient_scope",
            "Insufficient scope",
        )
    } else if *refusal == TokenRefusal::Missing {
        (
            StatusCode::UNAUTHORIZED,
            "invalid_token",
            "Missing Bearer token",
        )
    } else {
        (
            StatusCode::UNAUTHORIZED,
            "invalid_token",
            "Invalid Bearer token",
        )
    };
    let code = if insufficient {
        message::ACCESS_DENIED
    } else {
        UNAUTHORIZED
    };
    let mut response = json_response(status, &message::error(None, code, text, None));
    let scope = if scopes.is_empty() {
        String::new()
    } else {
        format!(" scope=\"{}\",", scopes.join(" "))
    };
    let challenge = format!(
        "Bearer error=\"{error}\",{scope} resource_metadata=\"{}\"",
        metadata_url(gateway)
    );
    set_header(&mut response, "www-authenticate", &challenge);
    response
}

/// The session id to give back; sessions are opt-in and belong to one caller.
fn session(
    world: &SharedWorld,
    gateway: &Gateway,
    version: &str,
    message: &Message,
    request: &Request,
    user: &str,
) -> Result<Option<String>, Box<Response>> {
    let Some(timeout) = gateway
        .session_timeout
        .filter(|_| version != protocol::STATELESS)
    else {
        return Ok(None);
    };
    if message.method == "initialize" {
        let id = world.seed.next_uuid();
        world.mcp.open(&gateway.id, &id, user, world.now());
        return Ok(Some(id));
    }
    let refuse = |status, text: &str| {
        Err(Box::new(json_response(
            status,
            &message.error(message::INVALID_REQUEST, text, None),
        )))
    };
    let Some(id) = session_id(request) else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "Bad Request: Mcp-Session-Id header is required",
        );
    };
    if world
        .mcp
        .is_open(&gateway.id, id, user, timeout, world.now())
    {
        return Ok(Some(id.to_owned()));
    }
    refuse(StatusCode::NOT_FOUND, "Session not found")
}

fn end_session(world: &SharedWorld, gateway: &Gateway, request: &Request) -> Response {
    let known = session_id(request).is_some_and(|id| world.mcp.close(&gateway.id, id));
    let status = if known {
        StatusCode::OK
    } else {
        StatusCode::NOT_FOUND
    };
    wire::respond(status, "application/json", "")
}

impl GatewayCall<'_> {
    async fn run(mut self, request: &Request) -> Response {
        let request_id = self.world.seed.next_uuid();
        let (trace_id, span_id) = self.world.next_trace();
        let shown = self.message.id.as_ref().map_or_else(String::new, |id| {
            id.as_str().map_or_else(|| id.to_string(), str::to_owned)
        });
        let body = String::from_utf8_lossy(request.body()).into_owned();
        let record = |log: &str,
                      is_error: bool,
                      request_body: Option<String>,
                      response_body: Option<String>| {
            self.world.log_gateway(&GatewayRecord {
                gateway_id: &self.gateway.id,
                request_id: &request_id,
                trace_id: &trace_id,
                span_id: &span_id,
                is_error,
                log,
                id: json!(shown),
                request_body,
                response_body,
            });
        };
        record(
            &format!("Started processing request with requestId: {shown}"),
            false,
            Some(body),
            None,
        );
        let began = self.world.now();
        let (message, version) = (self.message.clone(), self.version.clone());
        let intercepted = self.intercept(request).await;
        let mut response = match intercepted {
            Some(response) => response,
            None => self.dispatch().await,
        };
        let failed =
            !response.status().is_success() || response.extensions().get::<ToolFailed>().is_some();
        let end = if failed {
            "Failed to process request"
        } else {
            "Successfully processed request"
        };
        let this = (self.world, &self.gateway.id);
        this.0.log_gateway(&GatewayRecord {
            gateway_id: this.1,
            request_id: &request_id,
            trace_id: &trace_id,
            span_id: &span_id,
            is_error: failed,
            log: &format!("{end} with requestId: {shown}"),
            id: json!(shown),
            request_body: None,
            response_body: Some(format!("HTTP {}", response.status().as_u16())),
        });
        log_span(
            self.world,
            &message,
            &version,
            (&trace_id, &span_id),
            began,
            failed,
        );
        set_header(&mut response, "x-amzn-requestid", &request_id);
        set_header(
            &mut response,
            "x-amzn-trace-id",
            &format!(
                "Root=1-{}-{}",
                trace_id.get(..8).unwrap_or_default(),
                trace_id.get(8..).unwrap_or_default()
            ),
        );
        response
    }

    /// Runs the interceptor where there is one; an answer ends the passage.
    async fn intercept(&mut self, request: &Request) -> Option<Response> {
        let function = self.gateway.interceptor.clone()?;
        let deployment = self.deployment.clone()?;
        let body: Value = serde_json::from_slice(request.body()).unwrap_or(Value::Null);
        match interceptor::intercept(self.world, &deployment, &function, request.headers(), &body)
            .await
        {
            Verdict::Failed => Some(internal_error()),
            Verdict::Respond {
                status,
                headers,
                body,
            } => {
                let mut response = json_response(
                    StatusCode::from_u16(status).unwrap_or(StatusCode::OK),
                    &body,
                );
                response.headers_mut().extend(target::header_map(&headers));
                Some(response)
            }
            Verdict::Forward { headers, body } => {
                self.headers = target::header_map(&headers);
                if let Some(params) = body.get("params") {
                    self.message.params = params.clone();
                }
                None
            }
        }
    }

    async fn dispatch(&self) -> Response {
        if self.message.is_notification() {
            return accepted();
        }
        let server = json!({"name": "agentcore-gateway", "version": "1.0.0"});
        let capabilities = json!({"tools": {"listChanged": false}});
        let instructions = Some(self.gateway.instructions.as_str()).filter(|text| !text.is_empty());
        match self.message.method.as_str() {
            "initialize" if self.version != protocol::STATELESS => {
                let mut result = json!({"protocolVersion": self.version, "capabilities": capabilities, "serverInfo": server});
                if let (Some(text), Some(members)) = (instructions, result.as_object_mut()) {
                    members.insert("instructions".to_owned(), json!(text));
                }
                self.result(result)
            }
            "server/discover" if self.version == protocol::STATELESS => {
                self.result(protocol::discovery(
                    &self.gateway.supported_versions,
                    &capabilities,
                    &server,
                    instructions,
                ))
            }
            "ping" if self.version != protocol::STATELESS => self.result(json!({})),
            "tools/list" => self.list().await,
            "tools/call" => self.call().await,
            other => {
                let status = if self.version == protocol::STATELESS {
                    StatusCode::NOT_FOUND
                } else {
                    StatusCode::OK
                };
                json_response(
                    status,
                    &self.message.error(
                        METHOD_NOT_FOUND,
                        &format!("Method not found: {other}"),
                        None,
                    ),
                )
            }
        }
    }

    fn result(&self, result: Value) -> Response {
        json_response(
            StatusCode::OK,
            &self.message.result(protocol::dressed(
                &self.version,
                &self.message.method,
                result,
            )),
        )
    }

    /// All tools under their full names.
    async fn tools(&self) -> Vec<Value> {
        let mut tools = Vec::new();
        if self.gateway.semantic_search {
            tools.push(json!({
                "name": SEARCH,
                "description": "A special tool that returns a trimmed down list of tools given a context. Use this tool only when there are many tools available and you want to get a subset that matches the provided context.",
                "inputSchema": {"type": "object", "properties": {"query": {"type": "string", "description": "search query"}}, "required": ["query"]},
            }));
        }
        for target in &self.gateway.targets {
            let listed = match &target.static_tools {
                Some(tools) => tools.as_array().cloned().unwrap_or_default(),
                None => self.synchronised(target).await,
            };
            for mut tool in listed {
                let name = tool
                    .get("name")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned();
                if let Some(members) = tool.as_object_mut() {
                    members.insert(
                        "name".to_owned(),
                        json!(format!("{}___{name}", target.name)),
                    );
                }
                tools.push(tool);
            }
        }
        tools
    }

    /// The gateway's copy of a target's tools; asked for anew after a synchronisation, or each time in DYNAMIC mode.
    async fn synchronised(&self, target: &Target) -> Vec<Value> {
        let pending = target.status.ends_with("_PENDING_AUTH")
            || matches!(target.status.as_str(), "CREATING" | "FAILED");
        let name = self
            .deployment
            .as_ref()
            .map_or("", |deployment| deployment.name);
        if pending
            || self
                .world
                .faults
                .is_armed(name, FaultPoint::Target, FaultKind::Unsynchronised)
        {
            return Vec::new();
        }
        if target.listing_mode != "DYNAMIC"
            && let Some(tools) = self.world.mcp.tools(&target.id, target.synchronisations)
        {
            return tools;
        }
        let mut tools = Vec::new();
        let mut cursor = None;
        for _ in 0..100 {
            let params =
                cursor.map_or_else(|| json!({}), |cursor: String| json!({"cursor": cursor}));
            let asked = Message {
                id: Some(json!("gateway-list")),
                method: "tools/list".to_owned(),
                params,
                reply: None,
            };
            let Ok(Answer::Whole(answer)) =
                target::ask(&self.outbound(target), &asked, false).await
            else {
                return tools;
            };
            let Some(result) = answer.get("result") else {
                return tools;
            };
            tools.extend(
                result
                    .get("tools")
                    .and_then(Value::as_array)
                    .cloned()
                    .unwrap_or_default(),
            );
            cursor = result
                .get("nextCursor")
                .and_then(Value::as_str)
                .map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        self.world
            .mcp
            .keep_tools(&target.id, target.synchronisations, &tools);
        tools
    }

    fn outbound<'a>(&'a self, target: &'a Target) -> Outbound<'a> {
        Outbound {
            world: self.world,
            deployment: self.deployment.as_ref(),
            target,
            user: &self.user,
            headers: &self.headers,
            version: &self.version,
        }
    }

    async fn list(&self) -> Response {
        let tools = self.tools().await;
        let start = match self.message.params.get("cursor").and_then(Value::as_str) {
            None => 0,
            Some(cursor) => match offset(cursor).filter(|offset| *offset <= tools.len()) {
                Some(offset) => offset,
                None => {
                    return json_response(
                        StatusCode::OK,
                        &self.message.error(INVALID_PARAMS, "Invalid cursor", None),
                    );
                }
            },
        };
        let total = tools.len();
        let page: Vec<Value> = tools.into_iter().skip(start).take(PAGE).collect();
        let mut result = json!({"tools": page});
        if let (true, Some(members)) = (start + PAGE < total, result.as_object_mut()) {
            members.insert("nextCursor".to_owned(), json!(cursor(start + PAGE)));
        }
        self.result(result)
    }

    async fn call(&self) -> Response {
        let full = self.message.tool().to_owned();
        if full == SEARCH && self.gateway.semantic_search {
            return self.search().await;
        }
        let parts = full.split_once("___");
        let found = parts.and_then(|(target, tool)| {
            Some((
                self.gateway.targets.iter().find(|one| one.name == target)?,
                tool,
            ))
        });
        let Some((target, tool)) = found else {
            return self.unknown(&full);
        };
        let name = self
            .deployment
            .as_ref()
            .map_or("", |deployment| deployment.name);
        if self
            .world
            .faults
            .applies(name, FaultPoint::Target, FaultKind::Unsynchronised)
            || target.status.ends_with("_PENDING_AUTH")
        {
            return self.unknown(&full);
        }
        if let Some(tools) = target.static_tools.as_ref().and_then(Value::as_array)
            && !tools
                .iter()
                .any(|one| one.get("name").and_then(Value::as_str) == Some(tool))
        {
            return self.unknown(&full);
        }
        if matches!(
            &target.credential,
            Credential::Oauth {
                grant_type: "AUTHORIZATION_CODE",
                ..
            }
        ) {
            if consent::is_forced(&self.message) {
                self.world.consents.forget(&target.id, &self.user);
            }
            if !self.world.consents.is_completed(&target.id, &self.user) {
                let answer =
                    consent::required(self.world, &self.gateway, target, &self.user, &self.message);
                return json_response(StatusCode::OK, &answer);
            }
        }
        self.forward(target, tool).await
    }

    fn unknown(&self, name: &str) -> Response {
        json_response(
            StatusCode::OK,
            &self
                .message
                .error(INVALID_PARAMS, &format!("Unknown tool: {name}"), None),
        )
    }

    async fn forward(&self, target: &Target, tool: &str) -> Response {
        let mut inner = self.message.clone();
        if let Some(params) = inner.params.as_object_mut() {
            params.insert("name".to_owned(), json!(tool));
        }
        match target::ask(&self.outbound(target), &inner, self.streams).await {
            Ok(Answer::Stream(body)) => {
                let mut response = wire::respond(StatusCode::OK, "text/event-stream", "");
                *response.body_mut() = body;
                response
            }
            Ok(Answer::Whole(answer)) => {
                let failed =
                    answer.get("error").is_some() || answer["result"]["isError"] == json!(true);
                let mut response = match answer.get("result") {
                    Some(result) => self.result(result.clone()),
                    None => json_response(StatusCode::OK, &answer),
                };
                if failed {
                    response.extensions_mut().insert(ToolFailed);
                }
                response
            }
            Err(failure) => self.inner_failure(&failure),
        }
    }

    /// What goes wrong behind the gateway is told only to those who debug it.
    fn inner_failure(&self, failure: &target::Failure) -> Response {
        let mut result = message::text_result(OPAQUE, true);
        if self.gateway.debug {
            let detail = failure.text();
            result = message::text_result(&detail, true);
            if let Some(members) = result.as_object_mut() {
                members.insert(
                    "_meta".to_owned(),
                    json!({"debug": {"type": failure.kind(), "text": detail}}),
                );
            }
        }
        let mut response = self.result(result);
        response.extensions_mut().insert(ToolFailed);
        response
    }

    /// The ten tools that have most words of the query in name and description.
    async fn search(&self) -> Response {
        let arguments = self.message.arguments();
        let query = arguments
            .get("query")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_lowercase();
        let words: Vec<&str> = query
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| word.len() > 2)
            .collect();
        let text = |tool: &Value, key: &str| {
            tool.get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_lowercase()
        };
        let mut scored: Vec<(usize, Value)> = Vec::new();
        for tool in self
            .tools()
            .await
            .into_iter()
            .filter(|tool| text(tool, "name") != SEARCH)
        {
            let (name, description) = (text(&tool, "name"), text(&tool, "description"));
            // A word in the name says more than one in the description.
            let worth = |word: &&str| {
                3 * usize::from(name.contains(*word)) + usize::from(description.contains(*word))
            };
            let score = words.iter().map(worth).sum();
            scored.push((score, tool));
        }
        let any = scored.iter().any(|(score, _)| *score > 0);
        scored.retain(|(score, _)| *score > 0 || !any);
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        let tools: Vec<Value> = scored.into_iter().take(10).map(|(_, tool)| tool).collect();
        let content = json!({"tools": tools});
        self.result(
            json!({"content": [{"type": "text", "text": content.to_string()}], "structuredContent": content, "isError": false}),
        )
    }
}

/// Mark (as a response extension) of a tool call that failed behind HTTP 200.
#[derive(Clone, Copy, Debug)]
struct ToolFailed;

fn log_span(
    world: &SharedWorld,
    message: &Message,
    version: &str,
    (trace, span): (&str, &str),
    began: jiff::Timestamp,
    failed: bool,
) {
    let now = world.now();
    let nanos = |at: jiff::Timestamp| at.as_nanosecond() as i64;
    world.log_span(&json!({
        "traceId": trace, "spanId": span, "parentSpanId": "", "name": format!("POST /mcp {}", message.method), "kind": "SERVER",
        "startTimeUnixNano": nanos(began), "endTimeUnixNano": nanos(now), "durationNano": nanos(now) - nanos(began),
        "attributes": {"mcp.method.name": message.method, "mcp.protocol.version": version, "gen_ai.tool.name": message.tool(), "aws.operation.name": "InvokeGateway"},
        "status": {"code": if failed { "ERROR" } else { "OK" }},
    }));
}

fn cursor(offset: usize) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(format!("offset:{offset}"))
}

fn offset(cursor: &str) -> Option<usize> {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(cursor)
        .ok()?;
    String::from_utf8(bytes)
        .ok()?
        .strip_prefix("offset:")?
        .parse()
        .ok()
}
