//! The MCP servers behind the gateways and in the runtimes: their capabilities, tools and responses.
//! Gateways and runtimes decide who may call.

use http::StatusCode;
use serde_json::{Value, json};

use super::message::{INVALID_PARAMS, METHOD_NOT_FOUND, Message, accepted, event_response};
use super::neo4j_server::{self, BasicCredentials, DatabaseCaller};
use super::outcome::ToolFailure;
use super::protocol::HANDSHAKE;
use super::{code_host, fast_mcp, labs_server, stateless};
use crate::containers::{Container, SessionKey};
use crate::http::{Response, json as json_response};
use crate::scenarios::Scenario;
use crate::world::SharedWorld;

/// The kinds of servers in this world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ToolServer {
    /// The official Neo4j server: JSON answers, stateless, credentials in every request.
    Neo4j,
    /// A server made with FastMCP: event streams, stateless, credentials from the secret.
    FastMcp,
    /// `mcp-neo4j-cypher` of Neo4j Labs: event streams, read-only, credentials from its environment.
    Labs,
    /// A stand-in for a code host that a person has to consent to.
    CodeHost,
}

impl ToolServer {
    /// Returns the server in the containers of a scenario's runtime.
    pub(crate) fn in_runtime(scenario: &Scenario, runtime_id: &str) -> Self {
        if scenario.is_labs() {
            Self::Labs
        } else if scenario.has_own_credentials(runtime_id) {
            Self::FastMcp
        } else {
            Self::Neo4j
        }
    }

    /// Returns whether it runs in Python, answers with event streams and has credentials of its own.
    pub(crate) const fn is_python(self) -> bool {
        match self {
            Self::FastMcp | Self::Labs => true,
            Self::Neo4j | Self::CodeHost => false,
        }
    }

    fn tools(self) -> Vec<Value> {
        match self {
            Self::Neo4j => neo4j_server::tools(),
            Self::FastMcp => fast_mcp::all_tools(),
            Self::Labs => labs_server::tools(),
            Self::CodeHost => code_host::tools(),
        }
    }

    fn info(self) -> Value {
        match self {
            Self::Neo4j => neo4j_server::server_info(),
            Self::FastMcp => json!({"name": "mcp-server", "version": "1.22.0"}),
            Self::Labs => labs_server::server_info(),
            Self::CodeHost => json!({"name": "code-host-mcp", "version": "0.9.0"}),
        }
    }

    fn capabilities(self) -> Value {
        if self != Self::FastMcp {
            return json!({"tools": {"listChanged": self != Self::CodeHost}});
        }
        json!({
            "tools": {"listChanged": true},
            "resources": {"subscribe": false, "listChanged": false},
            "prompts": {"listChanged": false},
            "logging": {},
            "completions": {},
        })
    }

    fn initialized(self, version: &str) -> Value {
        let mut result = json!({
            "protocolVersion": version,
            "capabilities": self.capabilities(),
            "serverInfo": self.info(),
        });
        let has_instructions = matches!(self, Self::Neo4j | Self::FastMcp);
        if let (true, Some(members)) = (has_instructions, result.as_object_mut()) {
            members.insert("instructions".to_owned(), json!(neo4j_server::INSTRUCTIONS));
        }
        result
    }
}

/// Returns the tools of the server behind a scenario's gateway.
pub(crate) fn tools_behind_gateway(scenario: &Scenario) -> Vec<Value> {
    let server = match &scenario.runtime_id {
        _ if scenario.name == "e" => ToolServer::CodeHost,
        Some(runtime) => ToolServer::in_runtime(scenario, runtime),
        None => ToolServer::Neo4j,
    };
    server.tools()
}

/// Who is served.
pub(crate) struct ToolCallContext<'a> {
    pub(crate) world: &'a SharedWorld,
    pub(crate) deployment: &'a Scenario,
    pub(crate) credentials: Option<BasicCredentials>,
    /// The container that the server runs in, where it keeps something for its session.
    pub(crate) container: Option<(&'a SessionKey, &'a Container)>,
}

/// Answers a message that has been let in.
pub(crate) async fn answer(
    server: ToolServer,
    call: &ToolCallContext<'_>,
    message: &Message,
) -> Response {
    if let (Some(reply), Some((place, _))) = (&message.reply, call.container) {
        call.world.elicitations.answer(place, reply);
    }
    if message.is_notification() {
        return accepted();
    }
    if server == ToolServer::FastMcp {
        let mut capabilities = server.capabilities();
        if let Some(members) = capabilities.as_object_mut() {
            members.insert("extensions".to_owned(), json!({stateless::TASKS: {}}));
        }
        let instructions = neo4j_server::INSTRUCTIONS;
        let own = stateless::response(
            call.world,
            message,
            &capabilities,
            &server.info(),
            instructions,
        );
        if let Some(response) = own {
            return response;
        }
        if let Some(response) = fast_mcp::response(call, message).await {
            return response;
        }
    }
    let reply = match message.method.as_str() {
        "initialize" => message.result(server.initialized(agreed_version(message))),
        "ping" => message.result(json!({})),
        "tools/list" => message.result(json!({"tools": server.tools()})),
        "tools/call" => called(server, call, message).await,
        "resources/list" | "resources/read" => {
            message.error(METHOD_NOT_FOUND, "resources not supported", None)
        }
        "prompts/list" | "prompts/get" => {
            message.error(METHOD_NOT_FOUND, "prompts not supported", None)
        }
        other => message.error(METHOD_NOT_FOUND, &format!("Method {other} not found"), None),
    };
    let mut response = if server.is_python() {
        event_response(&stateless::dressed(message, reply.clone()))
    } else {
        json_response(StatusCode::OK, &reply)
    };
    if let Some(failure) = ToolFailure::of(&reply) {
        response.extensions_mut().insert(failure);
    }
    response
}

/// Returns the protocol version that `initialize` agrees on.
fn agreed_version(message: &Message) -> &str {
    let wanted = message
        .params
        .get("protocolVersion")
        .and_then(Value::as_str)
        .unwrap_or("2025-03-26");
    if HANDSHAKE.contains(&wanted) || wanted == "2024-11-05" {
        wanted
    } else {
        HANDSHAKE.first().copied().unwrap_or(wanted)
    }
}

async fn called(server: ToolServer, call: &ToolCallContext<'_>, message: &Message) -> Value {
    let (tool, arguments) = (message.tool(), message.arguments());
    let result = match server {
        ToolServer::Neo4j => neo4j_call(call, tool, &arguments).await,
        ToolServer::FastMcp => match fast_mcp::call(tool, &arguments) {
            Some(result) => Some(result),
            None => neo4j_call(call, tool, &arguments).await,
        },
        ToolServer::Labs => labs_server::call(caller(call), tool, &arguments).await,
        ToolServer::CodeHost => code_host::call(tool, &arguments),
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

async fn neo4j_call(call: &ToolCallContext<'_>, tool: &str, arguments: &Value) -> Option<Value> {
    neo4j_server::call(caller(call), tool, arguments).await
}

/// Returns the database caller of a call: its credentials, or none.
pub(super) fn caller<'a>(call: &'a ToolCallContext<'_>) -> DatabaseCaller<'a> {
    static ANONYMOUS: BasicCredentials = (String::new(), String::new());
    let pool = call
        .container
        .map_or("", |(place, _)| place.session.as_str());
    DatabaseCaller {
        world: call.world,
        deployment: call.deployment,
        credentials: call.credentials.as_ref().unwrap_or(&ANONYMOUS),
        pool,
    }
}
