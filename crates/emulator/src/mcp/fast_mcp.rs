//! A server made with FastMCP, which deployment C runs: the Neo4j tools and tools that exercise the
//! rest of MCP: progress, log messages, elicitation and a list of tools that changes.

use std::time::Duration;

use bytes::BytesMut;
use http::StatusCode;
use serde_json::{Value, json};

use super::elicitation::{self, ElicitationModes};
use super::message::{INVALID_PARAMS, Message, event, event_response, text_result};
use super::neo4j_server;
use super::offered;
use super::stateless;
use super::tool_server::{ToolCallContext, caller};
use crate::containers::Container;
use crate::http::{Response, respond, streaming};

/// The tool that adds [`EXPORT`] to the session.
const ENABLE_EXPORT: &str = "enable_export";
/// The tool that is listed once it is enabled.
const EXPORT: &str = "export_ratings";

/// The levels of MCP log messages (RFC 5424), the least severe first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LogLevel {
    Debug,
    #[default]
    Info,
    Notice,
    Warning,
    Error,
    Critical,
    Alert,
    Emergency,
}

impl LogLevel {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "debug" => Self::Debug,
            "info" => Self::Info,
            "notice" => Self::Notice,
            "warning" => Self::Warning,
            "error" => Self::Error,
            "critical" => Self::Critical,
            "alert" => Self::Alert,
            "emergency" => Self::Emergency,
            _ => return None,
        })
    }
}

/// Answers the messages that only this server handles, or handles otherwise than the Neo4j server.
pub(super) async fn response(call: &ToolCallContext<'_>, message: &Message) -> Option<Response> {
    let reply = match message.method.as_str() {
        "initialize" => {
            let elicitation = ElicitationModes::of_initialize(&message.params);
            change(call, |container| container.elicitation = elicitation);
            return None;
        }
        "logging/setLevel" => set_log_level(call, message),
        "tools/list" => message.result(json!({"tools": tools(call, message)})),
        "tools/call" => return tool_response(call, message),
        "completion/complete" => offered::complete(caller(call), message).await,
        "resources/read" => offered::read(caller(call), message).await,
        _ => offered::list(message)?,
    };
    Some(event_response(&stateless::dressed(message, reply)))
}

fn change(call: &ToolCallContext<'_>, change: impl FnOnce(&mut Container)) {
    if let Some((place, _)) = call.container {
        call.world.containers.change(place, change);
    }
}

fn set_log_level(call: &ToolCallContext<'_>, message: &Message) -> Value {
    let name = message.params.get("level").and_then(Value::as_str);
    let Some(level) = name.and_then(LogLevel::parse) else {
        return message.error(INVALID_PARAMS, "Invalid request parameters", None);
    };
    change(call, |container| container.log_level = level);
    message.result(json!({}))
}

/// Answers calls of tools that write an event stream or change the session.
fn tool_response(call: &ToolCallContext<'_>, message: &Message) -> Option<Response> {
    let session = |declared: fn(&Container) -> bool| {
        call.container
            .filter(|(_, container)| declared(container))
            .map(|(place, _)| place)
    };
    Some(match message.tool() {
        "count_slowly" => {
            let Counting { to, pause } = Counting::of(message);
            if let Some(response) = stateless::counting_task(call.world, message, to, pause) {
                return Some(response);
            }
            count_slowly(message, log_level(call, message))
        }
        elicitation::RATE_MOVIE => {
            let place = session(|container| container.elicitation.form);
            elicitation::rate_movie(call.world, place, message)
        }
        elicitation::LINK_ACCOUNT => {
            let place = session(|container| container.elicitation.url);
            elicitation::link_account(call.world, place, message)
        }
        ENABLE_EXPORT => {
            change(call, |container| container.export_enabled = true);
            if stateless::is_stateless(message) {
                stateless::enable_export(call.world);
                let text = format!("The tool {EXPORT} is available.");
                let reply = message.result(text_result(&text, false));
                return Some(event_response(&stateless::dressed(message, reply)));
            }
            let changed = json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"});
            let text = format!("The tool {EXPORT} is available in this session.");
            let result = message.result(text_result(&text, false));
            let body = [event(&changed), event(&result)].concat();
            respond(StatusCode::OK, "text/event-stream", body)
        }
        EXPORT if is_export_enabled(call, message) => {
            let result = message.result(text_result("movie,rating\n", false));
            event_response(&stateless::dressed(message, result))
        }
        _ => return None,
    })
}

