//! The MCP servers behind the gateways and in the runtimes: which tools each has, and what it answers to a message. How a
//! message got here and what may answer it is decided by gateway and runtime.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use super::elicitation;
use super::message::{
    self, INVALID_PARAMS, METHOD_NOT_FOUND, Message, accepted, event, event_response,
    method_not_allowed, text_result,
};
use super::neo4j_server::{self, Consumer, Credentials};
use super::offered;
use super::protocol::HANDSHAKE;
use crate::containers::{Container, SessionKey};
use crate::http::{
    Request, Response, header, json as json_response, not_found, respond, streaming,
};
use crate::neo4j::basic;
use crate::scenarios::Scenario;
use crate::world::SharedWorld;

/// The kinds of servers in this world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ToolServer {
    /// The official Neo4j server: JSON answers, stateless, credentials in every request.
    Neo4j,
    /// A server made with FastMCP: event streams, stateless, credentials from the secret.
    FastMcp,
    /// A stand-in for a code host that a person has to consent to.
    CodeHost,
}

impl ToolServer {
    fn tools(self) -> Vec<Value> {
        match self {
            Self::Neo4j => neo4j_server::tools(),
            Self::FastMcp => {
                let mut tools = neo4j_server::tools();
                tools.extend(fast_mcp_tools());
                tools
            }
            Self::CodeHost => code_host_tools(),
        }
    }

    fn info(self) -> Value {
        match self {
            Self::Neo4j => neo4j_server::server_info(),
            Self::FastMcp => json!({"name": "mcp-server", "version": "1.22.0"}),
            Self::CodeHost => json!({"name": "code-host-mcp", "version": "0.9.0"}),
        }
    }

    fn initialized(self, version: &str) -> Value {
        let mut result = json!({
            "protocolVersion": version,
            "capabilities": {"tools": {"listChanged": self == Self::Neo4j}},
            "serverInfo": self.info(),
        });
        if let (Self::FastMcp, Some(capabilities)) = (
            self,
            result
                .pointer_mut("/capabilities")
                .and_then(Value::as_object_mut),
        ) {
            capabilities.insert(
                "resources".to_owned(),
                json!({"subscribe": false, "listChanged": false}),
            );
            capabilities.insert("prompts".to_owned(), json!({"listChanged": false}));
        }
        if let (true, Some(members)) = (self != Self::CodeHost, result.as_object_mut()) {
            members.insert("instructions".to_owned(), json!(neo4j_server::INSTRUCTIONS));
        }
        result
    }
}

/// Who is served.
pub(crate) struct Call<'a> {
    pub(crate) world: &'a SharedWorld,
    pub(crate) deployment: &'a Scenario,
    pub(crate) credentials: Option<Credentials>,
    /// The container that the server runs in, where it keeps something for its session.
    pub(crate) container: Option<(&'a SessionKey, &'a Container)>,
}

/// Answers a message that has been let in.
pub(crate) async fn answer(server: ToolServer, call: &Call<'_>, message: &Message) -> Response {
    if let (Some(reply), Some((place, _))) = (&message.reply, call.container) {
        call.world.elicitations.answer(place, reply);
    }
    if message.is_notification() {
        return accepted();
    }
    match (server, message.method.as_str(), message.tool()) {
        (ToolServer::FastMcp, "tools/call", "count_slowly") => return count_slowly(message),
        (ToolServer::FastMcp, "tools/call", elicitation::TOOL) => {
            let asked = call
                .container
                .filter(|(_, container)| container.takes_forms)
                .map(|(place, _)| place);
            return elicitation::rate_movie(call.world, asked, message);
        }
        (ToolServer::FastMcp, "initialize", _) => {
            let takes_forms = elicitation::takes_forms(&message.params);
            if let Some((place, _)) = call.container {
                call.world
                    .containers
                    .change(place, |container| container.takes_forms = takes_forms);
            }
        }
        _ => {}
    }
    let offered = if server == ToolServer::FastMcp {
        offered::list(message)
    } else {
        None
    };
    if let Some(reply) = offered {
        return event_response(&reply);
    }
    let reply = match message.method.as_str() {
        "initialize" => {
            let wanted = message
                .params
                .get("protocolVersion")
                .and_then(Value::as_str)
                .unwrap_or("2025-03-26");
            let known = HANDSHAKE.contains(&wanted) || wanted == "2024-11-05";
            message.result(server.initialized(if known { wanted } else { HANDSHAKE[0] }))
        }
        "ping" => message.result(json!({})),
        "tools/list" => message.result(json!({"tools": server.tools()})),
        "tools/call" => called(server, call, message).await,
        "resources/read" if server == ToolServer::FastMcp => {
            let nobody = (String::new(), String::new());
            offered::read(consumer(call, &nobody), message).await
        }
        "resources/list" | "resources/read" => {
            message.error(METHOD_NOT_FOUND, "resources not supported", None)
        }
        "prompts/list" | "prompts/get" => {
            message.error(METHOD_NOT_FOUND, "prompts not supported", None)
        }
        other => message.error(METHOD_NOT_FOUND, &format!("Method {other} not found"), None),
    };
    if server == ToolServer::FastMcp {
        event_response(&reply)
    } else {
        json_response(StatusCode::OK, &reply)
    }
}

