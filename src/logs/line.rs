//! Facts that a log line states: level, message, and the ids that lead to other lines.
//!
//! Recognised are the shapes of AgentCore runtimes, OpenTelemetry records and spans, vended gateway logs, Lambda, logfmt
//! and plain text. A line of another shape has neither level nor ids; nothing is guessed.

use serde::Serialize;

use super::{Level, ansi::strip_escapes, json::BorrowedJson, owner::owner_of_json};

/// Facts that a line states.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Severity.
    pub level: Option<Level>,
    /// The message inside a structured line; `None` if the line itself is the message.
    pub message: Option<String>,
    /// Trace id.
    pub trace_id: Option<String>,
    /// Span id.
    pub span_id: Option<String>,
    /// Session id.
    pub session_id: Option<String>,
    /// Request id.
    pub request_id: Option<String>,
}

impl Line {
    /// Reads a line as it was written. Escape sequences are ignored.
    pub fn read(text: &str) -> Self {
        ReadLine::new(&strip_escapes(text)).facts()
    }

    /// Returns whether one of the line's ids equals `id`.
    pub fn has_id(&self, id: &str) -> bool {
        [
            &self.trace_id,
            &self.span_id,
            &self.session_id,
            &self.request_id,
        ]
        .into_iter()
        .flatten()
        .any(|own| own == id)
    }
}

/// A line that was taken apart once, for all that is asked of it.
pub(crate) struct ReadLine<'a> {
    text: &'a str,
    record: Option<BorrowedJson<'a>>,
}

impl<'a> ReadLine<'a> {
    /// Takes a line apart. Escape sequences must have been removed.
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            record: BorrowedJson::parse_object(text),
        }
    }

    /// Returns the facts that the line states.
    pub(crate) fn facts(&self) -> Line {
        self.record
            .as_ref()
            .map_or_else(|| of_text(self.text), of_json)
    }

    /// Returns the id of the gateway or runtime that a structured line names as its origin.
    pub(crate) fn owner_id(&self) -> Option<&str> {
        self.record.as_ref().and_then(owner_of_json)
    }
}

fn of_json(value: &BorrowedJson<'_>) -> Line {
    let attribute = |name: &str| value.get("attributes").and_then(|all| all.get(name));
    let first = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| value.get(name).and_then(text_of))
    };
    Line {
        level: Level::of_json(value),
        message: message_of_json(value),
        trace_id: first(&["traceId", "trace_id", "xray_trace_id"])
            .or_else(|| attribute("otelTraceID").and_then(text_of)),
        span_id: first(&["spanId", "span_id"])
            .or_else(|| attribute("otelSpanID").and_then(text_of)),
        session_id: first(&["sessionId", "session_id"])
            .or_else(|| attribute("session.id").and_then(text_of)),
        request_id: first(&["requestId", "request_id", "AWSRequestId"])
            .or_else(|| attribute("aws.request.id").and_then(text_of))
            .or_else(|| attribute("aws.request_id").and_then(text_of))
            .or_else(|| value.at(&["record", "requestId"]).and_then(text_of)),
    }
}

fn text_of(value: &BorrowedJson<'_>) -> Option<String> {
    match value {
        BorrowedJson::Text(text) if !text.is_empty() => Some(text.clone().into_owned()),
        BorrowedJson::Number(number) => Some(number.to_string()),
        BorrowedJson::Null
        | BorrowedJson::Bool(_)
        | BorrowedJson::Text(_)
        | BorrowedJson::Array
        | BorrowedJson::Object(_) => None,
    }
}

fn message_of_json(value: &BorrowedJson<'_>) -> Option<String> {
    const PLACES: [&[&str]; 13] = [
        &["message"],
        &["msg"],
        &["body", "log"],
        &["body", "message"],
        &["body"],
        &["log"],
        &["errorMessage"],
        &["Message"],
        &["@m"],
        &["@mt"],
        &["short_message"],
        &["record", "message"],
        &["text"],
    ];
    PLACES
        .iter()
        .find_map(|place| value.at(place).and_then(BorrowedJson::as_str))
        .map(str::to_owned)
        .or_else(|| span_message(value))
        .or_else(|| Some(value.get("name")?.as_str()?.to_owned()))
}

/// Returns the summary of a span: HTTP status, duration, service and name.
fn span_message(value: &BorrowedJson<'_>) -> Option<String> {
    let name = value.get("name")?.as_str()?;
    let duration = value.get("durationNano")?.as_u64()?;
    let attribute = |name: &str| value.get("attributes").and_then(|all| all.get(name));
    let status = attribute("http.response.status_code")
        .or_else(|| attribute("http.status_code"))
        .and_then(BorrowedJson::as_u64)
        .map_or_else(String::new, |status| format!("{status}  "));
    let service = attribute("aws.local.service")
        .and_then(BorrowedJson::as_str)
        .or_else(|| {
            value
                .at(&["resource", "attributes", "service.name"])?
                .as_str()
        })
        .map_or_else(String::new, |service| format!("{service}  "));
    Some(format!(
        "{status}{} ms  {service}{name}",
        duration / 1_000_000
    ))
}

