//! Calls out of the records of gateways, interceptors, runtimes and spans.

use std::sync::Arc;

use super::*;
use crate::model::LogEvent;

const GATEWAY: &str = "/aws/vendedlogs/bedrock-agentcore/gateway/APPLICATION_LOGS/gw-1";
const INTERCEPTOR: &str = "/aws/lambda/interceptor";
const RUNTIME: &str = "/aws/bedrock-agentcore/runtimes/rt-1-DEFAULT";

fn record(at: i64, group: &str, message: &str) -> CallRecord {
    let moment = Moment::from_millis(1_795_000_000_000 + at);
    let event = LogEvent {
        timestamp: moment,
        ingestion: moment,
        group: group.into(),
        stream: "s".into(),
        id: None,
        message: message.to_owned(),
    };
    CallRecord::read(&event, &Arc::from("a"))
}

fn gateway(at: i64, request: &str, trace: &str, body: &serde_json::Value) -> CallRecord {
    let record_json = serde_json::json!({
        "resource_arn": "arn:aws:bedrock-agentcore:us-west-2:123456789012:gateway/gw-1",
        "body": body, "request_id": request, "trace_id": trace, "span_id": "1",
    });
    record(at, GATEWAY, &record_json.to_string())
}

fn begin(at: i64, request: &str, trace: &str, rpc_id: &str, tool: &str) -> CallRecord {
    let request_body = serde_json::json!({
        "jsonrpc": "2.0", "id": rpc_id, "method": "tools/call", "params": {"name": tool},
    });
    let body = serde_json::json!({
        "isError": false, "log": format!("Started processing request with requestId: {rpc_id}"),
        "requestBody": request_body.to_string(), "id": rpc_id,
    });
    gateway(at, request, trace, &body)
}

fn end(at: i64, request: &str, trace: &str, failure: Option<&str>) -> CallRecord {
    let body = match failure {
        None => serde_json::json!({
            "isError": false, "log": "Successfully processed request with requestId: 1", "responseBody": "HTTP 200", "id": "1",
        }),
        Some(text) => {
            let answer = serde_json::json!({
                "result": {"isError": true, "content": [{"type": "text", "text": text}]},
            });
            serde_json::json!({
                "isError": true, "log": "Failed to process request with requestId: 1",
                "responseBody": answer.to_string(), "id": "1",
            })
        }
    };
    gateway(at, request, trace, &body)
}

fn runtime(at: i64, request: &str, level: &str, message: &str) -> CallRecord {
    let line = serde_json::json!({
        "level": level, "message": message, "requestId": request, "sessionId": "session-1",
    });
    record(at, RUNTIME, &line.to_string())
}

fn span(at: i64, trace: &str, request: &str, duration_ms: i64) -> CallRecord {
    let start = (1_795_000_000_000 + at) * 1_000_000;
    let line = serde_json::json!({
        "traceId": trace, "spanId": "2", "name": "AgentCore.Runtime.Invoke", "kind": "SERVER",
        "startTimeUnixNano": start, "durationNano": duration_ms * 1_000_000,
        "attributes": {"aws.request_id": request, "session.id": "session-1", "mcp.method.name": "tools/call",
            "aws.resource.arn": "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/rt-1"},
        "status": {"code": "UNSET"},
    });
    record(at + duration_ms, "aws/spans", &line.to_string())
}

#[test]
fn records_of_all_hops_are_one_call() {
    let calls = join(vec![
        begin(0, "req-g", "trace-1", "1", "target___read-cypher"),
        record(4, INTERCEPTOR, "START RequestId: req-l Version: $LATEST"),
        record(6, INTERCEPTOR, "X-Neo4j-Authorization present, forwarding"),
        record(19, INTERCEPTOR, "END RequestId: req-l"),
        runtime(
            24,
            "req-r",
            "INFO",
            "Processing request of type CallToolRequest",
        ),
        runtime(
            190,
            "req-r",
            "INFO",
            "Invocation completed successfully (0.166s)",
        ),
        end(213, "req-g", "trace-1", None),
        span(24, "trace-1", "req-r", 166),
    ]);
    assert_eq!(calls.len(), 1, "{calls:#?}");
    let call = &calls[0];
    assert_eq!(call.tool.as_deref(), Some("read-cypher"));
    assert_eq!((call.outcome, call.hop), (LoggedOutcome::Ok, None));
    assert_eq!(call.duration_ms, Some(213));
    assert_eq!(call.request_ids, ["req-g", "req-l", "req-r"]);
    assert_eq!(call.session_id.as_deref(), Some("session-1"));
    assert_eq!(call.records.len(), 8);
}