async fn called(server: ToolServer, call: &Call<'_>, message: &Message) -> Value {
    let (tool, arguments) = (message.tool(), message.arguments());
    let result = match server {
        ToolServer::Neo4j => neo4j_call(call, tool, &arguments).await,
        ToolServer::FastMcp => match fast_mcp_call(tool, &arguments) {
            Some(result) => Some(result),
            None => neo4j_call(call, tool, &arguments).await,
        },
        ToolServer::CodeHost => code_host_call(tool, &arguments),
    };
    match result {
        Some(result) => message.result(result),
        None => message.error(
            INVALID_PARAMS,
            &format!("tool '{tool}' not found: tool not found"),
            None,
        ),
    }
}

async fn neo4j_call(call: &Call<'_>, tool: &str, arguments: &Value) -> Option<Value> {
    let nobody = (String::new(), String::new());
    neo4j_server::call(consumer(call, &nobody), tool, arguments).await
}

/// Who calls: with the credentials that the call has, else as nobody.
fn consumer<'a>(call: &'a Call<'_>, nobody: &'a Credentials) -> Consumer<'a> {
    let credentials = call.credentials.as_ref().unwrap_or(nobody);
    let pool = call
        .container
        .map_or("", |(place, _)| place.session.as_str());
    Consumer {
        world: call.world,
        deployment: call.deployment,
        credentials,
        pool,
    }
}

fn fast_mcp_tools() -> Vec<Value> {
    let number = |title: &str| json!({"title": title, "type": "integer"});
    vec![
        json!({
            "name": "add_numbers", "description": "Add two numbers together",
            "inputSchema": {"properties": {"a": number("A"), "b": number("B")}, "required": ["a", "b"], "title": "add_numbersArguments", "type": "object"},
            "outputSchema": {"properties": {"result": number("Result")}, "required": ["result"], "title": "add_numbersOutput", "type": "object"},
        }),
        json!({
            "name": "echo_message", "description": "Echo a message back",
            "inputSchema": {"properties": {"message": {"title": "Message", "type": "string"}}, "required": ["message"], "title": "echo_messageArguments", "type": "object"},
        }),
        json!({
            "name": "count_slowly", "description": "Count up and tell the progress on the way",
            "inputSchema": {
                "properties": {
                    "to": {"title": "To", "type": "integer", "default": 3, "minimum": 1, "maximum": 100},
                    "pause_ms": {"title": "Pause between two numbers, in milliseconds", "type": "integer", "default": 200, "minimum": 0, "maximum": 10000},
                },
                "title": "count_slowlyArguments", "type": "object",
            },
            "annotations": {"readOnlyHint": true},
        }),
        elicitation::tool(),
    ]
}

