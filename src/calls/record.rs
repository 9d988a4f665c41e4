//! One log event as a part of a call: hop, ids, what it says about tool, beginning, end and failure.

use std::sync::Arc;

use serde_json::Value;

use crate::{
    logs::{Level, LogRecord, RecordReader, owner_of_record, source_word},
    model::{LogEvent, Moment},
};

use super::outcome::POLICY_DENIAL;
use super::owner::{CallOwner, RecordOwner, owner_of};

/// What a record tells about the course of its call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// The hop received the call.
    Begin,
    /// The hop answered.
    End,
    /// Anything between.
    #[default]
    Middle,
}

/// The span that a record is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SpanFacts {
    pub(super) name: String,
    pub(super) start: Moment,
    pub(super) duration_ms: f64,
    pub(super) status: String,
    pub(super) http_status: Option<u64>,
    pub(super) error_type: Option<String>,
}

/// A log event as a part of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct CallRecord {
    /// Time of the event; of a span, its start.
    pub at: Moment,
    /// Time of the event, of a span too.
    pub(super) written_at: Moment,
    /// Log group.
    pub group: Arc<str>,
    /// Log stream.
    pub(super) stream: Arc<str>,
    /// Deployment that it belongs to; empty if that is not known.
    pub(super) deployment: Arc<str>,
    /// Hop of the chain: `gateway`, `interceptor`, `target`, `runtime`, `policy`, `provider`.
    pub hop: &'static str,
    /// Gateway or runtime that wrote it.
    pub(super) owner: Option<String>,
    /// The message, without credentials.
    pub message: String,
    /// Severity.
    pub level: Option<Level>,
    pub(super) trace_id: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) session_id: Option<String>,
    pub(super) tool: Option<String>,
    /// MCP method, if the record names one.
    pub(super) method: Option<String>,
    /// JSON-RPC id, unique only within a client's session.
    pub(super) rpc_id: Option<String>,
    pub(super) phase: Phase,
    /// Whether an end reports failure.
    pub(super) is_failure: bool,
    /// The answer of the tool, as far as the log holds it.
    pub(super) answer: Option<String>,
    pub(super) policy_denied: bool,
    /// The statement that the call carries, as far as the record holds it.
    pub(super) statement: Option<String>,
    pub(super) span: Option<SpanFacts>,
    /// Duration that the record itself states, in milliseconds.
    pub(super) stated_ms: Option<f64>,
}

impl CallRecord {
    /// Reads an event of a deployment's log group.
    pub fn read(event: &LogEvent, deployment: &Arc<str>) -> Self {
        Self::of_line(&RecordReader::default().read(event.clone()), deployment)
    }

    /// Returns the text whose pattern is mined: a span's status, duration and service are no part of it.
    pub fn pattern_text(&self) -> &str {
        self.span
            .as_ref()
            .map_or(self.message.as_str(), |span| span.name.as_str())
    }

    /// Reads a line of a deployment's log group that was masked and parsed already.
    pub fn of_line(event: &LogRecord, deployment: &Arc<str>) -> Self {
        let (text, line) = (event.text(), event.line().clone());
        let value: Option<Value> = text
            .trim_start()
            .starts_with('{')
            .then(|| serde_json::from_str(text.trim_start()).ok())
            .flatten();
        let mut record = Self {
            at: event.timestamp(),
            written_at: event.timestamp(),
            group: Arc::clone(event.group()),
            stream: Arc::clone(event.stream()),
            deployment: Arc::clone(deployment),
            hop: hop_of_group(event.group()),
            owner: None,
            message: line.message.clone().unwrap_or_else(|| text.to_owned()),
            level: line.level,
            trace_id: line.trace_id,
            request_id: line.request_id,
            session_id: line.session_id,
            tool: None,
            method: None,
            rpc_id: None,
            phase: Phase::Middle,
            is_failure: false,
            answer: None,
            policy_denied: false,
            statement: None,
            span: None,
            stated_ms: None,
        };
        match &value {
            Some(value)
                if value.get("spanId").is_some()
                    && value.get("startTimeUnixNano").is_some()
                    && value.get("name").is_some() =>
            {
                record.read_span(value);
            }
            Some(value)
                if value
                    .get("body")
                    .is_some_and(|body| body.get("log").is_some()) =>
            {
                record.read_gateway(value);
            }
            Some(value) => {
                record.owner = owner_of_record(value);
                record.method = value
                    .get("method")
                    .and_then(Value::as_str)
                    .map(str::to_owned);
                record.read_text();
            }
            None => record.read_text(),
        }
        record
    }

