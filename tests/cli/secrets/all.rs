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
    for member in ["client_id", "user_pool_id", "journal"] {
        assert!(client[member].is_string(), "{member}: {client:#}");
    }
    let after = secret.text("AWSCURRENT");
    let password = |text: &str| SecretDocument::parse(text).unwrap().password().to_owned();
    assert_ne!(password(&before), password(&after));
    for value in [password(&before), password(&after)] {
        assert!(!rotated.out.contains(&value) && !rotated.err.contains(&value));
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