#[test]
fn two_calls_of_the_same_second_are_never_mixed() {
    let calls = join(vec![
        begin(0, "req-1", "trace-1", "1", "t___read-cypher"),
        begin(1, "req-2", "trace-2", "2", "t___get-schema"),
        record(3, INTERCEPTOR, "a line that fits both calls"),
        runtime(
            5,
            "req-r1",
            "INFO",
            "Processing request of type CallToolRequest",
        ),
        runtime(
            6,
            "req-r2",
            "INFO",
            "Processing request of type CallToolRequest",
        ),
        span(5, "trace-1", "req-r1", 10),
        span(6, "trace-2", "req-r2", 10),
        end(20, "req-1", "trace-1", None),
        end(
            21,
            "req-2",
            "trace-2",
            Some("Neo.ClientError.Statement.SyntaxError: x"),
        ),
    ]);
    let shown: Vec<_> = calls
        .iter()
        .map(|call| (call.tool.as_deref(), call.outcome, call.records.len()))
        .collect();
    assert_eq!(
        shown,
        [
            (Some("read-cypher"), LoggedOutcome::Ok, 4),
            (Some("get-schema"), LoggedOutcome::Error, 4)
        ]
    );
    assert_eq!(calls[1].hop, Some("neo4j"));
    assert!(
        calls[1]
            .message
            .as_deref()
            .is_some_and(|text| text.contains("SyntaxError"))
    );
}

/// Returns the lines of one invocation of an interceptor on a stream of its own.
fn invocation(at: i64, request: &str, line: &str) -> Vec<CallRecord> {
    let texts = [
        (0, format!("START RequestId: {request} Version: $LATEST")),
        (2, line.to_owned()),
        (5, format!("END RequestId: {request}")),
        (
            5,
            format!("REPORT RequestId: {request}\tDuration: 5.00 ms\tBilled Duration: 5 ms"),
        ),
    ];
    let mut records: Vec<CallRecord> = texts
        .iter()
        .map(|(after, text)| record(at + after, INTERCEPTOR, text))
        .collect();
    for record in &mut records {
        record.stream = Arc::from(request);
    }
    records
}

/// Returns the beginning and the end of a Cypher call at a gateway.
fn cypher_call(at: i64, name: &str, statement: &str) -> [CallRecord; 2] {
    let body = serde_json::json!({
        "isError": false, "log": "Started processing request with requestId: 1", "id": "1",
        "requestBody": format!("{{id=1, jsonrpc=2.0, method=tools/call, params={{name=t___read-cypher, arguments={{query={statement}}}}}}}"),
    });
    [
        gateway(at, &format!("req-{name}"), &format!("trace-{name}"), &body),
        end(
            at + 60,
            &format!("req-{name}"),
            &format!("trace-{name}"),
            None,
        ),
    ]
}

/// Returns what an interceptor logs of the event of a Cypher call.
fn full_event(statement: &str) -> String {
    let event = serde_json::json!({"mcp": {"gatewayRequest": {"path": "/mcp", "body": {
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "t___read-cypher", "arguments": {"query": statement}},
    }}}});
    format!("FULL EVENT: {event}")
}

fn interceptor_ids(call: &LoggedCall) -> Vec<&str> {
    let ids = call.request_ids.iter().map(String::as_str);
    ids.filter(|id| id.starts_with("l-")).collect()
}

#[test]
fn calls_at_the_same_time_have_the_interceptor_lines_that_hold_their_request() {
    let mut records = Vec::new();
    for call in 0..12 {
        let statement = format!("RETURN {call}");
        records.extend(cypher_call(call, &call.to_string(), &statement));
        let line = full_event(&statement);
        records.extend(invocation(call + 3, &format!("l-{call}"), &line));
    }
    let calls = join(records);
    assert_eq!(calls.len(), 12);
    for (index, call) in calls.iter().enumerate() {
        assert_eq!(interceptor_ids(call), [format!("l-{index}")], "{call:#?}");
        assert_eq!(call.unassigned, []);
    }
}

#[test]
fn lines_of_one_millisecond_are_of_one_invocation_in_any_order() {
    let mut lines = invocation(3, "l-one", &full_event("RETURN 1"));
    for line in &mut lines {
        line.at = lines_at(3);
    }
    lines.reverse();
    let mut records = lines;
    records.extend(cypher_call(0, "one", "RETURN 1"));
    records.extend(cypher_call(1, "two", "RETURN 2"));
    let calls = join(records);
    assert_eq!((calls[0].line_count(), calls[1].line_count()), (6, 2));
    let of_hop = calls[0]
        .records
        .iter()
        .filter(|record| record.hop == "interceptor");
    let words: Vec<&str> = of_hop
        .map(|record| record.message.split([' ', ':']).next().unwrap_or_default())
        .collect();
    assert_eq!(words, ["START", "FULL", "END", "REPORT"]);
}