fn fast_mcp_call(tool: &str, arguments: &Value) -> Option<Value> {
    match tool {
        "add_numbers" => {
            let number = |key: &str| arguments.get(key).and_then(Value::as_i64);
            let (Some(a), Some(b)) = (number("a"), number("b")) else {
                return Some(text_result(
                    "Error executing tool add_numbers: 2 validation errors for add_numbersArguments",
                    true,
                ));
            };
            let sum = i128::from(a) + i128::from(b);
            Some(json!({
                "content": [{"type": "text", "text": sum.to_string()}],
                "structuredContent": {"result": i64::try_from(sum).unwrap_or(i64::MAX)},
                "isError": false,
            }))
        }
        "echo_message" => Some(match arguments.get("message").and_then(Value::as_str) {
            Some(text) => text_result(&format!("Echo: {text}"), false),
            None => text_result(
                "Error executing tool echo_message: 1 validation error for echo_messageArguments",
                true,
            ),
        }),
        _ => None,
    }
}

/// A stream with progress, when the client gave a token for it, and the result at the end.
fn count_slowly(message: &Message) -> Response {
    let arguments = message.arguments();
    let number = |key: &str, otherwise: u64, most: u64| {
        arguments
            .get(key)
            .and_then(Value::as_u64)
            .unwrap_or(otherwise)
            .min(most)
    };
    let (to, pause) = (
        number("to", 3, 100).max(1),
        Duration::from_millis(number("pause_ms", 200, 10_000)),
    );
    let token = message.meta("progressToken").cloned();
    let last = message.result(text_result(&format!("counted to {to}"), false));
    let pieces = futures::stream::unfold(0, move |step| {
        let (token, last) = (token.clone(), last.clone());
        async move {
            if step > to {
                return None;
            }
            if step == to {
                return Some((Ok(event(&last)), step + 1));
            }
            tokio::time::sleep(pause).await;
            let piece = match token {
                Some(token) => event(&json!({
                    "jsonrpc": "2.0", "method": "notifications/progress",
                    "params": {"progressToken": token, "progress": step + 1, "total": to, "message": format!("number {}", step + 1)},
                })),
                None => Bytes::from_static(b": counting\n\n"),
            };
            Some((Ok(piece), step + 1))
        }
    });
    let mut response = respond(StatusCode::OK, "text/event-stream", "");
    *response.body_mut() = streaming(pieces);
    response
}

fn code_host_tools() -> Vec<Value> {
    let text = |description: &str| json!({"type": "string", "description": description});
    vec![
        json!({"name": "get_me", "description": "The account of the person who consented", "inputSchema": {"type": "object", "properties": {}},
            "annotations": {"readOnlyHint": true}}),
        json!({"name": "search_repositories", "description": "Repositories whose name contains the text",
            "inputSchema": {"type": "object", "properties": {"query": text("part of the name")}, "required": ["query"]}, "annotations": {"readOnlyHint": true}}),
        json!({"name": "create_issue", "description": "Open an issue",
            "inputSchema": {"type": "object", "properties": {"repository": text("owner/name"), "title": text("one line"), "body": text("Markdown")},
                "required": ["repository", "title"]}, "annotations": {"destructiveHint": false}}),
    ]
}

const REPOSITORIES: [&str; 5] = [
    "movies/guide",
    "movies/graph",
    "operations/runbooks",
    "operations/console",
    "recipes/soup",
];

