//! A code host's MCP server, which a person has to consent to: the targets of deployment E.

use http::Method;
use http::StatusCode;
use serde_json::{Value, json};

use super::message::{Message, method_not_allowed};
use super::tool_server::{ToolCallContext, ToolServer, answer};
use crate::http::{Request, Response, header, not_found, respond};
use crate::scenarios::Scenario;
use crate::world::SharedWorld;

/// Returns the tools of the server.
pub(super) fn tools() -> Vec<Value> {
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

/// Answers a call of a tool.
pub(super) fn call(tool: &str, arguments: &Value) -> Option<Value> {
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
                &ToolCallContext {
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
