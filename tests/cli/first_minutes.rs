//! The first minutes with credentials and without a configuration, and what may be wrong then: no region, stacks that may not
//! be listed, a thousand stacks, one that was rolled back, an address that answers with a web page.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
};

use emulator::Options;
use serde_json::json;

use crate::world::{Console, WORLD, start, start_with};

#[test]
fn the_account_is_found_without_a_configuration() {
    let console = Console::with_credentials_for(&WORLD);
    let status = console.run(&["status", "-o", "json"]).exits(0).json();
    let names: Vec<&str> = status["deployments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|deployment| deployment["name"].as_str().unwrap())
        .collect();
    for name in [
        "neo4j-mcp-server",
        "neo4j-mcp-server-live",
        "Neo4jMCPRuntimeStack",
    ] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert_eq!(
        names
            .iter()
            .filter(|name| **name == "neo4j-agentcore-mcp-server")
            .count(),
        0,
        "a gateway that two stacks name belongs to the one that owns it: {names:?}"
    );
    console
        .run(&[
            "tools",
            "cypher",
            "RETURN 1 AS one",
            "-d",
            "neo4j-mcp-server-live",
        ])
        .exits(0);
}

#[test]
fn without_the_right_to_list_stacks_the_rest_is_shown_and_the_exit_code_says_that_it_is_not_all() {
    let world = start(
        r#"[{"service":"cloudformation","operation":"DescribeStacks","fault":"access-denied"}]"#,
    );
    let console = Console::with_credentials_for(&world);
    let answer = console
        .run(&["status", "gateway", "-o", "json"])
        .exits(4)
        .says("cloudformation:DescribeStacks");
    let gateways = answer.json()["resources"].as_array().unwrap().len();
    assert!(gateways >= 4, "{answer:?}");
}

#[test]
fn a_thousand_stacks_are_read_to_the_last_page() {
    let world = start_with(Options {
        stacks: 1_000,
        ..Options::default()
    });
    let console = Console::with_credentials_for(&world);
    let status = console
        .run(&["status", "gateway", "-o", "json"])
        .exits(0)
        .json();
    let deployments = status["deployments"].as_array().unwrap();
    assert!(
        deployments
            .iter()
            .any(|one| one["name"] == "neo4j-mcp-server-live"),
        "{status}"
    );
    let path = console.config();
    console
        .run(&["init", "--stack", "neo4j-mcp-server-rolled-back"])
        .exits(1)
        .says("ROLLBACK_COMPLETE")
        .says("describe-stack-events");
    assert!(!path.exists(), "nothing is written");
}

#[test]
fn a_large_account_is_grouped_by_the_stacks_that_own_its_runtimes() {
    let world = start_with(Options {
        scale: 12,
        ..Options::default()
    });
    let console = Console::with_credentials_for(&world);
    let status = console.run(&["status", "-o", "json"]).exits(0).json();
    let of = |kind: &str, deployment: &str| {
        let resources = status["resources"].as_array().unwrap().iter();
        resources
            .filter(|one| one["kind"] == kind && one["deployment"] == deployment)
            .count()
    };
    for number in 0..12 {
        let name = format!("fleet-{number:03}");
        assert_eq!(of("gateway", &name), 1, "{name}");
        assert_eq!(of("target", &name), 10, "{name}");
        assert_eq!(of("runtime", &name), 4, "{name}");
    }
}

/// An address at which every request is answered with a web page.
fn web_page() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut request = vec![0; 65_536];
            let _ = stream.read(&mut request);
            let body =
                "<!DOCTYPE html><html><head><title>Sign in to the network</title></head></html>";
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    address
}

#[test]
fn an_endpoint_that_answers_with_a_web_page_is_named_as_such() {
    let page = web_page();
    Console::bare()
        .run(&[
            "tools",
            "list",
            "--via",
            &format!("{page}/mcp"),
            "--sign-in",
            "none",
        ])
        .exits(5)
        .without_data()
        .says("Sign in to the network");
    let console = Console::with_credentials_for(&WORLD).env("AWS_ENDPOINT_URL", &page);
    let answer = console.run(&["status", "-o", "json"]);
    assert_eq!(answer.code, 5, "{answer:?}");
    assert!(
        answer.err.contains("text/html") || answer.err.contains("web page"),
        "{answer:?}"
    );
    console.run(&["init", "--yes"]).exits(5);
    assert!(!console.config().exists(), "nothing is written");
}

