//! `status`, `describe`, `targets sync`.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::world::{self, Console, WORLD};

#[test]
fn status_has_the_members_that_are_promised() {
    let answer = Console::new()
        .run(&["status", "-o", "json"])
        .exits(0)
        .json();
    assert_eq!(
        answer.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["deployments", "resources", "problems"]
    );
    assert_eq!(answer["problems"], json!([]));
    let resources = answer["resources"].as_array().unwrap();
    for each in resources {
        for name in [
            "deployment",
            "kind",
            "id",
            "arn",
            "name",
            "status",
            "reason",
            "updated_at",
        ] {
            assert!(each.get(name).is_some(), "{name}: {each}");
        }
    }
    let gateway = |name: &str| {
        resources
            .iter()
            .find(|each| each["kind"] == "gateway" && each["deployment"] == name)
            .unwrap()
    };
    assert_eq!(gateway("a")["id"], WORLD.deployment("a")["gateway_id"]);
    for kind in ["gateway", "target", "runtime", "endpoint", "secret"] {
        assert!(resources.iter().any(|each| each["kind"] == kind), "{kind}");
    }
    let pending = resources
        .iter()
        .find(|each| each["status"] == "CREATE_PENDING_AUTH")
        .expect("E waits for a person");
    assert!(pending["reason"].is_string());
}

#[test]
fn a_table_is_aligned_and_carries_no_escape_sequence() {
    let answer = Console::new().run(&["status", "gateways"]).exits(0);
    assert!(answer.out.starts_with("DEPLOYMENT  KIND"), "{}", answer.out);
    assert_eq!(answer.out.lines().count(), 4);
    assert!(
        !answer.out.contains('\x1b') && answer.err.is_empty(),
        "{answer:#?}"
    );
}

#[test]
fn one_kind_of_one_deployment_is_only_that() {
    let answer = Console::new()
        .run(&["status", "runtimes", "-d", "c", "-o", "json"])
        .exits(0)
        .json();
    let found: Vec<(&Value, &Value)> = answer["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| (&each["deployment"], &each["kind"]))
        .collect();
    assert_eq!(found, [(&json!("c"), &json!("runtime"))]);
}

#[test]
fn waiting_ends_well_at_once_or_exits_1_when_the_time_is_over() {
    let console = Console::new();
    console
        .run(&["status", "gateway", "--wait", "READY"])
        .exits(0);
    let waited = console
        .run(&[
            "status",
            "target",
            "-d",
            "e",
            "--wait",
            "ready",
            "--timeout",
            "1ms",
        ])
        .exits(1);
    waited.says("CREATE_PENDING_AUTH").says("after 1 ms");
}

#[test]
fn one_unreachable_deployment_does_not_take_the_others_away() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let config = format!(
        "{}\n[deployments.gone]\nregion = \"us-west-2\"\nendpoint_url = \"http://{closed}\"\ngateways = [\"*\"]\n\
         credentials = {{ access_key_id = \"AKIAX\", secret_access_key = \"x\" }}\n",
        WORLD.config
    );
    let console = Console::with(&config);
    let partly = console
        .run(&["status", "gateway", "-o", "json"])
        .exits(5)
        .says("gone");
    let answer = partly.json();
    assert_eq!(answer["resources"].as_array().unwrap().len(), 3);
    assert_eq!(
        (
            answer["problems"].as_array().unwrap().len(),
            &answer["problems"][0]["deployment"]
        ),
        (1, &json!("gone"))
    );
    console
        .run(&[
            "status",
            "gateway",
            "-o",
            "json",
            "-d",
            "gone",
            "--timeout",
            "5s",
        ])
        .exits(5);
}

#[test]
fn a_dead_network_is_told_once_with_the_names_and_exits_5() {
    let dead = WORLD.config.replace(
        WORLD.ready["endpoint"].as_str().unwrap(),
        "http://127.0.0.1:9",
    );
    let console = Console::with(&dead);
    for command in [
        ["status"].as_slice(),
        &["status", "gateway"],
        &["status", "--wait", "READY", "--timeout", "1ms"],
        &["secrets", "list"],
        &["secrets", "-o", "json"],
        &["logs", "a"],
    ] {
        let answer = console.run(command).exits(5);
        assert_eq!(
            answer
                .err
                .matches("127.0.0.1:9 refused the connection")
                .count(),
            1,
            "{answer:#?}"
        );
        assert!(
            command[0] == "logs" || answer.err.contains("error: a, b, "),
            "{answer:#?}"
        );
    }
    console
        .run(&["status", "--wait", "READY", "--timeout", "250ms"])
        .exits(5)
        .says("after 250 ms")
        .without_data();
}

