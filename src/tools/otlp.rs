//! Calls as OpenTelemetry spans in OTLP's JSON form, which collectors read from files. The names of attributes are those of
//! OpenTelemetry's semantic conventions for MCP and generative AI.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::{
    history::{HistoryEntry, HistoryOutcome},
    recording::RecordedCall,
};

/// `SPAN_KIND_CLIENT`.
const CLIENT: u8 = 3;
/// `STATUS_CODE_OK`.
const OK: u8 = 1;
/// `STATUS_CODE_ERROR`.
const ERROR: u8 = 2;
/// Hexadecimal digits of a trace id.
const TRACE_ID: usize = 32;
/// Hexadecimal digits of a span id.
const SPAN_ID: usize = 16;

/// Returns the spans of these calls as an `ExportTraceServiceRequest`. A call has the trace id of the platform if that is known,
/// so that its span joins those of gateway and runtime; otherwise one made of its own id.
pub fn traces(calls: &[RecordedCall]) -> Value {
    let (name, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    let spans: Vec<Value> = calls.iter().map(|call| span(&call.entry)).collect();
    json!({"resourceSpans": [{
        "resource": {"attributes": [
            text("service.name", name),
            text("service.version", version),
        ]},
        "scopeSpans": [{
            "scope": {"name": name, "version": version},
            "spans": spans,
        }],
    }]})
}

fn span(entry: &HistoryEntry) -> Value {
    let start = entry.at.millis();
    let total = i64::try_from(entry.wire.elapsed.total).unwrap_or(i64::MAX);
    let end = start.saturating_add(total);
    let digest = hex::encode(Sha256::digest(format!("{} {}", entry.id, entry.tool)));
    let own = |from: usize, length: usize| digest.get(from..from + length).unwrap_or_default();
    let trace_id = entry
        .wire
        .trace_id
        .as_deref()
        .filter(|id| id.len() == TRACE_ID && id.bytes().all(|digit| digit.is_ascii_hexdigit()));
    json!({
        "traceId": trace_id.unwrap_or_else(|| own(0, TRACE_ID)),
        "spanId": own(TRACE_ID, SPAN_ID),
        "name": format!("tools/call {}", entry.tool),
        "kind": CLIENT,
        "startTimeUnixNano": nanoseconds(start),
        "endTimeUnixNano": nanoseconds(end),
        "attributes": attributes(entry),
        "status": status(entry),
    })
}

/// OTLP's JSON form writes 64-bit integers as texts.
fn nanoseconds(millis: i64) -> String {
    (i128::from(millis) * 1_000_000).to_string()
}

fn attributes(entry: &HistoryEntry) -> Vec<Value> {
    let wire = &entry.wire;
    let mut found = vec![
        text("mcp.method.name", "tools/call"),
        text("gen_ai.operation.name", "execute_tool"),
        text("gen_ai.tool.name", &entry.tool),
        text(
            "gen_ai.tool.call.arguments",
            &Value::Object(entry.arguments.clone()).to_string(),
        ),
        text("deployment.name", entry.endpoint.deployment.as_str()),
    ];
    let url = wire.url.as_deref().and_then(|url| Url::parse(url).ok());
    if let Some(url) = &url {
        found.extend(url.host_str().map(|host| text("server.address", host)));
        let port = url.port_or_known_default();
        found.extend(port.map(|port| number("server.port", u64::from(port))));
    }
    let status = wire.status.map(u64::from);
    found.extend(status.map(|status| number("http.response.status_code", status)));
    let id = wire.request_id.as_deref();
    found.extend(id.map(|id| text("aws.request_id", id)));
    if let HistoryOutcome::Rows(rows) = &entry.outcome {
        found.push(number("db.response.returned_rows", *rows as u64));
    }
    found.extend(error_type(entry).map(|kind| text("error.type", kind)));
    found
}

fn error_type(entry: &HistoryEntry) -> Option<&str> {
    match &entry.outcome {
        HistoryOutcome::Rows(_) | HistoryOutcome::Answered => None,
        HistoryOutcome::ToolError(_) => Some("tool_error"),
        HistoryOutcome::Failed(_) => entry.outcome.failure_code(),
        HistoryOutcome::Cancelled => Some("cancelled"),
    }
}

fn status(entry: &HistoryEntry) -> Value {
    match &entry.outcome {
        HistoryOutcome::Rows(_) | HistoryOutcome::Answered => json!({"code": OK}),
        HistoryOutcome::ToolError(message) | HistoryOutcome::Failed(message) => {
            json!({"code": ERROR, "message": message})
        }
        HistoryOutcome::Cancelled => json!({"code": ERROR, "message": "cancelled"}),
    }
}

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

fn number(key: &str, value: u64) -> Value {
    json!({"key": key, "value": {"intValue": value.to_string()}})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{Elapsed, McpEndpoint, McpTarget, Moment},
        tools::history::WireFacts,
    };

    fn call(outcome: HistoryOutcome, trace_id: Option<&str>) -> RecordedCall {
        let endpoint = McpEndpoint {
            deployment: "prod".into(),
            target: McpTarget::Default,
        };
        let arguments = json!({"query": "RETURN 1", "password": "canary"});
        let mut entry = HistoryEntry::new(
            (endpoint, "t___read-cypher".to_owned()),
            arguments.as_object().unwrap(),
            Moment::from_millis(1_000),
            outcome,
        );
        entry.wire = WireFacts {
            url: Some("https://gw.example/mcp".into()),
            trace_id: trace_id.map(str::to_owned),
            elapsed: Elapsed {
                total: 40,
                ..Elapsed::default()
            },
            ..WireFacts::default()
        };
        RecordedCall {
            entry,
            result: None,
        }
    }

    #[test]
    fn a_span_joins_the_trace_of_the_platform_and_holds_no_secret() {
        let trace = "0af7651916cd43dd8448eb211c80319c";
        let exported = traces(&[
            call(HistoryOutcome::Rows(3), Some(trace)),
            call(HistoryOutcome::Failed("-32602".into()), None),
        ]);
        let spans = exported["resourceSpans"][0]["scopeSpans"][0]["spans"]
            .as_array()
            .unwrap();
        assert_eq!(spans[0]["traceId"], trace);
        assert_eq!(spans[0]["startTimeUnixNano"], "1000000000");
        assert_eq!(spans[0]["endTimeUnixNano"], "1040000000");
        assert_eq!(spans[0]["status"], json!({"code": 1}));
        for (member, length) in [("traceId", 32), ("spanId", 16)] {
            let id = spans[1][member].as_str().unwrap();
            assert_eq!(id.len(), length);
            assert!(id.bytes().all(|digit| digit.is_ascii_hexdigit()), "{id}");
        }
        assert_eq!(spans[1]["status"], json!({"code": 2, "message": "-32602"}));
        let attributes = spans[0]["attributes"].to_string();
        assert!(
            attributes.contains("\"gw.example\"") && attributes.contains("\"443\""),
            "{attributes}"
        );
        assert!(!exported.to_string().contains("canary"), "{exported}");
    }
}
