//! The official Neo4j MCP server as it runs outside AgentCore: the external target of deployment B.

use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;

use super::message::{self, Message};
use super::neo4j_server::BasicCredentials;
use super::outcome::ToolFailure;
use super::tool_server::{ToolCallContext, ToolServer, answer};
use crate::http::{Request, Response, header, json as json_response, respond};
use crate::neo4j::basic;
use crate::scenarios::Scenario;
use crate::world::SharedWorld;

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
    let Ok(message) = Message::read(request.body()) else {
        let error = message::error(
            Some(Value::Null),
            message::PARSE_ERROR,
            "request body is not valid json",
            None,
        );
        return json_response(StatusCode::BAD_REQUEST, &error);
    };
    logged_answer(world, deployment, credentials, &message).await
}

/// Answers a message of the external server and writes the lines of its container.
async fn logged_answer(
    world: &SharedWorld,
    deployment: &Scenario,
    credentials: BasicCredentials,
    message: &Message,
) -> Response {
    let (method, tool) = (&message.method, message.tool());
    world.log_container(&format!(
        "time={} level=INFO msg=request method={method} tool={tool:?}",
        world.now()
    ));
    let call = ToolCallContext {
        world,
        deployment,
        credentials: Some(credentials),
        container: None,
    };
    let response = answer(ToolServer::Neo4j, &call, message).await;
    if let Some(failure) = response.extensions().get::<ToolFailure>() {
        world.log_container(&failed_line(world, message, failure));
    }
    response
}

/// Returns the line that the official server logs when a tool fails.
pub(crate) fn failed_line(world: &SharedWorld, message: &Message, failure: &ToolFailure) -> String {
    format!(
        "time={} level=ERROR msg=\"tool call failed\" method={} tool={:?} error={:?}",
        world.now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ"),
        message.method,
        message.tool(),
        failure.text
    )
}

/// User and password in a header; the error is the 401 of the official server.
pub(crate) fn from_authorization(
    headers: &HeaderMap,
    name: &str,
) -> Result<BasicCredentials, Box<Response>> {
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