fn lines_at(milliseconds: i64) -> Moment {
    Moment::from_millis(1_795_000_000_000 + milliseconds)
}

#[test]
fn a_call_that_found_its_interceptor_leaves_the_others_one_less_to_choose_from() {
    let mut records = Vec::new();
    // Two calls overlap, and only of the first the log holds the request.
    records.extend(cypher_call(0, "one", "RETURN 1"));
    records.extend(cypher_call(5, "two", "RETURN 2"));
    records.extend(invocation(8, "l-unsaid", "token swapped method=tools/call"));
    records.extend(invocation(9, "l-one", &full_event("RETURN 1")));
    let calls = join(records);
    assert_eq!(interceptor_ids(&calls[0]), ["l-one"]);
    assert_eq!(interceptor_ids(&calls[1]), ["l-unsaid"]);
}

#[test]
fn lines_that_fit_several_calls_are_a_gap_of_each_and_a_row_of_their_hop() {
    let mut records = Vec::new();
    for name in ["one", "two"] {
        records.extend(cypher_call(0, name, "RETURN 1"));
        let line = "token swapped method=tools/call";
        records.extend(invocation(3, &format!("l-{name}"), line));
    }
    records.extend(cypher_call(10_000, "later", "RETURN 1"));
    records.extend(invocation(10_003, "l-later", "token swapped"));
    let mut book = CallBook::default();
    for record in &records {
        book.push(record.clone());
    }
    book.join();
    assert_eq!(book.calls().len(), 3);
    let expected = "8 interceptor lines of this time fit several calls";
    for call in &book.calls()[..2] {
        assert_eq!(call.line_count(), 2, "calls are never mixed");
        let trace = CallTrace::new((**call).clone(), Vec::new(), SpansRead::Yes);
        assert!(
            trace.gaps.iter().any(|gap| gap == expected),
            "{:?}",
            trace.gaps
        );
        assert_eq!(trace.json()["gaps"][1], expected);
        let rows = Waterfall::new(trace).rows;
        let is_hop = |row: &WaterfallRow| matches!(row, WaterfallRow::Unassigned(lines) if lines.hop == "interceptor" && lines.count == 8);
        assert_eq!(rows.iter().filter(|row| is_hop(row)).count(), 1);
        let is_gap = |row: &WaterfallRow| matches!(row, WaterfallRow::Gap(text) if text.contains("interceptor"));
        assert!(!rows.iter().any(is_gap), "it is said once");
    }
    let later = &book.calls()[2];
    assert_eq!((later.line_count(), later.unassigned.len()), (6, 0));
}

/// Returns the lines of a call through a gateway that fails at the database.
fn failing_call() -> Vec<CallRecord> {
    vec![
        begin(0, "req-g", "trace-1", "1", "t___read-cypher"),
        runtime(
            10,
            "req-r",
            "INFO",
            "Processing request of type CallToolRequest",
        ),
        runtime(
            40,
            "req-r",
            "ERROR",
            "Neo.TransientError.General.DatabaseUnavailable: down",
        ),
        end(50, "req-g", "trace-1", Some("DatabaseUnavailable")),
    ]
}

#[test]
fn without_spans_the_log_lines_alone_are_the_call() {
    let calls = join(failing_call());
    assert_eq!(calls.len(), 1);
    assert_eq!(
        (calls[0].outcome, calls[0].hop),
        (LoggedOutcome::Error, Some("neo4j"))
    );
    let trace = CallTrace::new(calls[0].clone(), Vec::new(), SpansRead::Yes);
    let cause = trace.cause.unwrap();
    assert_eq!((cause.hop, cause.source.as_str()), ("neo4j", RUNTIME));
    assert!(trace.spans.iter().all(|span| span.is_derived));
    assert!(trace.gaps[0].contains("Transaction Search"));
}

#[test]
fn a_runtime_that_is_called_directly_has_calls_of_its_own() {
    let calls = join(vec![
        runtime(
            0,
            "req-1",
            "INFO",
            "Processing request of type CallToolRequest",
        ),
        runtime(
            50,
            "req-1",
            "INFO",
            "Invocation completed successfully (0.050s)",
        ),
        runtime(
            60,
            "req-2",
            "INFO",
            "Processing request of type ListToolsRequest",
        ),
        runtime(
            61,
            "req-2",
            "INFO",
            "Invocation completed successfully (0.001s)",
        ),
    ]);
    assert_eq!(calls.len(), 1, "listing tools is not a call");
    assert_eq!(calls[0].duration_ms, Some(50));
    assert_eq!(calls[0].session_id.as_deref(), Some("session-1"));
}

