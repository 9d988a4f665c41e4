//! The lines that the platform itself writes: gateway records, runtime lines, Lambda lines, in the shapes that AWS gives
//! them (developer guide, observability; fixtures of the starter toolkit).

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::faults::{FaultKind, FaultPoint};
use crate::scenarios::{
    ACCOUNT, agentcore_arn, gateway_log_group, lambda_log_group, runtime_log_group,
};
use crate::world::World;

/// How far time stamps go back under the fault `out-of-order`, at most, in milliseconds.
const DISORDER: u64 = 4000;

/// One record of a gateway's APPLICATION_LOGS.
#[derive(Clone, Debug, Default)]
pub(crate) struct GatewayRecord<'a> {
    pub(crate) gateway_id: &'a str,
    /// The gateway's id of this request; also in the answer's `x-amzn-RequestId`.
    pub(crate) request_id: &'a str,
    /// 32 hexadecimal digits.
    pub(crate) trace_id: &'a str,
    /// 16 hexadecimal digits.
    pub(crate) span_id: &'a str,
    pub(crate) is_error: bool,
    /// The sentence: `Started processing request with requestId: 1`, …
    pub(crate) log: &'a str,
    /// The JSON-RPC id.
    pub(crate) id: Value,
    pub(crate) request_body: Option<String>,
    pub(crate) response_body: Option<String>,
}

impl GatewayRecord<'_> {
    /// Returns the record as a line, at a time.
    pub(crate) fn line(&self, at: Timestamp) -> String {
        let mut body = json!({"isError": self.is_error, "log": self.log});
        if let Some(members) = body.as_object_mut() {
            if let Some(request) = &self.request_body {
                members.insert("requestBody".into(), map_text(request).into());
            }
            if let Some(response) = &self.response_body {
                members.insert("responseBody".into(), map_text(response).into());
            }
            members.insert(
                "id".into(),
                self.id
                    .as_str()
                    .map_or_else(|| self.id.to_string(), str::to_owned)
                    .into(),
            );
        }
        json!({
            "resource_arn": agentcore_arn(&format!("gateway/{}", self.gateway_id)),
            "event_timestamp": at.as_millisecond(),
            "body": body,
            "account_id": ACCOUNT,
            "request_id": self.request_id,
            "trace_id": self.trace_id,
            "span_id": self.span_id,
        })
        .to_string()
    }
}

/// Returns a JSON text as gateways write bodies: the text of a Java map, whose names and values stand without quotes.
fn map_text(body: &str) -> String {
    let Ok(value) = serde_json::from_str::<Value>(body) else {
        return body.to_owned();
    };
    let mut text = String::with_capacity(body.len());
    push_map_text(&mut text, &value);
    text
}

fn push_map_text(text: &mut String, value: &Value) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => text.push_str(&value.to_string()),
        Value::String(inner) => text.push_str(inner),
        Value::Array(entries) => {
            text.push('[');
            for (position, entry) in entries.iter().enumerate() {
                text.push_str(if position == 0 { "" } else { ", " });
                push_map_text(text, entry);
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push('{');
            for (position, (name, member)) in members.iter().enumerate() {
                text.push_str(if position == 0 { "" } else { ", " });
                text.push_str(name);
                text.push('=');
                push_map_text(text, member);
            }
            text.push('}');
        }
    }
}

/// The stream of a gateway's records.
pub(crate) const GATEWAY_STREAM: &str = "BedrockAgentCoreGateway_ApplicationLogs";

/// Returns a structured line of the runtime's own library.
pub(crate) fn runtime_line(
    at: Timestamp,
    level: &str,
    message: &str,
    request_id: &str,
    session_id: &str,
) -> String {
    json!({
        "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "level": level,
        "message": message,
        "logger": "bedrock_agentcore.app",
        "requestId": request_id,
        "sessionId": session_id,
    })
    .to_string()
}