#[test]
fn wrong_aws_credentials_are_a_matter_of_sign_in() {
    let secret = WORLD.ready["secret_access_key"].as_str().unwrap();
    let console = Console::with(&WORLD.config.replace(secret, "wrong"));
    for command in [
        ["status", "gateway", "-d", "a"].as_slice(),
        &["secrets", "list"],
        &["status"],
    ] {
        let answer = console.run(command).exits(3).says("access_key_id");
        assert!(!answer.err.contains("wrong\""), "{}", answer.err);
    }
}

#[test]
fn describe_finds_by_id_name_and_arn_and_shows_everything() {
    let console = Console::new();
    let id = WORLD.deployment("b")["gateway_id"].as_str().unwrap();
    let by_id = console
        .run(&["describe", "gateway", id, "-o", "json"])
        .exits(0)
        .json();
    assert_eq!(
        (by_id["id"].as_str(), by_id["deployment"].as_str()),
        (Some(id), Some("b"))
    );
    assert_eq!(by_id["raw"]["gatewayUrl"], WORLD.deployment("b")["mcp_url"]);
    let (name, arn) = (
        by_id["name"].as_str().unwrap(),
        by_id["arn"].as_str().unwrap(),
    );
    for word in [name, arn] {
        assert_eq!(
            console
                .run(&["describe", "gateway", word, "-o", "json"])
                .exits(0)
                .json()["id"],
            id
        );
    }
    let yaml = console.run(&["describe", "gateway", id]).exits(0).out;
    assert!(
        yaml.contains(&format!("id: {id}")) && yaml.contains("Authorizer: CUSTOM_JWT"),
        "{yaml}"
    );
}

#[test]
fn describe_of_a_secret_never_shows_its_value() {
    let id = WORLD.deployment("a")["secret_id"].as_str().unwrap();
    let answer = Console::new()
        .run(&["describe", "secret", id, "-o", "json"])
        .exits(0);
    assert!(
        !answer.out.to_lowercase().contains("\"password\""),
        "{}",
        answer.out
    );
}

#[test]
fn an_unknown_resource_exits_2_and_names_the_nearest() {
    let name = Console::new()
        .run(&["status", "gateway", "-d", "b", "-o", "json"])
        .exits(0)
        .json()["resources"][0]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let slip = format!("{name}x");
    Console::new()
        .run(&["describe", "gateway", &slip])
        .exits(2)
        .says(&format!("did you mean \"{name}\"?"))
        .without_data();
}

#[test]
fn what_several_have_as_their_name_is_listed_as_it_can_be_typed() {
    let console = Console::new();
    let answer = console
        .run(&["describe", "endpoint", "DEFAULT"])
        .exits(2)
        .says("several have that name")
        .without_data();
    let whole = answer
        .err
        .split_once(": several have that name: ")
        .unwrap()
        .1
        .split(" (of ")
        .next()
        .unwrap();
    console
        .run(&["describe", "endpoint", whole, "-o", "json"])
        .exits(0);
}

#[test]
fn a_target_is_synchronised_only_when_meant_and_allowed() {
    let console = Console::new();
    let listed = console
        .run(&["status", "target", "-d", "a", "-o", "json"])
        .exits(0)
        .json();
    let id = listed["resources"][0]["id"].as_str().unwrap();
    console
        .run(&["targets", "sync", id])
        .exits(2)
        .says("--yes")
        .without_data();
    console
        .run(&["targets", "sync", id, "--yes", "--read-only"])
        .exits(4)
        .says("read-only")
        .without_data();
    let unknown = console
        .run(&["targets", "sync", &format!("{id}x")])
        .exits(2)
        .without_data();
    assert!(
        unknown.err.contains(&format!("did you mean \"{id}\"?")) && !unknown.err.contains("--yes"),
        "{unknown:#?}"
    );
    let answer = console
        .run(&[
            "targets", "sync", id, "--yes", "--wait", "-o", "json", "-d", "a",
        ])
        .exits(0)
        .json();
    assert_eq!(
        (answer["id"].as_str(), answer["status"].as_str()),
        (Some(id), Some("READY"))
    );
}

