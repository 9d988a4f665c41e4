//! Outcomes of calls in logs and traces: the failure of a tool behind HTTP 200, and the spans that
//! gateways and runtimes write.

use http::HeaderMap;
use jiff::Timestamp;
use serde_json::{Value, json};

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

/// The position of a request in a distributed trace.
#[derive(Clone, Debug)]
pub(crate) struct TraceContext {
    /// 32 hexadecimal digits.
    pub(crate) trace_id: String,
    /// 16 hexadecimal digits.
    pub(crate) span_id: String,
    /// The span of the caller; empty at the root.
    parent_span_id: String,
}

impl TraceContext {
    /// Starts a trace.
    pub(crate) fn root(world: &World) -> Self {
        let (trace_id, span_id) = world.next_trace();
        Self {
            trace_id,
            span_id,
            parent_span_id: String::new(),
        }
    }

    /// Continues the trace that `X-Amzn-Trace-Id` names, or starts one.
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
            context.parent_span_id = part("Parent=")
                .filter(|parent| is_hexadecimal(parent, 16))
                .unwrap_or_default()
                .to_owned();
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

fn is_hexadecimal(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A span of one request to a gateway or runtime.
pub(crate) struct RequestSpan<'a> {
    pub(crate) trace: &'a TraceContext,
    pub(crate) name: String,
    pub(crate) began: Timestamp,
    /// Attributes, a JSON object.
    pub(crate) attributes: Value,
    /// Why the request failed.
    pub(crate) failure: Option<&'a ToolFailure>,
}

impl RequestSpan<'_> {
    /// Ends the span now and writes it to `aws/spans`.
    pub(crate) fn write(self, world: &World) {
        let now = world.now();
        let nanos = |at: Timestamp| at.as_nanosecond() as i64;
        let mut attributes = self.attributes;
        let status = match self.failure {
            None => json!({"code": "OK"}),
            Some(failure) => {
                if let (Some(code), Some(members)) =
                    (failure.neo4j_code(), attributes.as_object_mut())
                {
                    members.insert("db.system.name".to_owned(), json!("neo4j"));
                    members.insert("db.response.status_code".to_owned(), json!(code));
                    members.insert("error.type".to_owned(), json!(code));
                }
                json!({"code": "ERROR", "message": failure.text})
            }
        };
        world.log_span(&json!({
            "traceId": self.trace.trace_id,
            "spanId": self.trace.span_id,
            "parentSpanId": self.trace.parent_span_id,
            "name": self.name,
            "kind": "SERVER",
            "startTimeUnixNano": nanos(self.began),
            "endTimeUnixNano": nanos(now),
            "durationNano": nanos(now) - nanos(self.began),
            "attributes": attributes,
            "status": status,
        }));
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
