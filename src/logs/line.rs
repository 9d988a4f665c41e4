//! What one log line says of itself: level, message, and the ids that lead to other lines.
//!
//! The shapes are those of AgentCore runtimes, OpenTelemetry records and spans, vended gateway logs, Lambda, logfmt and
//! plain text. A line that is none of these has neither level nor ids; nothing is guessed.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// How serious a line is. Ordered: a filter takes a level and all above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Finest detail.
    Trace,
    /// For developers.
    Debug,
    /// As it should be.
    Info,
    /// Worth a look.
    Warn,
    /// Something failed.
    Error,
    /// The process gives up.
    Fatal,
}

impl Level {
    /// Every level, from the least to the most serious.
    pub const ALL: [Self; 6] = [
        Self::Trace,
        Self::Debug,
        Self::Info,
        Self::Warn,
        Self::Error,
        Self::Fatal,
    ];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }

    /// The level that a word means, in any of the usual spellings.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "trace" | "finest" | "trc" => Self::Trace,
            "debug" | "fine" | "dbg" => Self::Debug,
            "info" | "information" | "notice" | "inf" => Self::Info,
            "warn" | "warning" | "wrn" => Self::Warn,
            "error" | "err" | "severe" => Self::Error,
            "fatal" | "critical" | "crit" | "panic" | "alert" | "emergency" | "emerg" => {
                Self::Fatal
            }
            _ => return None,
        })
    }

    /// OpenTelemetry's severity number: 1 to 24, four to a level.
    const fn of_severity(number: i64) -> Option<Self> {
        match number {
            1..=4 => Some(Self::Trace),
            5..=8 => Some(Self::Debug),
            9..=12 => Some(Self::Info),
            13..=16 => Some(Self::Warn),
            17..=20 => Some(Self::Error),
            21..=24 => Some(Self::Fatal),
            _ => None,
        }
    }

    /// The numbers of pino and bunyan: tens to 60.
    const fn of_tens(number: i64) -> Option<Self> {
        match number {
            10 => Some(Self::Trace),
            20 => Some(Self::Debug),
            30 => Some(Self::Info),
            40 => Some(Self::Warn),
            50 => Some(Self::Error),
            60 => Some(Self::Fatal),
            _ => None,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// What a line says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Level.
    pub level: Option<Level>,
    /// The sentence for people within a structured line; `None`: the line itself is it.
    pub message: Option<String>,
    /// Trace.
    pub trace_id: Option<String>,
    /// Span.
    pub span_id: Option<String>,
    /// Session.
    pub session_id: Option<String>,
    /// Request.
    pub request_id: Option<String>,
}

impl Line {
    /// Reads a line as it was written.
    pub fn read(text: &str) -> Self {
        let trimmed = text.trim_start();
        if trimmed.starts_with('{')
            && let Ok(value @ Value::Object(_)) = serde_json::from_str::<Value>(trimmed)
        {
            return of_json(&value);
        }
        of_text(text)
    }

    /// Whether one of its ids is this one.
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

fn of_json(value: &Value) -> Line {
    let attribute = |name: &str| value.get("attributes").and_then(|all| all.get(name));
    let first = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| value.get(*name).and_then(text_of))
    };
    Line {
        level: level_of_json(value),
        message: message_of_json(value),
        trace_id: first(&["traceId", "trace_id", "xray_trace_id"])
            .or_else(|| attribute("otelTraceID").and_then(text_of)),
        span_id: first(&["spanId", "span_id"])
            .or_else(|| attribute("otelSpanID").and_then(text_of)),
        session_id: first(&["sessionId", "session_id"])
            .or_else(|| attribute("session.id").and_then(text_of)),
        request_id: first(&["requestId", "request_id", "AWSRequestId"])
            .or_else(|| attribute("aws.request.id").and_then(text_of))
            .or_else(|| value.pointer("/record/requestId").and_then(text_of)),
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

fn level_of_json(value: &Value) -> Option<Level> {
    const WORDS: [&str; 8] = [
        "level",
        "severityText",
        "severity_text",
        "severity",
        "levelname",
        "log_level",
        "logLevel",
        "lvl",
    ];
    let word = WORDS.iter().find_map(|name| {
        value
            .get(*name)
            .and_then(Value::as_str)
            .and_then(Level::parse)
    });
    word.or_else(|| {
        value
            .get("severityNumber")
            .and_then(Value::as_i64)
            .and_then(Level::of_severity)
    })
    .or_else(|| {
        value
            .get("level")
            .and_then(Value::as_i64)
            .and_then(Level::of_tens)
    })
    .or_else(|| level_of_gateway(value))
    .or_else(|| level_of_span(value))
}

/// A vended gateway record: `body.isError` says it all.
fn level_of_gateway(value: &Value) -> Option<Level> {
    let failed = value.pointer("/body/isError").and_then(Value::as_bool)?;
    Some(if failed { Level::Error } else { Level::Info })
}

/// A span: its status, else the status of its HTTP exchange.
fn level_of_span(value: &Value) -> Option<Level> {
    let code = value.pointer("/status/code").and_then(Value::as_str)?;
    let http = value
        .pointer("/attributes/http.status_code")
        .and_then(Value::as_i64);
    Some(match (code, http) {
        ("ERROR" | "STATUS_CODE_ERROR", _) | (_, Some(500..)) => Level::Error,
        (_, Some(400..500)) => Level::Warn,
        _ => Level::Info,
    })
}

fn message_of_json(value: &Value) -> Option<String> {
    const PLACES: [&str; 8] = [
        "/message",
        "/msg",
        "/body/log",
        "/body/message",
        "/body",
        "/log",
        "/errorMessage",
        "/name",
    ];
    PLACES
        .iter()
        .find_map(|place| value.pointer(place).and_then(Value::as_str))
        .map(str::to_owned)
}

/// Characters of a plain line within which its level stands, if it says one.
const HEAD: usize = 160;

fn of_text(text: &str) -> Line {
    let mut line = Line {
        level: level_of_text(text),
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
    line
}

fn level_of_text(text: &str) -> Option<Level> {
    let head = text.get(..floor_char(text, HEAD)).unwrap_or(text);
    ["level", "lvl", "severity"]
        .iter()
        .find_map(|key| pair(head, &[key]).and_then(|word| Level::parse(&word)))
        .or_else(|| head.split_whitespace().find_map(level_of_word))
        .or_else(|| {
            let failed = [
                "Traceback (most recent call last)",
                "panic: ",
                "Task timed out after",
            ]
            .iter()
            .any(|sign| text.contains(sign));
            failed.then_some(Level::Error)
        })
}

/// `ERROR`, `[error]`, `error:`, `<WARN>`; a bare lower-case word is prose.
fn level_of_word(word: &str) -> Option<Level> {
    let bare = word.trim_matches(|each: char| !each.is_ascii_alphabetic());
    let marked = bare.len() < word.len()
        && (word.starts_with(['[', '<', '(', '|']) || word.ends_with([':', ']']));
    let shouted = bare.len() >= 3 && bare.bytes().all(|each| each.is_ascii_uppercase());
    if marked || shouted {
        Level::parse(bare)
    } else {
        None
    }
}

/// The value of the first of these keys in `key=value` or `key="value"`.
fn pair(text: &str, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| {
        let at = text.match_indices(key).map(|(at, _)| at).find(|at| {
            let before = text.get(..*at).unwrap_or("");
            let after = text.get(at + key.len()..).unwrap_or("");
            after.starts_with('=')
                && !before
                    .ends_with(|each: char| each.is_alphanumeric() || each == '_' || each == '.')
        })?;
        let value = text.get(at + key.len() + 1..)?;
        let value = match value.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next()?,
            None => value
                .split(|each: char| each.is_whitespace() || each == ',' || each == ')')
                .next()?,
        };
        (!value.is_empty()).then(|| value.to_owned())
    })
}

fn floor_char(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
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

    #[test]
    fn every_level_reads_its_own_word() {
        for level in Level::ALL {
            assert_eq!(Level::parse(level.as_str()), Some(level));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_line_is_too_strange(text in "\\PC*|.*|\\{.*\\}") {
            let _ = Line::read(&text);
        }
    }
}