fn is_export_enabled(call: &ToolCallContext<'_>, message: &Message) -> bool {
    let in_session = call
        .container
        .is_some_and(|(_, container)| container.export_enabled);
    in_session || stateless::is_export_enabled(call.world, message)
}

/// Returns the lowest level of log messages that a call wants: that of its session, or in the stateless version that of the call.
/// `None`: no log messages.
fn log_level(call: &ToolCallContext<'_>, message: &Message) -> Option<LogLevel> {
    if stateless::is_stateless(message) {
        let level = message.meta("io.modelcontextprotocol/logLevel")?;
        return LogLevel::parse(level.as_str()?);
    }
    let level = call.container.map(|(_, container)| container.log_level);
    Some(level.unwrap_or_default())
}

/// The arguments of `count_slowly`.
struct Counting {
    to: u64,
    pause: Duration,
}

impl Counting {
    fn of(message: &Message) -> Self {
        let arguments = message.arguments();
        let number = |key: &str, otherwise: u64, most: u64| {
            let given = arguments.get(key).and_then(Value::as_u64);
            given.unwrap_or(otherwise).min(most)
        };
        Self {
            to: number("to", 3, 100).max(1),
            pause: Duration::from_millis(number("pause_ms", 200, 10_000)),
        }
    }
}

/// Returns the tools as the session of a call lists them.
fn tools(call: &ToolCallContext<'_>, message: &Message) -> Vec<Value> {
    let mut tools = all_tools();
    if is_export_enabled(call, message) {
        tools.push(json!({
            "name": EXPORT, "description": "The ratings as CSV",
            "inputSchema": {"properties": {}, "title": "export_ratingsArguments", "type": "object"},
            "annotations": {"readOnlyHint": true},
        }));
    }
    tools
}

/// Returns the tools of a new session.
pub(super) fn all_tools() -> Vec<Value> {
    let mut tools = neo4j_server::tools();
    tools.extend(own_tools());
    tools
}

fn own_tools() -> Vec<Value> {
    let number = |title: &str| json!({"title": title, "type": "integer"});
    let mut tools = vec![
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
        json!({
            "name": ENABLE_EXPORT, "description": "Add the tool export_ratings to this session: the list of tools changes",
            "inputSchema": {"properties": {}, "title": "enable_exportArguments", "type": "object"},
            "annotations": {"readOnlyHint": true},
        }),
    ];
    tools.extend(elicitation::tools());
    tools
}

/// Answers a call of a tool that returns at once.
pub(super) fn call(tool: &str, arguments: &Value) -> Option<Value> {
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

/// Returns an event stream with log messages and, if the client sent a progress token, progress; the result is
/// last.
fn count_slowly(message: &Message, level: Option<LogLevel>) -> Response {
    let Counting { to, pause } = Counting::of(message);
    let token = message.meta("progressToken").cloned();
    let last = message.result(text_result(&format!("counted to {to}"), false));
    let last = stateless::dressed(message, last);
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
            let number = step + 1;
            let mut piece = BytesMut::from(&b": counting\n\n"[..]);
            if level.is_some_and(|level| level <= LogLevel::Info) {
                piece.extend(event(&json!({
                    "jsonrpc": "2.0", "method": "notifications/message",
                    "params": {"level": "info", "logger": "count_slowly", "data": format!("counted to {number}")},
                })));
            }
            if let Some(token) = token {
                piece.extend(event(&json!({
                    "jsonrpc": "2.0", "method": "notifications/progress",
                    "params": {"progressToken": token, "progress": number, "total": to, "message": format!("number {number}")},
                })));
            }
            let piece = piece.freeze();
            Some((Ok(piece), step + 1))
        }
    });
    let mut response = respond(StatusCode::OK, "text/event-stream", "");
    *response.body_mut() = streaming(pieces);
    response
}