    /// Returns the record as one of the deployment that it belongs to; `None` if it names a gateway or runtime of none of them.
    pub fn attributed(mut self, owners: &[CallOwner]) -> Option<Self> {
        match owner_of(owners, &self) {
            RecordOwner::Of(owner) => self.deployment = Arc::clone(&owner.deployment),
            RecordOwner::Unsaid => {}
            RecordOwner::Stranger => return None,
        }
        Some(self)
    }

    /// Returns whether the record names a gateway or runtime that is none of the deployments'.
    pub(super) fn is_strangers(&self) -> bool {
        self.owner.is_some() && self.deployment.is_empty()
    }

    /// Returns whether the record speaks of an MCP method other than a tool call.
    pub(super) fn is_other_method(&self) -> bool {
        self.method
            .as_deref()
            .is_some_and(|method| method != "tools/call" && method != "CallToolRequest")
    }

    fn read_span(&mut self, value: &Value) {
        let attribute = |name: &str| value.get("attributes").and_then(|all| all.get(name));
        let text = |name: &str| attribute(name).and_then(Value::as_str);
        let nanos = |name: &str| value.get(name).and_then(Value::as_u64).unwrap_or(0);
        let start = Moment::from_millis((nanos("startTimeUnixNano") / 1_000_000) as i64);
        let name = value
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let kind = value
            .get("kind")
            .and_then(Value::as_str)
            .unwrap_or_default();
        self.owner = owner_of_record(value);
        self.hop = hop_of_span(&name, kind, value);
        self.request_id = text("aws.request.id")
            .or_else(|| text("aws.request_id"))
            .map(str::to_owned)
            .or(self.request_id.take());
        self.tool = text("gen_ai.tool.name")
            .or_else(|| text("tool.name"))
            .filter(|tool| !tool.is_empty())
            .or_else(|| tool_of_span_name(&name))
            .map(str::to_owned);
        self.method = text("mcp.method.name")
            .map(str::to_owned)
            .or_else(|| method_of_gateway_span(&name).map(str::to_owned))
            .or_else(|| self.tool.is_some().then(|| "tools/call".to_owned()));
        let status = value
            .pointer("/status/code")
            .and_then(Value::as_str)
            .unwrap_or("UNSET")
            .to_owned();
        let http_status = attribute("http.response.status_code")
            .or_else(|| attribute("http.status_code"))
            .and_then(Value::as_u64);
        let error_type = text("error_type").or_else(|| text("error.type"));
        self.is_failure = status == "ERROR" || http_status.is_some_and(|status| status >= 400);
        if let Some(message) = value
            .pointer("/status/message")
            .and_then(Value::as_str)
            .or_else(|| text("exception.message"))
            .or_else(|| text("error.message"))
            .or_else(|| text("db.response.status_code"))
        {
            self.answer = Some(message.to_owned());
        }
        self.span = Some(SpanFacts {
            start,
            duration_ms: nanos("durationNano") as f64 / 1e6,
            status,
            http_status,
            error_type: error_type.map(str::to_owned),
            name,
        });
        self.at = start;
    }

    fn read_gateway(&mut self, value: &Value) {
        let body = value.get("body").unwrap_or(&Value::Null);
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        self.hop = "gateway";
        self.owner = owner_of_record(value);
        if let Some(request) = text("requestBody") {
            let facts = RequestFacts::read(request);
            self.method = facts.method;
            self.tool = facts.tool;
            self.statement = facts.statement;
        }
        self.rpc_id = text("id").map(str::to_owned);
        self.answer = text("responseBody").map(str::to_owned);
        let log = text("log").unwrap_or_default();
        self.is_failure = body.get("isError").and_then(Value::as_bool) == Some(true);
        self.phase = if log.starts_with("Started processing") {
            Phase::Begin
        } else if log.starts_with("Successfully processed")
            || log.starts_with("Failed to process")
            || log.starts_with("Error processing")
            || self.answer.is_some()
        {
            Phase::End
        } else {
            Phase::Middle
        };
        self.policy_denied = body.pointer("/policy/decision").and_then(Value::as_str)
            == Some("DENY")
            || log.starts_with("Policy evaluation denied")
            || log.starts_with(POLICY_DENIAL)
            || self.is_failure
                && self
                    .answer
                    .as_ref()
                    .is_some_and(|answer| answer.contains(POLICY_DENIAL));
        if self.policy_denied {
            self.hop = "policy";
            self.is_failure = true;
        }
    }

