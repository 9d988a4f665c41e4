//! One call through a deployment, as the lines that it leaves in all of its log groups: the same ids in each, where the
//! platform has ids.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::script::{FailedHop, ScriptedCall, ScriptedFailure};
use crate::aws::logs::records::{GATEWAY_STREAM, GatewayRecord, runtime_line};
use crate::aws::logs::spans::{Span, SpanKind, SpanResource};
use crate::scenarios::{Scenario, gateway_log_group, lambda_log_group, runtime_log_group};
use crate::seed::Sequence;
use crate::world::World;

/// Callers of a deployment.
const CALLERS: u64 = 3;

/// What one call is about.
struct SimulatedCall<'a> {
    world: &'a World,
    began: Timestamp,
    trace: String,
    span: String,
    request: String,
    /// Which of the callers makes it.
    caller: u64,
    id: u64,
    script: ScriptedCall,
    /// How it fails, as far as it gets.
    failure: Option<ScriptedFailure>,
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
    let script = ScriptedCall::next(world, deployment, numbers);
    let slow = numbers.below(9) == 0;
    let call = SimulatedCall {
        world,
        began,
        trace: numbers.hexadecimal(32),
        span: numbers.hexadecimal(16),
        request: numbers.uuid(),
        caller: numbers.below(CALLERS),
        id: 1 + numbers.below(40),
        failure: script.failure().cloned(),
        slow,
        took: (40 + numbers.below(180) + if slow { 450 } else { 0 }) as i64 + script.delay,
        script,
        lag: (60 + numbers.below(700)) as i64,
    };
    call.write(deployment);
}

