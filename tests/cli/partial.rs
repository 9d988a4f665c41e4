//! Partial data never exits 0: what could not be read is named, and nothing is said of what was not looked at.

use serde_json::{Value, json};

use crate::world::{self, Console, World};

fn denied(service: &str, operation: &str) -> World {
    let fault = json!([{"service": service, "operation": operation, "fault": "access-denied"}]);
    world::start(&fault.to_string())
}

/// A configuration without lists of log groups: they are derived from the resources.
fn without_groups(config: &str) -> String {
    config
        .lines()
        .filter(|line| !line.starts_with("log_groups"))
        .fold(String::new(), |text, line| text + line + "\n")
}

#[test]
fn a_window_that_could_not_be_read_is_not_called_empty() {
    let world = denied("logs", "FilterLogEvents");
    let answer = Console::with(&world.config)
        .run(&["logs", "b", "--since", "10m"])
        .exits(4)
        .says("logs:FilterLogEvents");
    assert!(!answer.err.contains("no line"), "{}", answer.err);
}

#[test]
fn throttling_is_told_while_it_is_waited_out() {
    // More often than one request is repeated by itself.
    let fault = json!([{"service": "logs", "operation": "FilterLogEvents", "fault": "throttling", "times": 8}]);
    let world = world::start(&fault.to_string());
    let answer = Console::with(&world.config)
        .run(&[
            "logs",
            "/aws/lambda/neo4j-mcp-server-auth-interceptor",
            "--since",
            "10m",
        ])
        .exits(0)
        .says("AWS throttles logs:FilterLogEvents");
    assert_eq!(answer.err.matches("throttles").count(), 1, "{}", answer.err);
}

#[test]
fn what_is_asked_of_an_empty_window_is_answered_by_a_note() {
    let world = world::start("[]");
    let console = Console::with(&world.config);
    for (arguments, note) in [
        (&["calls", "--since", "0s"][..], "no call in this window"),
        (
            &["logs", "patterns", "a", "--since", "0s"],
            "no line of this window matches",
        ),
    ] {
        let answer = console.run(arguments).exits(0).says(note);
        assert_eq!(answer.out, "", "no titles without rows: {arguments:?}");
    }
    console
        .run(&["trace", "last", "--since", "0s"])
        .exits(1)
        .says("there is no call in this window");
    console
        .run(&["trace", "abc"])
        .exits(1)
        .says("needs 8 characters at least");
    console.run(&["trace", ""]).exits(2).says("the id is empty");
}

#[test]
fn details_that_could_not_be_read_are_named() {
    let world = denied("bedrock-agentcore-control", "GetGatewayTarget");
    let console = Console::with(&world.config);
    let answer = console
        .run(&["status", "-d", "a", "-o", "json"])
        .exits(4)
        .says("GetGatewayTarget")
        .json();
    let rows = answer["resources"].as_array().unwrap();
    let target = rows.iter().find(|row| row["kind"] == "target").unwrap();
    assert_eq!(target["status"], "READY", "what the list says stands");
    assert!(
        answer["problems"]
            .as_array()
            .unwrap()
            .iter()
            .any(|problem| problem["kind"] == "target"),
        "{answer:#}"
    );
    // Whom the targets ask for credentials is not known without their details.
    let providers = console
        .run(&["status", "provider", "-d", "a", "-o", "json"])
        .exits(4)
        .json();
    assert_eq!(providers["resources"], Value::from(Vec::<Value>::new()));
}

#[test]
fn logs_whose_groups_could_not_be_derived_are_not_whole() {
    let world = denied("bedrock-agentcore-control", "GetGateway");
    let console = Console::with(&without_groups(&world.config));
    // A has runtimes beside its gateway, B has only the gateway.
    console
        .run(&["logs", "a", "--since", "10m", "-o", "json"])
        .exits(4)
        .says("GetGateway");
    let answer = console
        .run(&["logs", "b", "--since", "10m"])
        .exits(4)
        .says("GetGateway");
    assert!(!answer.err.contains("did you mean"), "{}", answer.err);
    // Groups that are written down do not depend on what can be read.
    Console::with(&world.config)
        .run(&["logs", "b", "--since", "10m", "-o", "json"])
        .exits(0);
}
