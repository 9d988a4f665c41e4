//! One call through a deployment, as the lines that it leaves in all of its log groups: the same ids in each, where the
//! platform has ids.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::aws::logs::records::{GATEWAY_STREAM, GatewayRecord, runtime_line};
use crate::aws::logs::spans::{Span, SpanKind, SpanResource};
use crate::scenarios::{Scenario, gateway_log_group, lambda_log_group, runtime_log_group};
use crate::seed::Sequence;
use crate::world::World;

const QUERIES: [&str; 4] = [
    "MATCH (m:Movie) RETURN m.title ORDER BY m.released LIMIT 5",
    "MATCH (p:Person)-[:ACTED_IN]->(m:Movie) RETURN p.name, count(m) AS movies ORDER BY movies DESC LIMIT 10",
    "MATCH (p:Person {name: $name})-[:DIRECTED]->(m) RETURN m.title",
    "MATCH (n) RETURN count(n)",
];
const FAILURES: [&str; 3] = [
    "Neo.ClientError.Statement.SyntaxError: Invalid input 'RETRUN': expected 'RETURN'",
    "Neo.TransientError.General.DatabaseUnavailable: The database is not currently available",
    "Neo.ClientError.Statement.ParameterMissing: Expected parameter(s): name",
];

/// What one call is about.
struct SimulatedCall<'a> {
    world: &'a World,
    began: Timestamp,
    trace: String,
    span: String,
    request: String,
    session: String,
    id: u64,
    query: &'static str,
    failure: Option<&'static str>,
    slow: bool,
    took: i64,
    lag: i64,
}

/// Writes the lines of one call that began at a time.
pub(super) fn write_call(
    world: &World,
    deployment: &Scenario,
    numbers: &mut Sequence,
    began: Timestamp,
) {
    let failed = numbers.below(12) == 0;
    let slow = numbers.below(9) == 0;
    let call = SimulatedCall {
        world,
        began,
        trace: numbers.hexadecimal(32),
        span: numbers.hexadecimal(16),
        request: numbers.uuid(),
        session: session(world, deployment, numbers, began),
        id: 1 + numbers.below(40),
        query: numbers.pick(&QUERIES).copied().unwrap_or_default(),
        failure: failed.then(|| numbers.pick(&FAILURES).copied()).flatten(),
        slow,
        took: (40 + numbers.below(180) + if slow { 450 } else { 0 }) as i64,
        lag: (60 + numbers.below(700)) as i64,
    };
    call.write(deployment);
}

/// One of a few callers, who begin a new session every ten minutes.
fn session(
    world: &World,
    deployment: &Scenario,
    numbers: &mut Sequence,
    began: Timestamp,
) -> String {
    let (period, caller) = (began.as_second() / 600, numbers.below(3));
    world
        .seed
        .uuid(&format!("session {} {period} {caller}", deployment.name))
}