#[test]
fn outcomes_follow_from_what_the_hops_say() {
    for (text, outcome, hop) in [
        (
            "consent required (-32042): open https://x",
            LoggedOutcome::Consent,
            "provider",
        ),
        (
            "An error occurred (ThrottlingException): Rate exceeded",
            LoggedOutcome::Throttled,
            "gateway",
        ),
        ("internal failure", LoggedOutcome::Error, "gateway"),
        (
            "Neo.ClientError.Security.Unauthorized: x",
            LoggedOutcome::Error,
            "neo4j",
        ),
    ] {
        let calls = join(vec![
            begin(0, "req", "trace", "1", "t___x"),
            end(9, "req", "trace", Some(text)),
        ]);
        assert_eq!(
            (calls[0].outcome, calls[0].hop),
            (outcome, Some(hop)),
            "{text}"
        );
    }
    let denied = serde_json::json!({
        "isError": true, "log": "Failed to process request with requestId: 1", "responseBody": "HTTP 401", "id": "1",
    });
    let calls = join(vec![
        begin(0, "req", "trace", "1", "t___x"),
        gateway(9, "req", "trace", &denied),
    ]);
    assert_eq!(calls[0].outcome, LoggedOutcome::Denied);
    let calls = join(vec![begin(0, "req", "trace", "1", "t___x")]);
    assert_eq!(
        (calls[0].outcome, calls[0].hop),
        (LoggedOutcome::Unknown, None)
    );
}

#[test]
fn map_text_of_vended_records_names_method_and_tool() {
    let body = serde_json::json!({
        "isError": false, "log": "Started processing request with requestId: 1", "id": "1",
        "requestBody": "{id=1, jsonrpc=2.0, method=tools/call, params={name=t___read, arguments={query=RETURN 1}}}",
    });
    let calls = join(vec![gateway(0, "req", "trace", &body)]);
    assert_eq!(calls[0].tool.as_deref(), Some("read"));
    let failed = serde_json::json!({
        "isError": true, "log": "Failed to process request with requestId: 1", "id": "1",
        "responseBody": "{jsonrpc=2.0, id=1, result={content=[{type=text, text=Neo.ClientError.X: no}], isError=true}}",
    });
    let calls = join(vec![
        gateway(0, "req", "trace", &body),
        gateway(9, "req", "trace", &failed),
    ]);
    assert_eq!(calls[0].message.as_deref(), Some("Neo.ClientError.X: no"));
}

fn event_of(at: i64, group: &str, message: &str) -> crate::logs::LogRecord {
    let moment = Moment::from_millis(1_795_000_000_000 + at);
    crate::logs::RecordReader::default().read(LogEvent {
        timestamp: moment,
        ingestion: moment,
        group: group.into(),
        stream: "s".into(),
        id: None,
        message: message.to_owned(),
    })
}

#[test]
fn a_book_finds_the_same_calls_whatever_the_order_of_the_records() {
    let mut records = Vec::new();
    for call in 0..40 {
        let at = call * 3_000;
        let (request, trace) = (format!("req-{call}"), format!("trace-{call}"));
        let failure = (call % 7 == 0).then_some("Neo.ClientError.Statement.SyntaxError: x");
        records.extend([
            begin(at, &request, &trace, "1", "t___read-cypher"),
            record(
                at + 4,
                INTERCEPTOR,
                &format!("START RequestId: req-l{call} Version: $LATEST"),
            ),
            record(at + 6, INTERCEPTOR, "forwarding"),
            record(at + 9, INTERCEPTOR, &format!("END RequestId: req-l{call}")),
            runtime(
                at + 12,
                &format!("req-r{call}"),
                "INFO",
                "Processing request of type CallToolRequest",
            ),
            span(at + 12, &trace, &format!("req-r{call}"), 20),
            end(at + 40, &request, &trace, failure),
        ]);
    }
    let whole = join(records.clone());
    let mut book = CallBook::default();
    // Ends come before beginnings, and every batch is joined by itself.
    for chunk in records.rchunks(3) {
        for record in chunk {
            book.push(record.clone());
        }
        book.join();
    }
    let of_book: Vec<LoggedCall> = book.calls().iter().map(|call| (**call).clone()).collect();
    assert_eq!(whole.len(), 40);
    let facts = |calls: &[LoggedCall]| -> Vec<_> {
        calls
            .iter()
            .map(|call| {
                (
                    call.at,
                    call.outcome,
                    call.duration_ms,
                    call.records.len(),
                    call.request_ids.clone(),
                )
            })
            .collect()
    };
    assert_eq!(facts(&of_book), facts(&whole));
}