#[test]
fn several_profiles_are_looked_at_at_once_and_told_apart() {
    let text = |name: &str| WORLD.ready[name].as_str().unwrap();
    let section = |name: &str, key: &str| {
        format!(
            "[profile {name}]\naws_access_key_id = {key}\naws_secret_access_key = {}\nregion = {}\n",
            text("secret_access_key"),
            text("region")
        )
    };
    let console = Console::with_credentials_for(&WORLD);
    let good = text("access_key_id");
    let profiles = section("dev", good) + &section("prod", good) + &section("old", "AKIAUNKNOWN");
    let file = console.file("aws-config", &profiles);
    let console = console.env("AWS_CONFIG_FILE", file.to_str().unwrap());
    let status = console
        .run(&["status", "gateway", "--profile", "dev,prod", "-o", "json"])
        .exits(0)
        .json();
    let names: Vec<&str> = status["deployments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    for name in ["neo4j-mcp-server-live@dev", "neo4j-mcp-server-live@prod"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let partial = console.run(&["status", "gateway", "--profile", "dev,old", "-o", "json"]);
    assert_eq!(partial.code, 3, "one profile is refused: {partial:?}");
    assert!(!partial.json()["resources"].as_array().unwrap().is_empty());
}

#[test]
fn a_deployment_of_another_account_says_whose_credentials_were_used() {
    let text = |name: &str| WORLD.ready[name].as_str().unwrap();
    let config = format!(
        "[deployments.elsewhere]\nregion = \"{}\"\nendpoint_url = \"{}\"\n\
         runtimes = [\"arn:aws:bedrock-agentcore:{}:999999999999:runtime/other-abcdefghij\"]\n",
        text("region"),
        text("endpoint"),
        text("region")
    );
    let console = Console::with_credentials_for(&WORLD);
    let path = console.file("elsewhere.toml", &config);
    console
        .run(&["status", "runtime", "--config", path.to_str().unwrap()])
        .exits(1)
        .says("in the account 999999999999")
        .says("user/local-operator");
}

#[test]
fn what_discovery_could_not_read_is_named_and_ends_with_4() {
    for (service, operation) in [
        ("cloudformation", "DescribeStacks"),
        ("cloudformation", "DescribeStackResources"),
        ("bedrock-agentcore-control", "ListAgentRuntimes"),
        ("bedrock-agentcore-control", "GetGateway"),
    ] {
        let denied =
            json!([{"service": service, "operation": operation, "fault": "access-denied"}]);
        let world = start(&denied.to_string());
        let console = Console::with_credentials_for(&world);
        let status = console
            .run(&["status", "runtime", "-o", "json"])
            .exits(4)
            .says(operation);
        let listed = status.json();
        let problems = listed["problems"].as_array().unwrap();
        assert!(
            problems
                .iter()
                .any(|problem| problem.to_string().contains(operation)),
            "{operation}: {problems:#?}"
        );
        console.run(&["init", "--yes"]).exits(4).says(operation);
        assert!(
            console.config().exists(),
            "{operation}: what was found is written"
        );
    }
}

#[test]
fn a_secret_that_cannot_be_read_is_no_whole_list() {
    let endpoint = WORLD.ready["endpoint"].as_str().unwrap();
    let (head, tail) = WORLD.config.split_once("[deployments.b]").unwrap();
    let here = format!("endpoint_url = \"{endpoint}\"");
    let nowhere = tail.replacen(&here, "endpoint_url = \"http://127.0.0.1:1\"", 1);
    let config = format!("{head}[deployments.b]{nowhere}");
    let listed = Console::with(&config)
        .run(&["secrets", "-o", "json"])
        .exits(5)
        .says("127.0.0.1:1 refused the connection")
        .json();
    assert_eq!(listed["secrets"].as_array().unwrap().len(), 5, "{listed:#}");
}
