//! `secrets rotate --all`: every secret of a deployment, with a report of evidence.

use super::*;

#[test]
fn all_secrets_of_a_deployment_are_rotated_one_after_the_other_with_evidence_and_no_value() {
    let world = start("[]");
    let console = Console::with(&world.config);
    let arguments = ["secrets", "rotate", "--all", "--yes", "-o", "json"];
    // Which deployment is not guessed.
    console.run(&arguments).exits(2);
    let on = |more: &[&'static str]| [&arguments[..], &["-d", "b"], more].concat();
    let rehearsed = console.run(&on(&["--dry-run"])).exits(0).json();
    assert_eq!(rehearsed["outcome"], "dry-run");
    let secret = Foreign::of(&world, "b");
    let before = secret.text("AWSCURRENT");
    let path = console.folder().join("evidence.json");
    let all = on(&[]);
    let with_report = [&all[..], &["--report", path.to_str().unwrap()]].concat();
    let rotated = console.run(&with_report).exits(0);
    let report = rotated.json();
    let written: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(written, report);
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(report["outcome"], "rotated", "{report:#}");
    let kinds: Vec<&str> = report["rotations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rotation| rotation["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["neo4j-password", "client-secret"]);
    assert!(report["who"].as_str().unwrap().starts_with("arn:"));
    for rotation in report["rotations"].as_array().unwrap() {
        assert!(rotation["version_id"].is_string());
        assert!(rotation["steps"].as_array().unwrap().len() > 5);
    }
    let [neo4j, client] = report["rotations"].as_array().unwrap().as_slice() else {
        panic!("two rotations: {report:#}");
    };
    for member in ["user", "address", "previous_version_id"] {
        assert!(neo4j[member].is_string(), "{member}: {neo4j:#}");
    }
    assert_ne!(neo4j["previous_version_id"], neo4j["version_id"]);
    for member in [
        "client_id",
        "user_pool_id",
        "journal",
        "secret_id",
        "previous_secret_id",
    ] {
        assert!(client[member].is_string(), "{member}: {client:#}");
    }
    assert_ne!(client["previous_secret_id"], client["secret_id"]);
    for (rotation, least) in [(neo4j, 3), (client, 3)] {
        let proven = rotation["proven"].as_array().unwrap();
        assert!(proven.len() >= least, "{rotation:#}");
        for proof in proven {
            for member in ["what", "how", "at"] {
                assert!(!proof[member].as_str().unwrap().is_empty(), "{proof:#}");
            }
        }
    }
    let after = secret.text("AWSCURRENT");
    let password = |text: &str| SecretDocument::parse(text).unwrap().password().to_owned();
    assert_ne!(password(&before), password(&after));
    for value in [password(&before), password(&after)] {
        assert!(!rotated.out.contains(&value) && !rotated.err.contains(&value));
    }
}

/// What the step `consumers` of a rotation has shown.
fn consumers(console: &Console, secret: &str) -> String {
    let arguments = [
        "secrets", "rotate", secret, "--yes", "-d", "a", "-o", "json",
    ];
    let lines = console.run(&arguments).exits(0).json_lines();
    let step = lines.iter().find(|line| line["step"] == "consumers");
    step.unwrap()["evidence"].as_str().unwrap().to_owned()
}

#[test]
fn a_rotation_is_proven_by_what_uses_the_secret_or_says_that_it_is_not() {
    let world = start("[]");
    let console = Console::with(&world.config);
    let of_chain = consumers(&console, "neo4j-mcp-server/neo4j");
    assert!(
        of_chain.contains("the chain answered: mcp-server-target___read-cypher")
            && of_chain.contains("neo4j_mcp_server_mcp_server reads this secret"),
        "{of_chain}"
    );
    // Its reader is a runtime to which the gateway does not lead.
    let of_runtime = consumers(&console, "neo4j-reports/credentials");
    assert!(
        of_runtime.contains("the chain answered: runtime neo4j_reports itself by read-cypher"),
        "{of_runtime}"
    );
    let of_nobody = consumers(&console, "neo4j-admin/credentials");
    assert!(
        of_nobody.contains("proven by the login alone") && !of_nobody.contains("chain answered: "),
        "{of_nobody}"
    );
}

#[test]
fn each_move_of_a_label_is_in_the_audit_file_with_its_versions_and_request() {
    let world = start("[]");
    let console = Console::with(&world.config);
    let arguments = [
        "secrets", "rotate", "--all", "--yes", "-d", "b", "-o", "json",
    ];
    let report = console.run(&arguments).exits(0).json();
    let audit = console
        .folder()
        .join(".local/state/agentcore-console/audit.jsonl");
    let lines: Vec<Value> = std::fs::read_to_string(audit)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |action: &str| -> Vec<&Value> {
        let is_outcome = |line: &&Value| line["action"] == action && line["record"] == "outcome";
        lines.iter().filter(is_outcome).collect()
    };
    for prefix in ["secrets.rotate", "client-secret.rotate"] {
        let moved = of(&format!("{prefix} UpdateSecretVersionStage"));
        for line in &moved {
            assert!(line["label"]["name"].is_string(), "{line:#}");
            assert!(line["request_id"].is_string(), "{line:#}");
        }
        assert!(
            moved
                .iter()
                .any(|line| line["label"]["name"] == "AWSCURRENT"
                    && line["label"]["to"].is_string()
                    && line["label"]["from"].is_string()),
            "{moved:#?}"
        );
    }
    let neo4j = &report["rotations"][0];
    let current = of("secrets.rotate UpdateSecretVersionStage")
        .into_iter()
        .find(|line| line["label"]["name"] == "AWSCURRENT")
        .unwrap();
    assert_eq!(current["label"]["to"], neo4j["version_id"]);
    assert_eq!(current["label"]["from"], neo4j["previous_version_id"]);
    let client = &report["rotations"][1];
    for (operation, id) in [
        ("AddUserPoolClientSecret", &client["secret_id"]),
        ("DeleteUserPoolClientSecret", &client["previous_secret_id"]),
    ] {
        let [line] = of(&format!("client-secret.rotate {operation}"))[..] else {
            panic!("one {operation}")
        };
        let expected = format!("secret {}", id.as_str().unwrap());
        assert_eq!(line["item"], expected.as_str(), "{line:#}");
        assert!(line["request_id"].is_string(), "{line:#}");
    }
}

#[test]
fn rotating_all_stops_at_the_first_doubt() {
    let world = start(&fault("PutSecretValue", "access-denied"));
    let console = Console::with(&world.config);
    let arguments = [
        "secrets", "rotate", "--all", "--yes", "-d", "b", "-o", "json",
    ];
    let report = console.run(&arguments).exits(1).json();
    assert_eq!(report["outcome"], "stopped");
    assert_eq!(report["rotations"].as_array().unwrap().len(), 1);
    assert_eq!(report["not_begun"], json!(["client secret"]));
}