#[test]
fn faults_of_a_service_have_the_exit_code_of_their_class() {
    for (fault, code) in [
        ("access-denied", 4),
        ("expired-token", 3),
        ("internal-error", 5),
        ("throttling", 4),
    ] {
        let world = world::start(&format!(
            r#"[{{"service":"bedrock-agentcore-control","operation":"ListGateways","fault":"{fault}"}},
            {{"service":"bedrock-agentcore-control","operation":"GetGateway","fault":"{fault}"}}]"#
        ));
        let console = Console::with(&world.config);
        let answer = console
            .run(&["status", "gateway", "-d", "a", "-o", "json"])
            .exits(code)
            .json();
        assert_eq!(answer["resources"], json!([]), "{fault}");
        assert_eq!(answer["problems"].as_array().unwrap().len(), 1, "{fault}");
        let whole = console
            .run(&["status", "-d", "a", "-o", "json"])
            .exits(code)
            .json();
        assert_eq!(whole["deployments"][0]["health"], "unknown", "{fault}");
        assert!(
            whole["resources"]
                .as_array()
                .unwrap()
                .iter()
                .any(|each| each["kind"] == "runtime"),
            "one kind takes no other away: {fault}"
        );
    }
}

#[test]
fn a_service_that_recovers_is_asked_again() {
    let world = world::start(
        r#"[{"service":"bedrock-agentcore-control","operation":"GetGateway","fault":"throttling","times":2}]"#,
    );
    let answer = Console::with(&world.config)
        .run(&["status", "gateway", "-d", "a", "-o", "json"])
        .exits(0)
        .json();
    assert_eq!(
        (
            answer["resources"].as_array().unwrap().len(),
            &answer["problems"]
        ),
        (1, &json!([]))
    );
}

#[test]
fn status_says_the_health_of_every_deployment_with_its_evidence() {
    let answer = Console::new()
        .run(&["status", "-o", "json"])
        .exits(0)
        .json();
    let deployments = answer["deployments"].as_array().unwrap();
    // The world's history of calls proves a chain, or says that it fails.
    let words = ["proven", "ready", "changing", "needs-you", "failing"];
    assert_eq!(deployments.len(), 5);
    for deployment in deployments {
        let health = deployment["health"].as_str().unwrap();
        assert!(words.contains(&health), "{deployment:#}");
        let is_settled = health == "ready" || health == "proven";
        let evidence = deployment["evidence"].as_str().unwrap();
        assert!(
            health != "proven"
                || (evidence.starts_with("a call went through at ")
                    && evidence.contains(" UTC, by the logs")),
            "{deployment:#}"
        );
        assert!(
            deployment["name"] != "e" || !is_settled,
            "a person must consent: {deployment:#}"
        );
        assert!(
            deployment["name"] != "d" || !is_settled,
            "a roll-out is under way: {deployment:#}"
        );
    }
    for deployment in deployments {
        for member in ["title", "account", "region", "shape", "evidence", "at"] {
            assert!(deployment[member].is_string(), "{member}: {deployment:#}");
        }
        assert!(deployment.as_object().unwrap().contains_key("hop"));
    }
}

