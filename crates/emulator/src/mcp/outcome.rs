//! Outcomes of calls in logs and traces: the failure of a tool behind HTTP 200, and the spans that
//! gateways and runtimes write.

use http::HeaderMap;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::aws::logs::spans::{Span, SpanKind, SpanResource};
use crate::http::header;
use crate::world::World;

/// The failure of a tool call that is answered with HTTP 200, attached to the response as an
/// extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToolFailure {
    /// The error message.
    pub(crate) text: String,
}

impl ToolFailure {
    /// Reads the failure from a JSON-RPC response: its error, or a result with `isError`.
    pub(crate) fn of(reply: &Value) -> Option<Self> {
        let text = |pointer: &str| {
            reply
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        if reply.get("error").is_some() {
            return Some(Self {
                text: text("/error/message"),
            });
        }
        let is_error = reply.pointer("/result/isError").and_then(Value::as_bool) == Some(true);
        is_error.then(|| Self {
            text: text("/result/content/0/text"),
        })
    }

    /// Returns the Neo4j status code in the message, for example
    /// `Neo.ClientError.Statement.SyntaxError`.
    pub(crate) fn neo4j_code(&self) -> Option<&str> {
        let start = self.text.find("Neo.")?;
        let rest = self.text.get(start..)?;
        let end = rest
            .find(|character: char| !character.is_ascii_alphanumeric() && character != '.')
            .unwrap_or(rest.len());
        rest.get(..end).map(|code| code.trim_end_matches('.'))
    }
}

/// The answer of a call that waits for a person, attached to the response as an extension: a gateway logs it in full, and counts no
/// failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WaitingAnswer(pub(crate) Value);

/// The position of a request in a distributed trace.
#[derive(Clone, Debug)]
pub(crate) struct TraceContext {
    /// 32 hexadecimal digits.
    pub(crate) trace_id: String,
    /// 16 hexadecimal digits.
    pub(crate) span_id: String,
    /// The span of the caller; empty at the root.
    parent: String,
}

impl TraceContext {
    /// Starts a trace.
    pub(crate) fn root(world: &World) -> Self {
        let (trace_id, span_id) = world.next_trace();
        Self {
            trace_id,
            span_id,
            parent: String::new(),
        }
    }

    /// Continues the trace that `X-Amzn-Trace-Id` or `traceparent` names, or starts one.
    pub(crate) fn of_request(world: &World, headers: &HeaderMap) -> Self {
        let mut context = Self::root(world);
        let given = header(headers, "x-amzn-trace-id").unwrap_or_default();
        let part = |name: &str| {
            given
                .split(';')
                .find_map(|part| part.trim().strip_prefix(name))
        };
        let root = part("Root=1-").map(|root| root.replace('-', ""));
        if let Some(root) = root.filter(|root| is_hexadecimal(root, 32)) {
            context.trace_id = root;
            part("Parent=")
                .filter(|parent| is_hexadecimal(parent, 16))
                .unwrap_or_default()
                .clone_into(&mut context.parent);
        } else if let Some((trace, parent)) = w3c_parent(headers) {
            context.trace_id = trace;
            context.parent = parent;
        }
        context
    }

    /// Formats the context as the value of `X-Amzn-Trace-Id`.
    pub(crate) fn header(&self) -> String {
        format!(
            "Root=1-{}-{};Parent={};Sampled=1",
            self.trace_id.get(..8).unwrap_or_default(),
            self.trace_id.get(8..).unwrap_or_default(),
            self.span_id
        )
    }
}

/// Returns the trace id and the span id of a `traceparent` header (W3C Trace Context).
fn w3c_parent(headers: &HeaderMap) -> Option<(String, String)> {
    let mut parts = header(headers, "traceparent")?.split('-').skip(1);
    let (trace, parent) = (parts.next()?, parts.next()?);
    let is_valid = is_hexadecimal(trace, 32)
        && is_hexadecimal(parent, 16)
        && trace.bytes().any(|digit| digit != b'0');
    is_valid.then(|| (trace.to_ascii_lowercase(), parent.to_ascii_lowercase()))
}

fn is_hexadecimal(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A span of one request to a gateway or runtime.
pub(crate) struct RequestSpan<'a> {
    pub(crate) trace: &'a TraceContext,
    pub(crate) name: String,
    /// What emits the span.
    pub(crate) resource: SpanResource<'a>,
    pub(crate) began: Timestamp,
    /// Attributes, a JSON object.
    pub(crate) attributes: Value,
    /// Why the request failed.
    pub(crate) failure: Option<&'a ToolFailure>,
}

impl RequestSpan<'_> {
    /// Ends the span now and writes it to `aws/spans`.
    pub(crate) fn write(self, world: &World) {
        let mut attributes = match self.attributes {
            Value::Object(members) => members,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Map::new(),
        };
        if let Some(code) = self.failure.and_then(ToolFailure::neo4j_code) {
            attributes.insert("db.system.name".to_owned(), json!("neo4j"));
            attributes.insert("db.response.status_code".to_owned(), json!(code));
            attributes.insert("error.type".to_owned(), json!(code));
        }
        let parent = &self.trace.parent;
        world.log_span(&Span {
            trace_id: &self.trace.trace_id,
            id: self.trace.span_id.clone(),
            parent: (!parent.is_empty()).then(|| parent.clone()),
            name: self.name,
            kind: SpanKind::Server,
            began: self.began,
            duration: world.now().duration_since(self.began),
            failure: self.failure.map(|failure| failure.text.clone()),
            resource: self.resource,
            attributes,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_neo4j_code_of_a_failure_is_found() {
        let failure = |text: &str| ToolFailure {
            text: text.to_owned(),
        };
        let text = "error during GetQueryType: Neo4jError: Neo.ClientError.Statement.SyntaxError (Invalid input)";
        assert_eq!(
            failure(text).neo4j_code(),
            Some("Neo.ClientError.Statement.SyntaxError")
        );
        assert_eq!(failure("Neo.X.Y.Z.").neo4j_code(), Some("Neo.X.Y.Z"));
        assert_eq!(failure("connection refused").neo4j_code(), None);
    }

    #[test]
    fn errors_and_results_with_is_error_are_failures() {
        let failed = json!({"result": {"isError": true, "content": [{"text": "broken"}]}});
        assert_eq!(ToolFailure::of(&failed).unwrap().text, "broken");
        let error = json!({"error": {"code": -32602, "message": "Unknown tool"}});
        assert_eq!(ToolFailure::of(&error).unwrap().text, "Unknown tool");
        assert_eq!(
            ToolFailure::of(&json!({"result": {"isError": false}})),
            None
        );
    }
}
