//! Faults by hop, and what calls leave in logs and spans.

use aws_credential_types::Credentials;
use aws_sdk_cloudwatchlogs as logs;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::*;

/// Each fault of the chain with what the caller of a tool sees.
#[tokio::test(flavor = "multi_thread")]
async fn each_fault_is_answered_as_in_production() {
    let world = World::start(options()).await;
    let (a, b, c) = (
        world.caller("a").await,
        world.caller("b").await,
        world.caller("c").await,
    );
    let tool = |name: &str| match name {
        "a" => "mcp-server-target___read-cypher",
        "b" => "neo4j-mcp___read-cypher",
        _ => "read-cypher",
    };
    // deployment, hop, fault, HTTP status, a part of the body
    let cases = [
        (
            "b",
            "interceptor",
            "no-permission",
            500,
            "Internal Server Error",
        ),
        ("b", "interceptor", "broken", 500, "Internal Server Error"),
        (
            "b",
            "target",
            "down",
            200,
            "An internal error occurred. Please retry later.",
        ),
        (
            "a",
            "target",
            "down",
            200,
            "Failed to connect to the target",
        ),
        (
            "a",
            "credential-provider",
            "failing",
            200,
            "CredentialProviderException",
        ),
        ("b", "target", "unsynchronised", 200, "Unknown tool"),
        (
            "b",
            "secret",
            "stale",
            200,
            "Neo.ClientError.Security.Unauthorized",
        ),
        ("b", "secret", "access-denied", 500, "Internal Server Error"),
        ("b", "neo4j", "down", 200, "ConnectivityError"),
        ("b", "neo4j", "locked-out", 200, "AuthenticationRateLimit"),
        ("b", "gateway", "throttling", 429, "Too Many Requests"),
        (
            "c",
            "runtime",
            "cold-start",
            424,
            "Runtime initialization time exceeded",
        ),
        ("c", "runtime", "not-mmdsv2", 400, "not MMDSv2-enabled"),
        ("c", "runtime", "crash", 200, "-32010"),
        ("c", "runtime", "throttling", 200, "-32003"),
        ("c", "runtime", "access-denied", 403, "-32002"),
        ("c", "neo4j", "locked-out", 200, "AuthenticationRateLimit"),
    ];
    for (name, hop, fault, status, part) in cases {
        world.hop_fault(name, hop, fault);
        let caller = match name {
            "a" => &a,
            "b" => &b,
            _ => &c,
        };
        let answer = caller
            .post(&message(
                "tools/call",
                json!({"name": tool(name), "arguments": {"query": CYPHER}}),
            ))
            .await;
        assert_eq!(answer.status().as_u16(), status, "{name} {hop} {fault}");
        let text = answer.text().await.unwrap();
        assert!(text.contains(part), "{name} {hop} {fault}: {text}");
        world.stack.clear_faults();
    }
    for (caller, name) in [(&a, "a"), (&b, "b"), (&c, "c")] {
        assert_eq!(
            caller.cypher(tool(name)).await,
            ROWS,
            "{name} is well again"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooled_connection_outlives_the_password_until_it_is_closed() {
    let world = World::start(options()).await;
    let caller = world.caller("b").await;
    let tool = "neo4j-mcp___read-cypher";
    assert_eq!(caller.cypher(tool).await, ROWS);
    let old = database_password(&world, "b").await;
    let change = json!({"statement": "ALTER CURRENT USER SET PASSWORD FROM $old TO $new", "parameters": {"old": old, "new": "another-password"}});
    let (status, body) = world.query("b", ("neo4j", &old), "system", change).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body}");
    assert_eq!(
        caller.cypher(tool).await,
        ROWS,
        "the open connection goes on"
    );
    let new = ("neo4j", "another-password");
    let list = json!({"statement": "CALL dbms.listConnections() YIELD connectionId, connector, userAgent WHERE connector = 'bolt' RETURN connectionId, userAgent"});
    let (_, body) = world.query("b", new, "neo4j", list).await;
    let rows = body["data"]["values"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0][1]), (1, &json!("Go Driver/6.2.0")));
    let kill = json!({"statement": "CALL dbms.killConnections($ids)", "parameters": {"ids": [rows[0][0]]}});
    let (_, body) = world.query("b", new, "neo4j", kill).await;
    assert_eq!(body["data"]["values"][0][2], "Connection found");
    assert!(
        caller.cypher(tool).await.contains("Security.Unauthorized"),
        "now the secret's password is refused"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_writes_lines_to_all_log_groups_of_the_chain() {
    let world = World::start(options()).await;
    assert_eq!(
        world
            .caller("a")
            .await
            .cypher("mcp-server-target___read-cypher")
            .await,
        ROWS
    );
    let client = logs_client(&world);
    let groups = world.deployment("a")["log_groups"].as_array().unwrap();
    let wanted = [
        "Started processing request",
        "FULL EVENT: ",
        "handled request",
        "tools/call",
    ];
    for (group, part) in groups.iter().zip(wanted) {
        let name = group.as_str().unwrap();
        let answer = client
            .filter_log_events()
            .log_group_name(name)
            .filter_pattern(format!("\"{part}\""))
            .send()
            .await
            .unwrap();
        assert!(
            answer
                .events()
                .iter()
                .any(|event| event.message().unwrap_or_default().contains(part)),
            "{name}: {part}"
        );
    }
}

fn logs_client(world: &World) -> logs::Client {
    let (key, secret) = world.stack.credentials();
    let config = logs::Config::builder()
        .behavior_version(logs::config::BehaviorVersion::latest())
        .region(logs::config::Region::new("us-west-2"))
        .credentials_provider(Credentials::new(key, secret, None, None, "test"))
        .endpoint_url(world.stack.endpoint());
    logs::Client::from_conf(config.build())
}

/// The messages of a log group that contain a text.
async fn lines(world: &World, group: &str, part: &str) -> Vec<String> {
    let answer = logs_client(world)
        .filter_log_events()
        .log_group_name(group)
        .filter_pattern(format!("\"{part}\""))
        .send()
        .await
        .unwrap();
    answer
        .events()
        .iter()
        .map(|event| event.message().unwrap_or_default().to_owned())
        .collect()
}

/// A target that does not answer keeps the tools of its last synchronisation: only calls fail.
#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_does_not_answer_keeps_its_tools() {
    let faults = [
        ("a", "target", "down"),
        ("a", "credential-provider", "failing"),
        ("a", "runtime", "cold-start"),
        ("b", "target", "cut-before"),
    ];
    let world = World::start(options()).await;
    for (name, hop, fault) in faults {
        world.hop_fault(name, hop, fault);
        let caller = world.caller(name).await;
        let (names, _) = caller.tools().await;
        let tool = names
            .iter()
            .find(|name| name.ends_with("read-cypher"))
            .unwrap_or_else(|| panic!("{name} {hop} {fault}: {names:?}"));
        let answer = caller.call(tool, json!({"query": CYPHER})).await;
        assert_eq!(answer["result"]["isError"], true, "{name} {hop}: {answer}");
    }
    world.hop_fault("b", "target", "unsynchronised");
    let (names, _) = world.caller("b").await.tools().await;
    assert!(names.is_empty(), "{names:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cypher_error_is_an_error_in_logs_and_spans_with_its_code() {
    const CODE: &str = "Neo.ClientError.Statement.SyntaxError";
    let world = World::start(options()).await;
    for (name, tool) in [
        ("a", "mcp-server-target___read-cypher"),
        ("b", "neo4j-mcp___read-cypher"),
        ("c", "read-cypher"),
    ] {
        let caller = world.caller(name).await;
        caller.call(tool, json!({"query": "RETRUN 1"})).await;
        let groups: Vec<&str> = world.deployment(name)["log_groups"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let mut found = Vec::new();
        for group in groups.iter().filter(|group| **group != "aws/spans") {
            found.extend(lines(&world, group, CODE).await);
        }
        assert!(
            found.iter().any(|line| line.contains("ERROR")),
            "{name} in {groups:?}: {found:?}"
        );
    }
    let spans = lines(&world, "aws/spans", CODE).await;
    let spans: Vec<Value> = spans
        .iter()
        // The history of the world has failures of its own.
        .filter(|span| span.contains("EXPLAIN RETRUN 1"))
        .map(|span| serde_json::from_str(span).unwrap())
        .collect();
    // Two of the gateways, two of the runtimes.
    assert_eq!(spans.len(), 4);
    for span in &spans {
        assert_eq!(span["status"]["code"], "ERROR");
        assert_eq!(span["attributes"]["db.response.status_code"], CODE);
    }
    let runtime = spans
        .iter()
        .find(|span| span["parentSpanId"] != "")
        .unwrap();
    assert!(
        spans
            .iter()
            .any(|span| span["spanId"] == runtime["parentSpanId"]
                && span["traceId"] == runtime["traceId"]),
        "the runtime behind a gateway continues its trace: {spans:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_line_has_the_measured_duration() {
    let world = World::start(options()).await;
    let caller = world.caller("b").await;
    world.hop_fault("b", "interceptor", "slow");
    caller.cypher("neo4j-mcp___read-cypher").await;
    let group = world.deployment("b")["log_groups"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .find(|group| group.starts_with("/aws/lambda/"))
        .unwrap();
    let reports = lines(&world, group, "REPORT RequestId").await;
    let longest = reports
        .iter()
        .filter_map(|line| line.split("Duration: ").nth(1)?.split(' ').next())
        .filter_map(|duration| duration.parse::<f64>().ok())
        .fold(0.0, f64::max);
    assert!(longest >= 3000.0, "{reports:?}");
}
