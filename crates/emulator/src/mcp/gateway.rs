//! Gateways: one MCP endpoint in front of all targets.
//!
//! A request passes authorization (`access`), the protocol version, the session (`sessions`) and the
//! interceptor before it is answered from the tools of the targets (`tools`, `calls`). Refusals follow
//! the developer guide and measured responses.

mod access;
mod calls;
mod sessions;
mod tools;

use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use super::interceptor::{self, InterceptorVerdict};
use super::message::{self, METHOD_NOT_FOUND, Message, accepted, accepts_both, method_not_allowed};
use super::outcome::{RequestSpan, ToolFailure, TraceContext, WaitingAnswer};
use super::protocol;
use super::target::{self, Outbound};
use crate::aws::control::{Gateway, Target};
use crate::aws::logs::records::GatewayRecord;
use crate::aws::logs::spans::SpanResource;
use crate::faults::{FaultKind, FaultPoint, SLOWNESS};
use crate::http::{self as wire, Request, Response, json as json_response, set_header};
use crate::scenarios::Scenario;
use crate::world::SharedWorld;
use access::{authorize, protected_resource};
use sessions::{end_session, session};

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
    trace: TraceContext,
}

/// Returns why a request failed: a status that is no success, or a failed tool.
fn failure_of(response: &Response) -> Option<ToolFailure> {
    let tool = response.extensions().get::<ToolFailure>().cloned();
    tool.or_else(|| {
        (!response.status().is_success()).then(|| ToolFailure {
            text: format!("HTTP {}", response.status()),
        })
    })
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
        return protected_resource(world, &gateway);
    }
    if path.trim_end_matches('/') != "/mcp" {
        return wire::not_found(request.uri().path());
    }
    let deployment = world.deployment_of_gateway(id).cloned();
    let fault = deployment
        .as_ref()
        .and_then(|deployment| world.faults.take_hop(deployment.name, FaultPoint::Gateway));
    let is_refused = matches!(
        fault,
        Some(
            FaultKind::Throttling
                | FaultKind::AccessDenied
                | FaultKind::BlockedByWaf
                | FaultKind::InternalError
                | FaultKind::CutBefore
        )
    );
    if is_refused {
        let group = crate::scenarios::gateway_log_group(id);
        world.logs.record_unlogged(&group, world.now());
    }
    if let Some(response) = refusal(fault, request) {
        return response;
    }
    if fault == Some(FaultKind::Slow) {
        tokio::time::sleep(SLOWNESS).await;
    }
    let response = serve(world, gateway, deployment, request).await;
    if fault == Some(FaultKind::CutAfter) {
        wire::cut()
    } else {
        response
    }
}

/// Returns the answer of a gateway that processes nothing under a fault.
fn refusal(fault: Option<FaultKind>, request: &Request) -> Option<Response> {
    let said = |status, text: &str| Some(json_response(status, &json!({"message": text})));
    if fault == Some(FaultKind::Throttling) {
        said(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests")
    } else if fault == Some(FaultKind::AccessDenied) {
        let text = "User is not authorized to perform: bedrock-agentcore:InvokeGateway";
        said(StatusCode::FORBIDDEN, text)
    } else if fault == Some(FaultKind::BlockedByWaf) {
        let text = "Authorization error - Request forbidden";
        let id = Message::read(request.body())
            .ok()
            .and_then(|message| message.id);
        let error = message::error(id, message::ACCESS_DENIED, text, None);
        Some(json_response(StatusCode::FORBIDDEN, &error))
    } else if fault == Some(FaultKind::InternalError) {
        Some(internal_error())
    } else if fault == Some(FaultKind::CutBefore) {
        Some(wire::cut())
    } else {
        None
    }
}

fn internal_error() -> Response {
    json_response(
        StatusCode::INTERNAL_SERVER_ERROR,
        &json!({"message": "Internal Server Error"}),
    )
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
        trace: TraceContext::root(world),
    };
    let mut response = passage.run(request).await;
    if let Some(session) = session {
        set_header(&mut response, "mcp-session-id", &session);
    }
    response
}