fn of_text(text: &str) -> Line {
    let mut line = Line {
        level: Level::of_text(text),
        trace_id: pair(text, &["trace_id", "traceId", "trace"]),
        span_id: pair(text, &["span_id", "spanId"]),
        session_id: pair(text, &["session_id", "sessionId", "session"]),
        request_id: pair(text, &["request_id", "requestId", "RequestId", "request"]),
        message: pair(text, &["msg", "message"]).filter(|_| text.contains("level=")),
    };
    if let Some((_, rest)) = text.split_once("RequestId: ") {
        // Lambda's START, END and REPORT lines.
        line.request_id = rest
            .split_whitespace()
            .next()
            .map(str::to_owned)
            .or(line.request_id);
        line.level = line.level.or(Some(Level::Info));
    }
    if line.request_id.is_none()
        && let Some((request, message)) = lambda_fields(text)
    {
        line.request_id = Some(request.to_owned());
        line.message = Some(message.to_owned());
    }
    line
}

/// Request id and message of a line that a Lambda runtime formatted: `[INFO]<tab>time<tab>id<tab>text` (Python) or
/// `time<tab>id<tab>INFO<tab>text` (Node).
fn lambda_fields(text: &str) -> Option<(&str, &str)> {
    let mut fields = text.splitn(4, '\t');
    let (first, second, third) = (fields.next()?, fields.next()?, fields.next()?);
    let message = fields.next()?.trim_end();
    let is_id = |field: &str| {
        field.len() == 36
            && field
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
    };
    if is_id(third) && first.starts_with('[') {
        Some((third, message))
    } else if is_id(second) {
        Some((second, message))
    } else {
        None
    }
}

/// Returns the value of the first of these keys in `key=value` or `key="value"`.
fn pair(text: &str, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| {
        let at = text.match_indices(key).map(|(at, _)| at).find(|at| {
            let before = text.get(..*at).unwrap_or("");
            let after = text.get(at + key.len()..).unwrap_or("");
            after.starts_with('=')
                && !before.ends_with(|letter: char| {
                    letter.is_alphanumeric() || letter == '_' || letter == '.'
                })
        })?;
        let value = text.get(at + key.len() + 1..)?;
        let value = match value.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next()?,
            None => value
                .split(|letter: char| letter.is_whitespace() || letter == ',' || letter == ')')
                .next()?,
        };
        (!value.is_empty()).then(|| value.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shapes_of_agentcore_are_understood() {
        let runtime = r#"{"timestamp":"2025-11-17T23:58:37.517Z","level":"INFO","message":"Invocation completed successfully (5.345s)","logger":"bedrock_agentcore.app","requestId":"2f437955","sessionId":"cc8a8e69"}"#;
        let line = Line::read(runtime);
        assert_eq!(
            (line.level, line.message.as_deref()),
            (
                Some(Level::Info),
                Some("Invocation completed successfully (5.345s)")
            )
        );
        assert!(line.has_id("2f437955") && line.has_id("cc8a8e69") && !line.has_id("2f43"));

        let otel = r#"{"severityNumber":17,"body":"boom","attributes":{"otelTraceID":"691b","otelSpanID":"4434","session.id":"s1"}}"#;
        let line = Line::read(otel);
        assert_eq!(
            (line.level, line.message.as_deref()),
            (Some(Level::Error), Some("boom"))
        );
        assert_eq!(
            (
                line.trace_id.as_deref(),
                line.span_id.as_deref(),
                line.session_id.as_deref()
            ),
            (Some("691b"), Some("4434"), Some("s1"))
        );

        let gateway = r#"{"resource_arn":"arn","event_timestamp":1,"body":{"isError":true,"log":"failed","id":"1"},"request_id":"r","trace_id":"t","span_id":"s"}"#;
        let line = Line::read(gateway);
        assert_eq!(
            (
                line.level,
                line.message.as_deref(),
                line.request_id.as_deref()
            ),
            (Some(Level::Error), Some("failed"), Some("r"))
        );

        let span = r#"{"traceId":"t","spanId":"s","name":"POST /invocations","attributes":{"http.status_code":502},"status":{"code":"UNSET"}}"#;
        assert_eq!(Line::read(span).level, Some(Level::Error));
    }

    #[test]
    fn plain_lines_say_their_level_in_many_ways() {
        for (text, level) in [
            (
                "time=2026-11-21T10:00:00Z level=WARN msg=\"query took 2.4 s\" session=cc8a",
                Some(Level::Warn),
            ),
            (
                "[ERROR]\t2026-11-21T10:00:00Z\tAccessDenied",
                Some(Level::Error),
            ),
            (
                "INFO:     127.0.0.1 - \"POST /mcp HTTP/1.1\" 200 OK",
                Some(Level::Info),
            ),
            (
                "2025-11-17 23:58:37,517 - CRITICAL - out of memory",
                Some(Level::Fatal),
            ),
            ("error: no such file", Some(Level::Error)),
            ("START RequestId: 8f5 Version: $LATEST", Some(Level::Info)),
            ("Traceback (most recent call last):", Some(Level::Error)),
            ("no error was found", None),
            ("the level is high", None),
            ("", None),
        ] {
            assert_eq!(Line::read(text).level, level, "{text}");
        }
        assert_eq!(
            Line::read("END RequestId: 8f5-1").request_id.as_deref(),
            Some("8f5-1")
        );
        assert_eq!(
            Line::read("a trace_id=t1, session=s1").trace_id.as_deref(),
            Some("t1")
        );
        assert_eq!(
            Line::read("level=info msg=\"two words\"")
                .message
                .as_deref(),
            Some("two words")
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_read(text in "\\PC*|.*|\\{.*\\}") {
            let _ = Line::read(&text);
        }
    }
}
