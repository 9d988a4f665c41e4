//! The program in a runtime's container: which MCP server it is, its Neo4j credentials and the lines
//! that it logs.

use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{CUSTOM_AUTHORIZATION, Invocation};
use crate::aws::control::RuntimeVersion;
use crate::containers::{Entered, SessionKey};
use crate::http::{Request, Response, json as json_response};
use crate::mcp::message::Message;
use crate::mcp::neo4j_server::BasicCredentials;
use crate::mcp::outcome::ToolFailure;
use crate::mcp::tool_server::{self, ToolCallContext, ToolServer};
use crate::mcp::{external, interceptor, labs_server};
use crate::world::SharedWorld;

/// Hands a message to the container, with the headers that the runtime lets through.
pub(super) async fn container(
    invocation: &Invocation<'_>,
    place: &SessionKey,
    entered: &Entered,
    request: &Request,
    message: &Message,
) -> Response {
    let Invocation {
        world,
        deployment,
        runtime,
        live,
        ..
    } = *invocation;
    let version = runtime.version(&entered.container.version).unwrap_or(live);
    if version.protocol() != "MCP" {
        // Nothing listens on the port that the platform uses for that protocol.
        invocation.log(&format!(
            "ERROR no {} server answers in this container",
            version.protocol()
        ));
        return failed();
    }
    let server = ToolServer::in_runtime(deployment, &runtime.id);
    if entered.fresh && server.is_python() {
        invocation.log("INFO:     Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)");
    }
    let own = server.is_python();
    let credentials = if !own {
        match given_credentials(invocation, version, request.headers(), message) {
            Ok(credentials) => credentials,
            Err(response) => return *response,
        }
    } else if is_neo4j_call(message) {
        match own_credentials(invocation, place, entered, version).await {
            Ok(credentials) => Some(credentials),
            Err(line) => {
                invocation.log(&format!("ERROR {line}"));
                return failed();
            }
        }
    } else {
        None
    };
    let container = own.then_some((place, &entered.container));
    let call = ToolCallContext {
        world,
        deployment,
        credentials,
        container,
    };
    let response = tool_server::answer(server, &call, message).await;
    let failure = response.extensions().get::<ToolFailure>();
    invocation.log(&container_line(world, server, message, failure));
    response
}

fn failed() -> Response {
    json_response(
        StatusCode::INTERNAL_SERVER_ERROR,
        &json!({"message": "Internal Server Error"}),
    )
}

/// Returns the line that the program in the container prints for a message that it answered.
fn container_line(
    world: &SharedWorld,
    server: ToolServer,
    message: &Message,
    failure: Option<&ToolFailure>,
) -> String {
    match (server, failure) {
        (ToolServer::FastMcp | ToolServer::Labs, None) => {
            format!("INFO     Processing request of type {}", message.method)
        }
        (ToolServer::FastMcp | ToolServer::Labs, Some(failure)) => {
            format!(
                "ERROR    Error executing tool {}: {}",
                message.tool(),
                failure.text
            )
        }
        (ToolServer::Neo4j | ToolServer::CodeHost, None) => format!(
            "time={} level=INFO msg=\"handled request\" method={} tool={}",
            world.now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ"),
            message.method,
            message.tool()
        ),
        (ToolServer::Neo4j | ToolServer::CodeHost, Some(failure)) => {
            external::failed_line(world, message, failure)
        }
    }
}

/// Returns the credentials of a program that has its own: a copy in its environment, or the secret as it was when its container
/// began, kept for the container's life. The error is a line of its log.
async fn own_credentials(
    invocation: &Invocation<'_>,
    place: &SessionKey,
    entered: &Entered,
    version: &RuntimeVersion,
) -> Result<BasicCredentials, String> {
    let Invocation {
        world, deployment, ..
    } = *invocation;
    if let Some(password) = version.variable("NEO4J_PASSWORD") {
        return Ok((
            version
                .variable("NEO4J_USERNAME")
                .unwrap_or("neo4j")
                .to_owned(),
            password.to_owned(),
        ));
    }
    if let Some(kept) = &entered.container.credentials {
        return Ok(kept.clone());
    }
    let id = version
        .secret_kept()
        .ok_or("KeyError: 'NEO4J_SECRET_ARN'")?;
    let stale = interceptor::pass_secret(world, deployment, id).await?;
    let text = entered
        .container
        .began_with
        .clone()
        .or_else(|| world.secrets.current(id));
    let (user, password) = interceptor::read_credentials(text)?;
    if stale {
        return Ok((user, interceptor::stale_password(&password)));
    }
    let credentials = (user, password);
    world.containers.change(place, |container| {
        container.credentials = Some(credentials.clone());
    });
    Ok(credentials)
}

/// Returns the credentials that come with the request, for a server that has none of its own.
fn given_credentials(
    invocation: &Invocation<'_>,
    version: &RuntimeVersion,
    headers: &HeaderMap,
    message: &Message,
) -> Result<Option<BasicCredentials>, Box<Response>> {
    let carrier = if invocation.deployment.name == "d" {
        CUSTOM_AUTHORIZATION
    } else {
        "x-neo4j-authorization"
    };
    let allowed = version
        .request_headers
        .iter()
        .any(|known| known.eq_ignore_ascii_case(carrier));
    match allowed.then(|| external::from_authorization(headers, carrier)) {
        Some(Ok(credentials)) => Ok(Some(credentials)),
        // Listing and pinging need no credentials here; everything else does.
        _ if message.method != "tools/call" => Ok(None),
        Some(Err(response)) => {
            invocation.log("level=WARN msg=\"request without credentials\" status=401");
            Err(response)
        }
        None => {
            invocation.log("level=WARN msg=\"request without credentials\" status=401");
            let answer = json_response(StatusCode::UNAUTHORIZED, &Value::Null);
            Err(Box::new(answer))
        }
    }
}

fn is_neo4j_call(message: &Message) -> bool {
    matches!(
        message.method.as_str(),
        "resources/read" | "completion/complete"
    ) || message.method == "tools/call"
        && (matches!(
            message.tool(),
            "get-schema" | "read-cypher" | "write-cypher"
        ) || labs_server::is_database_tool(message.tool()))
}