impl SimulatedCall<'_> {
    fn write(&self, deployment: &Scenario) {
        // Every third call goes to the runtime beside, without the gateway.
        if let Some(extra) = deployment
            .extra_runtime
            .as_ref()
            .filter(|_| self.id.is_multiple_of(3))
        {
            return self.runtime(&extra.id, false);
        }
        if let Some(gateway) = &deployment.gateway_id {
            let body = json!({"jsonrpc": "2.0", "id": self.id, "method": "tools/call",
                "params": {"name": "read-cypher", "arguments": {"query": self.query}}});
            let log = format!("Started processing request with requestId: {}", self.id);
            self.gateway(gateway, 0, &log, false, Some(body.to_string()), None);
        }
        if let Some(function) = deployment.interceptor {
            self.interceptor(function);
        }
        if let Some(runtime) = &deployment.runtime_id {
            self.runtime(runtime, deployment.gateway_id.is_some());
        }
        if deployment.name == "b" {
            self.container();
        }
        if let Some(gateway) = &deployment.gateway_id {
            let failed = self.failure.is_some();
            let log = if failed {
                format!("Error processing request with requestId: {}", self.id)
            } else {
                format!("Successfully processed request with requestId: {}", self.id)
            };
            let text = self.failure.unwrap_or("[{\"count(n)\":171}]");
            let body = json!({"jsonrpc": "2.0", "id": self.id, "result": {"isError": failed, "content": [{"type": "text", "text": text}]}});
            self.gateway(
                gateway,
                self.took,
                &log,
                failed,
                None,
                Some(body.to_string()),
            );
            self.gateway_spans(gateway);
        }
    }

    fn at(&self, offset: i64) -> Timestamp {
        self.began
            .checked_add(SignedDuration::from_millis(offset))
            .unwrap_or(self.began)
    }

    fn put(&self, group: &str, stream: &str, offset: i64, line: String) {
        let at = self.at(offset).as_millisecond();
        self.world
            .logs
            .append_at(group, stream, at, at + self.lag, line);
    }

    fn gateway(
        &self,
        id: &str,
        offset: i64,
        log: &str,
        failed: bool,
        request: Option<String>,
        response: Option<String>,
    ) {
        let record = GatewayRecord {
            gateway_id: id,
            request_id: &self.request,
            trace_id: &self.trace,
            span_id: &self.span,
            is_error: failed,
            log,
            id: json!(self.id),
            request_body: request,
            response_body: response,
        };
        self.put(
            &gateway_log_group(id),
            GATEWAY_STREAM,
            offset,
            record.line(self.at(offset)),
        );
    }

    fn interceptor(&self, function: &str) {
        let (group, stream) = (
            lambda_log_group(function),
            self.world.lambda_stream(function, self.began),
        );
        let request = &self.request;
        self.put(
            &group,
            &stream,
            4,
            format!("START RequestId: {request} Version: $LATEST"),
        );
        self.put(
            &group,
            &stream,
            6,
            format!(
                "[INFO]\t{}\t{request}\tforwarding tools/call with the Neo4j credentials",
                self.at(6)
            ),
        );
        // Between START and END, as the time stamps of the lines have it.
        let duration = 6 + self.took % 11;
        let end = 4 + duration;
        self.put(&group, &stream, end, format!("END RequestId: {request}"));
        let report = format!(
            "REPORT RequestId: {request}\tDuration: {duration}.00 ms\tBilled Duration: {duration} ms\tMemory Size: 256 MB\tMax Memory Used: 71 MB"
        );
        self.put(&group, &stream, end, report);
    }

    fn runtime(&self, id: &str, behind_gateway: bool) {
        self.world
            .record_session(id, "DEFAULT", &self.session, self.began);
        let (group, stream) = (
            runtime_log_group(id, "DEFAULT"),
            self.world.runtime_stream(id, self.began),
        );
        let line = |offset, level, message: &str| {
            runtime_line(
                self.at(offset),
                level,
                message,
                &self.request,
                &self.session,
            )
        };
        self.put(
            &group,
            &stream,
            24,
            line(24, "INFO", "Processing request of type CallToolRequest"),
        );
        self.put(
            &group,
            &stream,
            26,
            line(26, "DEBUG", &format!("read-cypher: {}", self.query)),
        );
        if self.slow {
            let text = format!("The query took {} ms, longer than 400 ms", self.took - 40);
            self.put(
                &group,
                &stream,
                self.took - 12,
                line(self.took - 12, "WARN", &text),
            );
        }
        let end = self.took - 8;
        let (level, text) = match self.failure {
            Some(failure) => ("ERROR", failure.to_owned()),
            None => (
                "INFO",
                format!(
                    "Invocation completed successfully ({:.3}s)",
                    self.took as f64 / 1000.0
                ),
            ),
        };
        self.put(&group, &stream, end, line(end, level, &text));
        self.runtime_spans(id, behind_gateway);
    }

    /// The spans of a gateway's part of the call: the request, and the call of the target inside it.
    fn gateway_spans(&self, gateway: &str) {
        let resource = SpanResource::Gateway(gateway);
        let attributes = json!({
            "aws.request.id": self.request,
            "tool.name": "read-cypher",
            "latency_ms": self.took,
        });
        let request = Span {
            attributes: members(attributes),
            ..self.span(
                "AgentCore.Gateway.InvokeTool",
                self.span.clone(),
                None,
                resource,
            )
        };
        let target = Span {
            kind: SpanKind::Client,
            began: self.at(22),
            duration: SignedDuration::from_millis(self.took - 26),
            ..self.span(
                "AgentCore.Gateway.InvokeTool.read-cypher",
                self.child(1),
                Some(self.span.clone()),
                resource,
            )
        };
        self.world.log_past_span(&request, self.lag);
        self.world.log_past_span(&target, self.lag);
    }

    /// The spans of a runtime's part of the call: the invocation, the program's request, its query.
    fn runtime_spans(&self, runtime: &str, behind_gateway: bool) {
        let parent = behind_gateway.then(|| self.child(1));
        let platform = SpanResource::Runtime(runtime, "DEFAULT");
        let program = SpanResource::Program(runtime, "DEFAULT");
        let session = json!({"session.id": self.session, "aws.request_id": self.request});
        let invocation = Span {
            attributes: members(session),
            began: self.at(23),
            duration: SignedDuration::from_millis(self.took - 28),
            ..self.span("AgentCore.Runtime.Invoke", self.child(2), parent, platform)
        };
        let status = if self.failure.is_some() { 500 } else { 200 };
        let request = Span {
            attributes: members(json!({
                "session.id": self.session,
                "http.method": "POST",
                "http.status_code": status,
                "gen_ai.tool.name": "read-cypher",
            })),
            began: self.at(24),
            duration: SignedDuration::from_millis(self.took - 31),
            ..self.span("POST /mcp", self.child(3), Some(self.child(2)), program)
        };
        let mut database = members(json!({"db.system.name": "neo4j", "db.query.text": self.query}));
        if let Some((code, _)) = self.failure.and_then(|failure| failure.split_once(": ")) {
            database.insert("db.response.status_code".into(), code.into());
            database.insert("error.type".into(), code.into());
        }
        let query = Span {
            kind: SpanKind::Client,
            attributes: database,
            began: self.at(27),
            duration: SignedDuration::from_millis(self.took - 36),
            ..self.span("neo4j.query", self.child(4), Some(self.child(3)), program)
        };
        for span in [&invocation, &request, &query] {
            self.world.log_past_span(span, self.lag);
        }
    }

    /// A span over the whole call.
    fn span<'b>(
        &'b self,
        name: &str,
        id: String,
        parent: Option<String>,
        resource: SpanResource<'b>,
    ) -> Span<'b> {
        Span {
            trace_id: &self.trace,
            id,
            parent,
            name: name.to_owned(),
            kind: SpanKind::Server,
            began: self.began,
            duration: SignedDuration::from_millis(self.took),
            failure: self.failure.map(str::to_owned),
            resource,
            attributes: Map::new(),
        }
    }

    /// The id of a span below the first.
    fn child(&self, number: u64) -> String {
        let first = u64::from_str_radix(&self.span, 16).unwrap_or_default();
        format!("{:016x}", first.wrapping_add(number))
    }

    fn container(&self) {
        let at = self.at(25).strftime("%Y-%m-%dT%H:%M:%S%.3fZ");
        let line = match self.failure {
            Some(failure) => format!(
                "time={at} level=ERROR msg=\"failed to execute read query\" error=\"{failure}\""
            ),
            None => format!(
                "time={at} level=INFO msg=\"tool call\" tool=read-cypher duration={}ms",
                self.took - 30
            ),
        };
        self.put("/ecs/neo4j-mcp", "neo4j-mcp/server/1", 25, line);
    }
}

/// The members of an object.
fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}