    /// Reads what the platform's own library, MCP servers and Lambda print.
    fn read_text(&mut self) {
        let message = self
            .message
            .trim_start_matches("INFO")
            .trim_start()
            .to_owned();
        if let Some(method) = message.strip_prefix("Processing request of type ") {
            self.method = Some(method.trim().to_owned());
            self.phase = Phase::Begin;
        } else if let Some(rest) = message.strip_prefix("Invocation completed successfully") {
            self.phase = Phase::End;
            self.stated_ms = seconds_in_parentheses(rest).map(|seconds| seconds * 1000.0);
        } else if message.starts_with("Invocation failed") || message.starts_with("InvocationError")
        {
            self.phase = Phase::End;
            self.is_failure = true;
        } else if let Some(rest) = message.strip_suffix(" answered") {
            self.phase = Phase::End;
            let mut words = rest.split_whitespace();
            self.method = words.next().map(str::to_owned);
            self.tool = words.next().map(str::to_owned);
        } else if message.starts_with("START RequestId") {
            self.phase = Phase::Begin;
        } else if message.starts_with("REPORT RequestId") {
            self.phase = Phase::End;
            self.stated_ms = number_after(&message, "Duration: ");
        } else if let Some((tool, rest)) = message.split_once(": ")
            && tool.contains("cypher")
            && !tool.contains(char::is_whitespace)
            && !rest.is_empty()
        {
            self.tool = Some(tool.to_owned());
            self.statement = (self.level < Some(Level::Warn)).then(|| rest.to_owned());
        }
        if let Some(rest) = message.strip_prefix("FULL EVENT: ") {
            let facts = RequestFacts::read(rest);
            self.method = self.method.take().or(facts.method);
            self.tool = self.tool.take().or(facts.tool);
            self.rpc_id = facts.rpc_id;
            self.statement = self.statement.take().or(facts.statement);
        }
        self.method = self.method.take().or_else(|| logfmt(&message, "method"));
        self.tool = self
            .tool
            .take()
            .or_else(|| logfmt(&message, "tool").filter(|tool| !tool.is_empty()));
        self.is_failure |= self.level.is_some_and(|level| level >= Level::Error);
    }
}

/// Returns the hop whose log a group is.
fn hop_of_group(group: &str) -> &'static str {
    match source_word(group) {
        "interceptor" => "interceptor",
        "gateway" => "gateway",
        "runtime" | "spans" => "runtime",
        _ => "target",
    }
}

/// Returns the hop that a span belongs to. The operation names are AgentCore's; a client span with a database attribute is Neo4j's.
fn hop_of_span(name: &str, kind: &str, value: &Value) -> &'static str {
    let attribute = |name: &str| value.get("attributes").and_then(|all| all.get(name));
    if name.starts_with("AgentCore.Policy") {
        return "policy";
    }
    if name.starts_with("Bedrock.AgentCore.Identity") {
        return "provider";
    }
    if name.starts_with("AgentCore.Gateway.InvokeTool.") {
        return "target";
    }
    let operation = attribute("aws.operation.name").and_then(Value::as_str);
    if name.starts_with("AgentCore.Gateway")
        || operation == Some("InvokeGateway")
        || attribute("gateway.id").is_some()
    {
        return if kind == "CLIENT" {
            "target"
        } else {
            "gateway"
        };
    }
    // The platform's own spans carry the database's status too; only a client's span is the database's.
    let is_platform = name.starts_with("AgentCore.");
    if !is_platform
        && kind == "CLIENT"
        && (attribute("db.system").is_some() || attribute("db.system.name").is_some())
    {
        return "neo4j";
    }
    if attribute("faas.name").is_some() || attribute("faas.invocation_id").is_some() {
        return "interceptor";
    }
    "runtime"
}