#[test]
fn lines_that_a_resumed_tail_delivers_again_are_counted_once() {
    let owners = vec![CallOwner {
        deployment: "a".into(),
        groups: vec![RUNTIME.to_owned()],
        owner_ids: Vec::new(),
    }];
    let line = |at: i64, message: &str| {
        let json = serde_json::json!({"level": "INFO", "message": message, "requestId": "r1", "sessionId": "s1"});
        event_of(at, RUNTIME, &json.to_string())
    };
    let first = [
        line(0, "Processing request of type CallToolRequest"),
        line(9, "the same text"),
        line(9, "the same text"),
    ];
    let mut analysis = TailAnalysis::new(owners.clone());
    analysis.push(&first);
    let found = analysis.findings();
    assert_eq!((found.lines, found.calls.len()), (3, 1));
    analysis.expect_again(owners, Moment::from_millis(1_795_000_000_005));
    analysis.push(&[
        first[1].clone(),
        first[2].clone(),
        line(9, "the same text"),
        line(50, "Invocation completed successfully (0.050s)"),
    ]);
    assert!(analysis.has_news());
    let found = analysis.findings();
    assert_eq!(found.lines, 5, "two lines were here already");
    assert_eq!(found.calls.len(), 1);
    assert_eq!(found.calls[0].duration_ms, Some(50));
    let counted: usize = found.patterns.iter().map(|pattern| pattern.count).sum();
    assert_eq!(counted, found.lines, "the counts add up to the lines");
}

#[test]
fn a_waterfall_shows_each_hop_with_its_own_lines_and_marks_the_cause() {
    let mut lines = failing_call();
    lines.push(runtime(
        12,
        "req-r",
        "DEBUG",
        "read-cypher: MATCH (m:Movie) RETURN m.title",
    ));
    let calls = join(lines);
    assert_eq!(calls[0].statement(), Some("MATCH (m:Movie) RETURN m.title"));
    let waterfall = Waterfall::new(CallTrace::new(calls[0].clone(), Vec::new(), SpansRead::Yes));
    let shown: Vec<String> = waterfall
        .rows
        .iter()
        .map(|row| match row {
            WaterfallRow::Span { span, is_cause, .. } => {
                format!(
                    "{} {}+{} {is_cause}",
                    span.hop, span.start_ms, span.duration_ms
                )
            }
            WaterfallRow::Hop { hop, .. } => (*hop).to_owned(),
            WaterfallRow::Line { line, offset_ms } => format!("  {offset_ms} {}", hop_of(line)),
            WaterfallRow::Unassigned(lines) => lines.gap(),
            WaterfallRow::Gap(text) => text.chars().take(12).collect(),
        })
        .collect();
    assert_eq!(
        shown,
        [
            "gateway 0+50 false",
            "  0 gateway",
            "  50 gateway",
            "runtime 10+30 false",
            "  10 runtime",
            "  12 runtime",
            "neo4j 12+28 true",
            "  40 neo4j",
            "▲ no spans o",
            "  (`aws xray",
            "  CloudWatch",
        ]
    );
    assert_eq!(waterfall.cause_row(), Some(6));
    assert_eq!(
        waterfall.own_ms,
        [("gateway", 20), ("runtime", 2), ("neo4j", 28)]
    );
}

#[test]
fn a_failed_call_without_an_end_lasted_until_its_last_line() {
    let lines = vec![
        runtime(0, "req-1", "INFO", "read-cypher: RETURN $name"),
        runtime(
            130,
            "req-1",
            "ERROR",
            "Neo.ClientError.Statement.ParameterMissing: name",
        ),
    ];
    assert_eq!(join(lines.clone())[0].duration_ms, Some(130));
    assert_eq!(
        join(lines[..1].to_vec())[0].duration_ms,
        None,
        "it may run on"
    );
}

#[test]
fn a_hop_with_lines_of_its_own_is_no_gap() {
    let mut records = Vec::new();
    for name in ["one", "two"] {
        records.extend(cypher_call(0, name, "RETURN 1"));
        records.push(span(5, &format!("trace-{name}"), &format!("r-{name}"), 10));
        records.push(runtime(6, &format!("r-{name}"), "INFO", "RETURN 1"));
    }
    records.push(record(7, RUNTIME, "a line without ids"));
    for call in join(records) {
        assert_eq!(
            (call.line_count(), call.unassigned.len()),
            (3, 0),
            "{call:#?}"
        );
    }
}

