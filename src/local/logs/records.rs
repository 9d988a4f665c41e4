//! The lines that the platform itself writes: gateway records, runtime lines, Lambda lines, in the shapes that AWS gives
//! them (developer guide, observability; fixtures of the starter toolkit).

use serde_json::{Value, json};

use super::super::deployments::{ACCOUNT, agentcore_arn, gateway_log_group, lambda_log_group, runtime_log_group};
use super::super::world::World;

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

impl World {
    /// Writes a gateway record to its vended log group.
    pub(crate) fn log_gateway(&self, record: &GatewayRecord<'_>) {
        let now = self.now();
        let mut body = json!({"isError": record.is_error, "log": record.log});
        if let Some(members) = body.as_object_mut() {
            if let Some(request) = &record.request_body {
                members.insert("requestBody".into(), request.as_str().into());
            }
            if let Some(response) = &record.response_body {
                members.insert("responseBody".into(), response.as_str().into());
            }
            members.insert("id".into(), record.id.as_str().map_or_else(|| record.id.to_string(), str::to_owned).into());
        }
        let line = json!({
            "resource_arn": agentcore_arn(&format!("gateway/{}", record.gateway_id)),
            "event_timestamp": now.as_millisecond(),
            "body": body,
            "account_id": ACCOUNT,
            "request_id": record.request_id,
            "trace_id": record.trace_id,
            "span_id": record.span_id,
        });
        self.logs.append(&gateway_log_group(record.gateway_id), "BedrockAgentCoreGateway_ApplicationLogs", now, line.to_string());
    }

    /// Writes a line that the program in a runtime's container printed.
    pub(crate) fn log_runtime(&self, runtime_id: &str, endpoint: &str, line: &str) {
        let now = self.now();
        let stream = format!("{}/[runtime-logs]{}", now.strftime("%Y/%m/%d"), self.seed.uuid(&format!("container {runtime_id}")));
        self.logs.append(&runtime_log_group(runtime_id, endpoint), &stream, now, line.to_owned());
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
        let line = json!({
            "timestamp": self.now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            "level": level,
            "message": message,
            "logger": "bedrock_agentcore.app",
            "requestId": request_id,
            "sessionId": session_id,
        });
        self.log_runtime(runtime_id, endpoint, &line.to_string());
    }

    /// Writes a span to `aws/spans`.
    pub(crate) fn log_span(&self, span: &Value) {
        self.logs.append("aws/spans", "default", self.now(), span.to_string());
    }

    /// Writes a line of a Lambda function.
    pub(crate) fn log_lambda(&self, function: &str, line: &str) {
        let now = self.now();
        let instance = self.seed.uuid(&format!("instance {function}")).replace('-', "");
        let stream = format!("{}/[$LATEST]{instance}", now.strftime("%Y/%m/%d"));
        self.logs.append(&lambda_log_group(function), &stream, now, line.to_owned());
    }

    /// A fresh trace id (32 hexadecimal digits) and span id (16).
    pub(crate) fn next_trace(&self) -> (String, String) {
        let trace = self.seed.next_uuid().replace('-', "");
        let span = self.seed.next_uuid().replace('-', "").chars().take(16).collect();
        (trace, span)
    }
}