#[test]
fn versions_are_listed_compared_and_rolled_back() {
    let world = world::start("[]");
    let console = Console::with(&world.config);
    let arn = world.deployment("a")["runtime_arn"].as_str().unwrap();
    let listed = console
        .run(&["versions", arn, "-o", "json"])
        .exits(0)
        .json();
    let versions = listed["versions"].as_array().unwrap();
    assert!(versions.len() >= 2, "{listed:#}");
    let newest = versions[0]["version"].as_str().unwrap();
    let oldest = versions.last().unwrap()["version"].as_str().unwrap();
    assert!(
        versions[0]["live_at"]
            .as_array()
            .unwrap()
            .contains(&json!("DEFAULT")),
        "{listed:#}"
    );
    let diff = console
        .run(&["versions", "diff", arn, oldest, newest, "-o", "json"])
        .exits(0);
    assert!(diff.json()["changes"].is_array());
    console
        .run(&["versions", "diff", arn, "99", newest])
        .exits(2)
        .says("known: ");
    for (version, kind) in [(oldest, "runtime"), (newest, "runtime")] {
        let described = console
            .run(&["describe", kind, arn, "--version", version, "-o", "json"])
            .exits(0)
            .json();
        assert_eq!(described["facts"]["Version"], version, "{described:#}");
        assert_eq!(described["raw"]["agentRuntimeVersion"], version);
        assert_eq!(described["links"][0]["relation"], "reads", "{described:#}");
        let environment = described["raw"]["environmentVariables"].as_object();
        assert!(environment.unwrap().values().all(|value| value == "***"));
    }
    console
        .run(&["describe", "runtime", arn, "--version", "99"])
        .exits(2)
        .says("known: ");
    console
        .run(&["describe", "gateway", "x", "--version", "1"])
        .exits(2)
        .says("a gateway has no versions");
    console
        .run(&["versions", "roll-back", arn, "productoin", oldest, "--yes"])
        .exits(2)
        .says("did you mean \"production\"?");
    console
        .run(&["versions", "roll-back", arn, "DEFAULT", oldest])
        .exits(2)
        .says("--yes");
    console
        .run(&[
            "--read-only",
            "versions",
            "roll-back",
            arn,
            "DEFAULT",
            oldest,
            "--yes",
        ])
        .exits(4);
    let audit = console
        .folder()
        .join(".local/state/agentcore-console/audit.jsonl");
    assert!(!audit.exists(), "nothing was written yet");
    console
        .run(&["versions", "roll-back", arn, "production", oldest, "--yes"])
        .exits(0);
    let lines = std::fs::read_to_string(audit).unwrap();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let [intent, outcome] = lines.as_slice() else {
        panic!("an intent and an outcome: {lines:#?}");
    };
    assert_eq!(intent["action"], "versions.roll-back");
    assert_eq!(
        (&intent["record"], &outcome["record"]),
        (&json!("intent"), &json!("outcome"))
    );
    assert_eq!(outcome["outcome"], "done");
    assert!(outcome["request_id"].is_string(), "{outcome}");
    assert!(
        outcome["target"].as_str().unwrap().contains("production"),
        "{outcome}"
    );
}

#[test]
fn a_write_whose_first_answer_was_lost_is_done_and_not_refused_by_its_own_effect() {
    let lost = |operation: &str| json!({"service": "bedrock-agentcore-control", "operation": operation, "fault": "cut-after", "times": 1});
    let faults = json!([
        lost("SynchronizeGatewayTargets"),
        lost("UpdateAgentRuntimeEndpoint")
    ]);
    let world = world::start(&faults.to_string());
    let console = Console::with(&world.config);
    let target = console
        .run(&["status", "target", "-d", "a", "-o", "json"])
        .exits(0)
        .json()["resources"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let answer = console
        .run(&["targets", "sync", &target, "--yes", "-o", "json", "-d", "a"])
        .exits(0)
        .json();
    assert_eq!(answer["id"], json!(target), "{answer}");
    let arn = world.deployment("a")["runtime_arn"].as_str().unwrap();
    let listed = console
        .run(&["versions", arn, "-o", "json"])
        .exits(0)
        .json();
    let versions = listed["versions"].as_array().unwrap();
    let oldest = versions.last().unwrap()["version"].as_str().unwrap();
    console
        .run(&["versions", "roll-back", arn, "production", oldest, "--yes"])
        .exits(0);
    let after = console
        .run(&["versions", arn, "-o", "json"])
        .exits(0)
        .json();
    let versions = after["versions"].as_array().unwrap();
    let moved = versions.last().unwrap()["live_at"].as_array().unwrap();
    assert!(moved.contains(&json!("production")), "{after:#}");
}

#[test]
fn changes_name_the_write_that_was_made() {
    let world = world::start("[]");
    let console = Console::with(&world.config);
    let id = console
        .run(&["status", "target", "-d", "a", "-o", "json"])
        .exits(0)
        .json()["resources"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    console
        .run(&["targets", "sync", &id, "--yes", "-d", "a"])
        .exits(0);
    let lines = console
        .run(&["changes", "--since", "1h", "-o", "json"])
        .exits(0)
        .json_lines();
    let found = lines
        .iter()
        .find(|line| line["action"] == "SynchronizeGatewayTargets")
        .unwrap_or_else(|| panic!("{lines:#?}"));
    for member in ["at", "who", "kind", "id", "outcome", "request_id"] {
        assert!(found[member].is_string(), "{member}: {found:#}");
    }
    assert_eq!(
        (&found["deployment"], &found["outcome"]),
        (&json!("a"), &json!("done"))
    );
}