fn code_host_call(tool: &str, arguments: &Value) -> Option<Value> {
    let text = |key: &str| {
        arguments
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let content = match tool {
        "get_me" => json!({"login": "movie-lover", "id": 38, "name": "Jessica Thompson"}),
        "search_repositories" => {
            let found: Vec<&str> = REPOSITORIES
                .into_iter()
                .filter(|name| name.contains(text("query")))
                .collect();
            json!({"total_count": found.len(), "items": found})
        }
        "create_issue" => {
            json!({"number": 7, "repository": text("repository"), "title": text("title"), "state": "open"})
        }
        _ => return None,
    };
    Some(
        json!({"content": [{"type": "text", "text": content.to_string()}], "structuredContent": content}),
    )
}

/// Answers at the address of the external target of deployment B: the official server as it stands on its own.
pub(crate) async fn external_neo4j(
    world: &SharedWorld,
    deployment: &Scenario,
    path: &str,
    request: &Request,
) -> Response {
    if path == "/healthz" {
        return respond(StatusCode::OK, "application/json", r#"{"status":"ok"}"#);
    }
    if path.trim_end_matches('/') != "/mcp" {
        return respond(
            StatusCode::NOT_FOUND,
            "text/plain; charset=utf-8",
            "Not Found: This server only handles requests to /mcp\n",
        );
    }
    if request.method() != Method::POST {
        let text = "Method Not Allowed: only POST is supported on /mcp\n";
        let mut response = respond(
            StatusCode::METHOD_NOT_ALLOWED,
            "text/plain; charset=utf-8",
            text,
        );
        response
            .headers_mut()
            .insert("allow", http::HeaderValue::from_static("POST, OPTIONS"));
        return response;
    }
    let credentials = match from_authorization(request.headers(), "authorization") {
        Ok(credentials) => credentials,
        Err(response) => return *response,
    };
    let media = header(request.headers(), "content-type").unwrap_or_default();
    if media.split(';').next() != Some("application/json") {
        return respond(
            StatusCode::BAD_REQUEST,
            "text/plain; charset=utf-8",
            "Invalid content type: must be 'application/json'\n",
        );
    }
    if let Ok(message) = Message::read(request.body()) {
        let (method, tool) = (&message.method, message.tool());
        world.log_container(&format!(
            "time={} level=INFO msg=request method={method} tool={tool:?}",
            world.now()
        ));
        answer(
            ToolServer::Neo4j,
            &Call {
                world,
                deployment,
                credentials: Some(credentials),
                container: None,
            },
            &message,
        )
        .await
    } else {
        let error = message::error(
            Some(Value::Null),
            message::PARSE_ERROR,
            "request body is not valid json",
            None,
        );
        json_response(StatusCode::BAD_REQUEST, &error)
    }
}

/// User and password in a header; the error is the 401 of the official server.
pub(crate) fn from_authorization(
    headers: &HeaderMap,
    name: &str,
) -> Result<Credentials, Box<Response>> {
    let refuse = |text: &'static str, bearer: bool| {
        let mut response = respond(StatusCode::UNAUTHORIZED, "text/plain; charset=utf-8", text);
        let headers = response.headers_mut();
        headers.append(
            "www-authenticate",
            http::HeaderValue::from_static("Basic realm=\"Neo4j MCP Server\""),
        );
        if bearer {
            headers.append(
                "www-authenticate",
                http::HeaderValue::from_static("Bearer realm=\"Neo4j MCP Server\""),
            );
        }
        Box::new(response)
    };
    let given = header(headers, name).unwrap_or_default();
    match basic(given) {
        Some((user, password)) if user.is_empty() || password.is_empty() => Err(refuse(
            "Unauthorized: Username and password cannot be empty\n",
            false,
        )),
        Some(credentials) => Ok(credentials),
        // A bearer token is for a Neo4j with single sign-on; the database of this world has none and says so at the login.
        None if given.len() > 7
            && given
                .get(..7)
                .is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer ")) =>
        {
            Ok((String::new(), String::new()))
        }
        None => Err(refuse(
            "Unauthorized: Basic or Bearer authentication required\n",
            true,
        )),
    }
}

/// Answers at the address of E's targets; the gateway must bring a token for the person.
pub(crate) async fn external_code_host(
    world: &SharedWorld,
    deployment: &Scenario,
    path: &str,
    request: &Request,
) -> Response {
    if path.trim_end_matches('/') != "/mcp" {
        return not_found(request.uri().path());
    }
    if request.method() != Method::POST {
        return method_not_allowed();
    }
    if crate::tokens::bearer(header(request.headers(), "authorization")).is_none() {
        return respond(StatusCode::UNAUTHORIZED, "text/plain", "bad credentials\n");
    }
    match Message::read(request.body()) {
        Ok(message) => {
            answer(
                ToolServer::CodeHost,
                &Call {
                    world,
                    deployment,
                    credentials: None,
                    container: None,
                },
                &message,
            )
            .await
        }
        Err(response) => response,
    }
}
