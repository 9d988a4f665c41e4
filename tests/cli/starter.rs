//! Deployment A as the starter of late 2026 makes it: the bare password in a secret that only a stack parameter names, a copy
//! of it in the runtime's environment, the labs server's tools, and a deployment script that puts the old password back.

use aws_sdk_secretsmanager::config::{Credentials, Region};
use serde_json::Value;

use crate::world::{Console, World, start};

const STACK: &str = "neo4j-mcp-server-live";
const SECRET: &str = "neo4j-mcp-server-live/neo4j-password";

fn secrets(world: &World) -> aws_sdk_secretsmanager::Client {
    let text = |name: &str| world.ready[name].as_str().unwrap().to_owned();
    let credentials = Credentials::new(
        text("access_key_id"),
        text("secret_access_key"),
        None,
        None,
        "test",
    );
    let config = aws_sdk_secretsmanager::Config::builder()
        .behavior_version_latest()
        .region(Region::new(text("region")))
        .endpoint_url(text("endpoint"))
        .credentials_provider(credentials)
        .build();
    aws_sdk_secretsmanager::Client::from_conf(config)
}

/// What `deploy.py` does at every run: reads the password of `.env`, here the one of before, and puts it into the secret.
fn put(world: &World, password: &str) {
    let client = secrets(world);
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let put = client.put_secret_value().secret_id(SECRET);
        put.secret_string(password).send().await.unwrap();
    });
}

fn current(world: &World) -> String {
    let client = secrets(world);
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let value = client.get_secret_value().secret_id(SECRET).send().await;
        value.unwrap().secret_string.unwrap()
    })
}

fn hop<'a>(report: &'a Value, name: &str) -> &'a Value {
    let hops = report["hops"].as_array().unwrap();
    hops.iter().find(|hop| hop["hop"] == name).unwrap()
}

#[test]
fn the_starters_newest_stack_is_understood_from_its_parameters() {
    let world = start("[]");
    let console = Console::with_credentials_for(&world);
    console.run(&["init", "--stack", STACK]).exits(0);
    let status = console.run(&["status", "-o", "json"]).exits(0).json();
    let of_kind = |kind: &str| {
        let resources = status["resources"].as_array().unwrap();
        resources.iter().filter(|one| one["kind"] == kind).count()
    };
    for (kind, count) in [("gateway", 1), ("target", 1), ("runtime", 1), ("secret", 1)] {
        assert_eq!(of_kind(kind), count, "{kind}: {status}");
    }
    let tools = console
        .run(&["tools", "list", "-o", "json"])
        .exits(0)
        .json();
    let names: Vec<&str> = tools["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "neo4j-mcp-server-target___get_neo4j_schema",
            "neo4j-mcp-server-target___read_neo4j_cypher"
        ]
    );
    let answer = console
        .run(&[
            "tools",
            "cypher",
            "RETURN 1 AS one, 'x' AS text",
            "-o",
            "json",
        ])
        .exits(0)
        .json();
    assert_eq!(answer["rows"], serde_json::json!([[1, "x"]]));
    let report = console.run(&["doctor", "-o", "json"]).exits(0).json();
    assert_eq!(report["healthy"], true, "{report}");
    for name in ["secret", "neo4j", "cypher"] {
        assert_eq!(hop(&report, name)["state"], "ok", "{report}");
    }
}

#[test]
fn a_bare_password_is_rotated_and_the_doctor_sees_it_put_back() {
    let world = start("[]");
    let console = Console::with_credentials_for(&world);
    console.run(&["init", "--stack", STACK]).exits(0);
    let old = current(&world);
    let rehearsed = console
        .run(&["secrets", "rotate", SECRET, "--dry-run"])
        .exits(0);
    let said = format!("{}{}", rehearsed.out, rehearsed.err);
    assert!(said.contains("its NEO4J_PASSWORD"), "{said}");
    let rotated = console
        .run(&["secrets", "rotate", SECRET, "--yes", "-o", "json"])
        .exits(0);
    let lines = rotated.json_lines();
    let end = lines.last().unwrap();
    assert_eq!(end["outcome"], "rotated");
    let new = current(&world);
    assert!(new != old && !new.starts_with('{'), "still a bare password");
    let report = console.run(&["doctor", "-o", "json"]).exits(0).json();
    assert_eq!(
        report["healthy"], true,
        "the runtime got the new password: {report}"
    );

    put(&world, &old);
    let report = console.run(&["doctor", "-o", "json"]).json();
    let neo4j = hop(&report, "neo4j");
    let evidence = neo4j["evidence"].as_str().unwrap();
    assert!(
        evidence.contains("put back") && evidence.contains("PutSecretValue by arn:aws:"),
        "{report}"
    );
    console
        .run(&["secrets", "resume", SECRET, "--yes"])
        .exits(0);
    assert_eq!(current(&world), new);
    let report = console.run(&["doctor", "-o", "json"]).exits(0).json();
    assert_eq!(hop(&report, "neo4j")["state"], "ok", "{report}");
}
