//! Spans as Transaction Search writes them to the group `aws/spans`: one JSON object a line (fixtures of AWS's starter
//! toolkit; AgentCore developer guide, "observability").

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::scenarios::{REGION, agentcore_arn, runtime_log_group};
use crate::world::World;

/// Stream of the group `aws/spans`.
const STREAM: &str = "default";
/// The group of all spans of the account and region.
pub(crate) const SPANS_GROUP: &str = "aws/spans";

/// Which side of a call a span describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpanKind {
    /// The one that is called.
    Server,
    /// The one that calls.
    Client,
}

/// What emitted a span.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SpanResource<'a> {
    /// A gateway, by id.
    Gateway(&'a str),
    /// The platform in front of a runtime's endpoint: the runtime's id and the endpoint's name.
    Runtime(&'a str, &'a str),
    /// The program in a container of a runtime's endpoint.
    Program(&'a str, &'a str),
}

/// One span.
#[derive(Clone, Debug)]
pub(crate) struct Span<'a> {
    pub(crate) trace_id: &'a str,
    pub(crate) id: String,
    pub(crate) parent: Option<String>,
    pub(crate) name: String,
    pub(crate) kind: SpanKind,
    pub(crate) began: Timestamp,
    pub(crate) duration: SignedDuration,
    /// Why it failed.
    pub(crate) failure: Option<String>,
    pub(crate) resource: SpanResource<'a>,
    /// Attributes besides those that follow from the resource.
    pub(crate) attributes: Map<String, Value>,
}

impl Span<'_> {
    /// Returns the span as a line.
    pub(crate) fn line(&self) -> String {
        let began = self.began.as_nanosecond();
        let duration = self.duration.as_nanos();
        let mut attributes = resource_attributes(self.resource);
        attributes.extend(self.attributes.clone());
        let kind = match self.kind {
            SpanKind::Server => "SERVER",
            SpanKind::Client => "CLIENT",
        };
        let status = match &self.failure {
            None => json!({"code": "UNSET"}),
            Some(message) => json!({"code": "ERROR", "message": message}),
        };
        // Whole numbers above 2^53, as AWS writes them.
        let nanoseconds = |value: i128| u64::try_from(value).unwrap_or_default();
        let mut span = json!({
            "resource": {"attributes": resource(self.resource)},
            "scope": {"name": scope(self.resource), "version": ""},
            "traceId": self.trace_id,
            "spanId": self.id,
            "flags": 256,
            "name": self.name,
            "kind": kind,
            "startTimeUnixNano": nanoseconds(began),
            "endTimeUnixNano": nanoseconds(began + duration),
            "durationNano": nanoseconds(duration),
            "attributes": attributes,
            "status": status,
        });
        if let (Some(parent), Some(members)) = (&self.parent, span.as_object_mut()) {
            members.insert("parentSpanId".into(), parent.as_str().into());
        }
        span.to_string()
    }
}

fn scope(resource: SpanResource<'_>) -> &'static str {
    match resource {
        SpanResource::Gateway(_) | SpanResource::Runtime(..) => "",
        SpanResource::Program(..) => "opentelemetry.instrumentation.starlette",
    }
}

fn resource(resource: SpanResource<'_>) -> Value {
    match resource {
        SpanResource::Gateway(id) => json!({
            "service.name": id,
            "cloud.provider": "aws",
            "cloud.region": REGION,
            "cloud.resource_id": agentcore_arn(&format!("gateway/{id}")),
        }),
        SpanResource::Runtime(id, endpoint) | SpanResource::Program(id, endpoint) => {
            let name = service_name(id, endpoint);
            json!({
                "aws.local.service": name,
                "service.name": name,
                "aws.service.type": "gen_ai_agent",
                "cloud.provider": "aws",
                "cloud.region": REGION,
                "cloud.platform": "aws_bedrock_agentcore",
                "cloud.resource_id": agentcore_arn(&format!("runtime/{id}/runtime-endpoint/{endpoint}:{endpoint}")),
                "aws.log.group.names": runtime_log_group(id, endpoint),
            })
        }
    }
}

/// `NAME.ENDPOINT`: the id without its suffix.
fn service_name(id: &str, endpoint: &str) -> String {
    let name = id.rsplit_once('-').map_or(id, |(name, _)| name);
    format!("{name}.{endpoint}")
}

fn resource_attributes(resource: SpanResource<'_>) -> Map<String, Value> {
    let attributes = match resource {
        SpanResource::Gateway(id) => json!({
            "aws.operation.name": "InvokeGateway",
            "aws.resource.arn": agentcore_arn(&format!("gateway/{id}")),
            "aws.resource.type": "AWS::BedrockAgentCore::Gateway",
            "aws.region": REGION,
            "gateway.id": id,
        }),
        SpanResource::Runtime(id, endpoint) => json!({
            "aws.operation.name": "InvokeAgentRuntime",
            "aws.resource.arn": agentcore_arn(&format!("runtime/{id}")),
            "aws.resource.type": "AWS::BedrockAgentCore::Runtime",
            "aws.region": REGION,
            "aws.agent.id": id,
            "aws.endpoint.name": endpoint,
        }),
        SpanResource::Program(id, endpoint) => json!({
            "aws.local.service": service_name(id, endpoint),
            "aws.local.operation": "UnmappedOperation",
            "PlatformType": "AWS::BedrockAgentCore",
        }),
    };
    attributes.as_object().cloned().unwrap_or_default()
}

impl World {
    /// Writes a span that has just ended.
    pub(crate) fn log_span(&self, span: &Span<'_>) {
        self.write_line(SPANS_GROUP, STREAM, span.line());
    }

    /// Writes a span that ended at a time, and could be read a while later (milliseconds).
    pub(crate) fn log_past_span(&self, span: &Span<'_>, lag: i64) {
        let end = span.began.checked_add(span.duration).unwrap_or(span.began);
        let at = end.as_millisecond();
        self.logs
            .append_at(SPANS_GROUP, STREAM, at, at + lag, span.line());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_names_its_resource_and_its_parent() {
        let span = Span {
            trace_id: "691bb6a875f4b80435ad36816864e7c2",
            id: "44349ec6bd7b02e3".into(),
            parent: Some("1111111111111111".into()),
            name: "AgentCore.Runtime.Invoke".into(),
            kind: SpanKind::Server,
            began: Timestamp::UNIX_EPOCH,
            duration: SignedDuration::from_millis(7),
            failure: Some("down".into()),
            resource: SpanResource::Runtime("movies-AbCdEfGhIj", "DEFAULT"),
            attributes: Map::new(),
        };
        let line: Value = serde_json::from_str(&span.line()).unwrap();
        assert_eq!(line["parentSpanId"], "1111111111111111");
        assert_eq!(line["durationNano"], 7_000_000);
        assert_eq!(line["status"]["code"], "ERROR");
        assert_eq!(
            line["resource"]["attributes"]["service.name"],
            "movies.DEFAULT"
        );
    }
}
