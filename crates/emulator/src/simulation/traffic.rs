//! One call through a deployment, as the lines that it leaves in all of its log groups: the same ids in each, where the
//! platform has ids.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::aws::logs::records::{GATEWAY_STREAM, GatewayRecord, runtime_line};
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
            return self.runtime(&extra.id);
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
            self.runtime(runtime);
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
        self.put(&group, &stream, 19, format!("END RequestId: {request}"));
        let report = format!(
            "REPORT RequestId: {request}\tDuration: 14.{:02} ms\tBilled Duration: 15 ms\tMemory Size: 256 MB\tMax Memory Used: 71 MB",
            self.id
        );
        self.put(&group, &stream, 19, report);
    }

    fn runtime(&self, id: &str) {
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
        self.put(
            "aws/spans",
            "default",
            self.took,
            self.span_of(id).to_string(),
        );
    }

    fn span_of(&self, runtime: &str) -> Value {
        let start = self.began.as_nanosecond();
        let duration = i128::from(self.took) * 1_000_000;
        json!({
            "traceId": self.trace,
            "spanId": self.span,
            "name": "POST /invocations",
            "kind": "SERVER",
            "startTimeUnixNano": start as u64,
            "endTimeUnixNano": (start + duration) as u64,
            "durationNano": duration as u64,
            "attributes": {"session.id": self.session, "http.status_code": if self.failure.is_some() { 500 } else { 200 },
                "aws.local.service": format!("{runtime}.DEFAULT")},
            "status": {"code": if self.failure.is_some() { "ERROR" } else { "UNSET" }},
        })
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