impl GatewayCall<'_> {
    async fn run(mut self, request: &Request) -> Response {
        let request_id = self.world.seed.next_uuid();
        let shown = self.message.id.as_ref().map_or_else(String::new, |id| {
            id.as_str().map_or_else(|| id.to_string(), str::to_owned)
        });
        let body = String::from_utf8_lossy(request.body()).into_owned();
        self.log(&GatewayRecord {
            request_id: &request_id,
            log: &format!("Started processing request with requestId: {shown}"),
            id: json!(shown),
            request_body: Some(body),
            ..GatewayRecord::default()
        });
        let began = self.world.now();
        let message = self.message.clone();
        let mut response = match self.intercept(request).await {
            Some(response) => response,
            None => self.dispatch().await,
        };
        let failure = failure_of(&response);
        let end = if failure.is_some() {
            "Failed to process request"
        } else {
            "Successfully processed request"
        };
        self.log(&GatewayRecord {
            request_id: &request_id,
            is_error: failure.is_some(),
            log: &format!("{end} with requestId: {shown}"),
            id: json!(shown),
            response_body: Some(self.logged_body(&response, failure.as_ref())),
            ..GatewayRecord::default()
        });
        self.write_span(&message, &request_id, began, failure.as_ref());
        set_header(&mut response, "x-amzn-requestid", &request_id);
        set_header(&mut response, "x-amzn-trace-id", &self.trace.header());
        response
    }

    /// Writes a record of this request to the gateway's log group.
    fn log(&self, record: &GatewayRecord<'_>) {
        self.world.log_gateway(&GatewayRecord {
            gateway_id: &self.gateway.id,
            trace_id: &self.trace.trace_id,
            span_id: &self.trace.span_id,
            ..record.clone()
        });
    }

    /// Returns the body of a response as the gateway logs it: in full where a tool failed or a
    /// person is waited for.
    fn logged_body(&self, response: &Response, failure: Option<&ToolFailure>) -> String {
        match failure {
            Some(failure) if response.status().is_success() => self
                .message
                .result(message::text_result(&failure.text, true))
                .to_string(),
            Some(_) | None => match response.extensions().get::<WaitingAnswer>() {
                Some(WaitingAnswer(answer)) => answer.to_string(),
                None => format!("HTTP {}", response.status().as_u16()),
            },
        }
    }

    fn write_span(
        &self,
        message: &Message,
        request_id: &str,
        began: jiff::Timestamp,
        failure: Option<&ToolFailure>,
    ) {
        let attributes = json!({
            "mcp.method.name": message.method,
            "mcp.protocol.version": self.version,
            "gen_ai.tool.name": message.tool(),
            "aws.request.id": request_id,
        });
        let operation = match message.method.as_str() {
            "initialize" => "Initialize",
            "notifications/initialized" => "NotificationsInitialized",
            "tools/list" => "ListTools",
            "tools/call" => "InvokeTool",
            other => other,
        };
        let span = RequestSpan {
            trace: &self.trace,
            name: format!("AgentCore.Gateway.{operation}"),
            resource: SpanResource::Gateway(&self.gateway.id),
            began,
            attributes,
            failure,
        };
        span.write(self.world);
    }

    /// Runs the interceptor where there is one; an answer ends the passage.
    async fn intercept(&mut self, request: &Request) -> Option<Response> {
        let function = self.gateway.interceptor.clone()?;
        let deployment = self.deployment.clone()?;
        let body: Value = serde_json::from_slice(request.body()).unwrap_or(Value::Null);
        match interceptor::intercept(self.world, &deployment, &function, request.headers(), &body)
            .await
        {
            InterceptorVerdict::Failed => Some(internal_error()),
            InterceptorVerdict::Respond {
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
            InterceptorVerdict::Forward { headers, body } => {
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

    fn outbound<'a>(&'a self, target: &'a Target) -> Outbound<'a> {
        Outbound {
            world: self.world,
            deployment: self.deployment.as_ref(),
            target,
            user: &self.user,
            headers: &self.headers,
            version: &self.version,
            trace: &self.trace,
        }
    }
}