#[test]
fn a_call_is_found_by_the_beginning_of_an_id_in_any_case() {
    let call = LoggedCall {
        trace_id: Some("691bb6a8feed0123".to_owned()),
        request_ids: vec!["r1".to_owned()],
        ..LoggedCall::default()
    };
    for id in [
        "691bb6a8feed0123",
        "691BB6A8FEED0123",
        "691BB6A8",
        "r1",
        "R1",
    ] {
        assert!(call.has_id(id), "{id}");
    }
    for id in ["", "691bb6a", "691bb6a9", "r", "691bb6a8feed01234"] {
        assert!(!call.has_id(id), "{id}");
    }
}

#[test]
fn a_call_names_its_lines_for_a_filter() {
    let calls = join(vec![
        begin(0, "req-g", "trace-1", "1", "t___read-cypher"),
        record(3, INTERCEPTOR, "a line without ids"),
        end(50, "req-g", "trace-1", None),
    ]);
    let lines = calls[0].lines();
    assert_eq!(lines.ids, ["trace-1", "req-g"]);
    let at = Moment::from_millis(1_795_000_000_003);
    assert!(lines.places.contains(&(at, INTERCEPTOR.to_owned())));
    assert!(calls[0].has_line(at, INTERCEPTOR) && !calls[0].has_line(at, GATEWAY));
    assert_eq!((calls[0].id(), calls[0].line_count()), (Some("trace-1"), 3));
}

#[test]
fn a_statement_in_the_text_of_a_map_keeps_its_own_braces() {
    let statement_of = |arguments: &str| {
        let body = format!(
            "{{id=1, jsonrpc=2.0, method=tools/call, params={{name=t___read-cypher, arguments={{{arguments}}}}}}}"
        );
        let record_body = serde_json::json!({
            "isError": false, "log": "Started processing request with requestId: 1", "requestBody": body, "id": "1",
        });
        gateway(0, "r", "t", &record_body).statement.unwrap()
    };
    let whole = "MATCH (p:Person {name: $name})-[:DIRECTED]->(m {a: {b: 1}}) RETURN m.title, p";
    assert_eq!(statement_of(&format!("query={whole}")), whole);
    assert_eq!(
        statement_of(&format!("query={whole}, params={{name=Ron Howard}}")),
        whole
    );
    let quoted = "RETURN '}' AS brace, \"it's {\" AS other";
    assert_eq!(statement_of(&format!("query={quoted}")), quoted);
}

/// The lines of a call as the tail delivers them: masked and parsed.
fn tailed(at: i64, group: &str, message: &str) -> crate::logs::LogRecord {
    let moment = Moment::from_millis(1_795_000_000_000 + at);
    crate::logs::RecordReader::default().read(LogEvent {
        timestamp: moment,
        ingestion: moment,
        group: group.into(),
        stream: "s".into(),
        id: None,
        message: message.to_owned(),
    })
}

fn owner(name: &str, groups: &[&str], ids: &[&str]) -> CallOwner {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    CallOwner {
        deployment: name.into(),
        groups: texts(groups),
        owner_ids: texts(ids),
    }
}

fn gateway_lines() -> [crate::logs::LogRecord; 2] {
    let line = |at: i64, body: serde_json::Value| {
        let json = serde_json::json!({
            "resource_arn": "arn:aws:bedrock-agentcore:us-west-2:123456789012:gateway/gw-1",
            "body": body, "request_id": "req-g", "trace_id": "trace-1",
        });
        tailed(at, GATEWAY, &json.to_string())
    };
    let request = "{jsonrpc=2.0, id=1, method=tools/call, params={name=t___read-cypher}}";
    [
        line(
            0,
            serde_json::json!({"isError": false, "id": "1", "requestBody": request,
                "log": "Started processing request with requestId: 1"}),
        ),
        line(
            2_330,
            serde_json::json!({"isError": false, "id": "1", "responseBody": "HTTP 200",
                "log": "Successfully processed request with requestId: 1"}),
        ),
    ]
}

fn gateway_span_line() -> crate::logs::LogRecord {
    let span = serde_json::json!({
        "traceId": "trace-1", "spanId": "3", "name": "AgentCore.Gateway.InvokeTool", "kind": "SERVER",
        "startTimeUnixNano": 1_794_999_999_999_000_000_u64, "durationNano": 2_331_000_000_u64,
        "attributes": {"aws.request.id": "req-g", "gateway.id": "gw-1"}, "status": {"code": "UNSET"},
    });
    tailed(2_331, "aws/spans", &span.to_string())
}