fn tool_of_span_name(name: &str) -> Option<&str> {
    name.strip_prefix("AgentCore.Gateway.InvokeTool.")
        .or_else(|| name.strip_prefix("execute_tool "))
}

fn method_of_gateway_span(name: &str) -> Option<&'static str> {
    match name {
        "AgentCore.Gateway.InvokeTool" => Some("tools/call"),
        "AgentCore.Gateway.ListTools" => Some("tools/list"),
        "AgentCore.Gateway.Initialize" => Some("initialize"),
        "AgentCore.Gateway.NotificationsInitialized" => Some("notifications/initialized"),
        _ => None,
    }
}

/// What a request body states.
#[derive(Default)]
struct RequestFacts {
    method: Option<String>,
    tool: Option<String>,
    rpc_id: Option<String>,
    statement: Option<String>,
}

/// Arguments of Cypher tools that hold the statement.
const STATEMENT_NAMES: [&str; 3] = ["query", "cypher", "statement"];

impl RequestFacts {
    /// Reads a body: JSON, an interceptor's event, or the text of a Java map (`{id=1, method=tools/call, params={name=x}}`).
    fn read(body: &str) -> Self {
        let Ok(value) = serde_json::from_str::<Value>(body) else {
            let value_of = |key: &str| {
                let (_, rest) = body.split_once(key)?;
                let value = rest.split([',', '}']).next()?.trim();
                (!value.is_empty()).then(|| value.to_owned())
            };
            return Self {
                method: value_of("method="),
                tool: value_of("params={name="),
                rpc_id: value_of("{id="),
                statement: STATEMENT_NAMES.iter().find_map(|name| {
                    let (_, rest) = body.split_once(&format!("arguments={{{name}="))?;
                    Some(map_value(rest).trim().to_owned())
                }),
            };
        };
        let request = value
            .pointer("/mcp/gatewayRequest/body")
            .filter(|body| body.is_object())
            .unwrap_or(&value);
        let text = |place: &str| {
            request
                .pointer(place)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        Self {
            method: text("/method"),
            tool: text("/params/name"),
            rpc_id: text("/id").or_else(|| {
                request
                    .get("id")
                    .and_then(Value::as_i64)
                    .map(|id| id.to_string())
            }),
            statement: STATEMENT_NAMES
                .iter()
                .find_map(|name| text(&format!("/params/arguments/{name}"))),
        }
    }
}

/// Arguments that stand after the statement in the text of a Java map.
const LATER_ARGUMENTS: [&str; 6] = [
    ", params={",
    ", parameters={",
    ", database=",
    ", limit=",
    ", timeout=",
    ", _meta={",
];

/// Returns the first value of a Java map's text. Its brackets are balanced, so that it ends where the map does: at the first closing
/// brace that it did not open, or before the next argument. Nothing is quoted in such a text but what the statement quotes itself.
fn map_value(text: &str) -> &str {
    let (mut depth, mut quote) = (0_usize, None);
    for (at, character) in text.char_indices() {
        match (character, quote) {
            (_, Some(open)) if character == open => quote = None,
            ('\'' | '"' | '`', None) => quote = Some(character),
            ('{' | '[' | '(', None) => depth += 1,
            ('}' | ']' | ')', None) => {
                let Some(outer) = depth.checked_sub(1) else {
                    return text.get(..at).unwrap_or(text);
                };
                depth = outer;
            }
            (',', None) if depth == 0 => {
                let rest = text.get(at..).unwrap_or_default();
                if LATER_ARGUMENTS.iter().any(|name| rest.starts_with(name)) {
                    return text.get(..at).unwrap_or(text);
                }
            }
            _ => {}
        }
    }
    text
}

fn seconds_in_parentheses(text: &str) -> Option<f64> {
    let (_, rest) = text.split_once('(')?;
    rest.split_once("s)")?.0.parse().ok()
}

fn number_after(text: &str, label: &str) -> Option<f64> {
    let (_, rest) = text.split_once(label)?;
    rest.split_whitespace().next()?.parse().ok()
}

/// Returns the value of `key=value` in a line.
fn logfmt(text: &str, key: &str) -> Option<String> {
    text.split_whitespace()
        .filter_map(|word| word.split_once('='))
        .find(|(name, _)| *name == key)
        .map(|(_, value)| value.trim_matches('"').to_owned())
}