impl SimulatedCall<'_> {
    fn write(mut self, deployment: &Scenario) {
        // Every third call goes to the runtime beside, without the gateway.
        if let Some(extra) = deployment
            .extra_runtime
            .as_ref()
            .filter(|_| self.id.is_multiple_of(3))
        {
            self.failure = self.script.own_failure.clone();
            return self.runtime(&extra.id, false);
        }
        match self.failed_at() {
            // Without a token nobody calls.
            Some(FailedHop::Token) => return,
            Some(FailedHop::Gateway) => return self.unlogged(deployment),
            _ => {}
        }
        let gateway = deployment.gateway_id.as_deref();
        if let Some(gateway) = gateway {
            self.gateway_begin(gateway);
        }
        if let Some(function) = deployment.interceptor
            && self.failed_at() != Some(FailedHop::Interceptor { ran: false })
        {
            self.interceptor(function);
        }
        if self.is_past_target() {
            self.behind(deployment);
        }
        if let Some(gateway) = gateway {
            self.gateway_end(gateway);
            self.gateway_spans(gateway);
        }
    }

    /// Returns the caller's session at a runtime. A caller begins a new one every ten minutes, and has another one at each runtime: a
    /// session lives in a container of its own.
    fn session(&self, runtime: &str) -> String {
        let period = self.began.as_second() / 600;
        let name = format!("session {runtime} {period} {}", self.caller);
        self.world.seed.uuid(&name)
    }

    fn failed_at(&self) -> Option<FailedHop> {
        self.failure.as_ref().map(|failure| failure.hop)
    }

    /// Returns whether the call reached what stands behind the gateway.
    fn is_past_target(&self) -> bool {
        match self.failed_at() {
            None | Some(FailedHop::Runtime | FailedHop::Program | FailedHop::Database) => true,
            Some(
                FailedHop::Token
                | FailedHop::Gateway
                | FailedHop::Interceptor { .. }
                | FailedHop::Target,
            ) => false,
        }
    }

    /// The server behind the gateway, or the runtime that is called directly.
    fn behind(&self, deployment: &Scenario) {
        match &deployment.runtime_id {
            Some(_) if self.failed_at() == Some(FailedHop::Runtime) => self.unlogged(deployment),
            Some(runtime) => self.runtime(runtime, deployment.gateway_id.is_some()),
            None => {}
        }
        if deployment.name == "b" {
            self.container();
        }
    }

    /// A call that the platform refuses before anything logs it: only the metrics count it.
    fn unlogged(&self, deployment: &Scenario) {
        let runtime = |id: &String| runtime_log_group(id, "DEFAULT");
        let group = match (self.failed_at(), &deployment.gateway_id) {
            (Some(FailedHop::Gateway), Some(gateway)) => Some(gateway_log_group(gateway)),
            _ => deployment.runtime_id.as_ref().map(runtime),
        };
        if let Some(group) = group {
            self.world.logs.record_unlogged(&group, self.began);
        }
    }

    /// Returns the tool's name at the gateway: with the prefix of the first target that is settled.
    fn full_tool(&self, gateway: &str) -> String {
        let known = self.world.control.gateway(gateway);
        let targets = known.iter().flat_map(|gateway| &gateway.targets);
        let settled = targets
            .filter(|target| !target.status.ends_with("_PENDING_AUTH"))
            .map(|target| target.name.as_str())
            .next();
        let tool = self.script.tool;
        settled.map_or_else(|| tool.to_owned(), |target| format!("{target}___{tool}"))
    }

    fn gateway_begin(&self, gateway: &str) {
        let body = json!({"jsonrpc": "2.0", "id": self.id, "method": "tools/call",
            "params": {"name": self.full_tool(gateway), "arguments": self.script.arguments}});
        let log = format!("Started processing request with requestId: {}", self.id);
        self.gateway(gateway, 0, &log, false, Some(body.to_string()), None);
    }

    fn gateway_end(&self, gateway: &str) {
        let failed = self.failure.is_some();
        let end = if failed {
            "Failed to process request"
        } else {
            "Successfully processed request"
        };
        let log = format!("{end} with requestId: {}", self.id);
        let body = match &self.failure {
            Some(failure) if matches!(failure.hop, FailedHop::Interceptor { .. }) => {
                "HTTP 500".to_owned()
            }
            _ => {
                let text = self
                    .failure
                    .as_ref()
                    .map_or(&self.script.answer, |failure| &failure.text);
                json!({"jsonrpc": "2.0", "id": self.id, "result": {"isError": failed, "content": [{"type": "text", "text": text}]}})
                    .to_string()
            }
        };
        self.gateway(gateway, self.took, &log, failed, None, Some(body));
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
        let line = match &self.failure {
            Some(failure) if matches!(failure.hop, FailedHop::Interceptor { .. }) => {
                format!("[ERROR] {}", failure.text)
            }
            _ => format!(
                "[INFO]\t{}\t{request}\tforwarding tools/call with the Neo4j credentials",
                self.at(6)
            ),
        };
        self.put(&group, &stream, 6, line);
        // Between START and END, as the time stamps of the lines have it.
        let duration = 6 + self.took % 11;
        let end = 4 + duration;
        self.put(&group, &stream, end, format!("END RequestId: {request}"));
        let report = format!(
            "REPORT RequestId: {request}\tDuration: {duration}.00 ms\tBilled Duration: {duration} ms\tMemory Size: 256 MB\tMax Memory Used: 71 MB"
        );
        self.put(&group, &stream, end, report);
    }

    /// Returns what the program logs of a call: the tool and its statement, or its arguments.
    fn asked(&self) -> String {
        let tool = self.script.tool;
        match self.script.statement {
            Some(statement) => format!("{tool}: {statement}"),
            None => format!("{tool}: {}", self.script.arguments),
        }
    }

    fn runtime(&self, id: &str, behind_gateway: bool) {
        let session = self.session(id);
        self.world
            .record_session(id, "DEFAULT", &session, self.began);
        let (group, stream) = (
            runtime_log_group(id, "DEFAULT"),
            self.world.runtime_stream(id, self.began),
        );
        let line = |offset, level, message: &str| {
            runtime_line(self.at(offset), level, message, &self.request, &session)
        };
        self.put(
            &group,
            &stream,
            24,
            line(24, "INFO", "Processing request of type CallToolRequest"),
        );
        self.put(&group, &stream, 26, line(26, "DEBUG", &self.asked()));
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
        let (level, text) = match &self.failure {
            Some(failure) => ("ERROR", failure.text.clone()),
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
            "tool.name": self.script.tool,
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
                &format!("AgentCore.Gateway.InvokeTool.{}", self.script.tool),
                self.child(1),
                Some(self.span.clone()),
                resource,
            )
        };
        self.world.log_past_span(&request, self.lag);
        if !matches!(self.failed_at(), Some(FailedHop::Interceptor { .. })) {
            self.world.log_past_span(&target, self.lag);
        }
    }

    /// The spans of a runtime's part of the call: the invocation, the program's request, its query.
    fn runtime_spans(&self, runtime: &str, behind_gateway: bool) {
        let parent = behind_gateway.then(|| self.child(1));
        let platform = SpanResource::Runtime(runtime, "DEFAULT");
        let program = SpanResource::Program(runtime, "DEFAULT");
        let session = self.session(runtime);
        let invoked = json!({"session.id": session, "aws.request_id": self.request});
        let invocation = Span {
            attributes: members(invoked),
            began: self.at(23),
            duration: SignedDuration::from_millis(self.took - 28),
            ..self.span("AgentCore.Runtime.Invoke", self.child(2), parent, platform)
        };
        let status = if self.failure.is_some() { 500 } else { 200 };
        let request = Span {
            attributes: members(json!({
                "session.id": session,
                "http.method": "POST",
                "http.status_code": status,
                "gen_ai.tool.name": self.script.tool,
            })),
            began: self.at(24),
            duration: SignedDuration::from_millis(self.took - 31),
            ..self.span("POST /mcp", self.child(3), Some(self.child(2)), program)
        };
        let mut database =
            members(json!({"db.system.name": "neo4j", "db.query.text": self.script.statement}));
        let failed = self.failure.as_ref();
        if let Some((code, _)) = failed.and_then(|failure| failure.text.split_once(": ")) {
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
        let has_query = self.failed_at() != Some(FailedHop::Program);
        for span in [&invocation, &request] {
            self.world.log_past_span(span, self.lag);
        }
        if has_query {
            self.world.log_past_span(&query, self.lag);
        }
    }

    /// Returns a span over the whole call.
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
            failure: self.failure.as_ref().map(|failure| failure.text.clone()),
            resource,
            attributes: Map::new(),
        }
    }

    /// Returns the id of a span below the first.
    fn child(&self, number: u64) -> String {
        let first = u64::from_str_radix(&self.span, 16).unwrap_or_default();
        format!("{:016x}", first.wrapping_add(number))
    }

    fn container(&self) {
        let at = self.at(25).strftime("%Y-%m-%dT%H:%M:%S%.3fZ");
        let line = match &self.failure {
            Some(failure) => format!(
                "time={at} level=ERROR msg=\"failed to execute read query\" error=\"{}\"",
                failure.text
            ),
            None => format!(
                "time={at} level=INFO msg=\"tool call\" tool={} duration={}ms",
                self.script.tool,
                self.took - 30
            ),
        };
        self.put("/ecs/neo4j-mcp", "neo4j-mcp/server/1", 25, line);
    }
}

/// Returns the members of an object.
fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}