#[test]
fn live_and_back_filled_records_are_one_call_of_the_deployment_that_they_name() {
    // The group of spans is listed for another deployment of the account alone.
    let owners = vec![
        owner("other", &["/own/other", "aws/spans"], &["gw-2"]),
        owner("analytics", &[GATEWAY, INTERCEPTOR], &["gw-1"]),
    ];
    let lambda = [
        tailed(5, INTERCEPTOR, "START RequestId: req-l Version: $LATEST"),
        tailed(
            6,
            INTERCEPTOR,
            r#"FULL EVENT: {"mcp":{"gatewayRequest":{"body":{"method":"tools/call","id":1}}}}"#,
        ),
        tailed(19, INTERCEPTOR, "END RequestId: req-l"),
    ];
    let [begin, end] = gateway_lines();
    let live = [&lambda[..], &[end]].concat();
    let older = [begin, gateway_span_line()];
    for batches in [[&live[..], &older[..]], [&older[..], &live[..]]] {
        let mut analysis = TailAnalysis::new(owners.clone());
        for batch in batches {
            analysis.push(batch);
            let _ = analysis.findings();
        }
        let calls = analysis.findings().calls;
        let [call] = calls.as_slice() else {
            panic!("{calls:#?}");
        };
        assert_eq!(call.deployment, "analytics");
        assert_eq!(call.tool.as_deref(), Some("read-cypher"));
        assert_eq!(call.duration_ms, Some(2_331));
        assert!(call.request_ids.contains(&"req-l".to_owned()), "{call:?}");
    }
}

#[test]
fn what_names_a_stranger_is_no_part_of_a_call() {
    let mut analysis = TailAnalysis::new(vec![
        owner("a", &[GATEWAY, "aws/spans"], &["gw-1"]),
        owner("b", &["/own/b", "aws/spans"], &["gw-2"]),
    ]);
    analysis.push(&gateway_lines());
    let foreign = serde_json::json!({
        "traceId": "trace-9", "spanId": "4", "name": "POST /invocations", "kind": "SERVER",
        "startTimeUnixNano": 1_795_000_000_100_000_000_u64, "durationNano": 1_000_000,
        "attributes": {"aws.request_id": "req-x", "aws.agent.id": "rt-x"}, "status": {"code": "UNSET"},
    });
    analysis.push(&[tailed(101, "aws/spans", &foreign.to_string())]);
    let calls = analysis.findings().calls;
    assert_eq!(calls.len(), 1, "{calls:#?}");
    assert_eq!(calls[0].request_ids, ["req-g"]);
}

#[test]
fn older_lines_that_are_here_already_are_counted_once() {
    let mut analysis = TailAnalysis::new(vec![owner("a", &[GATEWAY], &["gw-1"])]);
    let lines = gateway_lines();
    analysis.push(&lines);
    analysis.expect_older(Moment::from_millis(1_795_000_000_000 + 5_000));
    analysis.push_older(&lines);
    let found = analysis.findings();
    assert_eq!((found.lines, found.calls.len()), (2, 1));
    assert_eq!(found.calls[0].records.len(), 2);
    // A line of the tail that says the same is another one.
    analysis.push(&lines[..1]);
    assert_eq!(analysis.findings().lines, 3);
}

#[test]
fn a_call_that_waits_for_consent_is_no_success() {
    for (answer, outcome) in [
        (
            "{jsonrpc=2.0, id=3, error={code=-32042, message=This request requires more information., data={elicitations=[{mode=url, url=http://127.0.0.1/authorize}]}}}",
            LoggedOutcome::Consent,
        ),
        (
            r#"{"jsonrpc":"2.0","id":3,"error":{"code":-32042,"message":"This request requires more information."}}"#,
            LoggedOutcome::Consent,
        ),
        (
            "{error={code=-32602, message=Unknown tool}, id=3, jsonrpc=2.0}",
            LoggedOutcome::Error,
        ),
        (
            "{jsonrpc=2.0, id=3, result={isError=true, content=[{type=text, text=it broke}]}}",
            LoggedOutcome::Error,
        ),
        (
            "{jsonrpc=2.0, id=3, result={content=[{type=text, text=it broke}], isError=true}}",
            LoggedOutcome::Error,
        ),
        (
            "{jsonrpc=2.0, id=3, result={isError=false, content=[{type=text, text=a log, error={code=-32042} isError=true, of old}]}}",
            LoggedOutcome::Ok,
        ),
        ("HTTP 200", LoggedOutcome::Ok),
    ] {
        let body = serde_json::json!({
            "isError": false, "log": "Successfully processed request with requestId: 1",
            "responseBody": answer, "id": "1",
        });
        let calls = join(vec![
            begin(0, "req-g", "trace-1", "1", "github___get_me"),
            gateway(0, "req-g", "trace-1", &body),
            instant_span("trace-1"),
        ]);
        assert_eq!(calls.len(), 1);
        assert_eq!(calls[0].outcome, outcome, "{answer}");
        let hop = (outcome == LoggedOutcome::Consent).then_some("provider");
        if outcome != LoggedOutcome::Error {
            assert_eq!(calls[0].hop, hop, "{answer}");
        }
    }
}