impl World {
    /// Writes one line of now.
    pub(super) fn write_line(&self, group: &str, stream: &str, line: String) {
        let now = self.now();
        let disorder = self.deployments.iter().any(|deployment| {
            self.faults
                .is_armed(deployment.name, FaultPoint::Logs, FaultKind::OutOfOrder)
                && deployment.log_groups.iter().any(|known| known == group)
        });
        let back = if disorder {
            self.seed.number(&self.seed.next_uuid()) % DISORDER
        } else {
            0
        };
        let stamped = now
            .checked_sub(SignedDuration::from_millis(back as i64))
            .unwrap_or(now);
        self.logs.append_at(
            group,
            stream,
            stamped.as_millisecond(),
            now.as_millisecond(),
            line,
        );
    }

    /// Returns the stream of a runtime's container.
    pub(crate) fn runtime_stream(&self, runtime_id: &str, at: Timestamp) -> String {
        format!(
            "{}/[runtime-logs]{}",
            at.strftime("%Y/%m/%d"),
            self.seed.uuid(&format!("container {runtime_id}"))
        )
    }

    /// Returns the stream of a function's first instance.
    pub(crate) fn lambda_stream(&self, function: &str, at: Timestamp) -> String {
        self.instance_stream(&format!("instance {function}"), at)
    }

    fn instance_stream(&self, name: &str, at: Timestamp) -> String {
        let instance = self.seed.uuid(name).replace('-', "");
        format!("{}/[$LATEST]{instance}", at.strftime("%Y/%m/%d"))
    }

    /// Writes a gateway record to its vended log group.
    pub(crate) fn log_gateway(&self, record: &GatewayRecord<'_>) {
        self.write_line(
            &gateway_log_group(record.gateway_id),
            GATEWAY_STREAM,
            record.line(self.now()),
        );
    }

    /// Writes a line that the program in a runtime's container printed.
    pub(crate) fn log_runtime(&self, runtime_id: &str, endpoint: &str, line: &str) {
        let stream = self.runtime_stream(runtime_id, self.now());
        self.write_line(
            &runtime_log_group(runtime_id, endpoint),
            &stream,
            line.to_owned(),
        );
    }

    /// Writes a structured line of the runtime's own library (level, request id, session id).
    pub(crate) fn log_runtime_json(
        &self,
        runtime_id: &str,
        endpoint: &str,
        level: &str,
        message: &str,
        request_id: &str,
        session_id: &str,
    ) {
        self.log_runtime(
            runtime_id,
            endpoint,
            &runtime_line(self.now(), level, message, request_id, session_id),
        );
    }

    /// Writes a line of a Lambda function.
    pub(crate) fn log_lambda(&self, function: &str, line: &str) {
        let stream = self.lambda_stream(function, self.now());
        self.write_line(&lambda_log_group(function), &stream, line.to_owned());
    }

    /// Writes a line of an invocation to the stream of the instance that serves it.
    pub(crate) fn log_invocation(&self, function: &str, instance: usize, line: &str) {
        let stream = self.instance_stream(&format!("instance {function} {instance}"), self.now());
        self.write_line(&lambda_log_group(function), &stream, line.to_owned());
    }

    /// Writes a line of the external MCP server's container (deployment B).
    pub(crate) fn log_container(&self, line: &str) {
        self.write_line("/ecs/neo4j-mcp", "neo4j-mcp/server/1", line.to_owned());
    }

    /// Returns a fresh trace id (32 hexadecimal digits) and span id (16).
    pub(crate) fn next_trace(&self) -> (String, String) {
        let trace = self.seed.next_uuid().replace('-', "");
        let span = self
            .seed
            .next_uuid()
            .replace('-', "")
            .chars()
            .take(16)
            .collect();
        (trace, span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_written_as_the_text_of_a_map() {
        let body = r#"{"id":1,"params":{"name":"t___read","arguments":{"query":"RETURN 1"},"tags":["a",null]}}"#;
        assert_eq!(
            map_text(body),
            "{id=1, params={name=t___read, arguments={query=RETURN 1}, tags=[a, null]}}"
        );
    }
}