/// The span of a gateway's request that took no time.
fn instant_span(trace: &str) -> CallRecord {
    let line = serde_json::json!({
        "traceId": trace, "spanId": "3", "name": "AgentCore.Gateway.InvokeTool", "kind": "SERVER",
        "startTimeUnixNano": 1_795_000_000_000_000_000_u64, "durationNano": 90_000,
        "attributes": {"aws.request.id": "req-g", "gateway.id": "gw-1"}, "status": {"code": "UNSET"},
    });
    record(0, "aws/spans", &line.to_string())
}

#[test]
fn a_call_of_the_last_seconds_says_that_more_of_it_may_arrive_until_nothing_is_missing() {
    let gaps = |records: Vec<CallRecord>, age: i64| {
        let call = join(records).remove(0);
        let read_at = call.end().plus(age);
        CallTrace::new(call, Vec::new(), SpansRead::Yes)
            .read_at(read_at)
            .gaps
    };
    let spans_only = || vec![span(0, "trace-1", "req-r", 40)];
    let whole = || {
        let request = "Processing request of type CallToolRequest";
        let answer = "Invocation completed successfully (0.040s)";
        let lines =
            [(0, request), (40, answer)].map(|(at, message)| runtime(at, "req-r", "INFO", message));
        lines.into_iter().chain(spans_only()).collect::<Vec<_>>()
    };
    let [young] = &gaps(spans_only(), 3_400)[..] else {
        panic!("one gap");
    };
    assert!(young.contains("may still arrive") && young.contains("ended 3s before"));
    assert!(young.contains("no log line of it is here"), "{young}");
    assert_eq!(gaps(spans_only(), 60_000).len(), 1, "lines are missing yet");
    assert_eq!(
        gaps(spans_only(), 160_000).len(),
        0,
        "nothing comes any more"
    );
    assert_eq!(gaps(whole(), 3_400).len(), 1, "other hops may follow");
    assert_eq!(gaps(whole(), 20_000).len(), 0);
    let mut silent = whole();
    silent.push(gateway_span(0, "trace-1"));
    assert!(gaps(silent, 20_000)[0].contains("no line of the gateway"));
}

fn gateway_span(at: i64, trace: &str) -> CallRecord {
    let line = serde_json::json!({
        "traceId": trace, "spanId": "3", "name": "AgentCore.Gateway.InvokeTool", "kind": "SERVER",
        "startTimeUnixNano": (1_795_000_000_000 + at) * 1_000_000, "durationNano": 50_000_000,
        "attributes": {"aws.request.id": "req-g"}, "status": {"code": "UNSET"},
    });
    record(at + 50, "aws/spans", &line.to_string())
}

#[test]
fn a_denial_of_a_policy_and_an_error_of_the_runtime_are_theirs_wherever_they_are_reported() {
    let target_span = |text: &str| {
        let line = serde_json::json!({
            "traceId": "trace-1", "spanId": "4", "name": "AgentCore.Gateway.InvokeTool.read-cypher", "kind": "CLIENT",
            "startTimeUnixNano": 1_795_000_000_010_000_000_u64, "durationNano": 80_000_000,
            "attributes": {"gateway.id": "gw-1"}, "status": {"code": "ERROR", "message": text},
        });
        record(10, "aws/spans", &line.to_string())
    };
    let denied = "AuthorizeActionException - Tool Execution Denied: Tool call not allowed due to policy enforcement";
    let crashed = "Tool execution error - Please check your CloudWatch logs for more information";
    for (text, span_text, hop, outcome) in [
        (denied, denied, "policy", LoggedOutcome::Denied),
        (denied, "HTTP 403", "policy", LoggedOutcome::Denied),
        (crashed, crashed, "runtime", LoggedOutcome::Error),
        (
            "Connection refused",
            "Connection refused",
            "target",
            LoggedOutcome::Error,
        ),
    ] {
        let calls = join(vec![
            begin(0, "req-g", "trace-1", "1", "target___read-cypher"),
            target_span(span_text),
            end(100, "req-g", "trace-1", Some(text)),
        ]);
        assert_eq!(calls.len(), 1);
        assert_eq!(
            (calls[0].hop, calls[0].outcome),
            (Some(hop), outcome),
            "{text}"
        );
    }
}
